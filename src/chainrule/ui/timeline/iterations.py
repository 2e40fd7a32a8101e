"""The slider over all iterations that were computed, and the cursor that stands for the end of each."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from chainrule.model.navigation import Cursor
from chainrule.session.screen.course import Course
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.timeline.slim_slider import SlimSlider
from chainrule.ui.window.hints import BACK_TO_STAGE


class IterationSlider(SlimSlider):
    """How many iterations are done: it moves the cursor to the end of the last of them, or to the start."""

    about_to_move = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, "timeline_bar.iterations", gettext("Iterations done"), parent)
        self.setToolTip(gettext("Drag to any iteration that was computed"))
        self._session = session
        self._following = False
        self._by_hand: tuple[int, ...] = ()
        self._course = session.moment.course
        self.show_iterations(0, self._course)
        self.valueChanged.connect(self._move)

    def show_by_hand(self, iterations: tuple[int, ...]) -> None:
        """Mark the iterations in which numbers are set by hand."""
        if iterations != self._by_hand:
            self._by_hand = iterations
            self.update()

    def show_iterations(self, done: int, course: Course) -> None:
        """Stand at `done` of the iterations that a course has computed; moves nothing."""
        self._course, first, computed = course, course.first, max(done, course.horizon)
        here = (done, computed, first) == (self.value(), self.maximum(), self.minimum())
        if here and self.isEnabled() == (computed > first):
            return
        self._following = True
        self.setRange(first, computed)
        self.setPageStep(max(1, (computed - first) // 10))
        self.setValue(done)
        self._following = False
        self.setEnabled(computed > first)

    def _move(self, done: int) -> None:
        if self._following:
            return
        self.about_to_move.emit()
        course = self._course
        self._session.navigator.go_to(course.end_of(done - 1) if done > course.first else Cursor(course.first))

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("→ ← another iteration"),
            gettext_noop("Home the first"),
            gettext_noop("End the last"),
            gettext_noop("↓ phase"),
            gettext_noop("↵ iteration"),
            BACK_TO_STAGE,
        )

    def paint_marks(self, painter: QPainter) -> None:
        """Paint where numbers are set by hand."""
        painter.setBrush(QColor(self.appearance.theme.by_hand))
        for iteration in self._by_hand:
            # At the end of the iteration: there a click shows its numbers.
            if iteration < self.maximum():
                painter.drawRoundedRect(QRectF(self.x_of(iteration + 1) - 2, 0, 4, self.height()), 2, 2)
