"""The question of File > New: how large the network is, and how many rows it has to begin with."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPushButton, QVBoxLayout, QWidget

from chainrule.engine.spec import Experiment
from chainrule.engine.spec_error import SpecError
from chainrule.explain.refusals import in_words
from chainrule.model.new_experiment import ROWS, new_experiment
from chainrule.ui.appearance import Appearance
from chainrule.ui.controls import Label
from chainrule.ui.fields import Field, IntegerField
from chainrule.ui.refusal import Refusals
from chainrule.ui.text_fields import IntegersField

WIDTH = 120
NOTE = (
    "The weights are drawn as PyTorch draws them, and the rows are zeros and ones to begin with. All of it can be "
    "changed afterwards."
)


class NewDialog(QDialog):
    """A few fields, filled in for a small network. `make` opens what was asked for; it may refuse with `SpecError`."""

    def __init__(self, appearance: Appearance, make: Callable[[Experiment], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("file.new.dialog")
        self.setWindowTitle("New experiment")
        self._appearance, self._make, self._refusals = appearance, make, Refusals(appearance, self)
        self._form = QFormLayout()
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._inputs = self._add(IntegerField, "new_inputs", "&Inputs", 2, "How many numbers the network is shown")
        tip = "How many units each hidden layer has: 2, or 4, 4 for two layers; empty for none"
        self._hidden = self._add(IntegersField, "new_hidden", "&Hidden layers", (2,), tip)
        self._outputs = self._add(IntegerField, "new_outputs", "&Outputs", 1, "How many numbers it answers with")
        self._rows = self._add(IntegerField, "new_rows", "&Rows of data", ROWS.default, "How many samples there are")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._create = QPushButton("&Create", self)
        self._create.setObjectName("new_create")
        self._create.setDefault(True)
        buttons.addButton(self._create, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        note = Label(appearance, NOTE, self, color="muted")
        note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.addLayout(self._form)
        column.addWidget(note)
        column.addWidget(buttons)
        self.setMinimumWidth(appearance.size(340))
        self._create.setFocus()

    def _add(self, kind: type[Field], name: str, label: str, value: object, tip: str) -> Field:
        field = kind(self._appearance, self._refusals, self)
        field.setObjectName(name)
        field.setAccessibleName(label.replace("&", ""))
        field.set_description(f"{tip}.")
        field.setFixedWidth(self._appearance.size(WIDTH))
        field.set_value(value)
        field.value_edited.connect(field.set_value)
        field.nudged.connect(field.set_value)
        self._form.addRow(label, field)
        return field

    def _take(self) -> None:
        """Make it, and close; what cannot be is said beside the button."""
        fields = (self._inputs, self._hidden, self._outputs, self._rows)
        if not all(field.commit() for field in fields):
            return
        inputs, hidden, outputs, rows = (field.value for field in fields)
        shown: Experiment | None = None
        try:
            shown = new_experiment(inputs, hidden, outputs, rows)
            self._make(shown)
        except SpecError as error:
            self._refusals.show(self._create, in_words(error, shown or new_experiment(1, (), 1, 1)))
            return
        self.accept()
