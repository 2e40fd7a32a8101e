"""The strip that a folded pane leaves at its edge: its name and an arrow; a click or a drag brings the pane back."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QMouseEvent, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.card import RADIUS
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.window.keys import keep_keys

ACROSS = 24
FONT = 12
# The mouse is on its way to open it when it has gone so far.
DRAG = 12


class Strip(QAbstractButton):
    """As long as the edge it stands at. A click leaves the focus where it was."""

    def __init__(self, appearance: Appearance, edge: Qt.Edge, name: str, tip: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._edge = appearance, edge
        self.setText(name)
        self.setAccessibleName(tip)
        self.setToolTip(plain_tip(tip))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        keep_keys(self, (Qt.Key.Key_Space,))
        fixed, long = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(*((fixed, long) if self._is_upright else (long, fixed)))
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def _is_upright(self) -> bool:
        return self._edge in (Qt.Edge.LeftEdge, Qt.Edge.RightEdge)

    def _restyle(self) -> None:
        self.setFont(self._appearance.font(FONT))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for the name and the arrow."""
        size = self._appearance.size
        along = self.fontMetrics().horizontalAdvance(self.text()) + size(48)
        return QSize(size(ACROSS), along) if self._is_upright else QSize(along, size(ACROSS))

    def minimumSizeHint(self) -> QSize:
        """Return less: part of the edge will do, and the arrow comes first."""
        across = self._appearance.size(ACROSS)
        return QSize(across, across)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Come back when it is dragged into the window."""
        out = event.position() - QPointF(self.rect().center())
        way = abs(out.x()) if self._is_upright else abs(out.y())
        if self.isDown() and way > self._appearance.size(DRAG):
            self.setDown(False)
            self.clicked.emit()
            return
        super().mouseMoveEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be clicked."""
        super().enterEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a quiet card with the arrow first, and then the name along it."""
        with painting(self) as painter:
            theme, size = self._appearance.theme, self._appearance.size
            painter.setRenderHint(painter.RenderHint.Antialiasing)
            lively = self.underMouse() or self.hasFocus()
            painter.setPen(QPen(QColor(theme.link if lively else theme.border), 1))
            painter.setBrush(QColor(theme.surface))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
            color = QColor(theme.link if lively else theme.muted)
            painter.setPen(QPen(color, size(1.4)))
            across = min(self.width(), self.height())
            painter.drawPolyline(self._arrow(QPointF(across / 2, across / 2 + (size(6) if self._is_upright else 0))))
            painter.setPen(color)
            painter.setFont(self.font())
            if self._is_upright:
                painter.translate(0, self.height())
                painter.rotate(-90)
                room = QRectF(size(12), 0, self.height() - across - size(24), self.width())
                where = Qt.AlignmentFlag.AlignRight
            else:
                room = QRectF(across + size(4), 0, self.width() - across - size(8), self.height())
                where = Qt.AlignmentFlag.AlignLeft
            name = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, where | Qt.AlignmentFlag.AlignVCenter, name)

    def _arrow(self, middle: QPointF) -> QPolygonF:
        """Return the arrow that points to where the pane will be."""
        arm = self._appearance.size(4)
        away = {Qt.Edge.LeftEdge: 1, Qt.Edge.RightEdge: -1, Qt.Edge.BottomEdge: -1, Qt.Edge.TopEdge: 1}[self._edge]
        steps = [(-away * arm / 2, -arm), (away * arm / 2, 0), (-away * arm / 2, arm)]
        return QPolygonF([middle + (QPointF(x, y) if self._is_upright else QPointF(y, x)) for x, y in steps])
