"""The penalties in the loss: for each its kind, its parameters and its arguments."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.arguments import Choice, Value
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.spec import NetworkSpec, PenaltySpec
from chainrule.explain.parameter_words import Patterns, usual_choices
from chainrule.model import term_edits
from chainrule.session.moment import Moment
from chainrule.ui.appearance import Appearance
from chainrule.ui.choice_field import ChoiceField
from chainrule.ui.controls import Label, LinkButton, RemoveButton
from chainrule.ui.panels.argument_rows import ArgumentRows
from chainrule.ui.panels.editing import Editing
from chainrule.ui.panels.functions_panel import follow_up, offer, words_of
from chainrule.ui.panels.parameters_field import ParametersField
from chainrule.ui.panels.row_list import RowList
from chainrule.ui.panels.section import GAP, Line
from chainrule.ui.plain import plain_tip

# What is added: the kind, and of what.
ADDED, OF = "L2", "all weights"
NAME_WIDTH = 62
INDENT = 8


class PenaltyRow(QWidget):
    """One penalty."""

    controls_changed = Signal()

    def __init__(self, index: int, editing: Editing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.index, self._editing, self._appearance = index, editing, appearance
        self._choice = Choice("")
        penalty = f"penalty {index + 1}"
        self.name = ChoiceField(appearance, f"penalty_{index}_name", penalty.capitalize(), self)
        offer(self.name, PENALTIES)
        self.parameters = ParametersField(appearance, editing.refusals, f"penalty_{index}", penalty, self)
        self.remove = RemoveButton(appearance, "", f"Remove {penalty}", f"penalty_{index}_remove", self)
        self.arguments = ArgumentRows(appearance, editing.refusals, f"penalty_{index}", self)
        of = Label(appearance, "of", self)
        of.setBuddy(self.parameters.list)
        self._lines = QVBoxLayout(self)
        self._lines.addLayout(Line(appearance, self.name, of, self.parameters.list, self.remove))
        self._below = QVBoxLayout()
        self._below.addWidget(self.parameters)
        self._below.addWidget(self.arguments)
        self._lines.addLayout(self._below)
        self._connect()
        appearance.changed.connect(self._space)
        self._space()

    def _connect(self) -> None:
        self.name.choice_edited.connect(self._change_name)
        self.arguments.argument_edited.connect(self._change_argument)
        self.arguments.controls_changed.connect(self.controls_changed)
        self.parameters.parameters_edited.connect(self._change_parameters)
        self.remove.clicked.connect(self._remove)

    def _space(self) -> None:
        size = self._appearance.size
        for lines in (self._lines, self._below):
            lines.setSpacing(size(GAP))
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._below.setContentsMargins(size(INDENT), 0, 0, 0)
        self.name.setFixedWidth(size(NAME_WIDTH))

    def controls(self) -> list[QWidget]:
        """The controls, in the order of the Tab key."""
        return [self.name, *self.parameters.controls(), *self.arguments.controls(), self.remove]

    def show_penalty(self, penalty: PenaltySpec, network: NetworkSpec) -> None:
        """Show a penalty."""
        self.parameters.show_parameters(network, penalty.parameters)
        if penalty.choice == self._choice:
            return
        self._choice = choice = penalty.choice
        entry = PENALTIES[choice.name]
        self.name.set_choice(choice.name)
        words = f": {words_of(entry)}"
        self.name.setToolTip(plain_tip(f"What is added to the loss. {choice.name}{words}"))
        self.arguments.show_arguments(choice, entry.arguments)

    # Edits

    def _change_name(self, name: str) -> None:
        change = term_edits.set_penalty(self.index, follow_up(name, PENALTIES, self._choice))
        self._editing.apply(self.name, "Change penalty", change)

    def _change_argument(self, name: str, value: Value, by_arrow: bool) -> None:
        change = term_edits.set_penalty(self.index, self._choice.replace(**{name: value}))
        key = f"penalties.{self.index}.{name}" if by_arrow else None
        self._editing.apply(self.arguments.field(name), f"Change {name}", change, merge_key=key)

    def _change_parameters(self, patterns: Patterns) -> None:
        change = term_edits.set_penalty_parameters(self.index, patterns)
        self._editing.apply(self.parameters.anchor, "Change parameters of the penalty", change)

    def _remove(self) -> None:
        self._editing.apply(self.remove, "Remove penalty", term_edits.remove_penalty(self.index))


class PenaltiesField(QWidget):
    """A row for each penalty; nothing where there is none. `add`, which its owner finds a place for, adds one."""

    controls_changed = Signal()

    def __init__(self, editing: Editing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._editing, self._appearance = editing, appearance
        self._network: NetworkSpec | None = None
        tip = "Add a penalty to the loss: L2 or L1, for the size of the weights, say"
        self.add = LinkButton(appearance, "+ penalty", tip, "penalty_add", parent)
        self.add.clicked.connect(self._append)
        self._rows = RowList(appearance, self._make, self.add)
        self._rows.layout.setContentsMargins(0, 0, 0, 0)
        self.setLayout(self._rows.layout)
        self.hide()

    def _make(self, index: int) -> PenaltyRow:
        row = PenaltyRow(index, self._editing, self._appearance, self)
        row.controls_changed.connect(self.controls_changed)
        return row

    def controls(self) -> list[QWidget]:
        """The controls of the rows, in the order of the Tab key."""
        return [control for row in self._rows.rows for control in row.controls()]

    def show_moment(self, moment: Moment) -> None:
        """Show the penalties of a moment's experiment."""
        experiment = moment.experiment
        self._network = experiment.network
        changed = self._rows.set_count(len(experiment.penalties))
        self.setVisible(bool(experiment.penalties))
        for row, penalty in zip(self._rows.rows, experiment.penalties, strict=True):
            row.show_penalty(penalty, experiment.network)
        if changed:
            self.controls_changed.emit()

    def _append(self) -> None:
        assert self._network is not None
        choice = follow_up(ADDED, PENALTIES, None)
        change = term_edits.add_penalty(choice, usual_choices(self._network)[OF])
        self._editing.apply(self.add, "Add penalty", change)
