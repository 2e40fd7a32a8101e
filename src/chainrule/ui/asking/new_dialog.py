"""The question of File > New: how large the network is, what it learns, and how many rows it has to begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPushButton, QVBoxLayout, QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.explain.sentences.refusals import path_parts, refusal_in_words
from chainrule.model.editing.new_experiment import HIDDEN_ACTIVATIONS, LEAST_CLASSES, ROWS, new_experiment, new_formula
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.asking.dialog_form import DialogForm
from chainrule.ui.panels.arguments.formula_lines import BETWEEN, HOW, AssignmentReader, Whole, split_lines
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula_field import FormulaLine
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.fields import Field, IntegerField
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import BAR, SlimScrollArea
from chainrule.ui.widgets.text_fields import IntegersField
from chainrule.ui.window.screen import within_screen

WIDTH = 216
NOTE = gettext_noop(
    "Hidden layers: 4 is one of four units, and 8, 4 are two. The weights are drawn as PyTorch draws them, and the "
    "rows are zeros and ones to begin with. All of it can be changed afterwards."
)
FORMULA_NOTE = (
    f"Lines have {BETWEEN} between them. Names that no line defines are the parameters, 1, 2, 3 and so on to begin "
    "with; one that you add to the formula later is drawn at random. The last line is the output, which training makes "
    "smaller. All of it can be changed afterwards."
)
LAYERS, FORMULA = gettext_noop("layers of neurons"), "a formula"
KINDS = {
    LAYERS: "Layers of neurons that learn from data",
    FORMULA: "A typed formula: each operator is a node, with its value and its gradient",
}
# CS231n's first circuit.
EXAMPLE = "q = x + y; f = q*z"
NUMBERS, CLASSES = gettext_noop("numbers (MSELoss)"), "classes (CrossEntropyLoss)"
TARGETS = {
    NUMBERS: "A number for each output, which the output is to come close to",
    CLASSES: "One class a row, counted from 0; the network has an output for each class",
}
F = TypeVar("F", bound=Field)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class NewDialog(QDialog):
    """A few fields, filled in for a small network. `make` opens what was asked for; it may refuse with `SpecError`."""

    def __init__(self, appearance: Appearance, make: Callable[[Experiment], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("file.new.dialog")
        self.setWindowTitle(gettext("New experiment"))
        self._appearance, self._make, self._refusals = appearance, make, Refusals(appearance, self)
        self._form = DialogForm(appearance, WIDTH, self, self._refusals)
        self._form.entered.connect(self._take)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._note = Label(appearance, gettext(NOTE), self, color="muted")
        self._note.setWordWrap(True)
        self._make_fields()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._create = QPushButton(gettext("C&reate"), self)
        self._create.setObjectName("new_create")
        self._create.setDefault(True)
        buttons.addButton(self._create, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self._take)
        buttons.rejected.connect(self.reject)
        content = QWidget(self)
        lines = QVBoxLayout(content)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addLayout(self._form)
        lines.addWidget(self._note)
        lines.addStretch(1)
        self._area = SlimScrollArea(appearance, self)
        self._area.setWidget(content)
        column = QVBoxLayout(self)
        column.addWidget(self._area, 1)
        column.addWidget(buttons)
        self._fit(lines, buttons)
        # What is typed first is the first number; Enter there creates at once, as it does on the button.
        self._inputs.setFocus(Qt.FocusReason.TabFocusReason)

    def _fit(self, lines: QVBoxLayout, buttons: QWidget) -> None:
        """Grow as large as what is in it, or as the screen.

        Then the fields stand below their names, and are scrolled.
        """
        column, size = self.layout(), self._appearance.size
        assert column is not None
        margins = column.contentsMargins()
        beside, above = margins.left() + margins.right(), margins.top() + margins.bottom()
        width = within_screen(self, max(size(440), lines.sizeHint().width() + beside + size(BAR)), 1).width()
        high = lines.heightForWidth(width - beside - size(BAR)) + size(BAR)
        self.resize(within_screen(self, width, high + buttons.sizeHint().height() + above + column.spacing()))

    def _make_fields(self) -> None:
        form = self._form
        self._kind = form.choose("new_kind", gettext("&What is trained"), KINDS)
        self._kind.choice_edited.connect(self._show_kind)
        self._kind.choice_edited.connect(self._ask_for_formula)
        self._inputs = form.ask(
            IntegerField, "new_inputs", "&Inputs", 2, gettext("How many numbers the network is shown")
        )
        tip = gettext("How many units each hidden layer has: 4 for one layer, 8, 4 for two; empty for none")
        self._hidden = form.ask(IntegersField, "new_hidden", gettext("&Units of the hidden layers"), (2,), tip)
        self._hidden.setPlaceholderText(gettext("none; 4, or 8, 4"))
        activations = dict.fromkeys(HIDDEN_ACTIVATIONS, "The activation of every hidden layer")
        self._activation = form.choose("new_activation", gettext("&Activation of the hidden layers"), activations)
        self._outputs = form.ask(
            IntegerField, "new_outputs", "&Outputs", 1, gettext("How many numbers it answers with")
        )
        # With its T underlined it would be wider than its label, which counts on T and a being closer to each other.
        self._targets = form.choose("new_targets", gettext("Targe&ts"), TARGETS)
        self._targets.choice_edited.connect(self._make_room_for_classes)
        self._rows = form.ask(
            IntegerField, "new_rows", gettext("Rows of &data"), ROWS.default, gettext("How many samples there are")
        )
        reader = AssignmentReader(0, Whole(lambda _, own: own))
        formula = FormulaLine(reader.read, self._appearance, self._refusals, self)
        formula.set_description(HOW)
        self._formula = form.set_up(formula, "new_formula")
        self._formula.setAccessibleName(gettext("Formula"))
        self._formula.set_value(EXAMPLE)
        self._formula.checked.connect(self._say_problem)
        form.addRow(gettext("&Formula"), self._formula)
        self._problem = Label(self._appearance, "", self, size=SMALL, color="error")
        self._problem.setObjectName("new_formula_problem")
        self._problem.setWordWrap(True)
        form.addRow(self._problem)
        self._show_kind(LAYERS)

    def _show_kind(self, kind: str) -> None:
        """Ask for what that kind has."""
        is_formula = kind == FORMULA
        for field in (self._inputs, self._hidden, self._activation, self._outputs, self._targets, self._rows):
            self._form.setRowVisible(field, not is_formula)
        self._form.setRowVisible(self._formula, is_formula)
        self._say_problem()
        self._note.setText(FORMULA_NOTE if is_formula else gettext(NOTE))

    def _ask_for_formula(self, kind: str) -> None:
        """Let what is typed next be the formula, where one is chosen."""
        if kind == FORMULA:
            self._formula.setFocus(Qt.FocusReason.TabFocusReason)
            self._formula.selectAll()

    def _say_problem(self) -> None:
        """Say below the formula what is wrong with it."""
        self._problem.setText(self._formula.reading.problem)
        self._form.setRowVisible(self._problem, bool(self._formula.reading.problem) and self._kind.choice == FORMULA)

    def _make_room_for_classes(self, targets: str) -> None:
        """Make two outputs for two classes."""
        if targets == CLASSES and self._outputs.commit() and self._outputs.value < LEAST_CLASSES:
            self._outputs.set_value(LEAST_CLASSES)

    def _take(self) -> None:
        """Make it, and close; what cannot be is said beside its field."""
        if self._kind.choice == FORMULA:
            self._take_formula()
            return
        fields = (self._inputs, self._hidden, self._outputs, self._rows)
        # Each refuses for itself what it cannot read.
        if not all(field.take() for field in fields):
            return
        inputs, hidden, outputs, rows = (field.value for field in fields)
        activation, classes = self._activation.choice, self._targets.choice == CLASSES
        shown: Experiment | None = None
        try:
            shown = new_experiment(inputs, hidden, outputs, rows, activation=activation, classes=classes)
            self._make(shown)
        except SpecError as error:
            self._refuse(error, shown or new_experiment(1, (1,) * len(hidden), 1, 1))
            return
        self.accept()

    def _take_formula(self) -> None:
        if not self._formula.take():
            self._formula.setFocus()
            return
        try:
            self._make(new_formula(split_lines(self._formula.value)))
        except SpecError as error:
            self._formula.setFocus()
            self._formula.refuse(refusal_in_words(error, new_formula(split_lines(EXAMPLE))))
            return
        self.accept()

    def _refuse(self, error: SpecError, shown: Experiment) -> None:
        """Say what cannot be beside the field that it is about, or beside the button where it is about all of them."""
        anchor: QWidget = self._create
        match path_parts(error.path):
            case ("rows",):
                anchor = self._rows
            case ("network", "inputs"):
                anchor = self._inputs
            case ("network", "layers", int(layer), "units"):
                anchor = self._outputs if layer == len(self._hidden.value) else self._hidden
            case ("network", "layers"):
                anchor = self._hidden
        if isinstance(anchor, Field):
            anchor.setFocus()
            anchor.selectAll()
        self._refusals.show(anchor, refusal_in_words(error, shown))
