"""The title row of a plot, and the small parts that stand in it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.window.keys import keep_keys

GAP = 10.0
# Letters of their own width, and narrower ones, up to what can still be read.
STRETCHES = (100, 94, 88, 82, 76, 70, 64)
LINE = 22


def _is_plain(number: str) -> bool:
    """Return whether digits are all there is: words, and the raised ones of a power of ten, are too wide in fixed
    pitch.
    """
    return "·" not in number and not any(map(str.isalpha, number))


class PlotHeader(QWidget):
    """Title at the left, what is shown beside it, the current number and its name at the right.

    Where there is not enough room, what is shown gives way first; then the number and its name go to the line `below`,
    or without one the name is elided, the number's letters become narrow, and it gives way to a shorter one.
    """

    # Another width, in which what stands beside it may have to give way.
    resized = Signal()

    def __init__(self, appearance: Appearance, title: str, parent: QWidget, below: ValueLine | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.title, self.note, self.name, self.number = title, "", "", ""
        self._shorter = ""
        self._color: QColor | None = None
        self._below, self._is_below = below, False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        appearance.changed.connect(self._restyle)

    @property
    def title_width(self) -> float:
        """How much room the title takes."""
        return QFontMetricsF(self._appearance.font(12.5, bold=True)).horizontalAdvance(self.title)

    def set_title(self, title: str) -> None:
        """Set another title."""
        if title != self.title:
            self.title = title
            self._fit()
            self.update()

    def set_texts(self, note: str, name: str, number: str, color: QColor | None = None, *, shorter: str = "") -> None:
        """Set what is shown, and the current number with its name in a colour (muted without one).

        `shorter` stands for a number that has no room even in narrow letters: a part of it that is true by itself.
        """
        texts = note, name, number, color, shorter
        if texts == (self.note, self.name, self.number, self._color, self._shorter):
            return
        self.note, self.name, self.number, self._color, self._shorter = texts
        self._fit()
        self.update()

    def _fit(self) -> None:
        """Give the value a line of its own where this one is too narrow, also while shorter numbers come and go."""
        if self._below is None:
            return
        look, gap = self._appearance, self._appearance.size(GAP)
        title = self.title_width
        value = QFontMetricsF(look.font(11.5, mono=True)).horizontalAdvance(self.number)
        value += QFontMetricsF(look.font(11.5)).horizontalAdvance(self.name) + 2 * gap
        self._is_below = bool(self.name) and (self._is_below or title + gap + value > self.width())
        self._below.set_value(self.name, self.number, self._color, visible=self._is_below)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See whether there is room for the value now."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._is_below = False
            self._fit()
            self.resized.emit()

    def sizeHint(self) -> QSize:
        """Return one line."""
        return QSize(self._appearance.size(120), self._appearance.size(LINE))

    def _restyle(self) -> None:
        self._is_below = False
        self._fit()
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the texts, from both ends of a line to its middle."""
        with painting(self) as painter:
            look = self._appearance
            left, rect, gap = Qt.AlignmentFlag.AlignVCenter, QRectF(self.rect()), look.size(GAP)
            painter.setFont(look.font(12.5, bold=True))
            painter.setPen(QColor(look.theme.text))
            painter.drawText(rect, left, self.title)
            if self.title:
                rect.setLeft(painter.fontMetrics().horizontalAdvance(self.title) + gap)
            if not self._is_below:
                self._paint_value(painter, rect)
            painter.setFont(look.font(11))
            if painter.fontMetrics().horizontalAdvance(self.note) <= rect.width():
                painter.setPen(QColor(look.theme.muted))
                painter.drawText(rect, left, self.note)

    def number_in(self, room: float) -> tuple[str, QFont]:
        """Return the number, or the shorter one, in letters that are as narrow as the room asks for."""
        for text in (self.number, self._shorter or self.number):
            font = self._appearance.font(11.5, mono=_is_plain(text))
            for stretch in STRETCHES:
                font.setStretch(stretch)
                if QFontMetricsF(font).horizontalAdvance(text) <= room:
                    return text, font
        return text, font

    def _paint_value(self, painter: QPainter, rect: QRectF) -> None:
        """Paint the number and its name at the right; `rect` becomes what is left of it."""
        look, right = self._appearance, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        gap = look.size(GAP)
        painter.setPen(self._color or QColor(look.theme.muted))
        number, font = self.number_in(rect.width())
        painter.setFont(font)
        painter.drawText(rect, right, number)
        rect.setRight(rect.right() - painter.fontMetrics().horizontalAdvance(number) - gap / 2)
        painter.setFont(look.font(11.5))
        name = painter.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideRight, max(0, int(rect.width())))
        painter.drawText(rect, right, name)
        rect.setRight(rect.right() - painter.fontMetrics().horizontalAdvance(name) - gap / 2)


class ValueLine(QWidget):
    """A number and its name on a line below the header, from the left; hidden where the header has room for them."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._name, self._number = "", ""
        self._color: QColor | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setVisible(False)
        appearance.changed.connect(self.updateGeometry)

    def set_value(self, name: str, number: str, color: QColor | None, *, visible: bool) -> None:
        """Show a value, or nothing."""
        if (name, number, color) != (self._name, self._number, self._color):
            self._name, self._number, self._color = name, number, color
            self.update()
        self.setVisible(visible)

    def sizeHint(self) -> QSize:
        """Return one line of small text."""
        return QSize(self._appearance.size(120), self._appearance.size(18))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the name, and the number behind it."""
        with painting(self) as painter:
            look, rect, middle = self._appearance, QRectF(self.rect()), Qt.AlignmentFlag.AlignVCenter
            painter.setPen(self._color or QColor(look.theme.muted))
            painter.setFont(look.font(11.5))
            painter.drawText(rect, middle, self._name)
            rect.setLeft(painter.fontMetrics().horizontalAdvance(self._name) + look.size(GAP))
            painter.setFont(look.font(11.5, mono=_is_plain(self._number)))
            painter.drawText(rect, middle, self._number)


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

    def sizeHint(self) -> QSize:
        """Return room for the word."""
        metrics = QFontMetricsF(self._appearance.font(11))
        size = self._appearance.size
        return QSize(round(metrics.horizontalAdvance(self.text())) + size(16), size(22))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a rounded field, tinted while it is on."""
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
