"""The windows and panels beside the main window, each made when it is first asked for: the window is there sooner."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from chainrule.session.files.settings import SettingsStore
from chainrule.session.inspector import Inspector
from chainrule.session.referee import Referee
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.ui.actions.action_set import ACTIONS
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.ui.asking.iterations import GoToPopover, TrainPopover
    from chainrule.ui.referee.panel import RefereePanel
    from chainrule.ui.window.help import HelpWindow


class Beside:
    """The help, the referee's report, and what asks for iterations; `leave` takes the keyboard back to the window."""

    def __init__(
        self,
        session: Session,
        trainer: Trainer,
        referee: Referee,
        settings: SettingsStore,
        appearance: Appearance,
        parent: QWidget,
        *,
        leave: Callable[[], None],
    ) -> None:
        self._session, self._trainer, self._referee, self._settings = session, trainer, referee, settings
        self._appearance, self._parent, self._leave = appearance, parent, leave

    @cached_property
    def help_window(self) -> HelpWindow:
        """How to use the program, and every key."""
        from chainrule.ui.window.help import HelpWindow  # noqa: PLC0415 - not for the first paint

        rows = [(action.menu, action.tip, action.keys) for action in ACTIONS]
        return HelpWindow(self._appearance, rows, self._parent)

    @cached_property
    def referee_panel(self) -> RefereePanel:
        """What was compared, value by value."""
        from chainrule.ui.referee.panel import RefereePanel  # noqa: PLC0415 - not for the first paint

        inspector = Inspector(self._session.state, self._referee, self._parent)
        return RefereePanel(self._session, self._trainer, inspector, self._appearance, self._parent)

    @cached_property
    def train_popover(self) -> TrainPopover:
        """How many iterations to train."""
        from chainrule.ui.asking.iterations import TrainPopover  # noqa: PLC0415 - not for the first paint

        popover = TrainPopover(self._session, self._trainer, self._settings, self._appearance, self._parent)
        popover.closed.connect(self._leave)
        return popover

    @cached_property
    def go_to_popover(self) -> GoToPopover:
        """To which iteration to go."""
        from chainrule.ui.asking.iterations import GoToPopover  # noqa: PLC0415 - not for the first paint

        popover = GoToPopover(self._session, self._trainer, self._appearance, self._parent)
        popover.closed.connect(self._leave)
        return popover

    def close(self) -> None:
        """Close the report, if it was ever open."""
        if "referee_panel" in vars(self):
            self.referee_panel.close()
