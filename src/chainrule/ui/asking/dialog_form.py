"""The fields of a dialog, each with its name: they are filled in at first, and Enter in one is the dialog's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialogButtonBox, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import CheckBox
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
F = TypeVar("F", bound=Field)


class DialogForm(QFormLayout):
    """Makes the fields of a dialog, all of one width in pixels at the usual text size. They are children of it."""

    # Enter was pressed in a field; a list of choices has a use of its own for it.
    entered = Signal()

    def __init__(self, appearance: Appearance, width: int, dialog: QWidget, refusals: Refusals | None = None) -> None:
        """`refusals` says what a typed field cannot read; a form of choices alone needs none."""
        super().__init__()
        self._appearance, self._width, self._dialog, self._refusals = appearance, width, dialog, refusals
        self.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)

    def choose(self, name: str, label: str, choices: Mapping[str, str], usual: str = "") -> ChoiceField:
        """Add a list of choices, each with the words of its tooltip; the first is chosen where none is the `usual`."""
        field = ChoiceField(self._appearance, name, label.replace("&", ""), self._dialog)
        field.set_choices(choices)
        field.set_choice(usual or next(iter(choices)))
        field.setToolTip(plain_tip(choices[field.choice]))
        field.choice_edited.connect(field.set_choice)
        field.choice_edited.connect(lambda chosen: field.setToolTip(plain_tip(choices[chosen])))
        field.setFixedWidth(self._appearance.size(self._width))
        self.addRow(label, field)
        return field

    def check(self, name: str, text: str, tip: str) -> CheckBox:
        """Add a box that is ticked or not."""
        box = CheckBox(self._appearance, text, tip, name, self._dialog)
        self.addRow("", box)
        return box

    def ask(self, kind: type[F], name: str, label: str, value: object, tip: str) -> F:
        """Add a field that is typed into."""
        assert self._refusals is not None
        field = self.set_up(kind(self._appearance, self._refusals, self._dialog), name)
        field.setAccessibleName(label.replace("&", ""))
        field.set_description(f"{tip}.")
        field.set_value(value)
        self.addRow(label, field)
        return field

    def set_up(self, field: F, name: str) -> F:
        """Give a field what those that are asked for have; it is in no row yet."""
        field.setObjectName(name)
        field.setFixedWidth(self._appearance.size(self._width))
        field.value_edited.connect(field.set_value)
        field.nudged.connect(field.set_value)
        field.installEventFilter(self)
        return field

    def stand_beside(self, preview: QWidget, note: QWidget, buttons: QDialogButtonBox) -> None:
        """Lay the dialog out: the fields with a note below them, at their right a preview, and buttons below all."""
        left = QVBoxLayout()
        left.addLayout(self)
        left.addWidget(note)
        left.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(self._appearance.size(16))
        row.addLayout(left)
        row.addWidget(preview, 1)
        column = QVBoxLayout(self._dialog)
        column.addLayout(row, 1)
        column.addWidget(buttons)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer at once where Enter is pressed in a field: all the others are filled in."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _ENTER:
            self.entered.emit()
            return True
        return super().eventFilter(watched, event)
