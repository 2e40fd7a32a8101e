"""What can be seen of a session: the signals that it emits, and a picture of all that is on the screen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Moment, Selection
from chainrule.session.session import Session

SIGNALS = ("document_changed", "cursor_moved", "selection_changed", "training_progressed", "engine_ready")
SIGNALS += ("informed", "warned", "noticed")


class Heard:
    """Counts the signals of a session."""

    def __init__(self, session: Session) -> None:
        self._counts: Counter[str] = Counter()
        self.texts: list[str] = []
        for name in SIGNALS:
            getattr(session.signals, name).connect(lambda *said, name=name: self._hear(name, *said))

    def _hear(self, name: str, *said: str) -> None:
        self._counts[name] += 1
        self.texts += said

    def take(self) -> dict[str, int]:
        """What was heard since the last time."""
        heard = dict(self._counts)
        self._counts.clear()
        return heard


@dataclass(frozen=True)
class Picture:
    """All that a user can tell two states of a session apart by, values to the last bit."""

    document: Document
    cursor: Cursor
    experiment: Experiment
    to_save: Experiment
    horizon: int
    losses: tuple[float, ...]
    values: dict[ValueRef, bytes]
    known: frozenset[ValueRef]

    @classmethod
    def of(cls, session: Session) -> Picture:
        """The picture of now."""
        _, trace = session.state.computed()
        losses = session.timeline.losses(session.document, session.horizon).rows()[:, 0]
        return cls(
            session.document,
            session.cursor,
            session.experiment,
            session.file.to_save,
            session.horizon,
            tuple(losses.tolist()),
            {ref: value.numpy().tobytes() for ref, value in trace.values.items()},
            frozenset(known(session.moment)),
        )


def known(moment: Moment) -> set[ValueRef]:
    """Every value that the moment shows."""
    assert moment.program is not None
    given = {ref for step in moment.steps for ref in step.reads} - moment.program.index.keys()
    return {ref for ref in given | moment.program.index.keys() if moment.is_known(ref)}


def selected(session: Session) -> tuple[ValueRef, tuple[int, ...]] | None:
    """The selected number, in short."""
    selection: Selection | None = session.selection
    return None if selection is None else (selection.ref, selection.index)
