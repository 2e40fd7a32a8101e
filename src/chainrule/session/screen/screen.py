"""A screen: a document, the place in it that is looked at, and all that is shown of it. Frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Moment, Selection
from chainrule.session.screen.view_state import ViewState


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A document, the place in it that was on the screen, and how many iterations had a loss."""

    document: Document
    cursor: Cursor
    horizon: int = 0

    @classmethod
    def of(cls, experiment: Experiment) -> View:
        """Return a document that has not been trained, from its start."""
        return cls.at_start(Document.of(experiment))

    @classmethod
    def at_start(cls, document: Document) -> View:
        """Return a document from its first iteration."""
        return cls(document, Cursor(document.first))


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """A view with all that is shown of it; `moment` is None where a run has gone on, until somebody looks."""

    view: View
    view_state: ViewState
    moment: Moment | None


def with_written_selected(screen: Screen) -> Screen:
    """Return the screen with the first number of what was written there selected."""
    moment = screen.moment
    if moment is None or moment.written is None:
        return screen
    selection = Selection(moment.written, moment.element_at(moment.written, moment.cursor.element or 0))
    return Screen(screen.view, *replace(screen.view_state, selection=selection).at(moment))
