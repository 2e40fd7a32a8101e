"""The selector: which number is selected, which sample is shown, and with how many digits. None of it is an edit."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.elements import Index
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.moment import PointedAt, Selection
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState

# Significant digits that can be chosen; None shows all.
DIGITS: tuple[int | None, ...] = (2, 3, 4, 6, 9, None)


class Selector:
    """Chooses what somebody looks at in the moment on the screen."""

    def __init__(self, state: SessionState, signals: Signals) -> None:
        self._state, self._signals = state, signals

    @property
    def digits(self) -> int | None:
        """Significant digits to show; None for all."""
        return self._state.view_state.digits

    def select(self, ref: ValueRef, index: Index) -> None:
        """Select one number, if the iteration has it; one of another sample brings that sample to the screen."""
        moment, view_state, selection = self._state.moment, self._state.view_state, Selection(ref, index)
        if selection == moment.selection or not moment.has(ref, index):
            return
        sample = index[0] if moment.sample_of(ref) is not None else view_state.sample
        self._state.show_view_state(replace(view_state, selection=selection, sample=sample))
        self._signals.selection_changed.emit()

    def select_next(self, offset: int = 1) -> None:
        """Select the next number of the selected value, or the one before; around at the ends.

        With nothing selected it is the first number of what the micro-step on the screen wrote, or else of all.
        """
        moment = self._state.moment
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
        moment = self._state.moment
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
        moment = self._state.moment
        sample = max(0, min(sample, len(moment.rows) - 1))
        if sample == moment.sample:
            return
        self._state.show_view_state(replace(self._state.view_state, sample=sample))
        self._signals.selection_changed.emit()

    def show_row(self, row: int) -> None:
        """Show a row of the data where it is in the batch, and say why not where it is not."""
        moment = self._state.moment
        if row in moment.rows:
            self.show_sample(moment.rows.index(row))
            return
        held_back = row in engine().split(moment.experiment.data)[1]
        why = "is held back for the test" if held_back else "is not in this batch"
        self._signals.informed.emit(f"Row {row + 1} {why}: the stage does not show it.")

    def show_next_sample(self) -> None:
        """Show the next sample of the batch."""
        self.show_sample(self._state.moment.sample + 1)

    def show_previous_sample(self) -> None:
        """Show the sample before."""
        self.show_sample(self._state.moment.sample - 1)

    def point_at(self, values: PointedAt) -> None:
        """Mark what a lesson speaks of; nothing takes the marks away."""
        if values == self._state.view_state.pointed_at:
            return
        self._state.show_view_state(replace(self._state.view_state, pointed_at=values))
        self._signals.selection_changed.emit()

    def set_digits(self, digits: int | None) -> None:
        """Set how many significant digits to show; None for all."""
        if digits == self.digits:
            return
        self._state.show_view_state(replace(self._state.view_state, digits=digits))
        self._signals.selection_changed.emit()

    def change_digits(self, offset: int) -> None:
        """Show more digits, or fewer."""
        place = DIGITS.index(self.digits) + offset
        self.set_digits(DIGITS[max(0, min(place, len(DIGITS) - 1))])
