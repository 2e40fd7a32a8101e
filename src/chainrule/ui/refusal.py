"""Refusals: what cannot be accepted is said in words, in a bubble beside the place where it was typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QAccessible,
    QAccessibleEvent,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.explain.refusals import sentence
from chainrule.ui.appearance import Appearance
from chainrule.ui.painting import painting

EDGE = 8
ARROW = 6
PADDING = 9
WIDTH = 320
# Characters of a message that are shown: a name in it may be of any length.
LONGEST = 400
_KEYS = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.InputMethod)
_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)


class Bubble(QWidget):
    """A message with a point towards what it is about. It lies in the window, never across its edge."""

    def __init__(self, appearance: Appearance, window: QWidget, target: QRect, message: str) -> None:
        """Speak about `target`, a rectangle of the window."""
        super().__init__(window)
        self.setObjectName("refusal")
        self.setAccessibleName("Not accepted")
        self.setAccessibleDescription(message)
        self._appearance, self._window, self._target, self._below = appearance, window, target, True
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
        """Stand below the target, or above it where there is no room; inside the window."""
        window, target, padding = self._window, self._target, self._appearance.size(PADDING)
        room = max(60, min(self._appearance.size(WIDTH), window.width() - 2 * EDGE) - 2 * padding)
        self._document.setTextWidth(room)
        self._document.setTextWidth(min(room, self._document.idealWidth() + 1))
        text: QSizeF = self._document.size()
        width, height = round(text.width()) + 2 * padding, round(text.height()) + 2 * padding + ARROW
        self._below = target.bottom() + height + EDGE <= window.height() or target.top() < height + EDGE
        top = target.bottom() + 2 if self._below else target.top() - height - 2
        left = max(EDGE, min(target.left(), window.width() - width - EDGE))
        self.setGeometry(left, max(EDGE, min(top, window.height() - height - EDGE)), width, height)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the frame, its point and the words."""
        with painting(self) as painter:
            theme = self._appearance.theme
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.error), 1.2))
            painter.setBrush(theme.error_ground)
            body = QRectF(self.rect()).adjusted(0.6, 0.6, -0.6, -0.6)
            body = body.adjusted(0, ARROW, 0, 0) if self._below else body.adjusted(0, 0, 0, -ARROW)
            painter.drawRoundedRect(body, 6, 6)
            self._paint_arrow(painter, body)
            padding = self._appearance.size(PADDING)
            painter.translate(padding, padding + (ARROW if self._below else 0))
            context = QAbstractTextDocumentLayout.PaintContext()
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.Text, QColor(theme.error))
            context.palette = palette
            self._document.documentLayout().draw(painter, context)

    def _paint_arrow(self, painter: QPainter, body: QRectF) -> None:
        middle = self._target.left() + min(self._target.width(), 40) / 2 - self.x()
        x = max(body.left() + 14, min(middle, body.right() - 14))
        base, up = (body.top(), -1) if self._below else (body.bottom(), 1)
        inside = base - 1.2 * up
        points = [QPointF(x - ARROW, inside), QPointF(x, base + up * ARROW), QPointF(x + ARROW, inside)]
        pen = painter.pen()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF(points))
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))


class Refusals(QObject):
    """Shows one bubble at a time. It goes away on the next key, click, scroll or resize."""

    dismissed = Signal()

    def __init__(self, appearance: Appearance, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._bubble: Bubble | None = None
        self._anchor: QWidget | None = None
        self._rect = QRect()
        self._description = ""
        self._message = ""
        self._arming = QTimer(self)
        self._arming.setSingleShot(True)
        self._arming.timeout.connect(self._arm)
        self._armed = False
        appearance.changed.connect(self.dismiss)

    @property
    def message(self) -> str:
        """What is said now; empty where nothing is."""
        return self._message

    @property
    def bubble(self) -> Bubble | None:
        """The bubble on the screen."""
        return self._bubble

    def show(self, anchor: QWidget, message: str, rect: QRect | None = None) -> None:
        """Say why something was refused, beside `anchor` or beside a rectangle of it."""
        self.dismiss()
        window, message = anchor.window(), sentence(message)
        self._rect = anchor.rect() if rect is None else rect
        self._message, self._anchor, self._description = message, anchor, anchor.accessibleDescription()
        anchor.setAccessibleDescription(message)
        # The field may be gone before the bubble is: an editor in a table or on the stage closes at once.
        anchor.destroyed.connect(self._forget_anchor)
        self._bubble = Bubble(self._appearance, window, _in_window(anchor, self._rect), message)
        self._bubble.destroyed.connect(self._forget_bubble)
        self._bubble.show()
        self._bubble.raise_()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self._bubble, QAccessible.Event.Alert))
        application().installEventFilter(self)
        self._armed = anchor.hasFocus() and not QGuiApplication.mouseButtons()
        if not self._armed:
            # The click that led here is still on its way to where it goes: it is not the next one.
            self._arming.start(0)

    def dismiss(self) -> None:
        """Take the bubble away."""
        bubble, anchor = self._bubble, self._anchor
        if bubble is None:
            return
        self._arming.stop()
        self._bubble, self._anchor, self._message = None, None, ""
        application().removeEventFilter(self)
        bubble.destroyed.disconnect(self._forget_bubble)
        bubble.hide()
        bubble.deleteLater()
        if anchor is not None:
            anchor.destroyed.disconnect(self._forget_anchor)
            anchor.setAccessibleDescription(self._description)
        self.dismissed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take the bubble away as soon as the user does something else; nothing is swallowed."""
        if self._bubble is None:
            return False
        kind = event.type()
        resized = kind == QEvent.Type.Resize and watched is self._bubble.parentWidget()
        pressed = kind in _PRESSES or (kind in _KEYS and not _is_modifier(event))
        if self._armed and (resized or pressed):
            self.dismiss()
        elif kind == QEvent.Type.Move and self._moves_anchor(watched):
            # A notice above it pushes it down.
            assert self._anchor is not None
            self._bubble.point_to(_in_window(self._anchor, self._rect))
        return False

    def _moves_anchor(self, watched: QObject) -> bool:
        anchor = self._anchor
        if anchor is None or not isinstance(watched, QWidget) or watched.isWindow():
            return False
        return watched is anchor or watched.isAncestorOf(anchor)

    def _arm(self) -> None:
        self._armed = True

    def _forget_anchor(self) -> None:
        self._anchor = None

    def _forget_bubble(self) -> None:
        self._bubble, self._message = None, ""
        application().removeEventFilter(self)


def _in_window(anchor: QWidget, rect: QRect) -> QRect:
    return QRect(anchor.mapTo(anchor.window(), rect.topLeft()), rect.size())


def application() -> QObject:
    """The application, for filters that see every event."""
    application = QApplication.instance()
    assert application is not None
    return application


def _is_modifier(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() in _MODIFIERS


def _wrap_anywhere() -> QTextOption:
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    return option
