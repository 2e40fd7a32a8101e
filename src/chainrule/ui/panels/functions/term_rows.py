"""Rows of what holds for some parameters: penalties in the loss, and groups that the optimizer treats in other ways."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.arguments import ArgumentValue
from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.names.parameters import Patterns
from chainrule.translation import gettext
from chainrule.ui.panels.arguments.argument_rows import ArgumentRows
from chainrule.ui.panels.arguments.parameters_field import ParametersField
from chainrule.ui.panels.arguments.row_list import RowList
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.section import GAP, ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import LinkButton, RemoveButton
from chainrule.ui.widgets.scroll_area import begin_in

INDENT = 8


class TermRow(QWidget):
    """One of them: what it is, its parameters and what removes it in a line, and its arguments below."""

    controls_changed = Signal()

    def __init__(
        self,
        prefix: str,
        called: str,
        editing: PanelEditing,
        appearance: Appearance,
        parent: QWidget,
        *,
        remove_tip: str = "",
    ) -> None:
        """Names of controls begin with the prefix, and `called` is what words call it, such as "group 1".

        With a `remove_tip` each argument can be left out.
        """
        super().__init__(parent)
        self.called, self.editing, self.appearance = called, editing, appearance
        self.parameters = ParametersField(appearance, editing.refusals, prefix, called, self)
        self.remove = RemoveButton(appearance, "", gettext("Remove {called}", called=called), f"{prefix}_remove", self)
        self.arguments = ArgumentRows(appearance, editing.refusals, prefix, self, remove_tip=remove_tip)
        self.arguments.argument_edited.connect(self.change_argument)
        self.arguments.controls_changed.connect(self.controls_changed)
        self.parameters.parameters_edited.connect(self.change_parameters)
        self.remove.clicked.connect(self.take_away)
        self._lines, self._below = QVBoxLayout(self), QVBoxLayout()

    def lay_out(self, *before: QWidget, below: QWidget | None = None) -> None:
        """Put what it is `before` the list of its parameters, and a control `below` its arguments."""
        self._lines.addLayout(ControlsLine(self.appearance, *before, self.parameters.list, self.remove))
        self._below.addWidget(self.parameters)
        self._below.addWidget(self.arguments)
        if below is not None:
            self._below.addLayout(ControlsLine(self.appearance, below, None))
        self._lines.addLayout(self._below)
        self.appearance.changed.connect(self.space)
        self.space()

    def space(self) -> None:
        """Take on the text size."""
        size = self.appearance.size
        for lines in (self._lines, self._below):
            lines.setSpacing(size(GAP))
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._below.setContentsMargins(size(INDENT), 0, 0, 0)

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        raise NotImplementedError

    def show_of(self, experiment: Experiment) -> None:
        """Show what an experiment has in its place."""
        raise NotImplementedError

    def change_argument(self, name: str, value: ArgumentValue, by_arrow: bool) -> None:
        """Ask for another value of an argument."""
        raise NotImplementedError

    def change_parameters(self, patterns: Patterns) -> None:
        """Ask for other parameters."""
        raise NotImplementedError

    def take_away(self) -> None:
        """Ask for its removal."""
        raise NotImplementedError


class TermsField(QWidget):
    """A row for each; nothing where there is none. `add`, which its owner finds a place for, adds one."""

    controls_changed = Signal()

    def __init__(
        self, words: str, tip: str, add_name: str, editing: PanelEditing, appearance: Appearance, parent: QWidget
    ) -> None:
        """`words` and `tip` are those of what adds one, which is called `add_name` in the window."""
        super().__init__(parent)
        self.editing, self.appearance = editing, appearance
        self._experiment: Experiment | None = None
        self.add = LinkButton(appearance, words, tip, add_name, parent)
        self.add.clicked.connect(self._append)
        self._rows = RowList(appearance, self._make_row, self.add)
        self._rows.layout.setContentsMargins(0, 0, 0, 0)
        self.setLayout(self._rows.layout)
        self.hide()

    def make_row(self, index: int) -> TermRow:
        """Return the row of a place."""
        raise NotImplementedError

    def count(self, experiment: Experiment) -> int:
        """Return how many there are in an experiment."""
        raise NotImplementedError

    def append(self, experiment: Experiment) -> None:
        """Ask for one more in an experiment."""
        raise NotImplementedError

    def controls(self) -> list[QWidget]:
        """Return the controls of the rows, in the order of the Tab key."""
        return [control for row in self._rows.rows for control in row.controls()]

    def show_experiment(self, experiment: Experiment) -> None:
        """Show those of an experiment."""
        self._experiment, count = experiment, self.count(experiment)
        changed = self._rows.set_count(count)
        self.setVisible(count > 0)
        for row in self._rows.rows:
            row.show_of(experiment)
        if changed:
            self.controls_changed.emit()

    def _make_row(self, index: int) -> TermRow:
        row = self.make_row(index)
        row.controls_changed.connect(self.controls_changed)
        return row

    def _append(self) -> None:
        """Add one, and go on in it: its rows may begin below what is in sight."""
        assert self._experiment is not None
        before = len(self._rows.rows)
        self.append(self._experiment)
        if len(self._rows.rows) > before:
            row = self._rows.rows[-1]
            begin_in(row.controls()[0], row)
