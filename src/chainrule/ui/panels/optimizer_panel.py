"""The optimizer, the groups of parameters that it treats in other ways, and what it starts from."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chainrule.catalog.spec import Experiment
from chainrule.session.moment import Moment
from chainrule.ui.appearance import Appearance
from chainrule.ui.panels.editing import Editing
from chainrule.ui.panels.functions_panel import OPTIMIZER, FunctionPanel
from chainrule.ui.panels.groups_field import GroupsField


class OptimizerPanel(FunctionPanel):
    """The section of the optimizer."""

    def __init__(self, editing: Editing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(OPTIMIZER, editing, appearance, parent)
        self._experiment: Experiment | None = None
        self.groups = GroupsField(editing, appearance, self)
        self.groups.controls_changed.connect(self.controls_changed)
        self.lines.addWidget(self.groups)

    def show_moment(self, moment: Moment) -> None:
        """Show the optimizer and the groups of a moment's experiment."""
        before, self._experiment = self._experiment, moment.experiment
        super().show_moment(moment)
        if before is not moment.experiment:
            self.groups.show_groups(moment.experiment)

    def controls(self) -> list[QWidget]:
        """The optimizer with its arguments, then the groups."""
        return [*super().controls(), *self.groups.controls()]
