"""The arguments of a loss, an optimizer or an activation: a line for each, made from the table's declarations."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.arguments import Argument, Choice
from chainrule.translation import gettext
from chainrule.ui.panels.arguments.argument_editors import ArgumentEditor, editor_kind, make_editor, plain_symbol
from chainrule.ui.panels.arguments.row_list import drop_row
from chainrule.ui.panels.section import GAP, ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Disclosure, Label, RemoveButton
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals

# More lines than these, and those of arguments that are rarely set are folded away.
MOST_LINES = 4
RARE = frozenset(
    [
        "eps",
        "maximize",
        "amsgrad",
        "dampening",
        "lr_decay",
        "initial_accumulator_value",
        "momentum_decay",
        "decoupled_weight_decay",
        "centered",
        "step_sizes",
        "lambd",
        "t0",
        "threshold",
        "threshold_mode",
        "cooldown",
        "min_lr",
        "scale_mode",
        "epochs",
        "steps_per_epoch",
        "pct_start",
        "anneal_strategy",
        "cycle_momentum",
        "base_momentum",
        "max_momentum",
        "div_factor",
        "final_div_factor",
        "three_phase",
        "step_size_down",
    ]
)


class ArgumentRows(QWidget):
    """A labelled field for each argument. Fields stay while the same arguments are shown."""

    # Name, value, and whether the arrow keys chose it.
    argument_edited = Signal(str, object, bool)
    # Name of one that is to be left out.
    argument_removed = Signal(str)
    controls_changed = Signal()

    def __init__(
        self, appearance: Appearance, refusals: Refusals, prefix: str, parent: QWidget, *, remove_tip: str = ""
    ) -> None:
        """Name each field by the prefix and its argument's name: `optimizer_lr`.

        With a `remove_tip` each line ends with a button that leaves its argument out; the tip has a place for which.
        """
        super().__init__(parent)
        self._remove_tip = remove_tip
        self._removes: dict[str, RemoveButton] = {}
        self._appearance, self._refusals, self._prefix = appearance, refusals, prefix
        self._arguments: tuple[Argument, ...] = ()
        self._editors: dict[str, ArgumentEditor] = {}
        self._labels: dict[str, Label] = {}
        self._rows: dict[str, QWidget] = {}
        self._folded: tuple[str, ...] = ()
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._more = Disclosure(appearance, gettext("More arguments, which are rarely set"), f"{prefix}_more", self)
        self._more.toggled.connect(self._unfold)
        self._more.set_folds(lambda: [self._rows[name] for name in self._folded])
        self._more.hide()
        appearance.changed.connect(self._space)
        self._space()

    def show_arguments(self, choice: Choice, arguments: Sequence[Argument]) -> None:
        """Show the values of these arguments; the choice may leave some at their default."""
        if tuple(arguments) != self._arguments:
            before, self._arguments = self._arguments, tuple(arguments)
            if changed := _kinds(before) != _kinds(arguments):
                self._rebuild(before)
            for argument in arguments:
                self._declare(argument)
            if changed:
                self.controls_changed.emit()
        for argument in arguments:
            self._editors[argument.name].show_value(choice.arguments.get(argument.name, argument.default))
        folded = [argument for argument in arguments if argument.name in self._folded]
        self._more.set_marked(any(choice.arguments.get(a.name, a.default) != a.default for a in folded))

    def begin_formula(self) -> None:
        """Give the keyboard to the first argument that is a formula, if there is one."""
        any(self._editors[argument.name].begin() for argument in self._arguments)

    def field(self, name: str) -> QWidget:
        """Return beside what a refusal of an argument is said: its field, or all of the rows where it has none."""
        return self._editors[name].anchor if name in self._editors else self

    def controls(self) -> list[QWidget]:
        """Return the fields, from top to bottom."""
        names = sorted((a.name for a in self._arguments), key=lambda name: name in self._folded)
        found = [control for name in names for control in self._controls_of(name)]
        if self._folded:
            place = len(found) - sum(len(self._controls_of(name)) for name in self._folded)
            found.insert(place, self._more)
        return found

    def _controls_of(self, name: str) -> list[QWidget]:
        remove = self._removes.get(name)
        return [*self._editors[name].controls(), *([remove] if remove else [])]

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(GAP))
        for editor in self._editors.values():
            editor.space()

    def _rebuild(self, before: Sequence[Argument]) -> None:
        """Put lines in the order of the arguments; those of the same name and kind stay, with what is typed in them."""
        kinds, wanted = dict(_kinds(before)), dict(_kinds(self._arguments))
        for name in [name for name in self._rows if wanted.get(name) != kinds[name]]:
            self._drop_row(name)
        for row in (*self._rows.values(), self._more):
            self._lines.removeWidget(row)
        rare = tuple(argument.name for argument in self._arguments if argument.name in RARE)
        self._folded = rare if len(self._arguments) > MOST_LINES and len(rare) < len(self._arguments) else ()
        for argument in sorted(self._arguments, key=lambda argument: argument.name in self._folded):
            if argument.name in self._folded[:1]:
                self._lines.addWidget(self._more)
            if argument.name not in self._rows:
                self._add_row(argument)
            self._lines.addWidget(self._rows[argument.name])
        self._more.setVisible(bool(self._folded))
        self._unfold(self._more.isChecked())
        self.setVisible(bool(self._arguments))
        self._space()

    def _drop_row(self, name: str) -> None:
        row = self._rows.pop(name)
        del self._editors[name], self._labels[name]
        self._removes.pop(name, None)
        drop_row(row, self._lines)

    def _unfold(self, is_open: bool) -> None:
        for name, row in self._rows.items():
            row.setVisible(is_open or name not in self._folded)

    def _add_row(self, argument: Argument) -> None:
        name, row = argument.name, QWidget(self)
        label = Label(self._appearance, "", row)
        editor = make_editor(argument, self._appearance, self._refusals, f"{self._prefix}_{name}", row)
        editor.edited.connect(lambda value, by_arrow: self.argument_edited.emit(name, value, by_arrow))
        editor.controls_changed.connect(self.controls_changed)
        label.setBuddy(editor.controls()[0])
        label.setWordWrap(True)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        if editor.is_wide:
            lines = QVBoxLayout(row)
            lines.setContentsMargins(0, 0, 0, 0)
            lines.setSpacing(2)
            lines.addWidget(label)
            lines.addWidget(editor.widget)
        else:
            row.setLayout(ControlsLine(self._appearance, label, editor.widget, *self._removal(name, row)))
        self._rows[name], self._editors[name], self._labels[name] = row, editor, label

    def _removal(self, name: str, row: QWidget) -> list[QWidget]:
        if not self._remove_tip:
            return []
        remove = RemoveButton(self._appearance, "", self._remove_tip, f"{self._prefix}_remove_{name}", row)
        remove.clicked.connect(lambda: self.argument_removed.emit(name))
        self._removes[name] = remove
        return [remove]

    def _declare(self, argument: Argument) -> None:
        """Put the declaration's words on the field; the engine's come after those that a file implies."""
        label = self._labels[argument.name]
        label.setText(f"{gettext(argument.label)} {plain_symbol(argument.symbol)}".strip())
        label.setToolTip(plain_tip(argument.name))
        self._editors[argument.name].declare(argument)
        if argument.name in self._removes:
            self._removes[argument.name].set_tip(self._remove_tip.format(gettext(argument.label)))


def _kinds(arguments: Sequence[Argument]) -> list[tuple[str, object]]:
    return [(argument.name, editor_kind(argument)) for argument in arguments]
