"""The loss after an update: of the parameters that the iteration on the screen has led to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from chainrule.catalog.experiment.batches import updating_iteration
from chainrule.session.screen.computing import traced
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.engine.trace import Trace

# A run goes on to the next iteration before that; a person who looks does not.
STILL_MS = 150


class LossAfter(QObject):
    """Computes it when the end of an iteration has been on the screen for a moment, so that it never slows a run.

    `losses` are those on all training rows and on the test rows, if there are some; None while they are not known, or
    where the rows would take too long.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._moment: Moment | None = None
        self.losses: tuple[float, float | None] | None = None
        self._trace: Trace | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(STILL_MS)
        self._timer.timeout.connect(self._compute)

    def follow(self, moment: Moment) -> None:
        """Forget what was of another iteration, and wait until this one is looked at."""
        self._timer.stop()
        self._moment = moment
        if not _has_updated(moment):
            self.losses, self._trace = None, None
            return
        if traced(moment)[1] is not self._trace:
            self.losses, self._trace = None, None
            self._timer.start()

    def _compute(self) -> None:
        assert self._moment is not None
        history, self._trace = traced(self._moment)
        if history.executor.evaluator.is_quick:
            self.losses = history.executor.evaluator.final_losses(self._trace.values)
            self.changed.emit()


def _has_updated(moment: Moment) -> bool:
    """Return whether the cursor is behind an update; an iteration whose gradients are kept for a later one has none."""
    return (
        moment.is_over
        # It is the next loss, where all rows are in the batch.
        and not moment.covers
        and updating_iteration(moment.experiment.data, moment.cursor.iteration) == moment.cursor.iteration
    )
