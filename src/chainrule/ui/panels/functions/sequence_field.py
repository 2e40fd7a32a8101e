"""Schedulers that follow each other: each with its own arguments, and the step at which it begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.schedules.schedulers import PARTS
from chainrule.translation import gettext
from chainrule.ui.panels.arguments.argument_rows import ArgumentRows
from chainrule.ui.panels.arguments.row_list import RowList
from chainrule.ui.panels.functions.functions_panel import FunctionTable, follow_up, offer, words_of
from chainrule.ui.panels.section import GAP, ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton, RemoveButton
from chainrule.ui.widgets.fields import HOW_TO_NUDGE, IntegerField
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.refusal import Refusals

SEQUENCE = "SequentialLR"
SCHEDULERS = "schedulers"
MILESTONES = "milestones"
# What is added, and how long the part before it lasts.
ADDED = "ExponentialLR"
STEPS = 10
MILESTONE_WIDTH = 62
INDENT = 8

Begin = Callable[[Choice], Choice]


class PartRow(QWidget):
    """One scheduler of the sequence: when it begins, its name, and its arguments."""

    def __init__(self, index: int, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        self.index, self._appearance = index, appearance
        part = f"scheduler {index + 1}"
        self.milestone = IntegerField(appearance, refusals, self)
        self.milestone.setObjectName(f"scheduler_milestone_{index}")
        self.milestone.setAccessibleName(gettext("First step of {part}", part=part))
        self.milestone.set_description(
            gettext(
                "The step from which on {part} acts (milestones). {how_to_nudge}", part=part, how_to_nudge=HOW_TO_NUDGE
            )
        )
        self._begins = QWidget(self)
        words = gettext("at the start") if not index else gettext("from step")
        label = Label(appearance, words, self._begins, size=SMALL, color="muted")
        self._begins.setLayout(ControlsLine(appearance, label, *([self.milestone] if index else []), None))
        self.milestone.setVisible(index > 0)
        self.name = ChoiceField(
            appearance, f"scheduler_part_{index}", gettext("Scheduler {number}", number=index + 1), self
        )
        self.name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.remove = RemoveButton(
            appearance, "", gettext("Remove {part}", part=part), f"scheduler_remove_{index}", self
        )
        self.arguments = ArgumentRows(appearance, refusals, f"scheduler_{index}", self)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.addWidget(self._begins)
        self._lines.addLayout(ControlsLine(appearance, self.name, self.remove))
        self._arguments_line = QVBoxLayout()
        self._arguments_line.addWidget(self.arguments)
        self._lines.addLayout(self._arguments_line)
        appearance.changed.connect(self._space)
        self._space()

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(GAP))
        self._arguments_line.setContentsMargins(self._appearance.size(INDENT), 0, 0, 0)
        self.milestone.setFixedWidth(self._appearance.size(MILESTONE_WIDTH))

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        first: list[QWidget] = [self.milestone] if self.index else []
        return [*first, self.name, *self.arguments.controls(), self.remove]

    def show_part(self, choice: Choice, milestone: int | None, table: FunctionTable) -> None:
        """Show one scheduler, and the step at which it begins."""
        entry = table[choice.name]
        offer(self.name, table)
        self.name.set_choice(choice.name)
        words = f": {words_of(entry)}"
        self.name.setToolTip(
            plain_tip(
                gettext("Scheduler {number}. {name}{words}", number=self.index + 1, name=choice.name, words=words)
            )
        )
        if milestone is not None:
            self.milestone.set_value(milestone)
        self.arguments.show_arguments(choice, entry.arguments)


class SequenceField(QWidget):
    """The parts under each other. `edited` asks for other arguments of the sequence: beside which control, in which
    words, which arguments, and what the arrow keys chose.
    """

    edited = Signal(QWidget, str, object, str)
    controls_changed = Signal()

    def __init__(self, appearance: Appearance, refusals: Refusals, begin: Begin, parent: QWidget) -> None:
        """`begin` gives a scheduler that was just chosen what it lacks."""
        super().__init__(parent)
        self._appearance, self._refusals, self._begin = appearance, refusals, begin
        self._table: FunctionTable = PARTS
        self._choice: Choice | None = None
        self._add = LinkButton(
            appearance, gettext("+ scheduler"), gettext("Let another scheduler follow"), "scheduler_add", self
        )
        self._add.clicked.connect(self._append)
        self._rows = RowList(appearance, self._make_row, self._add)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.addLayout(self._rows.layout)
        self._lines.addLayout(ControlsLine(appearance, self._add, None))
        appearance.changed.connect(self._space)
        self._space()
        self.hide()

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(GAP))

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        return [*(control for part in self._rows.rows for control in part.controls()), self._add]

    @property
    def schedulers(self) -> tuple[Choice, ...]:
        """The parts."""
        return cast("tuple[Choice, ...]", self._choice[SCHEDULERS]) if self._choice else ()

    @property
    def milestones(self) -> tuple[int, ...]:
        """The step at which each part but the first begins."""
        return cast("tuple[int, ...]", self._choice[MILESTONES]) if self._choice else ()

    def show_choice(self, choice: Choice | None) -> None:
        """Show a sequence, or nothing where there is none."""
        self._choice = choice
        self.setVisible(choice is not None)
        changed = self._rows.set_count(len(self.schedulers))
        begins = (None, *self.milestones, *[None] * len(self._rows.rows))
        for row, part, milestone in zip(self._rows.rows, self.schedulers, begins, strict=False):
            row.show_part(part, milestone, self._table)
        if changed:
            self.controls_changed.emit()

    def _make_row(self, index: int) -> PartRow:
        row = PartRow(index, self._appearance, self._refusals, self)
        row.name.choice_edited.connect(lambda name: self._change_name(row, name))
        row.arguments.argument_edited.connect(lambda *asked: self._change_argument(row, *asked))
        row.arguments.controls_changed.connect(self.controls_changed)
        row.milestone.value_edited.connect(lambda step: self._change_milestone(row, step, ""))
        row.milestone.nudged.connect(lambda step: self._change_milestone(row, step, f"milestone.{index}"))
        row.remove.clicked.connect(lambda: self._remove(row))
        return row

    # Edits

    def _replace(self, beside: QWidget, index: int, part: Choice, text: str, key: str = "") -> None:
        parts = (*self.schedulers[:index], part, *self.schedulers[index + 1 :])
        self.edited.emit(beside, text, {SCHEDULERS: parts}, key)

    def _change_name(self, row: PartRow, name: str) -> None:
        part = self._begin(follow_up(name, self._table, self.schedulers[row.index]))
        self._replace(row.name, row.index, part, "Change scheduler")

    def _change_argument(self, row: PartRow, name: str, value: ArgumentValue, by_arrow: bool) -> None:
        part = self.schedulers[row.index].replace(**{name: value})
        key = f"{row.index}.{name}" if by_arrow else ""
        self._replace(row.arguments.field(name), row.index, part, f"Change {name}", key)

    def _change_milestone(self, row: PartRow, step: int, key: str) -> None:
        place, steps = row.index - 1, self.milestones
        self.edited.emit(
            row.milestone, "Change milestone", {MILESTONES: (*steps[:place], step, *steps[place + 1 :])}, key
        )

    def _append(self) -> None:
        part = self._begin(follow_up(ADDED, self._table, None))
        steps = self.milestones
        milestone = (steps[-1] if steps else 0) + STEPS
        changes = {SCHEDULERS: (*self.schedulers, part), MILESTONES: (*steps, milestone)}
        self.edited.emit(self._add, "Add scheduler", changes, "")

    def _remove(self, row: PartRow) -> None:
        place = max(0, row.index - 1)
        parts = self.schedulers[: row.index] + self.schedulers[row.index + 1 :]
        steps = self.milestones[:place] + self.milestones[place + 1 :]
        self.edited.emit(row.remove, "Remove scheduler", {SCHEDULERS: parts, MILESTONES: steps}, "")
