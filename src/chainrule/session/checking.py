"""Numbers that a person worked out, checked against the iteration on the screen: nothing is set by that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.values.refs import ValueRef
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.session import Session

if TYPE_CHECKING:
    from chainrule.lessons.answer import NumberAnswer
    from chainrule.lessons.calculation import Calculation
    from chainrule.lessons.hand_calculation import CheckedCalculation


class HandChecker(QObject):
    """Checks one number, or a whole calculation, a slice at a time. `answered` tells that it is done."""

    answered = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._slicer = TimeSlicer(self)
        self._slicer.finished.connect(self.answered)
        self.answer: NumberAnswer | None = None
        self.checked: CheckedCalculation | None = None

    @property
    def is_busy(self) -> bool:
        """Whether mistakes are being looked for."""
        return self._slicer.is_active

    def has(self, ref: ValueRef, index: tuple[int, ...]) -> bool:
        """Return whether the iteration has a number to compare with; it waits for the engine."""
        self._session.state.wait_for_engine()
        return self._calculation().has(ref, index)

    def ask(self, ref: ValueRef, index: tuple[int, ...], text: str) -> None:
        """Check one number. A `FormulaError` says what of it cannot be read."""
        moment = self._session.moment
        slices = engine().answering(self._calculation(), ref, index, text, moment.digits)
        self.forget()

        def work() -> Iterator[None]:
            self.answer = yield from slices

        self._slicer.start(work(), at_once=True)

    def ask_calculation(self, text: str) -> None:
        """Check the lines of a calculation; names without a sample are of the one that is shown."""
        moment, lines = self._session.moment, engine().calculation_lines(text)
        slices = engine().checking_calculation(self._calculation(), lines, moment.sample, moment.digits)
        self.checked = None

        def work() -> Iterator[None]:
            self.checked = yield from slices

        self._slicer.start(work(), at_once=True)

    def forget(self) -> None:
        """Give up what is checked, and what was answered."""
        self._slicer.cancel()
        self.answer = None

    def forget_calculation(self) -> None:
        """Give up what was answered to a whole calculation."""
        self._slicer.cancel()
        self.checked = None

    def _calculation(self) -> Calculation:
        state = self._session.state
        history, trace = state.computed()
        return engine().calculation.of(state.experiment, history.executor.program, trace, state.moment.overrides)
