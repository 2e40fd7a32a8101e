"""The menu of lessons: those that come with the program, and a folder of one's own."""

from __future__ import annotations

import tomllib
from pathlib import Path

from PySide6.QtGui import QAction
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
        self._listed: list[tuple[Path, str, QAction]] = []
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """List the lessons, above what else is in the menu, with how far somebody has come in each."""
        if self._is_filled:
            self._show_progress()
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
            self._listed.append((folder, f"{place}  {menu_text(title)}", action))
        if first is not None:
            self.insertSeparator(first)
        self._show_progress()

    def _show_progress(self) -> None:
        """Say behind each lesson whether it is done, or at which step it was left."""
        progress = self._lessons.progress
        for folder, text, action in self._listed:
            step = 0 if progress is None else progress.step(folder)
            is_done = progress is not None and progress.is_done(folder)
            said = [
                *([gettext("✓ done")] if is_done else []),
                *([gettext("at step {number}", number=step + 1)] if step else []),
            ]
            action.setText("\t".join([text, *([", ".join(said)] if said else [])]))


def _title(folder: Path) -> tuple[str, str]:
    """Return title and summary; the rest of a lesson is read once it is opened."""
    try:
        with (folder / "lesson.toml").open("rb") as file:
            found = tomllib.load(file)
        return gettext(str(found.get("title") or folder.name)), gettext(str(found.get("summary") or ""))
    except (OSError, ValueError):
        return folder.name, ""
