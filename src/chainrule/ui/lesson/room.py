"""The room that a lesson has in the window: a card above the views, views of its own, and controls that it hides."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.lessons.lesson.controls import PANES, SECTIONS, TOOLS
from chainrule.lessons.lesson.spec import LessonStep
from chainrule.ui.actions.action_set import ActionSet
from chainrule.ui.folding.body import Body
from chainrule.ui.panels.experiment_panel import ExperimentPanel
from chainrule.ui.window.hints import Hints
from chainrule.ui.window.toolbar import ToolBar


@dataclass(frozen=True, slots=True, eq=False)
class LessonRoom:
    """The parts of a window that a lesson changes while it goes on, and puts back as they were."""

    body: Body
    experiment: ExperimentPanel
    toolbar: ToolBar
    actions: ActionSet
    hints: Hints

    def take_in(self, card: QWidget) -> None:
        """Put the card of a lesson above the views."""
        self.body.take_lesson(card)

    def show_step(self, step: LessonStep) -> None:
        """Let the views of a step stand there, and hide what it hides."""
        if step.view is not None:
            self.body.board.lend(step.view)
            self.body.show_views(bool(step.view.cards))
        self.hide(step.hide)

    def hide(self, names: tuple[str, ...]) -> None:
        """Hide these controls and no others."""
        self.body.folding.set_hidden([name for name in names if name in PANES])
        self.experiment.hide_sections([name for name in names if name in SECTIONS])
        self.hints.leave_out(names)
        for tool in TOOLS:
            is_hidden = tool in names
            if tool in self.actions:
                self.actions[tool].setVisible(not is_hidden)
            self.toolbar.show_tool(tool, not is_hidden)

    def restore(self, experiment: Experiment) -> None:
        """Put everything back as it was before the lesson."""
        self.hide(())
        self.body.show_views(True)
        self.body.board.lend(experiment.board)
        self.body.take_lesson(None)
