"""The title row of a plot, and the small parts that stand in it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.keys import keep_keys
from chainrule.ui.painting import painting

GAP = 10.0


class PlotHeader(QWidget):
    """Title at the left, what is shown beside it, the current number and its name at the right.

    Where there is not enough room, what is shown gives way first; then the name is elided.
    """

    def __init__(self, appearance: Appearance, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.title, self.note, self.name, self.number = title, "", "", ""
        self._color: QColor | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        appearance.changed.connect(self._restyle)

    def set_texts(self, note: str, name: str, number: str, color: QColor | None = None) -> None:
        """What is shown, and the current number with its name in a colour (muted without one)."""
        if (note, name, number, color) == (self.note, self.name, self.number, self._color):
            return
        self.note, self.name, self.number, self._color = note, name, number, color
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """One line."""
        return QSize(self._appearance.size(120), self._appearance.size(22))

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the texts on one line, from both ends to the middle."""
        with painting(self) as painter:
            look = self._appearance
            left, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            rect, gap = QRectF(self.rect()), look.size(GAP)
            painter.setFont(look.font(12.5, bold=True))
            painter.setPen(QColor(look.theme.text))
            painter.drawText(rect, left, self.title)
            if self.title:
                rect.setLeft(painter.fontMetrics().horizontalAdvance(self.title) + gap)
            painter.setPen(self._color or QColor(look.theme.muted))
            # The raised digits of a power of ten stand too far apart in the fixed pitch.
            painter.setFont(look.font(11.5, mono="·" not in self.number))
            painter.drawText(rect, right, self.number)
            rect.setRight(rect.right() - painter.fontMetrics().horizontalAdvance(self.number) - gap / 2)
            painter.setFont(look.font(11.5))
            name = painter.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideRight, max(0, int(rect.width())))
            painter.drawText(rect, right, name)
            rect.setRight(rect.right() - painter.fontMetrics().horizontalAdvance(name) - gap / 2)
            painter.setFont(look.font(11))
            if painter.fontMetrics().horizontalAdvance(self.note) <= rect.width():
                painter.setPen(QColor(look.theme.muted))
                painter.drawText(rect, left, self.note)


class Toggle(QToolButton):
    """A quiet button with a word on it, on or off."""

    def __init__(self, appearance: Appearance, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.setText(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_keys(self, (Qt.Key.Key_Space,))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        appearance.changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for the word."""
        metrics = QFontMetricsF(self._appearance.font(11))
        size = self._appearance.size
        return QSize(round(metrics.horizontalAdvance(self.text())) + size(16), size(22))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """A rounded field, tinted while it is on."""
        with painting(self) as painter:
            theme = self._appearance.theme
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            on, near = self.isChecked(), self.underMouse() or self.hasFocus()
            painter.setPen(QPen(QColor(theme.link if on or near else theme.border), 1))
            painter.setBrush(theme.written_ground(theme.link) if on else QColor(theme.field))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 1.5, -0.5, -1.5), 5, 5)
            painter.setFont(self._appearance.font(11))
            painter.setPen(QColor(theme.link if on else theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
