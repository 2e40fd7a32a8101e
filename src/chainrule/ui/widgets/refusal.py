"""Refusals: what cannot be accepted is said in words, in a bubble beside the place where it was typed."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFocusEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.explain.sentences.refusals import as_sentence
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.bubble import Bubble

_KEYS = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
_PRESSES = (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.InputMethod)
_MODIFIERS = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)


class Refusals(QObject):
    """Shows one bubble at a time. It goes away on the next key, click, scroll or resize, and when the focus leaves."""

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
        window, message = anchor.window(), as_sentence(message)
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the bubble away as soon as the user does something else; nothing is swallowed."""
        if self._bubble is None:
            return False
        kind = event.type()
        resized = kind == QEvent.Type.Resize and watched is self._bubble.parentWidget()
        pressed = kind in _PRESSES or (kind in _KEYS and not _is_modifier(event))
        left = watched is self._anchor and isinstance(event, QFocusEvent) and _goes_on(event)
        if self._armed and (resized or pressed or left):
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
    """Return the application, for filters that see every event."""
    application = QApplication.instance()
    assert application is not None
    return application


def _goes_on(event: QFocusEvent) -> bool:
    """Return whether the focus leaves for something else in the window."""
    return event.lostFocus() and event.reason() != Qt.FocusReason.ActiveWindowFocusReason


def _is_modifier(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() in _MODIFIERS
