"""The control of one argument, by the kind that its table declares: a field, two fields, a list or a check box."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.catalog.arguments import (
    Argument,
    ArgumentValue,
    Flag,
    Integer,
    NamedNumbers,
    Number,
    Numbers,
    Word,
    one_of,
)
from chainrule.catalog.formula_argument import FormulaLines, FormulaText
from chainrule.formula.functions import TYPED
from chainrule.translation import gettext
from chainrule.ui.panels.arguments.argument_editor import FIELD_WIDTH as FIELD_WIDTH  # noqa: PLC0414 - for panels beside it
from chainrule.ui.panels.arguments.argument_editor import ArgumentEditor as ArgumentEditor  # noqa: PLC0414 - what is made here
from chainrule.ui.panels.arguments.formula_lines import BETWEEN
from chainrule.ui.panels.arguments.lines_field import FormulaLinesField
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula_field import FormulaField
from chainrule.ui.widgets.choice_field import CHEVRON, ChoiceField
from chainrule.ui.widgets.controls import CheckBox, Label
from chainrule.ui.widgets.fields import HOW_TO_NUDGE, Field, IntegerField, NumberField
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import begin_in
from chainrule.ui.widgets.text_fields import ExpressionField, NamedNumbersField, NumbersField

PART_WIDTH = 54
WIDEST = 140
NONE = "none"
GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "varepsilon": "ε",
    "eta": "η",
    "theta": "θ",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "psi": "ψ",
}
_LOWERED = dict(zip("0123456789+-aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
_RAISED = dict(zip("0123456789+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", strict=True))
_COMMANDS = re.compile(r"\\(?:text|mathrm|operatorname)\b|[\\{} ]")


def plain_symbol(latex: str) -> str:
    r"""Return a symbol without LaTeX: `\beta_1` is β₁, `\eta^+` is η⁺; empty where no letter can say it."""
    plain = _COMMANDS.sub("", latex)
    base, _, raised = plain.partition("^")
    name, _, lowered = base.partition("_")
    # A word, which the label says already, or an index for which there are no letters.
    is_word = len(name) > 1 and name not in GREEK
    if is_word or not set(lowered) <= _LOWERED.keys() or not set(raised) <= _RAISED.keys():
        return ""
    return (
        GREEK.get(name, name) + "".join(map(_LOWERED.__getitem__, lowered)) + "".join(map(_RAISED.__getitem__, raised))
    )


def words_of_argument(argument: Argument) -> str:
    """Return what an argument is, by its name in PyTorch, and what it can be."""
    name = "" if argument.name == argument.label else f" ({argument.name})"
    empty = ", or empty for none" if argument.optional else ""
    return gettext(
        "The {label}{name}: {allowed}{empty}.",
        label=gettext(argument.label),
        name=name,
        allowed=argument.allowed,
        empty=empty,
    )


class FieldEditor(ArgumentEditor):
    """One field of any kind: a number, a list of them, an expression."""

    def __init__(self, appearance: Appearance, field: Field, *, is_wide: bool = False) -> None:
        super().__init__(appearance, field)
        self.field, self.is_wide = field, is_wide
        field.value_edited.connect(lambda value: self.edited.emit(value, False))
        field.nudged.connect(lambda value: self.edited.emit(value, True))

    def declare(self, argument: Argument) -> None:
        """Set the words, and whether it may be empty."""
        arrows = f" {gettext(HOW_TO_NUDGE)}" if isinstance(self.field, NumberField | IntegerField) else ""
        self.field.set_description(words_of_argument(argument) + arrows)
        self.field.setAccessibleName(gettext(argument.label))
        self.field.set_optional(argument.optional)

    def show_value(self, value: ArgumentValue) -> None:
        """Show the value; a whole number may stand for a float in a file that is not checked yet."""
        self.field.set_value(float(value) if isinstance(self.field, NumberField) and value is not None else value)  # type: ignore[arg-type]

    def space(self) -> None:
        """Give a wide one what room there is, and another its own width."""
        if not self.is_wide:
            super().space()


class PartsEditor(ArgumentEditor):
    """A small field for each of a few numbers, with its symbol before it: β₁ and β₂."""

    def __init__(
        self, appearance: Appearance, refusals: Refusals, object_name: str, argument: Numbers, row: QWidget
    ) -> None:
        super().__init__(appearance, QWidget(row))
        make = IntegerField if isinstance(argument.item, Integer) else NumberField
        self._labels = [Label(appearance, "", self.widget, color="muted") for _ in argument.symbols]
        self._fields: list[Field] = [make(appearance, refusals, self.widget) for _ in argument.symbols]
        self._line = QHBoxLayout(self.widget)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._last = self._fields[0]
        for place, (label, field) in enumerate(zip(self._labels, self._fields, strict=True)):
            field.setObjectName(f"{object_name}_{place + 1}")
            field.value_edited.connect(self._asker(place, by_arrow=False))
            field.nudged.connect(self._asker(place, by_arrow=True))
            self._line.addWidget(label)
            self._line.addWidget(field)

    def _asker(self, place: int, *, by_arrow: bool) -> Callable[[object], None]:
        def ask(value: object) -> None:
            self._last = self._fields[place]
            values: list[object] = [field.value for field in self._fields]
            values[place] = value
            self.edited.emit(tuple(values), by_arrow)

        return ask

    @property
    def anchor(self) -> QWidget:
        """The field of the number that was edited last."""
        return self._last

    def controls(self) -> list[QWidget]:
        """Return the fields."""
        return list(self._fields)

    def declare(self, argument: Argument) -> None:
        """Set the symbols, and what each number can be."""
        assert isinstance(argument, Numbers)
        name = f"{argument.label} ({argument.name})"
        for label, field, symbol in zip(self._labels, self._fields, argument.symbols, strict=True):
            label.setText(plain_symbol(symbol))
            field.setAccessibleName(f"{gettext(argument.label)} {plain_symbol(symbol)}")
            words = gettext(
                "{plain_symbol} of the {name}: {allowed}. {how_to_nudge}",
                plain_symbol=plain_symbol(symbol),
                name=name,
                allowed=argument.item.allowed,
                how_to_nudge=HOW_TO_NUDGE,
            )
            field.set_description(words)
            field.set_optional(argument.item.optional)

    def show_value(self, value: ArgumentValue) -> None:
        """Show the numbers."""
        assert isinstance(value, tuple)
        for field, number in zip(self._fields, value, strict=True):
            whole = isinstance(field, IntegerField) or number is None
            field.set_value(number if whole else float(number))  # type: ignore[arg-type]

    def space(self) -> None:
        """Make the fields small."""
        self._line.setSpacing(self.appearance.size(4))
        for field in self._fields:
            field.setFixedWidth(self.appearance.size(PART_WIDTH))


class WordEditor(ArgumentEditor):
    """A list of the words; where there may be none, that is one of them."""

    def __init__(self, appearance: Appearance, object_name: str, argument: Argument, row: QWidget) -> None:
        self.field = ChoiceField(appearance, object_name, gettext(argument.label), row)
        super().__init__(appearance, self.field)
        self.field.choice_edited.connect(lambda word: self.edited.emit(None if word == NONE else word, False))

    def declare(self, argument: Argument) -> None:
        """Set the words to choose from."""
        assert isinstance(argument, Word)
        words = (NONE, *argument.choices) if argument.optional else argument.choices
        self.field.set_choices(dict.fromkeys(words, ""))
        self.field.setAccessibleName(gettext(argument.label))
        name = "" if argument.name == argument.label else f" ({argument.name})"
        self.field.setToolTip(
            plain_tip(
                gettext("The {label}{name}: {one_of}", label=gettext(argument.label), name=name, one_of=one_of(words))
            )
        )
        self.space()

    def show_value(self, value: ArgumentValue) -> None:
        """Show the chosen word."""
        self.field.set_choice(NONE if value is None else str(value))

    def space(self) -> None:
        """Make it wide enough for the longest word, within bounds."""
        metrics, size = self.field.fontMetrics(), self.appearance.size
        words = [self.field.itemText(place) for place in range(self.field.count())]
        longest = max(map(metrics.horizontalAdvance, words), default=0) + size(CHEVRON + 10)
        self.field.setFixedWidth(max(size(FIELD_WIDTH), min(longest, size(WIDEST))))


class FlagEditor(ArgumentEditor):
    """A check box, at the right as the numbers in the fields are."""

    def __init__(self, appearance: Appearance, object_name: str, argument: Argument, row: QWidget) -> None:
        super().__init__(appearance, QWidget(row))
        self.box = CheckBox(appearance, "", gettext(argument.label), object_name, self.widget)
        line = QHBoxLayout(self.widget)
        line.setContentsMargins(0, 0, 0, 0)
        line.addStretch(1)
        line.addWidget(self.box)
        self._value = False
        self.box.clicked.connect(self._ask)

    def _ask(self, value: bool) -> None:
        self.edited.emit(value, False)
        # What was refused is as it was.
        self.box.setChecked(self._value)

    @property
    def anchor(self) -> QWidget:
        """The box."""
        return self.box

    def controls(self) -> list[QWidget]:
        """Return the box."""
        return [self.box]

    def declare(self, argument: Argument) -> None:
        """Say what it switches on."""
        self.box.setAccessibleName(gettext(argument.label))
        self.box.setToolTip(plain_tip(words_of_argument(argument)))

    def show_value(self, value: ArgumentValue) -> None:
        """Show it ticked or not."""
        self._value = bool(value)
        self.box.setChecked(self._value)


class FormulaEditor(ArgumentEditor):
    """A line for a formula with its preview, in lines of its own."""

    is_wide = True

    def __init__(self, appearance: Appearance, refusals: Refusals, object_name: str, row: QWidget) -> None:
        self.field = FormulaField(appearance, refusals, row)
        super().__init__(appearance, self.field)
        self.field.set_object_name(object_name)
        self.field.edited.connect(lambda value: self.edited.emit(value, False))

    @property
    def anchor(self) -> QWidget:
        """The line."""
        return self.field.line

    def controls(self) -> list[QWidget]:
        """Return the line."""
        return [self.field.line]

    def declare(self, argument: Argument) -> None:
        """Say what can be written, and by what the derivative is taken."""
        assert isinstance(argument, FormulaText)
        self.field.declare(argument)

    def show_value(self, value: ArgumentValue) -> None:
        """Show the formula."""
        self.field.show_value(str(value))

    def begin(self) -> bool:
        """Take the keyboard, with the formula to be typed over."""
        begin_in(self.field.line)
        self.field.line.selectAll()
        return True

    def space(self) -> None:
        """Take what room there is."""


class LinesEditor(ArgumentEditor):
    """Lines of formulas, each with what it says below it."""

    is_wide = True

    def __init__(self, appearance: Appearance, refusals: Refusals, object_name: str, row: QWidget) -> None:
        self.field = FormulaLinesField(appearance, refusals, object_name, row)
        super().__init__(appearance, self.field)
        self.field.edited.connect(lambda lines: self.edited.emit(tuple(lines), False))
        self.field.controls_changed.connect(self.controls_changed)

    @property
    def anchor(self) -> QWidget:
        """The line that is typed in."""
        return self.field.anchor

    def controls(self) -> list[QWidget]:
        """Return the lines, each with its button."""
        return self.field.controls()

    def declare(self, argument: Argument) -> None:
        """Say what a line can read, and how it is written."""
        assert isinstance(argument, FormulaLines)
        label = argument.label
        words = (
            f"A line of the {label}: a name, =, and what it stands for. {argument.words} Several lines can be typed at "
            f"once with {BETWEEN} between them. There are + - * / ^, brackets, pi, e, if(condition, a, b), and "
            f"{', '.join(TYPED)}."
        )
        self.field.declare(f"Line of the {label}", words, argument.check_lines, argument.keeping)

    def show_value(self, value: ArgumentValue) -> None:
        """Show the lines that are accepted."""
        assert isinstance(value, tuple)
        self.field.show_value(tuple(map(str, value)))

    def begin(self) -> bool:
        """Take the keyboard, with the first formula to be typed over."""
        self.field.begin()
        return True

    def space(self) -> None:
        """Take what room there is."""


def editor_kind(argument: Argument) -> object:
    """Return what has to be equal for an editor to serve another argument as well."""
    if isinstance(argument, Numbers):
        return Numbers, type(argument.item), len(argument.symbols)
    for kind in (Number, Integer, Flag, Word):
        if isinstance(argument, kind):
            return kind
    return type(argument).__name__


def make_editor(
    argument: Argument, appearance: Appearance, refusals: Refusals, object_name: str, row: QWidget
) -> ArgumentEditor:
    """Return the editor of an argument's kind.

    Its field, or the first of several, begins its name with `object_name`.
    """
    if isinstance(argument, Flag):
        return FlagEditor(appearance, object_name, argument, row)
    if isinstance(argument, Word):
        return WordEditor(appearance, object_name, argument, row)
    if isinstance(argument, FormulaText):
        return FormulaEditor(appearance, refusals, object_name, row)
    if isinstance(argument, FormulaLines):
        return LinesEditor(appearance, refusals, object_name, row)
    if isinstance(argument, Numbers) and argument.symbols:
        return PartsEditor(appearance, refusals, object_name, argument, row)
    kind = _field_kind(argument)
    field = kind(appearance, refusals, row)
    field.setObjectName(object_name)
    return FieldEditor(appearance, field, is_wide=kind in (ExpressionField, NamedNumbersField))


def _field_kind(argument: Argument) -> Any:
    if isinstance(argument, Numbers):
        return NumbersField
    if isinstance(argument, NamedNumbers):
        return NamedNumbersField
    if isinstance(argument, Integer):
        return IntegerField
    return ExpressionField if isinstance(argument.default, str) else NumberField
