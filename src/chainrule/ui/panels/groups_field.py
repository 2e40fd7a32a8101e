"""The parameter groups: for each its parameters, and the arguments of the optimizer that differ there."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.arguments import Argument, Choice, Value
from chainrule.catalog.groups import matching
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.spec import Experiment
from chainrule.explain.parameter_words import Patterns, usual_choices
from chainrule.model import term_edits
from chainrule.ui.appearance import Appearance
from chainrule.ui.choice_field import ChoiceField
from chainrule.ui.controls import Label, LinkButton, RemoveButton
from chainrule.ui.panels.argument_rows import ArgumentRows
from chainrule.ui.panels.editing import Editing
from chainrule.ui.panels.parameters_field import ParametersField
from chainrule.ui.panels.row_list import RowList
from chainrule.ui.panels.section import GAP, Line
from chainrule.ui.plain import plain_tip

# What a new group is of where it is free: few want another kind.
FIRST = "all biases"
ANOTHER = "+ argument"
ANOTHER_WORDS = "what else differs in this group"
ANOTHER_WIDTH = 108
INDENT = 8


class GroupRow(QWidget):
    """One group."""

    controls_changed = Signal()

    def __init__(self, index: int, editing: Editing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.index, self._editing, self._appearance = index, editing, appearance
        self._optimizer = Choice("")
        self._labels: dict[str, Argument] = {}
        group, prefix = f"group {index + 1}", f"group_{index}"
        self.parameters = ParametersField(appearance, editing.refusals, prefix, group, self)
        self.remove = RemoveButton(appearance, "", f"Remove {group}", f"{prefix}_remove", self)
        tip = f"Let {group} have the optimizer's {{}}"
        self.arguments = ArgumentRows(appearance, editing.refusals, prefix, self, remove_tip=tip)
        self.another = ChoiceField(appearance, f"{prefix}_add", f"Add an argument to {group}", self)
        self.another.setToolTip(plain_tip(f"Let another argument differ in {group}"))
        title = Label(appearance, group.capitalize(), self)
        title.setBuddy(self.parameters.list)
        self._lines = QVBoxLayout(self)
        self._lines.addLayout(Line(appearance, title, self.parameters.list, self.remove))
        self._below = QVBoxLayout()
        self._below.addWidget(self.parameters)
        self._below.addWidget(self.arguments)
        self._below.addLayout(Line(appearance, self.another, None))
        self._lines.addLayout(self._below)
        self._connect()
        appearance.changed.connect(self._space)
        self._space()

    def _connect(self) -> None:
        self.arguments.argument_edited.connect(self._change_argument)
        self.arguments.argument_removed.connect(self._remove_argument)
        self.arguments.controls_changed.connect(self.controls_changed)
        self.parameters.parameters_edited.connect(self._change_parameters)
        self.another.choice_edited.connect(self._add_argument)
        self.remove.clicked.connect(self._remove)

    def _space(self) -> None:
        size = self._appearance.size
        for lines in (self._lines, self._below):
            lines.setSpacing(size(GAP))
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._below.setContentsMargins(size(INDENT), 0, 0, 0)
        self.another.setFixedWidth(size(ANOTHER_WIDTH))

    def controls(self) -> list[QWidget]:
        """The controls, in the order of the Tab key."""
        return [*self.parameters.controls(), *self.arguments.controls(), self.another, self.remove]

    def show_group(self, experiment: Experiment) -> None:
        """Show the group of an experiment."""
        group, self._optimizer = experiment.parameter_groups[self.index], experiment.optimizer
        self.parameters.show_parameters(experiment.network, group.parameters)
        choice = Choice(self._optimizer.name, group.arguments)
        known = OPTIMIZERS[choice.name].arguments
        self.arguments.show_arguments(choice, [each for each in known if each.name in group.arguments])
        self._labels = {each.label: each for each in known if each.name not in group.arguments}
        self.another.set_choice(ANOTHER)
        self.another.set_choices({ANOTHER: ANOTHER_WORDS, **{label: each.name for label, each in self._labels.items()}})
        self.another.setVisible(bool(self._labels))

    # Edits

    def _change_argument(self, name: str, value: Value, by_arrow: bool) -> None:
        key = f"parameter_groups.{self.index}.{name}" if by_arrow else None
        change = term_edits.set_group_argument(self.index, name, value)
        text = f"Change {name} of group {self.index + 1}"
        self._editing.apply(self.arguments.field(name), text, change, merge_key=key)

    def _add_argument(self, label: str) -> None:
        if label == ANOTHER:
            return
        argument = self._labels[label]
        value = self._optimizer.arguments.get(argument.name, argument.default)
        change = term_edits.set_group_argument(self.index, argument.name, value)
        self._editing.apply(self.another, f"Add {argument.name} to group {self.index + 1}", change)

    def _remove_argument(self, name: str) -> None:
        change = term_edits.remove_group_argument(self.index, name)
        self._editing.apply(self.arguments.field(name), f"Take {name} out of group {self.index + 1}", change)

    def _change_parameters(self, patterns: Patterns) -> None:
        change = term_edits.set_group_parameters(self.index, patterns)
        self._editing.apply(self.parameters.anchor, f"Change parameters of group {self.index + 1}", change)

    def _remove(self) -> None:
        self._editing.apply(self.remove, "Remove group", term_edits.remove_group(self.index))


class GroupsField(QWidget):
    """A row for each group; nothing where there is none. `add`, which its owner finds a place for, adds one."""

    controls_changed = Signal()

    def __init__(self, editing: Editing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._editing, self._appearance = editing, appearance
        self._experiment: Experiment | None = None
        tip = "Let some parameters have other arguments of the optimizer: no weight decay for the biases, say"
        self.add = LinkButton(appearance, "+ parameter group", tip, "group_add", parent)
        self.add.clicked.connect(self._append)
        self._rows = RowList(appearance, self._make, self.add)
        self._rows.layout.setContentsMargins(0, 0, 0, 0)
        self.setLayout(self._rows.layout)
        self.hide()

    def _make(self, index: int) -> GroupRow:
        row = GroupRow(index, self._editing, self._appearance, self)
        row.controls_changed.connect(self.controls_changed)
        return row

    def controls(self) -> list[QWidget]:
        """The controls of the rows, in the order of the Tab key."""
        return [control for row in self._rows.rows for control in row.controls()]

    def show_groups(self, experiment: Experiment) -> None:
        """Show the groups of an experiment."""
        self._experiment = experiment
        changed = self._rows.set_count(len(experiment.parameter_groups))
        self.setVisible(bool(experiment.parameter_groups))
        for row in self._rows.rows:
            row.show_group(experiment)
        if changed:
            self.controls_changed.emit()

    def _append(self) -> None:
        assert self._experiment is not None
        patterns = self._free()
        if not patterns:
            self._editing.refuse(self.add, "every parameter is in a group already")
            return
        change = term_edits.add_group(patterns, *term_edits.first_difference(self._experiment.optimizer))
        self._editing.apply(self.add, "Add group", change)

    def _free(self) -> Patterns:
        """The first of the usual choices that no other group has a part of: the biases, where they are free."""
        assert self._experiment is not None
        network, free = self._experiment.network, set(term_edits.ungrouped(self._experiment))
        choices, names = usual_choices(network), tuple(network.parameter_shapes())
        order = sorted(choices, key=lambda name: name != FIRST)
        found = (choices[name] for name in order if free.issuperset(matching(choices[name], names)))
        return next(found, tuple(str(ref) for ref in names if ref in free))
