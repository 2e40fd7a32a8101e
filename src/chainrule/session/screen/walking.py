"""The moments of an iteration, one after the other, without moving the cursor on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Moment, Selection
from chainrule.session.screen.view_state import ViewState


def moments_of_iteration(moment: Moment) -> Iterator[Moment]:
    """Yield a moment after each micro-step of a moment's iteration, with the first number that it wrote selected."""
    for position, step in enumerate(moment.steps, start=1):
        at = replace(moment, cursor=Cursor(moment.cursor.iteration, position))
        selection = Selection(step.writes, at.element_at(step.writes))
        yield ViewState(selection, moment.sample, moment.digits, moment.parameter).at(at)[1]
