"""The files of the window for grading: which are chosen, which are dropped, and where what comes out is saved."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.asking.question import ask_to_replace_file
from chainrule.ui.files.choosing import FILTER, SUFFIX

ANSWERS = gettext_noop("Answers (*.csv *.tsv *.txt *.xlsx *.json);;All files (*)")
UsePaths = Callable[[list[Path]], None]


class GradingFiles:
    """Asks for files over a window. Nothing here blocks: what is to be done with a file is called with it."""

    def __init__(self, window: QWidget, folder: Callable[[], str]) -> None:
        self._window, self._folder = window, folder

    def choose_assignment(self, use: UsePaths) -> None:
        """Ask for the file of an assignment."""
        dialog = self._dialog("grading.assignment_dialog", gettext("Choose an assignment"), FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._open(dialog, use)

    def choose_answers(self, use: UsePaths) -> None:
        """Ask for files of answers."""
        dialog = self._dialog("grading.files_dialog", gettext("Choose files of answers"), gettext(ANSWERS))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        self._open(dialog, use)

    def choose_folder(self, name: str, title: str, use: UsePaths) -> None:
        """Ask for a folder."""
        dialog = self._dialog(name, title, "")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        self._open(dialog, use)

    def choose_to_save(self, title: str, file_name: str, files: str, use: UsePaths) -> None:
        """Ask for a file to save in, and before another one is replaced."""
        dialog = self._dialog("grading.save_dialog", title, files)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(file_name).suffix.removeprefix("."))
        dialog.selectFile(file_name)
        # Qt's own question would read a name that looks like HTML as such.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        self._open(dialog, partial(self._replace, use))

    def _dialog(self, name: str, title: str, files: str) -> QFileDialog:
        dialog = QFileDialog(self._window, title, self._folder(), files)
        dialog.setObjectName(name)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _open(self, dialog: QFileDialog, use: UsePaths) -> None:
        dialog.filesSelected.connect(lambda names: use([Path(name) for name in names]))
        dialog.open()

    def _replace(self, use: UsePaths, paths: list[Path]) -> None:
        if paths and paths[0].exists():
            ask_to_replace_file(self._window, "grading.replace", paths[0], lambda: use(paths))
        else:
            use(paths)


def assignments_of(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Return which of some paths are files of experiments, and which are answers."""
    experiments = [path for path in paths if path.suffix.lower() == SUFFIX and not path.is_dir()]
    return experiments, [path for path in paths if path not in experiments]
