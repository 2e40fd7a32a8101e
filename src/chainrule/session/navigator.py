"""The navigator: the moves of the cursor. Moving is no edit, and is not undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.model import navigation
from chainrule.model.elements import MOST_ELEMENTS, element_count
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.background.lazy_engine import engine
from chainrule.session.ending import notice_past_the_end
from chainrule.session.screen.overflow import first_not_finite, gone_past, overflow_notice
from chainrule.session.screen.screen import Screen, View, with_written_selected
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program


class Navigator:
    """Moves the cursor, by micro-steps or by single numbers, and by longer strides."""

    def __init__(self, state: SessionState, signals: Signals) -> None:
        self._state, self._signals = state, signals
        self._by_number = False

    @property
    def by_number(self) -> bool:
        """Whether a step shows one number, rather than all that one micro-step computes."""
        return self._by_number

    @property
    def start(self) -> Cursor:
        """The place before the first micro-step of all."""
        return Cursor(self._state.document.first)

    def move(self, stride: Stride) -> None:
        """Go on to the next stop of a stride; by iterations not past the first value that is not finite."""
        self._go(self._forward(stride), follow=stride is not Stride.ITERATION, stride=stride)

    def move_back(self, stride: Stride) -> None:
        """Go back to the last stop of a stride."""
        self.go_to(self._back(stride), follow=stride is not Stride.ITERATION)

    def step_forward(self) -> None:
        """Go one micro-step on, or one number where numbers are shown one at a time."""
        if self._by_number and self._state.cursor.element is not None:
            following = self._state.cursor.element + 1
            if following < self._element_count(self._state.cursor):
                self.go_to(replace(self._state.cursor, element=following))
                return
        self.go_to(self._with_element(self._forward(Stride.MICRO_STEP), first=True))

    def step_back(self) -> None:
        """Go one micro-step back, or one number."""
        if self._by_number and self._state.cursor.element:
            self.go_to(replace(self._state.cursor, element=self._state.cursor.element - 1))
            return
        self.go_to(self._with_element(self._back(Stride.MICRO_STEP), first=False))

    def _forward(self, stride: Stride) -> Cursor:
        return navigation.next_stop(self._state.cursor, self._near(0), stride, self._near(1))

    def _back(self, stride: Stride) -> Cursor:
        return navigation.previous_stop(
            self._state.cursor, self._near(0), stride, self._near(-1), self._state.document.first
        )

    def _near(self, offset: int) -> Program:
        """Return the program of an iteration near this one: an edit in between may have changed it."""
        return self._state.program(max(self._state.document.first, self._state.cursor.iteration + offset))

    def can_step_back(self) -> bool:
        """Return whether there is anything before the cursor."""
        return self._state.cursor != self.start

    def go_to(self, cursor: Cursor, *, follow: bool = True) -> None:
        """Move the cursor; `follow` selects the first number of what was written there.

        Beyond the end of its schedule there is nothing: that is said, and the cursor stays.
        """
        self._go(cursor, follow=follow)

    def _go(self, cursor: Cursor, *, follow: bool, stride: Stride | None = None) -> None:
        """Go as `go_to` does, or step by a stride."""
        before = self._state.view
        if cursor == before.cursor:
            return
        if before.cursor.iteration < cursor.iteration >= before.horizon:
            over = notice_past_the_end(before.document, cursor.iteration)
            if over:
                self._signals.warned.emit(over)
                return
        self._state.wait_for_engine()
        view = View(self._state.document, cursor, self._state.horizon)
        try:
            screen, said = self._state.prepare(view), ""
            if stride is not None:
                screen, said = self._not_silently_past(screen, stride)
        except (RuntimeError, MemoryError) as error:
            if not self._state.tell_failure(error, cursor):
                raise
            return
        self._state.install(with_written_selected(screen) if follow else screen)
        self._signals.cursor_moved.emit()
        if said:
            self._signals.warned.emit(said)

    def _not_silently_past(self, screen: Screen, stride: Stride) -> tuple[Screen, str]:
        """Return where a step ends, and what is said where it comes to a value that is not finite, or leaves one
        behind.
        """
        before, after, moment = self._state.cursor, screen.view.cursor, screen.moment
        overflow = first_not_finite(moment) if moment is not None and stride is Stride.ITERATION else None
        if overflow is not None and (before.iteration, before.position) < (overflow.iteration, overflow.position):
            stopped = self._state.prepare(View(screen.view.document, overflow, screen.view.horizon))
            assert stopped.moment is not None
            return stopped, overflow_notice(stopped.moment, overflow)
        left = first_not_finite(self._state.moment) if after.iteration > before.iteration else None
        return screen, "" if left is None else gone_past(self._state.moment, left)

    def show_iteration(self, iteration: int) -> None:
        """Stand at the end of an iteration while a run goes on; views follow `training_progressed`.

        What is shown there is computed when somebody looks.
        """
        end = len(self._state.program(iteration).steps)
        view = View(self._state.document, Cursor(iteration, end), max(self._state.horizon, iteration + 1))
        self._state.install(Screen(view, self._state.view_state, None))

    def _with_element(self, cursor: Cursor, *, first: bool) -> Cursor:
        count = self._element_count(cursor)
        if not self._by_number or cursor.position == 0 or count > MOST_ELEMENTS:
            return cursor
        return replace(cursor, element=0 if first else count - 1)

    def _element_count(self, cursor: Cursor) -> int:
        if cursor.position == 0:
            return 0
        program = self._state.program(cursor.iteration)
        return element_count(program.values[program.steps[cursor.position - 1].writes])

    def set_by_number(self, by_number: bool) -> None:
        """Step by single numbers, or by whole micro-steps."""
        if by_number == self._by_number:
            return
        self._by_number = by_number
        self._signals.by_number_changed.emit(by_number)
        if not by_number and self._state.cursor.element is not None:
            self.go_to(replace(self._state.cursor, element=None))

    def first_overflow(self) -> Cursor | None:
        """Return the place right after the first micro-step of this iteration whose result is inf or NaN."""
        history, trace = self._state.computed()
        index = engine().first_non_finite(history.executor.program.at(trace.iteration).steps, trace.values)
        return None if index is None else Cursor(self._state.cursor.iteration, index + 1)
