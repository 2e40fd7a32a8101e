"""The start menu: the experiments that come with the program."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from chainrule.session.training import Trainer
from chainrule.translation import gettext
from chainrule.ui.files.files import Files
from chainrule.ui.widgets.plain_text import menu_text, plain_tip


class StartMenu(QMenu):
    """Opens an example; the titles are the files' own."""

    def __init__(self, paths: tuple[Path, ...], files: Files, trainer: Trainer, parent: QWidget) -> None:
        super().__init__(gettext("E&xperiments"), parent)
        self.setObjectName("start_menu")
        self._files, self._trainer = files, trainer
        for place, path in enumerate(paths, start=1):
            action = self.addAction(menu_text(gettext(example_title(path))))
            action.setObjectName(f"start_menu.{path.stem}")
            action.setToolTip(plain_tip(path.name))
            if place <= 9:
                action.setShortcut(QKeySequence(f"Ctrl+{place}"))
            action.triggered.connect(lambda _checked=False, path=path: self._open(path))
        self.addSeparator()
        self.addAction(gettext("Open a file…"), files.open)

    def _open(self, path: Path) -> None:
        self._trainer.pause()
        self._files.open_example(path)


def example_title(path: Path) -> str:
    """Return the title of an experiment's file, or its name where it has none."""
    title: str = json.loads(path.read_text(encoding="utf-8")).get("title", "")
    return title or path.stem
