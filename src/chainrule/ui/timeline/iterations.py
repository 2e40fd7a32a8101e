"""The slider over all iterations that were computed, and the cursor that stands for the end of each."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from chainrule.model.navigation import Cursor
from chainrule.session.screen.course import Course
from chainrule.session.session import Session
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.window.hints import BACK_TO_STAGE
from chainrule.ui.window.keys import keep_keys

GROOVE = 4.0
THUMB = 12.0
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class IterationSlider(QSlider):
    """How many iterations are done: it moves the cursor to the end of the last of them, or to the start."""

    about_to_move = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName("timeline_bar.iterations")
        self.setAccessibleName("Iterations done")
        self.setToolTip("Drag to any iteration that was computed")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        keep_keys(self, _KEYS)
        self._session, self._appearance = session, appearance
        self._following = False
        self._by_hand: tuple[int, ...] = ()
        self._course = session.moment.course
        self.show_iterations(0, self._course)
        self.valueChanged.connect(self._move)
        appearance.changed.connect(self.update)

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

    def sizeHint(self) -> QSize:
        """Return a slim line with a thumb."""
        return QSize(self._appearance.size(200), self._appearance.size(18))

    def _move(self, done: int) -> None:
        if self._following:
            return
        self.about_to_move.emit()
        course = self._course
        self._session.navigator.go_to(course.end_of(done - 1) if done > course.first else Cursor(course.first))

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return ("→ ← another iteration", "Home the first", "End the last", "↓ phase", "↵ iteration", BACK_TO_STAGE)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to where the mouse is, and drag from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._value_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the thumb to where it is dragged."""
        if self.isSliderDown():
            self.setValue(self._value_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignore a wheel that is turned by chance."""
        event.ignore()

    def _reach(self) -> tuple[float, float]:
        """Return the x of the first and the last value."""
        half = self._appearance.size(THUMB) / 2 + 1
        return half, max(half + 1, self.width() - half)

    def _value_at(self, x: float) -> int:
        first, last = self._reach()
        share = max(0.0, min((x - first) / (last - first), 1.0))
        return self.minimum() + round((self.maximum() - self.minimum()) * share)

    def x_of(self, value: int) -> float:
        """Return where the thumb is for a value."""
        first, last = self._reach()
        return first + (last - first) * (value - self.minimum()) / max(1, self.maximum() - self.minimum())

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove, its done part, and the thumb."""
        with painting(self) as painter:
            theme = self._appearance.theme
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle = self.height() / 2
            thumb, x = self._appearance.size(THUMB), self.x_of(self.value())
            groove = QRectF(0, middle - GROOVE / 2, self.width(), GROOVE)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.border))
            painter.drawRoundedRect(groove, GROOVE / 2, GROOVE / 2)
            if not self.isEnabled():
                return
            groove.setRight(x)
            painter.setBrush(QColor(theme.muted))
            painter.drawRoundedRect(groove, GROOVE / 2, GROOVE / 2)
            painter.setBrush(QColor(theme.by_hand))
            for iteration in self._by_hand:
                # At the end of the iteration: there a click shows its numbers.
                if iteration < self.maximum():
                    painter.drawRoundedRect(QRectF(self.x_of(iteration + 1) - 2, 0, 4, self.height()), 2, 2)
            if self.hasFocus():
                painter.setBrush(theme.tint(theme.link, 0.35))
                painter.drawEllipse(QRectF(x - thumb / 2 - 3, middle - thumb / 2 - 3, thumb + 6, thumb + 6))
            painter.setPen(QPen(QColor(theme.surface), 1.5))
            painter.setBrush(QColor(theme.text))
            painter.drawEllipse(QRectF(x - thumb / 2, middle - thumb / 2, thumb, thumb))
