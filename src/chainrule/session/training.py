"""Runs: training that goes on by itself, at a chosen pace, until it is paused or its numbers overflow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.ending import notice_past_the_end
from chainrule.session.navigator import Navigator
from chainrule.session.screen.overflow import overflow_notice
from chainrule.session.screen.screen import Screen, View
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a run goes: one item each `interval` milliseconds, or as fast as it can where that is 0."""

    label: str
    interval: int
    by_micro_step: bool = False


PACES = (
    Pace("1 step/s", 1000, by_micro_step=True),
    Pace("4 steps/s", 250, by_micro_step=True),
    Pace("2 iter/s", 500),
    Pace("20 iter/s", 50),
    Pace("fastest", 0),
)
DEFAULT_PACE, FULL_PACE = PACES[3], PACES[-1]
# More iterations than are ever computed between two looks at the clock.
MANY = 1_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run of a set number of iterations is."""

    done: int
    wanted: int


class Trainer(QObject):
    """Runs a session's training. One run is one undo entry; walking by micro-steps is only navigation."""

    running_changed = Signal(bool)
    pace_changed = Signal(object)

    def __init__(
        self, state: SessionState, navigator: Navigator, signals: Signals, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._state, self._navigator, self._signals = state, navigator, signals
        self._pace = DEFAULT_PACE
        self._slicer = TimeSlicer(self)
        self._slicer.frame.connect(self._signals.training_progressed)
        self._slicer.finished.connect(self._finish)
        self._signals.document_changed.connect(self._give_up_if_replaced)
        self._before: View | None = None
        self._notice = ""
        # The pace of the run that goes on, and the iterations between which it is to go, where its end is set.
        self._running_pace = self._pace
        self._span: tuple[int, int] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a run goes on."""
        return self._slicer.is_active

    @property
    def is_at_full_pace(self) -> bool:
        """Whether a run goes on so fast that nobody can read its numbers."""
        return self.is_running and not self._running_pace.interval

    @property
    def progress(self) -> Progress | None:
        """How far the run is that goes on; None where none does, or where it goes on until it is paused."""
        if self._span is None or not self.is_running:
            return None
        first, end = self._span
        return Progress(max(0, self._done() - first), end - first)

    def _done(self) -> int:
        """Return how many iterations come before the cursor."""
        return self._state.cursor.iteration + self._state.at_end

    @property
    def pace(self) -> Pace:
        """How fast it goes."""
        return self._pace

    @property
    def running_pace(self) -> Pace | None:
        """How fast the run goes that goes on; None where none does."""
        return self._running_pace if self.is_running else None

    def set_pace(self, pace: Pace) -> None:
        """Change the pace; a run that goes on keeps going."""
        if pace == self._pace:
            return
        going_on, span = self.is_running, self._span
        other_work = pace.by_micro_step != self._running_pace.by_micro_step
        if going_on and other_work:
            self.pause()
        self._pace = pace
        if going_on and other_work:
            self._begin(pace, span)
        elif going_on:
            self._running_pace = pace
            self._slicer.set_interval(pace.interval)
        self.pace_changed.emit(pace)

    def toggle(self) -> None:
        """Run, or pause."""
        if self.is_running:
            self.pause()
        else:
            self.start()

    def start(self, iterations: int | None = None) -> None:
        """Run on from the cursor at the chosen pace, for a number of iterations or until paused."""
        if not self.is_running:
            self._begin(self._pace, self._ahead(iterations))

    def walk(self, pace: Pace) -> None:
        """Walk on by micro-steps at a pace, whatever the chosen one; what walks already goes on at that pace."""
        if self.is_running and self._running_pace.by_micro_step:
            self._running_pace = pace
            self._slicer.set_interval(pace.interval)
            return
        self.pause()
        self._begin(pace, None)

    def train(self, iterations: int) -> None:
        """Run on for a number of iterations as fast as it goes, whatever the pace; a run that goes on ends first."""
        self.pause()
        self._begin(FULL_PACE, self._ahead(iterations))

    def train_to(self, iteration: int) -> None:
        """Do so from the first iteration that is not computed yet, wherever the cursor is, to the end of another."""
        self.pause()
        first = self._state.horizon
        self._begin(FULL_PACE, (first, iteration + 1), first)

    def _ahead(self, iterations: int | None) -> tuple[int, int] | None:
        first = next_iteration(self._state)
        return None if iterations is None else (first, first + iterations)

    def _begin(self, pace: Pace, span: tuple[int, int] | None, first: int | None = None) -> None:
        """Begin at an iteration, or at the cursor."""
        self._navigator.set_by_number(False)
        first = next_iteration(self._state) if first is None else first
        if over := notice_past_the_end(self._state.document, first):
            self._signals.warned.emit(over)
            return
        self._notice, self._running_pace, self._span = "", pace, span
        end = None if span is None else span[1]
        if pace.by_micro_step:
            work = self._walk(end)
        else:
            self._before = self._state.view
            work = self._train(first, end)
        self._slicer.start(work, pace.interval)
        self.running_changed.emit(True)

    def pause(self) -> None:
        """Stop after the iteration that was computed last."""
        if self.is_running:
            self._slicer.cancel()
            self._finish()

    def _give_up_if_replaced(self) -> None:
        """End a run after an edit, an undo or another file.

        Its iterations belong to the document that was there before.
        """
        if self._before is not None and self._state.document is not self._before.document:
            self._before = None
            self._slicer.cancel()
            self.running_changed.emit(False)

    def _finish(self) -> None:
        before, self._before = self._before, None
        if before is not None and self._state.cursor != before.cursor:
            record_run(self._state, before)
        self.running_changed.emit(False)
        if self._notice:
            self._signals.warned.emit(self._notice)

    def _train(self, first: int, end: int | None) -> Iterator[None]:
        state, following = self._state, first

        def longest() -> int:
            """Return 1 where a pace is set, so that each iteration is an item of its own; otherwise many."""
            most = 1 if self._running_pace.interval else MANY
            return most if end is None else min(most, end - following)

        for iteration, finite in state.timeline.run(state.document, first, longest):
            following = iteration + 1
            self._navigator.show_iteration(iteration)
            if not finite and self._stop_at_overflow(iteration):
                return
            yield
            if following == end:
                return

    def _walk(self, end: int | None) -> Iterator[None]:
        while end is None or self._done() < end:
            before = self._state.cursor
            self._navigator.step_forward()
            if self._state.cursor == before:
                # The schedule ends here, and that has been said.
                return
            overflow = self._navigator.first_overflow()
            if overflow is not None and self._state.cursor.position >= overflow.position:
                self._stop_at_overflow(overflow.iteration)
                return
            yield

    def _stop_at_overflow(self, iteration: int) -> bool:
        """Stand right after the first micro-step whose result is not finite, and say so; False where all are finite."""
        self._navigator.show_iteration(iteration)
        overflow = self._navigator.first_overflow()
        if overflow is None:
            # Only a norm for the gradient plot was too large for the dtype.
            return False
        self._navigator.go_to(overflow)
        self._notice = overflow_notice(self._state.moment, overflow)
        return True


def next_iteration(state: SessionState) -> int:
    """Return the iteration at which a run from the cursor begins."""
    # What a run has come to is computed when somebody looks.
    return state.moment.cursor.iteration + state.at_end


def record_run(state: SessionState, before: View) -> None:
    """Make the run that ended at the cursor one undo entry; nothing is computed for that."""
    trained = max(before.document.trained, state.cursor.iteration + 1)
    after = View(before.document.run_to(trained), state.cursor, state.horizon)
    state.undo_stack.put("Run", before, Screen(after, state.view_state, None))
