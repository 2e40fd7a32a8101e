"""All actions, and Qt's own of them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from chainrule.translation import gettext
from chainrule.ui.actions.action import Action
from chainrule.ui.actions.board_actions import BOARD_ACTIONS
from chainrule.ui.actions.commands import Commands
from chainrule.ui.actions.edit_actions import EDIT_ACTIONS
from chainrule.ui.actions.file_actions import FILE_ACTIONS
from chainrule.ui.actions.help_actions import HELP_ACTIONS
from chainrule.ui.actions.lesson_actions import LESSON_ACTIONS
from chainrule.ui.actions.predict_actions import PREDICT_ACTIONS
from chainrule.ui.actions.step_actions import STEP_ACTIONS
from chainrule.ui.actions.view_actions import VIEW_ACTIONS
from chainrule.ui.widgets.plain_text import menu_text, plain_tip

ACTIONS = (
    *FILE_ACTIONS,
    *LESSON_ACTIONS,
    *EDIT_ACTIONS,
    *STEP_ACTIONS,
    *PREDICT_ACTIONS,
    *VIEW_ACTIONS,
    *BOARD_ACTIONS,
    *HELP_ACTIONS,
)


class ActionSet(QObject):
    """The table's QActions, each with its id as object name, kept enabled as the session allows."""

    def __init__(self, commands: Commands, window: QWidget) -> None:
        super().__init__(window)
        self._commands = commands
        self._actions = {action.id: self._make(action, window) for action in ACTIONS}
        session = commands.session
        for signal in (session.signals.document_changed, session.signals.cursor_moved, session.undo_stack.indexChanged):
            signal.connect(self.refresh)
        commands.trainer.running_changed.connect(self.refresh)
        commands.answers.predictor.changed.connect(self.refresh)
        self.refresh()

    def __getitem__(self, identifier: str) -> QAction:
        return self._actions[identifier]

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._actions

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    def refresh(self) -> None:
        """Enable what can be done now, and say to what."""
        for action in ACTIONS:
            made = self._actions[action.id]
            made.setEnabled(action.enabled(self._commands))
            if action.checked is not None:
                made.setChecked(action.checked(self._commands))
            if action.subject is not None:
                made.setText(menu_text(f"{gettext(action.text)} {action.subject(self._commands)}".strip()))

    def _make(self, action: Action, window: QWidget) -> QAction:
        text, tip = gettext(action.text), gettext(action.tip)
        made = QAction(text, window)
        made.setObjectName(action.id)
        # In the tool bar it is called so whatever it is done to.
        made.setIconText(text)
        made.setShortcuts([QKeySequence(key) for key in action.keys])
        made.setToolTip(plain_tip(f"{tip} ({action.keys[0]})" if action.keys else tip))
        made.setStatusTip(tip)
        made.setCheckable(action.checked is not None)
        made.triggered.connect(lambda: self._run(action))
        window.addAction(made)
        return made

    def _run(self, action: Action) -> None:
        if action.pauses:
            self._commands.trainer.pause()
        if not action.takes or self._commands.take_typed():
            action.run(self._commands)
        if action.checked is not None:
            # Qt has switched it already, whatever came of it; another may be off for it.
            for each in ACTIONS:
                if each.checked is not None:
                    self._actions[each.id].setChecked(each.checked(self._commands))
