"""The menu of lessons: those that come with the program, and a folder of one's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

from PySide6.QtWidgets import QMenu, QWidget

from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.translation import gettext
from chainrule.ui.lesson.lessons import Lessons
from chainrule.ui.widgets.plain_text import menu_text, plain_tip


class LessonMenu(QMenu):
    """Opens a lesson; the titles are read when the menu is first opened."""

    def __init__(self, lessons: Lessons, parent: QWidget) -> None:
        super().__init__(gettext("&Lessons"), parent)
        self.setObjectName("lesson_menu")
        self._lessons = lessons
        self.setToolTipsVisible(True)
        self._is_filled = False
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List the lessons, above what else is in the menu."""
        if self._is_filled:
            return
        self._is_filled = True
        first = next(iter(self.actions()), None)
        for place, folder in enumerate(shipped_lessons(), start=1):
            title, summary = _title(folder)
            action = self.addAction(f"{place}  {menu_text(title)}")
            action.setObjectName(f"lesson_menu.{folder.name}")
            action.setToolTip(plain_tip(summary))
            action.setStatusTip(summary)
            action.triggered.connect(lambda _checked=False, folder=folder: self._lessons.open(folder))
            if first is not None:
                self.insertAction(first, action)
        if first is not None:
            self.insertSeparator(first)


def _title(folder: Path) -> tuple[str, str]:
    """Return title and summary; the rest of a lesson is read once it is opened."""
    try:
        with (folder / "lesson.toml").open("rb") as file:
            found = tomllib.load(file)
        return gettext(str(found.get("title") or folder.name)), gettext(str(found.get("summary") or ""))
    except (OSError, ValueError):
        return folder.name, ""
