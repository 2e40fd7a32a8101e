"""Opening and saving experiment files, with Qt's own dialogs. Nothing here blocks: each dialog answers by a signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QDir, QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from chainrule.engine.arguments import SpecError
from chainrule.engine.spec import Experiment
from chainrule.model.storage import read_experiment, write_experiment
from chainrule.session.session import Session
from chainrule.ui.question import cpu_question, question

FILTER = "Chainrule experiments (*.chainrule);;All files (*)"
SUFFIX = ".chainrule"


class Files(QObject):
    """File commands of one window. A document with changes is asked for before it is replaced."""

    # A file was opened or saved.
    used = Signal(Path)

    def __init__(self, session: Session, folder: Callable[[], str], window: QWidget) -> None:
        """`folder` is where the last file was, or empty."""
        super().__init__(window)
        self._session, self._last_folder, self._window = session, folder, window
        self._dialog: QFileDialog | QMessageBox | None = None

    def open(self) -> None:
        """Ask for a file, and open it."""
        self._after_saving(lambda: self._choose("Open", self.open_path))

    def open_example(self, path: Path) -> None:
        """Open an experiment that comes with the program: it has no file of its own, so saving asks for one."""
        self._after_saving(lambda: self.open_path(path, example=True))

    def open_recent(self, path: Path) -> None:
        """Open a file that was used before."""
        self._after_saving(lambda: self.open_path(path))

    def save(self) -> None:
        """Save to the document's file, or ask for one."""
        if self._session.path is None:
            self.save_as()
        else:
            self._save_document(self._session.path)

    def save_as(self) -> None:
        """Ask for a file, and save to it."""
        self._choose("Save", self._save_document)

    def save_trained(self) -> None:
        """Ask for a file, and save the experiment with the parameters on the screen as its first ones."""

        def save(path: Path) -> None:
            if self._write(replace(self._session.experiment, parameters=self._session.parameters_now()), path):
                self.used.emit(path)

        self._choose("Save", save)

    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    def confirm_close(self) -> bool:
        """Whether the window may close now; where it may not, ask, and close it after the answer."""
        if not self._session.is_modified:
            return True
        self._after_saving(self._close_without_asking)
        return False

    def _close_without_asking(self) -> None:
        self._session.mark_saved(self._session.path)
        self._window.close()

    def open_path(self, path: Path, *, example: bool = False) -> None:
        """Open a file in place of the document; one that is refused is told in the window."""
        try:
            experiment = read_experiment(path)
        except SpecError as error:
            self._session.noticed.emit(f"{path.name} was not opened. {error}")
            return
        needs = self._session.needs(experiment)
        if needs is None:
            self._open_read(experiment, path, example=example)
        else:
            self._ask_for_large(experiment, path, needs)

    def _ask_for_large(self, experiment: Experiment, path: Path, needs: str) -> None:
        """Say what an experiment takes, and open it with no more than one iteration remembered."""
        text = f"{path.name} is large: it needs {needs}."
        more = (
            "Open it with no more remembered than the iteration on the screen? Training and every number are the same; "
            "an iteration before it is computed again, from the start, when you step back to it."
        )
        box = question(self._window, "file.large", text, more)
        box.addButton("Open it", QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.accepted.connect(lambda: self._open_read(experiment, path, keep_little=True))
        self._show(box)

    def _open_read(
        self, experiment: Experiment, path: Path, *, example: bool = False, keep_little: bool = False
    ) -> None:
        try:
            self._session.open(experiment, None if example else path, keep_little=keep_little)
            if not example:
                self.used.emit(path)
        except SpecError as error:
            self.refuse(experiment, error, path)
        except (RuntimeError, MemoryError) as error:
            self._refuse_failed(experiment, error, None if example else path)

    def _refuse_failed(self, experiment: Experiment, error: Exception, path: Path | None) -> None:
        """Tell that the device of an experiment has failed in it."""
        from chainrule.engine.devices import failure_of  # noqa: PLC0415 - loads torch

        reason = failure_of(error)
        if reason is None:
            raise error
        on_cpu = experiment.device == "cpu"
        self.refuse(experiment, SpecError("$" if on_cpu else "$.device", f"{experiment.device}: {reason}"), path)

    def refuse(self, experiment: Experiment, error: SpecError, path: Path | None) -> None:
        """Tell why an experiment was not opened; where only its device is missing, offer the CPU."""
        name = path.name if path else "The experiment"
        if error.path != "$.device":
            self._session.noticed.emit(f"{name} was not opened. {error}")
            return
        text = f"{name} asks for a device that cannot compute it here."
        box = cpu_question(self._window, "file.device", text, str(error), "Open it")
        on_cpu = replace(experiment, device="cpu")
        box.accepted.connect(lambda: self._session.open(on_cpu, path, modified=path is not None))
        self._show(box)

    def _save_document(self, path: Path) -> None:
        in_training = len(self._session.document.segments) > 1
        if self._write(self._session.to_save, path):
            self._session.mark_saved(path)
            if in_training:
                self._session.noticed.emit(
                    f"{path.name} holds the settings of now and the first weights, which a restart goes back to. What "
                    "training and edits in it made of them is kept by “Save with trained parameters”."
                )
            self.used.emit(path)

    def _write(self, experiment: Experiment, path: Path) -> bool:
        try:
            write_experiment(experiment, path)
        except SpecError as error:
            self._session.noticed.emit(f"{path.name} was not saved. {error}. “Save as” can put it elsewhere.")
            return False
        return True

    def _choose(self, verb: str, use: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self._window, f"{verb} an experiment", str(self._folder()), FILTER)
        dialog.setObjectName("file.dialog")
        if verb == "Save":
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
            dialog.selectFile(self._session.path.name if self._session.path else f"experiment{SUFFIX}")
        dialog.fileSelected.connect(lambda name: use(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        self._show(dialog)

    def _folder(self) -> Path:
        if self._session.path:
            return self._session.path.parent
        last = self._last_folder()
        return Path(last) if last and Path(last).is_dir() else Path(QDir.homePath())

    def _after_saving(self, proceed: Callable[[], None]) -> None:
        """Go on at once where nothing would be lost, else ask first."""
        if not self._session.is_modified:
            proceed()
            return
        buttons = QMessageBox.StandardButton
        text = "This experiment has changes that are not saved."
        box = question(self._window, "file.unsaved", text, "Save them first?")
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)

        def answer(result: int) -> None:
            if result == buttons.Discard.value:
                proceed()
            elif result == buttons.Save.value:
                self._save_then(proceed)

        box.finished.connect(answer)
        self._show(box)

    def _save_then(self, proceed: Callable[[], None]) -> None:
        def save(path: Path) -> None:
            self._save_document(path)
            if not self._session.is_modified:
                proceed()

        if self._session.path is not None:
            save(self._session.path)
        else:
            self._choose("Save", save)

    def _show(self, dialog: QFileDialog | QMessageBox) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = dialog
        dialog.finished.connect(self._forget)
        dialog.open()

    def _forget(self) -> None:
        self._dialog = None
