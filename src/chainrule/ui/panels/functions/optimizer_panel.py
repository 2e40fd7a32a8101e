"""The optimizer, the groups of parameters that it treats in other ways, and what it starts from."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.functions_panel import OPTIMIZER, FunctionPanel
from chainrule.ui.panels.functions.groups_field import GroupsField
from chainrule.ui.panels.functions.start_line import StartLine
from chainrule.ui.style.appearance import Appearance


class OptimizerPanel(FunctionPanel):
    """The section of the optimizer."""

    def __init__(self, session: Session, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(OPTIMIZER, editing, appearance, parent)
        self.groups = GroupsField(editing, appearance, self)
        self.groups.controls_changed.connect(self.controls_changed)
        self.start = StartLine(session, editing, appearance, self)
        self.put_beside_heading(self.groups.add)
        self.lines.addWidget(self.groups)
        self.lines.addWidget(self.start)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the optimizer and the groups of a moment's experiment."""
        super().show_moment(moment, change)
        self.groups.show_experiment(moment.experiment)
        self.start.show_start(moment.experiment)

    def controls(self) -> list[QWidget]:
        """Return the optimizer with its arguments, then the groups, what adds one, and what starts anew."""
        return [*super().controls(), *self.groups.controls(), self.groups.add, *self.start.controls()]
