"""Asking for files with Qt's own dialog: one to open, one to save to, one for an export."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDir, QObject
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from chainrule.session.session import Session
from chainrule.ui.asking.question import ask_to_replace_file

FILTER = "Chainrule experiments (*.chainrule);;All files (*)"
SUFFIX = ".chainrule"
# A name has no more than 255 bytes, and a character up to four.
LONGEST_NAME = 60
# Not in names on Windows, or what ends a folder's.
_NOT_IN_NAMES = frozenset('<>:"/\\|?*')
# The devices of Windows.
_RESERVED = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)


class FileChooser(QObject):
    """Asks for the files of one window. Nothing here blocks: what is to be done with a file is called with it."""

    def __init__(
        self,
        session: Session,
        folder: Callable[[], str],
        window: QWidget,
        *,
        show: Callable[[QDialog], None],
    ) -> None:
        """`folder` is where the last file was, or empty; `show` shows a dialog."""
        super().__init__(window)
        self._session, self._last_folder, self._window = session, folder, window
        self._show = show

    def choose_to_open(self, use: Callable[[Path], None]) -> None:
        """Ask for an experiment's file that is there; `use` gets it."""
        self._choose("Open", use)

    def choose_to_save(self, use: Callable[[Path], None]) -> None:
        """Ask for a file to save the experiment in, and before another one is replaced; `use` gets it."""
        self._choose("Save", use)

    def _choose(self, verb: str, use: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._window, f"{verb} an experiment", str(self._folder()), FILTER)
        dialog.setObjectName("file.dialog")
        if verb == "Save":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
            path, title = self._session.path, self._session.experiment.title
            dialog.selectFile(path.name if path else file_name(title))
            # Qt's own question would read a name that looks like HTML as such.
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        chosen = use if verb == "Open" else partial(self._replace, use)
        dialog.fileSelected.connect(lambda name: chosen(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        self._show(dialog)

    def choose_export(
        self, title: str, suffix: str, use: Callable[[Path], None], part: str = "", others: tuple[str, ...] = ()
    ) -> None:
        """Ask for a file in which the experiment, or a `part` of what is shown, is to be written; `use` gets it.

        With `others` a name that ends in none of them, nor in the suffix, gets the suffix.
        """
        title = title.removesuffix("…")
        files = f"{title} (*{suffix});;All files (*)"
        dialog = QFileDialog(self._window, f"Export {title}", str(self._folder()), files)
        dialog.setObjectName("export.dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        path = self._session.path
        stem = path.stem if path else file_name(self._session.experiment.title).removesuffix(SUFFIX)
        dialog.selectFile(f"{stem} {part}".strip() + suffix)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)

        def chosen(name: str) -> None:
            path = Path(name)
            if others and path.suffix.lower() not in (suffix, *others):
                path = path.with_name(f"{path.name}{suffix}")
            self._replace(use, path, ask_own=True)

        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        self._show(dialog)

    def _replace(self, use: Callable[[Path], None], path: Path, *, ask_own: bool = False) -> None:
        """Ask before a file is replaced that is there already, unless it is the document's own."""
        if not path.exists() or (self._session.file.is_at(path) and not ask_own):
            use(path)
            return
        ask_to_replace_file(self._window, "file.replace", path, lambda: use(path), self._show)

    def _folder(self) -> Path:
        if self._session.path:
            return self._session.path.parent
        last = self._last_folder()
        # Not by the path's own method, which raises where it may not look.
        return Path(last if last and os.path.isdir(last) else QDir.homePath())


def file_name(title: str) -> str:
    """Return the name of a file for an experiment of a title, without what some system does not have in names."""
    title = title.removesuffix(SUFFIX)
    kept = "".join(each if each.isprintable() and each not in _NOT_IN_NAMES else " " for each in title)
    name = " ".join(kept.split())[:LONGEST_NAME].strip(" .")
    return f"{'experiment' if not name or _RESERVED.fullmatch(name.split('.')[0].strip()) else name}{SUFFIX}"
