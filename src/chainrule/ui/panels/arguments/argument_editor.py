"""What edits one argument, whatever its kind is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from chainrule.catalog.arguments import Argument, ArgumentValue
from chainrule.ui.style.appearance import Appearance

FIELD_WIDTH = 96


class ArgumentEditor(QObject):
    """What edits one argument. `edited` asks for a value, and says whether the arrow keys chose it;
    `controls_changed` says that there are others now.

    `widget` stands in the argument's line, or in one of its own where it `is_wide`.
    """

    edited = Signal(object, bool)
    controls_changed = Signal()
    is_wide = False

    def __init__(self, appearance: Appearance, widget: QWidget) -> None:
        super().__init__(widget)
        self.appearance, self.widget = appearance, widget

    @property
    def anchor(self) -> QWidget:
        """Beside what a refusal is said: where the user was last."""
        return self.widget

    def controls(self) -> list[QWidget]:
        """Return what the Tab key goes to."""
        return [self.widget]

    def declare(self, argument: Argument) -> None:
        """Take on the words of a declaration, whose kind is that of the one before."""
        raise NotImplementedError

    def show_value(self, value: ArgumentValue) -> None:
        """Show the value that is accepted."""
        raise NotImplementedError

    def begin(self) -> bool:
        """Take the keyboard if it is a formula, which is seldom wanted as it is at first; return whether it is one."""
        return False

    def space(self) -> None:
        """Take on the text size."""
        self.widget.setFixedWidth(self.appearance.size(FIELD_WIDTH))
