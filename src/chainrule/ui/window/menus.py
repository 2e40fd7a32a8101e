"""The menu bar: made of the table of actions, with the menus that list files."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QMainWindow, QMenu

from chainrule.resource_files import example_paths
from chainrule.session.files.settings import SettingsStore
from chainrule.translation import gettext
from chainrule.ui.actions.action_set import ACTIONS, ActionSet
from chainrule.ui.actions.board_actions import BOARD_MENU
from chainrule.ui.actions.commands import Commands
from chainrule.ui.actions.lesson_actions import LESSON_MENU
from chainrule.ui.files.exporting import ExportMenu
from chainrule.ui.files.remembering import RecentMenu
from chainrule.ui.files.start_menu import StartMenu
from chainrule.ui.lesson.menu import LessonMenu


class Menus:
    """The menus of a window, in the order of the table; lines stand between what is done with different things."""

    def __init__(self, actions: ActionSet, commands: Commands, settings: SettingsStore, window: QMainWindow) -> None:
        files, session, trainer = commands.files, commands.session, commands.trainer
        self.start = StartMenu(example_paths(), files, trainer, window)
        self.recent = RecentMenu(settings, files, window)
        self.export = ExportMenu(session, trainer, files.exporting, commands.take_typed, commands.appearance, window)
        self._board, self.views = commands.board, QMenu(gettext("Views"), window)
        self.views.setObjectName("view.views")
        self._board.places.menu_asked.connect(self._show_views)
        # Menus that stand behind an action of the table.
        behind = {"file.open": self.recent, "file.revert": self.export, "view.timeline_pane": self.views}
        menus: dict[str, QMenu] = {}
        for action in ACTIONS:
            if action.menu == BOARD_MENU:
                if action.begins_group:
                    self.views.addSeparator()
                self.views.addAction(actions[action.id])
                continue
            if action.menu == LESSON_MENU and action.menu not in menus:
                menus[action.menu] = self.lessons = LessonMenu(commands.lessons, window)
                window.menuBar().addMenu(self.lessons)
            if action.menu not in menus:
                menus[action.menu] = window.menuBar().addMenu(f"&{gettext(action.menu)}")
                if action.menu == "File":
                    window.menuBar().addMenu(self.start)
            menu = menus[action.menu]
            if action.begins_group:
                menu.addSeparator()
            menu.addAction(actions[action.id])
            if (inner := behind.get(action.id)) is not None:
                if inner is self.export:
                    menu.addSeparator()
                menu.addMenu(inner)

    def _show_views(self, place: str, at: QPoint) -> None:
        """Open the menu of the board at a view's own button."""
        self._board.touch(place)
        self.views.popup(at)
