"""The loss, and the penalties that are added to it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.panels.editing import PanelEditing
from chainrule.ui.panels.functions.functions_panel import LOSS, FunctionPanel
from chainrule.ui.panels.functions.penalties_field import PenaltiesField
from chainrule.ui.style.appearance import Appearance


class LossPanel(FunctionPanel):
    """The section of the loss."""

    def __init__(self, editing: PanelEditing, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(LOSS, editing, appearance, parent)
        self.penalties = PenaltiesField(editing, appearance, self)
        self.penalties.controls_changed.connect(self.controls_changed)
        self.put_beside_heading(self.penalties.add)
        self.lines.addWidget(self.penalties)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the loss and the penalties of a moment's experiment."""
        super().show_moment(moment, change)
        self.penalties.show_experiment(moment.experiment)

    def controls(self) -> list[QWidget]:
        """Return the loss with its arguments, then the penalties, and what adds one.

        The section begins with the loss.
        """
        return [*super().controls(), *self.penalties.controls(), self.penalties.add]
