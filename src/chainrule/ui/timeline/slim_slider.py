"""A slim line with a thumb: a slider that a click jumps in, and that no wheel moves by chance."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.window.keys import keep_keys

GROOVE = 4.0
THUMB = 12.0
_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End)


class SlimSlider(QSlider):
    """Goes from left to right; its arrows, Home and End are its own while it has the keyboard."""

    def __init__(self, appearance: Appearance, object_name: str, name: str, parent: QWidget) -> None:
        """`name` is for screen readers."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        keep_keys(self, _KEYS)
        self.appearance = appearance
        appearance.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a slim line with a thumb."""
        return QSize(self.appearance.size(200), self.appearance.size(18))

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
        half = self.appearance.size(THUMB) / 2 + 1
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

    def paint_marks(self, painter: QPainter) -> None:
        """Paint what stands on the groove, below the thumb."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the groove, its done part, and the thumb."""
        with painting(self) as painter:
            theme = self.appearance.theme
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle = self.height() / 2
            thumb, x = self.appearance.size(THUMB), self.x_of(self.value())
            groove = QRectF(0, middle - GROOVE / 2, self.width(), GROOVE)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.border))
            painter.drawRoundedRect(groove, GROOVE / 2, GROOVE / 2)
            if not self.isEnabled():
                return
            groove.setRight(x)
            painter.setBrush(QColor(theme.muted))
            painter.drawRoundedRect(groove, GROOVE / 2, GROOVE / 2)
            self.paint_marks(painter)
            if self.hasFocus():
                painter.setBrush(theme.tint(theme.link, 0.35))
                painter.drawEllipse(QRectF(x - thumb / 2 - 3, middle - thumb / 2 - 3, thumb + 6, thumb + 6))
            painter.setPen(QPen(QColor(theme.surface), 1.5))
            painter.setBrush(QColor(theme.text))
            painter.drawEllipse(QRectF(x - thumb / 2, middle - thumb / 2, thumb, thumb))
