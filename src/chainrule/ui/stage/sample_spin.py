"""The number of the sample on the stage: typed and taken with Enter, or by its own two buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QSpinBox, QWidget

from chainrule.ui.window.keys import let_go

_KEPT = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Home, Qt.Key.Key_End,
         Qt.Key.Key_Backspace)  # fmt: skip


class SampleSpin(QSpinBox):
    """A spin box that neither the wheel nor the arrow keys change; the arrows step, as on the stage."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMinimum(1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Each digit would be another sample on the way.
        self.setKeyboardTracking(False)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return ("type a number and ↵", "Page Up, Page Down another sample", "↓ phase", "Esc back to the stage")

    def event(self, event: QEvent) -> bool:
        """Keep the keys that are for typing from the window's shortcuts, and leave it the arrows."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                event.ignore()
                return False
            if event.key() in _KEPT and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what is typed, Escape gives it up; both let go of the keyboard."""
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.lineEdit().setText(self.textFromValue(self.value()))
            let_go(self)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.interpretText()
            let_go(self)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Ignore a wheel that is turned by chance."""
        event.ignore()
