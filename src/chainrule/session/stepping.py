"""Stepping and looking: the moves of the cursor, and which numbers are shown. None of it is an edit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model import navigation
from chainrule.model.elements import MOST_ELEMENTS, Index, element_count
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.core import SessionCore
from chainrule.session.ending import is_past_the_end
from chainrule.session.screen.moment import Selection
from chainrule.session.screen.overflow import gone_past, not_finite, overflow_notice
from chainrule.session.undo import Screen, View

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program

# Significant digits that can be chosen; None shows all.
DIGITS: tuple[int | None, ...] = (2, 3, 4, 6, 9, None)


class Stepping(SessionCore):
    """Moves the cursor and the selection. Moving is navigation and is not undone."""

    # Moving

    def move(self, stride: Stride) -> None:
        """Go on to the next stop of a stride; by iterations not past the first value that is not finite."""
        self._go(self._forward(stride), follow=stride is not Stride.ITERATION, stride=stride)

    def move_back(self, stride: Stride) -> None:
        """Go back to the last stop of a stride."""
        self.go_to(self._back(stride), follow=stride is not Stride.ITERATION)

    def step_forward(self) -> None:
        """Go one micro-step on, or one number where numbers are shown one at a time."""
        if self._by_number and self.cursor.element is not None:
            following = self.cursor.element + 1
            if following < self._element_count(self.cursor):
                self.go_to(replace(self.cursor, element=following))
                return
        self.go_to(self._with_element(self._forward(Stride.MICRO_STEP), first=True))

    def step_back(self) -> None:
        """Go one micro-step back, or one number."""
        if self._by_number and self.cursor.element:
            self.go_to(replace(self.cursor, element=self.cursor.element - 1))
            return
        self.go_to(self._with_element(self._back(Stride.MICRO_STEP), first=False))

    def _forward(self, stride: Stride) -> Cursor:
        return navigation.forward(self.cursor, self._near(0), stride, self._near(1))

    def _back(self, stride: Stride) -> Cursor:
        return navigation.back(self.cursor, self._near(0), stride, self._near(-1), self.document.first)

    def _near(self, offset: int) -> Program:
        """Return the program of an iteration near this one: an edit in between may have changed it."""
        return self._program(max(self.document.first, self.cursor.iteration + offset))

    def can_step_back(self) -> bool:
        """Return whether there is anything before the cursor."""
        return self.cursor != self.start

    def go_to(self, cursor: Cursor, *, follow: bool = True) -> None:
        """Move the cursor; `follow` selects the first number of what was written there.

        Beyond the end of its schedule there is nothing: that is said, and the cursor stays.
        """
        self._go(cursor, follow=follow)

    def _go(self, cursor: Cursor, *, follow: bool, stride: Stride | None = None) -> None:
        """Go as `go_to` does, or step by a stride."""
        new = cursor.iteration > self.cursor.iteration and cursor.iteration >= self.horizon
        if cursor == self.cursor or (new and is_past_the_end(self, cursor.iteration)):
            return
        self._wait_for_engine()
        view = View(self.document, cursor, self.horizon)
        try:
            screen, said = self._prepared(view), ""
            if stride is not None:
                screen, said = self._not_silently_past(screen, stride)
        except (RuntimeError, MemoryError) as error:
            if not self._tell_failure(error, cursor):
                raise
            return
        self._install(_following(screen) if follow else screen)
        self.cursor_moved.emit()
        if said:
            self.warned.emit(said)

    def _not_silently_past(self, screen: Screen, stride: Stride) -> tuple[Screen, str]:
        """Return where a step ends, and what is said where it comes to a value that is not finite, or leaves one
        behind.
        """
        before, after, moment = self.cursor, screen.view.cursor, screen.moment
        overflow = not_finite(moment) if moment is not None and stride is Stride.ITERATION else None
        if overflow is not None and (before.iteration, before.position) < (overflow.iteration, overflow.position):
            stopped = self._prepared(View(screen.view.document, overflow, screen.view.horizon))
            assert stopped.moment is not None
            return stopped, overflow_notice(stopped.moment, overflow)
        left = not_finite(self.moment) if after.iteration > before.iteration else None
        return screen, "" if left is None else gone_past(self.moment, left)

    def show_iteration(self, iteration: int) -> None:
        """Stand at the end of an iteration while a run goes on; views follow `training_progressed`.

        What is shown there is computed when somebody looks.
        """
        end = len(self._program(iteration).steps)
        view = View(self.document, Cursor(iteration, end), max(self.horizon, iteration + 1))
        self._install(Screen(view, self._screen.look, None))

    def _with_element(self, cursor: Cursor, *, first: bool) -> Cursor:
        count = self._element_count(cursor)
        if not self._by_number or cursor.position == 0 or count > MOST_ELEMENTS:
            return cursor
        return replace(cursor, element=0 if first else count - 1)

    def _element_count(self, cursor: Cursor) -> int:
        if cursor.position == 0:
            return 0
        program = self._program(cursor.iteration)
        return element_count(program.values[program.steps[cursor.position - 1].writes])

    # Looking

    def select(self, ref: ValueRef, index: Index) -> None:
        """Select one number, if the iteration has it; one of another sample brings that sample to the screen."""
        moment, look, selection = self.moment, self._screen.look, Selection(ref, index)
        if selection == moment.selection or not moment.has(ref, index):
            return
        sample = index[0] if moment.sample_of(ref) is not None else look.sample
        self._look_at(replace(look, selection=selection, sample=sample))
        self.selection_changed.emit()

    def select_next(self, offset: int = 1) -> None:
        """Select the next number of the selected value, or the one before; around at the ends.

        With nothing selected it is the first number of what the micro-step on the screen wrote, or else of all.
        """
        moment = self.moment
        if moment.selection is None:
            if moment.written is None:
                self.select_next_value()
            else:
                self.select(moment.written, moment.element_at(moment.written))
            return
        order = moment.elements(moment.selection.ref)
        place = order.index(moment.selection.index) if moment.selection.index in order else -1
        self.select(moment.selection.ref, order[(place + offset) % len(order)])

    def select_next_value(self, offset: int = 1) -> None:
        """Select the first number of the next value that is known, given ones first, or of the one before."""
        moment = self.moment
        given = (refs.INPUT, refs.TARGET, *moment.experiment.network.parameter_shapes())
        known = [*filter(moment.is_known, given), *(step.writes for step in moment.steps[: moment.cursor.position])]
        # A parameter and its new value are one place.
        known = [ref for ref in known if moment.latest(ref) == ref]
        if not known:
            return
        at = known.index(moment.selection.ref) if moment.selection and moment.selection.ref in known else -1
        ref = known[(at + offset) % len(known) if at >= 0 or offset > 0 else -1]
        self.select(ref, moment.element_at(ref))

    def select_previous(self) -> None:
        """Select the number before."""
        self.select_next(-1)

    def show_sample(self, sample: int) -> None:
        """Choose the sample whose numbers the neurons show."""
        moment = self.moment
        sample = max(0, min(sample, len(moment.rows) - 1))
        if sample == moment.sample:
            return
        self._look_at(replace(self._screen.look, sample=sample))
        self.selection_changed.emit()

    def show_next_sample(self) -> None:
        """Show the next sample of the batch."""
        self.show_sample(self.moment.sample + 1)

    def show_previous_sample(self) -> None:
        """Show the sample before."""
        self.show_sample(self.moment.sample - 1)

    def set_digits(self, digits: int | None) -> None:
        """Set how many significant digits to show; None for all."""
        if digits == self.digits:
            return
        self._look_at(replace(self._screen.look, digits=digits))
        self.selection_changed.emit()

    def change_digits(self, offset: int) -> None:
        """Show more digits, or fewer."""
        place = DIGITS.index(self.digits) + offset
        self.set_digits(DIGITS[max(0, min(place, len(DIGITS) - 1))])

    def set_by_number(self, by_number: bool) -> None:
        """Step by single numbers, or by whole micro-steps."""
        if by_number == self._by_number:
            return
        self._by_number = by_number
        self.by_number_changed.emit(by_number)
        if not by_number and self.cursor.element is not None:
            self.go_to(replace(self.cursor, element=None))


def _following(screen: Screen) -> Screen:
    """Return the screen with the first number of what was written there selected."""
    moment = screen.moment
    if moment is None or moment.written is None:
        return screen
    selection = Selection(moment.written, moment.element_at(moment.written, moment.cursor.element or 0))
    return Screen(screen.view, *replace(screen.look, selection=selection).at(moment))
