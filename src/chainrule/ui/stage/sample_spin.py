"""The number of the sample on the stage: typed and taken with Enter, or by its own two buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QSpinBox, QWidget

from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events
from chainrule.ui.widgets.typed_numbers import is_formula, parse_integer
from chainrule.ui.window.keys import let_go

_KEPT = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Home, Qt.Key.Key_End,
         Qt.Key.Key_Backspace)  # fmt: skip


class SampleSpin(QSpinBox):
    """A spin box that neither the wheel nor the arrow keys change; the arrows step, as on the stage."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setMinimum(1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Each digit would be another sample on the way.
        self.setKeyboardTracking(False)

    def validate(self, text: str, place: int) -> tuple[QValidator.State, str, int]:
        """Let a formula of numbers be typed: `2*3`."""
        if not is_formula(text):
            return super().validate(text, place)
        number = _number_of(text)
        inside = number is not None and self.minimum() <= number <= self.maximum()
        return QValidator.State.Acceptable if inside else QValidator.State.Intermediate, text, place

    def valueFromText(self, text: str) -> int:
        """Return the number of what is typed."""
        number = _number_of(text) if is_formula(text) else None
        return super().valueFromText(text) if number is None else number

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("type a number and ↵"),
            gettext_noop("Page Up, Page Down another sample"),
            gettext_noop("↓ phase"),
            gettext_noop("Esc back to the stage"),
        )

    def _take_event(self, event: QEvent) -> bool:
        """Keep the keys that are for typing from the window's shortcuts, and leave it the arrows."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                event.ignore()
                return True
            if event.key() in _KEPT and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.accept()
                return True
        return False

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


def _number_of(formula: str) -> int | None:
    try:
        return parse_integer(formula)
    except ValueError:
        return None
