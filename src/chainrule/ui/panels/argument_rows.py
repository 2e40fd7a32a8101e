"""The arguments of a loss, an optimizer or an activation: a line for each, made from the table's declarations."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.engine.arguments import Argument, Choice, Number, Value, Word, one_of
from chainrule.ui.appearance import Appearance
from chainrule.ui.choice_field import ChoiceField
from chainrule.ui.controls import Label
from chainrule.ui.fields import NumberField
from chainrule.ui.panels.section import GAP, Line
from chainrule.ui.refusal import Refusals

FIELD_WIDTH = 96
GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "eta": "η",
    "lambda": "λ",
    "mu": "μ",
    "rho": "ρ",
    "tau": "τ",
}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def plain_symbol(latex: str) -> str:
    r"""A symbol without LaTeX: `\beta_1` is β₁."""
    name, _, subscript = latex.lstrip("\\").replace("{", "").replace("}", "").partition("_")
    return GREEK.get(name, name) + subscript.translate(_SUBSCRIPTS)


def declared(choice: Choice) -> tuple[Argument, ...]:
    """What can be said of a choice's arguments while its table is not loaded."""
    return tuple(
        Word(name, value, name.replace("_", " "), choices=(value,))
        if isinstance(value, str)
        else Number(name, value, name.replace("_", " "))
        for name, value in choice.arguments.items()
    )


class ArgumentRows(QWidget):
    """A labelled field for each argument. Fields stay while the same arguments are shown."""

    # Name, value, and whether the arrow keys chose it.
    argument_edited = Signal(str, object, bool)
    controls_changed = Signal()

    def __init__(self, appearance: Appearance, refusals: Refusals, prefix: str, parent: QWidget) -> None:
        """A field's object name is the prefix and the argument's name: `optimizer_lr`."""
        super().__init__(parent)
        self._appearance, self._refusals, self._prefix = appearance, refusals, prefix
        self._arguments: tuple[Argument, ...] = ()
        self._fields: dict[str, NumberField | ChoiceField] = {}
        self._labels: dict[str, Label] = {}
        self._rows: list[QWidget] = []
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        appearance.changed.connect(self._space)
        self._space()

    def show_arguments(self, choice: Choice, arguments: Sequence[Argument]) -> None:
        """Show the values of these arguments; the choice may leave some at their default."""
        if tuple(arguments) != self._arguments:
            before, self._arguments = self._arguments, tuple(arguments)
            if _kinds(before) != _kinds(arguments):
                self._rebuild()
            self._declare()
        for argument in arguments:
            self._show_value(argument, choice.arguments.get(argument.name, argument.default))

    def field(self, name: str) -> QWidget:
        """The field of an argument, or all of the rows where it has none."""
        return self._fields.get(name, self)

    def controls(self) -> list[QWidget]:
        """The fields, from top to bottom."""
        return list(self._fields.values())

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(GAP))
        for field in self._fields.values():
            field.setFixedWidth(self._appearance.size(FIELD_WIDTH))

    def _rebuild(self) -> None:
        for row in self._rows:
            self._lines.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows, self._fields, self._labels = [], {}, {}
        for argument in self._arguments:
            self._add_row(argument)
        self.setVisible(bool(self._arguments))
        self._space()
        self.controls_changed.emit()

    def _add_row(self, argument: Argument) -> None:
        row = QWidget(self)
        label = Label(self._appearance, "", row)
        field = self._choice_field(argument, row) if isinstance(argument, Word) else self._number_field(argument, row)
        label.setBuddy(field)
        row.setLayout(Line(self._appearance, label, None, field))
        self._lines.addWidget(row)
        row.show()
        self._rows.append(row)
        self._fields[argument.name], self._labels[argument.name] = field, label

    def _choice_field(self, argument: Argument, row: QWidget) -> ChoiceField:
        name = argument.name
        field = ChoiceField(self._appearance, f"{self._prefix}_{name}", argument.label, row)
        field.choice_edited.connect(lambda value: self.argument_edited.emit(name, value, False))
        return field

    def _number_field(self, argument: Argument, row: QWidget) -> NumberField:
        name = argument.name
        field = NumberField(self._appearance, self._refusals, row)
        field.setObjectName(f"{self._prefix}_{name}")
        field.value_edited.connect(lambda value: self.argument_edited.emit(name, value, False))
        field.nudged.connect(lambda value: self.argument_edited.emit(name, value, True))
        return field

    def _declare(self) -> None:
        """Put the declarations' words on the fields; the engine's come after those that a file implies."""
        for argument in self._arguments:
            field, label = self._fields[argument.name], self._labels[argument.name]
            label.setText(f"{argument.label} {plain_symbol(argument.symbol)}".strip())
            field.setAccessibleName(argument.label)
            if isinstance(field, ChoiceField) and isinstance(argument, Word):
                field.set_choices(dict.fromkeys(argument.choices, ""))
                field.setToolTip(f"The {argument.label}: {one_of(argument.choices)}")
            elif isinstance(field, NumberField):
                field.set_description(f"The {argument.label}: {argument.allowed}. Up and down change it.")

    def _show_value(self, argument: Argument, value: Value) -> None:
        field = self._fields[argument.name]
        if isinstance(field, ChoiceField):
            field.set_choice(str(value))
        else:
            field.set_value(float(value))  # type: ignore[arg-type]


def _kinds(arguments: Sequence[Argument]) -> list[tuple[str, type[Argument]]]:
    return [(argument.name, type(argument)) for argument in arguments]
