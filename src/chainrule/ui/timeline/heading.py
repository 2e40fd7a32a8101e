"""The heading over the iterations: which one is on the screen; a click asks for another."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QWidget

from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.window.keys import keep_keys

FONT = 11.5
CHEVRON = 14


class IterationHeading(QAbstractButton):
    """As wide as its words and a chevron. A click leaves the focus where it was."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.setObjectName("timeline_bar.go_to")
        self.setToolTip(plain_tip(gettext("The iteration on the screen: click to go to another one (Ctrl+G)")))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        keep_keys(self, (Qt.Key.Key_Space,))

    def show_text(self, text: str) -> None:
        """Show the words."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(gettext("{words}: go to another one", words=text))

    def sizeHint(self) -> QSize:
        """Return room for the words and the chevron."""
        self.setFont(self._appearance.font(FONT, bold=True))
        size = self._appearance.size
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + size(CHEVRON) + 2, size(18))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be clicked."""
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the words, as far as there is room, and the chevron behind them."""
        with painting(self) as painter:
            theme, size = self._appearance.theme, self._appearance.size
            painter.setRenderHint(painter.RenderHint.Antialiasing)
            lively = self.underMouse() or self.hasFocus()
            color = QColor(theme.link if lively else theme.text)
            painter.setPen(color)
            painter.setFont(self._appearance.font(FONT, bold=True))
            room = self.rect().adjusted(0, 0, -size(CHEVRON), 0)
            text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width() + 2)
            painter.drawText(room.adjusted(0, 0, 2, 0), Qt.AlignmentFlag.AlignVCenter, text)
            painter.setPen(QPen(color, size(1.3)))
            x = min(room.width(), painter.fontMetrics().horizontalAdvance(text)) + size(CHEVRON) / 2
            tip, arm = QPointF(x, self.height() / 2 + size(2)), size(3)
            painter.drawPolyline(QPolygonF([tip + QPointF(-arm, -arm), tip, tip + QPointF(arm, -arm)]))
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.link), 1))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
