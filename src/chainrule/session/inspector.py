"""The referees' report, ref by ref: on the iteration on the screen, and on as many from there as are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.referee import Referee
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from chainrule.engine.referee.report import Report
    from chainrule.engine.referee.verify import Verification
    from chainrule.engine.state import TrainingState
    from chainrule.engine.trace import Executor, Trace


class Inspector(QObject):
    """Makes a report whenever the badge has its verdict, as long as somebody looks at it.

    A longer run trains on by itself from the iteration on the screen, with the settings there, and changes nothing in
    the session. Whatever ends the verdict, such as an edit or a step into another iteration, ends it too.
    """

    changed = Signal()

    def __init__(self, state: SessionState, referee: Referee, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._referee = state, referee
        self._is_open = False
        self._report: Report | None = None
        self._verification: Verification | None = None
        self._first, self._wanted = 0, 1
        self._slicer = TimeSlicer(self)
        self._slicer.frame.connect(self._take)
        self._slicer.finished.connect(self._take)
        referee.verdict_changed.connect(self._follow)

    @property
    def report(self) -> Report | None:
        """What was found until now, or None while there is nothing to compare."""
        return self._report

    @property
    def compares_updates(self) -> bool:
        """Whether `torch.optim` is loaded."""
        return self._referee.compares_updates

    @property
    def first(self) -> int:
        """The iteration that the report begins with."""
        return self._first

    @property
    def progress(self) -> tuple[int, int]:
        """How many iterations are compared, and how many were asked for."""
        return (self._report.iterations if self._report else 0), self._wanted

    @property
    def is_running(self) -> bool:
        """Whether iterations are being compared: the one on the screen, or more."""
        return self._slicer.is_active

    def set_open(self, is_open: bool) -> None:
        """Set whether somebody looks at the report."""
        if is_open == self._is_open:
            return
        self._is_open = is_open
        self._follow()

    def verify(self, iterations: int) -> None:
        """Compare so many iterations from the one on the screen on, a slice at a time."""
        self._slicer.cancel()
        if self._referee.verdict is None or not self._referee.compares_updates:
            return
        history, trace = self._state.computed()
        self._report, self._first, self._wanted = None, trace.iteration, iterations
        traces = islice(_train(history.executor, history.state(trace.iteration)), iterations)
        self._verification = None
        self._slicer.start(self._compare(history.executor, traces))
        self.changed.emit()

    def cancel(self) -> None:
        """Stop the comparison; the report keeps what was found."""
        if self.is_running:
            self._slicer.cancel()
            self._take()

    def _follow(self) -> None:
        """Compare anew once there is a verdict, and forget the report where there is none."""
        self._slicer.cancel()
        self._report = None
        if self._is_open and self._referee.verdict is not None:
            if self._referee.compares_updates:
                self._look()
            else:
                self._referee.load_optimizers()
        self.changed.emit()

    def _look(self) -> None:
        history, trace = self._state.computed()
        self._first, self._wanted = trace.iteration, 1
        self._verification = None
        # Of a small network the report is there at once, without a moment in which it is not.
        self._slicer.start(self._compare(history.executor, iter([trace])), at_once=True)
        if self._verification is not None:
            self._report = self._verification.report()

    def _compare(self, executor: Executor, traces: Iterator[Trace]) -> Iterator[None]:
        untouched = self._first == 0 and self._state.document.segments[0].state is None
        for verification in engine().verify_run(executor.experiment, executor.program, traces, untouched=untouched):
            self._verification = verification
            yield

    def _take(self) -> None:
        if self._verification is not None:
            self._report = self._verification.report()
        self.changed.emit()


def _train(executor: Executor, state: TrainingState) -> Iterator[Trace]:
    while True:
        trace = executor.trace(state)
        yield trace
        state = engine().next_state(state, trace.values)
