"""The scheduler: its name and arguments, and for a sequence the schedulers that follow each other."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QWidget

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.schedules import schedulers
from chainrule.catalog.tables import Entry
from chainrule.model.editing import edits
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext_noop
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.functions_panel import FunctionChoice, FunctionPanel
from chainrule.ui.panels.functions.sequence_field import MILESTONES, SCHEDULERS, SEQUENCE, SequenceField
from chainrule.ui.style.appearance import Appearance

SCHEDULER = FunctionChoice(
    "scheduler",
    gettext_noop("Learning rate scheduler"),
    lambda experiment: experiment.scheduler,
    edits.set_scheduler,
    lambda: schedulers.SCHEDULERS,
    optional=True,
)
# torch's own defaults are not enough to begin with (OneCycleLR), or too long to be seen in class (CyclicLR).
STARTS: Mapping[str, Mapping[str, ArgumentValue]] = {
    "OneCycleLR": {"total_steps": 100},
    "CyclicLR": {"step_size_up": 20},
}
CYCLES_MOMENTUM = ("OneCycleLR", "CyclicLR")


def begun(choice: Choice, optimizer: Choice) -> Choice:
    """Return a scheduler that was just chosen, with what it lacks.

    A momentum is cycled where there is one to be cycled.
    """
    start = dict(STARTS.get(choice.name, {}))
    if (
        choice.name in CYCLES_MOMENTUM
        and "betas" not in optimizer.arguments
        and not optimizer.arguments.get("momentum")
    ):
        start["cycle_momentum"] = False
    return Choice(choice.name, {**start, **choice.arguments})


class SchedulerPanel(FunctionPanel):
    """The section of the scheduler."""

    def __init__(self, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(SCHEDULER, editing, appearance, parent)
        self._optimizer = Choice("")
        self.sequence = SequenceField(appearance, editing.refusals, self._begin, self)
        self.sequence.edited.connect(self._change_sequence)
        self.sequence.controls_changed.connect(self.controls_changed)
        self.lines.insertWidget(self.lines.count() - 1, self.sequence)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the scheduler of a moment's experiment."""
        self._optimizer = moment.experiment.optimizer
        super().show_moment(moment, change)

    def controls(self) -> list[QWidget]:
        """Return the name, the parts of a sequence, and a field for each argument."""
        return [self.name, *self.sequence.controls(), *self.arguments.controls()]

    def show_arguments(self, choice: Choice, entry: Entry | None) -> None:
        """Show the arguments; those of a sequence that belong to its parts stand between them."""
        arguments = entry.arguments if entry else ()
        self.sequence.show_choice(choice if choice.name == SEQUENCE else None)
        between = (SCHEDULERS, MILESTONES) if choice.name == SEQUENCE else ()
        self.arguments.show_arguments(choice, [a for a in arguments if a.name not in between])

    def change(self, beside: QWidget, text: str, choice: Choice | None, merge_key: str | None = None) -> bool:
        """Put another scheduler in the place of the one before; return whether it was accepted."""
        is_new = choice is not None and (self.choice is None or choice.name != self.choice.name)
        return super().change(beside, text, self._begin(choice) if choice and is_new else choice, merge_key)

    def _begin(self, choice: Choice) -> Choice:
        return begun(choice, self._optimizer)

    def _change_sequence(self, beside: QWidget, text: str, changes: dict[str, ArgumentValue], key: str) -> None:
        assert self.choice is not None
        self.change(beside, text, self.choice.replace(**changes), f"scheduler.{key}" if key else None)
