"""The bubble that a refusal is said in, and where in the window it hides least."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.card import Card

EDGE = 8
ARROW = 6
PADDING = 9
WIDTH, WIDEST = 320, 480
# Characters of a message that are shown: a name in it may be of any length.
LONGEST = 400
# How bad it is to hide a pixel of what is behind, and to hide any of what may be needed next.
_CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox)
_CONTROL, _TABLE, _CARD = 1.0, 0.5, 0.1
_NEEDED = 2000.0
# And how bad each pixel between it and what it speaks of is.
_FAR = 5.0


class Bubble(QWidget):
    """A message with a point towards what it is about. It lies in the window, never across its edge."""

    def __init__(self, appearance: Appearance, window: QWidget, target: QRect, message: str) -> None:
        """Speak about `target`, a rectangle of the window."""
        super().__init__(window)
        self.setObjectName("refusal")
        self.setAccessibleName(gettext("Not accepted"))
        self.setAccessibleDescription(message)
        self._appearance, self._window, self._target, self._side = appearance, window, target, "below"
        self._document = QTextDocument(self)
        self._document.setDefaultFont(appearance.font(12.5))
        self._document.setDocumentMargin(0)
        # A path such as $.network.layers[10].units is one word, and may be wider than the bubble.
        self._document.setDefaultTextOption(_wrap_anywhere())
        self._document.setPlainText(message if len(message) <= LONGEST else f"{message[:LONGEST]}...")
        self.place()

    def point_to(self, target: QRect) -> None:
        """Speak about what has gone to another rectangle of the window."""
        self._target = target
        self.place()
        self.update()

    def place(self) -> None:
        """Stand below the target, above it or beside it: where least is hidden, inside the window."""
        window, target, padding = self._window, self._target, self._appearance.size(PADDING)
        beyond = self._right_of_card()
        # In a dialog there is no card, and lower lines hide less of what is above the button that it is about.
        widest = self._appearance.size(WIDTH) if beyond else max(self._appearance.size(WIDTH), target.left() - 3 * EDGE)
        room = max(60, min(widest, self._appearance.size(WIDEST), window.width() - 2 * EDGE) - 2 * padding)
        self._document.setTextWidth(room)
        self._document.setTextWidth(min(room, self._document.idealWidth() + 1))
        text: QSizeF = self._document.size()
        size = QSize(round(text.width()) + 2 * padding, round(text.height()) + 2 * padding)
        upright, lying = size + QSize(0, ARROW), size + QSize(ARROW, 0)
        beside = target.center().y() - lying.height() // 2
        places = {
            "below": QRect(QPoint(target.left(), target.bottom() + 2), upright),
            "above": QRect(QPoint(target.left(), target.top() - upright.height() - 2), upright),
            "right": QRect(QPoint(target.right() + 2, beside), lying),
        }
        if beyond:
            places["beyond"] = QRect(QPoint(beyond + 2, beside), lying)
        else:
            places["left"] = QRect(QPoint(target.left() - lying.width() - 2, beside), lying)
        inside = window.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        placed = {side: _moved_into(rect, inside) for side, rect in places.items()}
        # Of equals the first.
        self._side = min(placed, key=lambda side: self._cost_of(placed[side]))
        self.setGeometry(placed[self._side])

    def _right_of_card(self) -> int:
        """Return the right end of the card that the target lies in."""
        cards = [_in_window(card) for card in self._window.findChildren(Card) if card.isVisible()]
        return max((card.right() for card in cards if card.contains(self._target.center())), default=0)

    def _cost_of(self, rect: QRect) -> float:
        """Return how bad it is to stand there, for what is hidden and for the way.

        The target itself is the worst to hide.
        """
        if rect.intersects(self._target):
            return float("inf")
        total = _FAR * max(0, rect.left() - self._target.right(), self._target.left() - rect.right())
        for widget in self._window.findChildren(QWidget):
            if isinstance(widget, _CONTROLS):
                cost = _CONTROL
            elif isinstance(widget, QAbstractItemView) or (isinstance(widget, QLabel) and widget.wordWrap()):
                cost = _TABLE
            elif isinstance(widget, Card):
                cost = _CARD
            else:
                continue
            if not widget.isVisible():
                continue
            common = _in_window(widget) & rect
            if not common.isEmpty():
                total += cost * common.width() * common.height() + (_NEEDED if cost == _CONTROL else 0.0)
        return total

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, its point and the words."""
        with painting(self) as painter:
            theme = self._appearance.theme
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.error), 1.2))
            painter.setBrush(theme.error_ground)
            body = QRectF(self.rect()).adjusted(0.6, 0.6, -0.6, -0.6)
            body = body.adjusted(*_MARGINS[self._side])
            painter.drawRoundedRect(body, 6, 6)
            self._paint_arrow(painter, body)
            padding = self._appearance.size(PADDING)
            left, top, *_ = _MARGINS[self._side]
            painter.translate(padding + left, padding + top)
            context = QAbstractTextDocumentLayout.PaintContext()
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.Text, QColor(theme.error))
            context.palette = palette
            self._document.documentLayout().draw(painter, context)

    def _paint_arrow(self, painter: QPainter, body: QRectF) -> None:
        target = self._target.translated(-self.pos())
        if self._side in ("below", "above"):
            middle = target.left() + min(target.width(), 40) / 2
            x = max(body.left() + 14, min(middle, body.right() - 14))
            base, way = (body.top(), -1) if self._side == "below" else (body.bottom(), 1)
            tip, along, out = QPointF(x, base), QPointF(ARROW, 0), QPointF(0, way)
        else:
            y = max(body.top() + 12.0, min(float(target.center().y()), body.bottom() - 12))
            end, way = (body.right(), 1) if self._side == "left" else (body.left(), -1)
            tip, along, out = QPointF(end, y), QPointF(0, ARROW), QPointF(way, 0)
        inside = tip - out * 1.2
        points = [inside - along, tip + out * ARROW, inside + along]
        pen = painter.pen()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF(points))
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))


# Where its point takes room from the frame.
_MARGINS = {
    "below": (0, ARROW, 0, 0),
    "above": (0, 0, 0, -ARROW),
    "right": (ARROW, 0, 0, 0),
    "beyond": (ARROW, 0, 0, 0),
    "left": (0, 0, -ARROW, 0),
}


def _moved_into(rect: QRect, room: QRect) -> QRect:
    left = max(room.left(), min(rect.left(), room.right() + 1 - rect.width()))
    top = max(room.top(), min(rect.top(), room.bottom() + 1 - rect.height()))
    return QRect(QPoint(left, top), rect.size())


def _in_window(widget: QWidget) -> QRect:
    """Return the part of a widget that is to be seen, in its window."""
    seen = widget.visibleRegion().boundingRect()
    return QRect(widget.mapTo(widget.window(), seen.topLeft()), seen.size())


def _wrap_anywhere() -> QTextOption:
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    return option
