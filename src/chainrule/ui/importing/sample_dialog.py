"""The question of File > Sample data: which kind, and of what is drawn how many rows, how much noise, which seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.model.importing.samples import NOISE, ROWS, SAMPLES, SampleAsk
from chainrule.translation import gettext
from chainrule.ui.asking.dialog_form import DialogForm
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.fields import Field, IntegerField, NumberField
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.text_fields import ExpressionField

WIDTH = 200
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
F = TypeVar("F", bound=Field)


class SampleDialog(QDialog):
    """A few fields. `use` goes on with what was asked for; it may refuse with `SpecError`."""

    def __init__(self, appearance: Appearance, use: Callable[[str, SampleAsk], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sample_dialog")
        self.setWindowTitle(gettext("Sample data"))
        self._appearance, self._use, self._refusals = appearance, use, Refusals(appearance, self)
        self._form = DialogForm(appearance, WIDTH, self, self._refusals)
        self._form.entered.connect(self._take)
        self.kind = self._form.choose(
            "sample_kind", gettext("&Data"), {name: each.words for name, each in SAMPLES.items()}
        )
        self.kind.setAccessibleName(gettext("Which data"))
        self._words = Label(appearance, "", self, color="muted")
        self._words.setWordWrap(True)
        self._form.addRow(self._words)
        ask = SampleAsk()
        tip = gettext("The curve, a formula of x; x is drawn from −3 to 3")
        self.function = self._form.ask(ExpressionField, "sample_function", "&f(x)", ask.function, tip)
        self.rows = self._form.ask(
            IntegerField, "sample_rows", "&Rows", ROWS.default, gettext("How many points there are")
        )
        tip = gettext("The standard deviation of what is added to each point by chance")
        self.noise = self._form.ask(NumberField, "sample_noise", "&Noise", NOISE.default, tip)
        self.seed = self._form.ask(
            IntegerField, "sample_seed", "&Seed", ask.seed, gettext("The same seed draws the same points")
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.go_on = QPushButton(gettext("&Look at it…"), self)
        self.go_on.setObjectName("sample_go_on")
        self.go_on.setToolTip(gettext("Show the rows, and choose what is done with them"))
        self.go_on.setDefault(True)
        buttons.addButton(self.go_on, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(self._form)
        column.addStretch(1)
        column.addWidget(buttons)
        self.kind.choice_edited.connect(self._show_kind)
        self._show_kind(next(iter(SAMPLES)))
        self.setMinimumWidth(appearance.size(360))

    def _show_kind(self, name: str) -> None:
        """Ask for what that kind has."""
        sample = SAMPLES[name]
        self._words.setText(f"{sample.words}.")
        self._form.setRowVisible(self.function, sample.has_function)
        for field in (self.rows, self.noise, self.seed):
            self._form.setRowVisible(field, sample.is_drawn)

    def _take(self) -> None:
        """Go on; what cannot be is said beside its field."""
        fields: dict[str, Field] = {
            "function": self.function, "$.rows": self.rows, "$.noise": self.noise, "seed": self.seed,
        }  # fmt: skip
        if not all(field.take() for field in fields.values() if not field.isHidden()):
            return
        ask = SampleAsk(self.rows.value, self.noise.value, self.seed.value, self.function.value)
        try:
            self._use(self.kind.choice, ask)
        except SpecError as error:
            beside = fields.get(error.path, self.go_on)
            self._refusals.show(beside, f"{error.message[:1].upper()}{error.message[1:]}.")
            return
        self.accept()
