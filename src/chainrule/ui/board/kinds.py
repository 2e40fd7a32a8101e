"""Which views there are for the board: the two plots with cards of their own, and those of the tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.screen.board import TABS_PLACE, Board
from chainrule.ui.window.tabs import TABS


@dataclass(frozen=True, slots=True)
class ViewKind:
    """A view of the board: what it is called, what it shows, and which experiments it is about.

    One that `has_card` brings its own title, and is never among the tabs.
    """

    id: str
    title: str
    tip: str
    is_about: Callable[[Experiment], bool] = lambda _: True
    has_card: bool = False


LOSS = ViewKind("loss", "Loss", "The loss of each iteration", has_card=True)
GRADIENTS = ViewKind("gradients", "Gradients", "The gradient of each parameter, or by layer", has_card=True)
VIEW_KINDS = (LOSS, GRADIENTS, *(ViewKind(tab.id, tab.title, tab.tip, tab.is_about) for tab in TABS))
USUAL_BOARD = Board((LOSS.id, GRADIENTS.id, TABS_PLACE))
