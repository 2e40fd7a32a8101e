"""Keys that a focused control needs itself, though the window has shortcuts on them: arrows, Enter, Space."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_CONTROL = Qt.KeyboardModifier.ControlModifier


class _KeyKeeper(QObject):
    def __init__(self, widget: QWidget, keys: Collection[Qt.Key]) -> None:
        super().__init__(widget)
        self._keys = frozenset(keys)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(event.key() in self._keys and not event.modifiers() & _CONTROL)
            return event.isAccepted()
        return False


def keep_keys(widget: QWidget, keys: Collection[Qt.Key]) -> None:
    """While the widget has the focus, these keys are its own and start no shortcut of the window."""
    _KeyKeeper(widget, keys)
