"""A screen: a document, the place in it that is looked at, and all that is shown of it. Frozen."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Moment
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
        document = Document.of(experiment)
        return cls(document, Cursor(document.first))


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """A view with all that is shown of it; `moment` is None where a run has gone on, until somebody looks."""

    view: View
    view_state: ViewState
    moment: Moment | None
