"""Opening and saving experiment files, with Qt's own dialogs. Nothing here blocks: each dialog answers by a signal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment, check_structure
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.files.file_size import FileSizes, check_total
from chainrule.model.files.storage import FileContents, Stamp, read_stamped
from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.session.background.lazy_engine import engine
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.asking.question import cpu_question, question
from chainrule.ui.files.choosing import FileChooser
from chainrule.ui.files.exporting import Exporting
from chainrule.ui.files.new_window import open_new_window
from chainrule.ui.files.saving import Saving
from chainrule.ui.files.script_import import ScriptImport
from chainrule.ui.files.sharing import Sharing
from chainrule.ui.style.appearance import Appearance

NOT_SAVED = gettext_noop("Nothing was saved")
NOT_OPENED = "No other experiment was opened"
NOT_CLOSED = gettext_noop("The window stays open")


class Files(QObject):
    """File commands of one window. A document with changes is asked for before it is replaced."""

    # A file was opened or saved.
    used = Signal(Path)

    def __init__(
        self,
        session: Session,
        folder: Callable[[], str],
        appearance: Appearance,
        window: QWidget,
        *,
        take_typed: Callable[[], bool],
    ) -> None:
        """`folder` is where the last file was, or empty; `take_typed` takes over what is typed, or refuses it."""
        super().__init__(window)
        self._take_typed, self._appearance = take_typed, appearance
        # What a document is that has no file and no changes.
        self.origin = "example"
        self._session, self._window = session, window
        # The window is to be closed once all is saved.
        self._closes = False
        self._dialog: QDialog | None = None
        self.chooser = FileChooser(session, folder, window, show=self._show)
        self.saving = Saving(
            session,
            window,
            choose=self.chooser.choose_to_save,
            take=self.open_path,
            show=self._show,
        )
        self.saving.used.connect(self.used)
        self.scripts = ScriptImport(
            session,
            appearance,
            window,
            after_saving=self.after_saving,
            open_new=partial(self._open_unsaved, "new"),
            show=self._show,
        )
        self.exporting = Exporting(session, window, choose=self.chooser.choose_export)
        self.sharing = Sharing(
            session,
            appearance,
            window,
            show=self._show,
            after_saving=self.after_saving,
            open_unsaved=partial(self._open_unsaved, "link"),
        )

    def new(self) -> None:
        """Ask how large a network is to be, and begin an experiment with it."""
        self.after_saving(self._ask_for_new)

    def _ask_for_new(self) -> None:
        from chainrule.ui.asking.new_dialog import NewDialog  # noqa: PLC0415 - not for the first paint

        dialog = NewDialog(self._appearance, partial(self._open_unsaved, "new"), self._window)
        dialog.finished.connect(dialog.deleteLater)
        self._show(dialog)

    def _open_unsaved(self, origin: str, experiment: Experiment) -> None:
        """Open an experiment that is in no file; `origin` is what its title is followed by."""
        before, self.origin = self.origin, origin
        try:
            self._session.file.open_unasked(experiment, None)
        except BaseException:
            self.origin = before
            raise

    def open(self) -> None:
        """Ask for a file, and open it."""
        self.after_saving(lambda: self.chooser.choose_to_open(self.open_path))

    def open_example(self, path: Path) -> None:
        """Open an experiment that comes with the program: it has no file of its own, so saving asks for one."""
        self.after_saving(lambda: self.open_path(path, example=True))

    def open_recent(self, path: Path) -> None:
        """Open a file that was used before."""
        self.after_saving(lambda: self.open_path(path))

    def save(self) -> None:
        """Save to the document's file, or ask for one."""
        if self._has_taken(gettext(NOT_SAVED)):
            self.saving.save(_nothing)

    def save_as(self) -> None:
        """Ask for a file, and save to it."""
        if self._has_taken(gettext(NOT_SAVED)):
            self.saving.save_as(_nothing)

    def save_trained(self) -> None:
        """Ask for a file, and save the experiment so that training starts there with what the screen shows."""
        if not self._has_taken(gettext(NOT_SAVED)):
            return
        session = self._session
        try:
            check_total(session.experiment.network.parameter_count)
            trained = session.training_start.trained_now()
            check_structure(trained)
            FileSizes().check(trained)
        except SpecError as error:
            # Said before a file is asked for.
            reason = refusal_in_words(error, session.experiment)
            session.signals.noticed.emit(f"The trained parameters cannot be saved. {reason}")
            return
        self.chooser.choose_to_save(lambda path: self.saving.save_trained(trained, path))

    def _has_taken(self, otherwise: str) -> bool:
        """Take over what is being typed; where it is refused, say in the window what is not done because of that."""
        if self._take_typed():
            return True
        self._session.signals.noticed.emit(
            f"{otherwise}: what is typed was refused. Correct it, or give it up with Esc."
        )
        return False

    def can_revert(self) -> bool:
        """Return whether there is a file with something else in it than what is on the screen."""
        return self._session.path is not None and self._session.is_modified

    def revert(self) -> None:
        """Ask, and read the document's file once more: all changes since it was saved are given up."""
        path = self._session.path
        if path is None or not self._has_taken("Nothing was reverted"):
            return
        text = gettext("Go back to {name} as it was saved last?", name=path.name)
        box = question(
            self._window, "file.revert", text, gettext("All changes since then are given up, and cannot be undone.")
        )
        revert = box.addButton(gettext("Revert"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.finished.connect(lambda _: self.open_path(path) if box.clickedButton() is revert else None)
        self._show(box)

    def open_new_window(self) -> None:
        """Open another window beside this one, on the opening example."""
        if not open_new_window():
            self._session.signals.noticed.emit("No other window was opened: the program could not be started again.")

    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    def confirm_close(self) -> bool:
        """Return whether the window may close now; where it may not, ask, and close it after the answer."""
        if not self._has_taken(gettext(NOT_CLOSED)):
            return False
        if self.saving.is_active:
            if not self._closes:
                self._closes = True
                self._session.signals.informed.emit("This experiment is still being saved. The window then closes.")
                self.saving.when_idle(self._close_when_saved)
            return False
        if not self._session.is_modified:
            return True
        self.after_saving(self._close_without_asking, gettext(NOT_CLOSED))
        return False

    def _close_when_saved(self) -> None:
        self._closes = False
        self._window.close()

    def _close_without_asking(self) -> None:
        self._session.file.mark_saved(self._session.path, stamp=self._session.file.stamp)
        self._window.close()

    def open_path(self, path: Path, *, example: bool = False) -> None:
        """Open a file in place of the document; one that is refused is told in the window."""
        try:
            contents, stamp = read_stamped(path)
        except SpecError as error:
            self._session.signals.noticed.emit(
                f"{path.name} was not opened. {why_not_read(error, self._session.experiment)}"
            )
            return
        needs = self._session.file.needs(contents.experiment)
        if needs is None:
            self._open_read(contents, path, stamp, example=example)
        else:
            self._ask_for_large(contents, path, stamp, needs)

    def _ask_for_large(self, contents: FileContents, path: Path, stamp: Stamp, needs: str) -> None:
        """Say what an experiment takes, and open it with no more than one iteration remembered."""
        text = gettext("{name} is large: it needs {needs}.", name=path.name, needs=needs)
        more = gettext(
            "Open it with no more remembered than the iteration on the screen? Training and every number are the same; "
            "an iteration before it is computed again, from the start, when you step back to it."
        )
        box = question(self._window, "file.large", text, more)
        box.addButton(gettext("Open it"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.accepted.connect(lambda: self._open_read(contents, path, stamp))
        self._show(box)

    def _open_read(self, contents: FileContents, path: Path, stamp: Stamp, *, example: bool = False) -> None:
        experiment, own = contents.experiment, None if example else path
        try:
            self.origin = "example"
            self._session.file.open(experiment, own, history=contents.history, stamp=stamp)
            if not example:
                self.used.emit(path)
        except SpecError as error:
            self.refuse(experiment, error, path, stamp)
        except (RuntimeError, MemoryError) as error:
            self._refuse_failed(experiment, error, own, stamp)

    def give_way(self, experiment: Experiment, error: SpecError, path: Path | None, stamp: Stamp | None) -> None:
        """Open the example in place of what this machine turned out not to compute, and tell why once it is there."""
        self.open_path(OPENING_EXAMPLE, example=True)
        tell = partial(self.refuse, experiment, error, path, stamp)
        self._session.signals.engine_ready.connect(tell, Qt.ConnectionType.SingleShotConnection)

    def _refuse_failed(self, experiment: Experiment, error: Exception, path: Path | None, stamp: Stamp | None) -> None:
        """Tell that the device of an experiment has failed in it."""
        refusal = engine().refusal_of(experiment, error)
        if refusal is None:
            raise error
        self.refuse(experiment, refusal, path, stamp)

    def refuse(
        self,
        experiment: Experiment,
        error: SpecError,
        path: Path | None,
        stamp: Stamp | None = None,
        *,
        modified: bool = False,
    ) -> None:
        """Tell why an experiment was not opened; where only its device is missing, offer the CPU.

        `modified` says that it is in no file as it is; on the CPU no experiment is what its file holds.
        """
        name = path.name if path else "The experiment"
        if error.path != "$.device":
            self._session.signals.noticed.emit(
                f"{name} was not opened. {why_not_read(error, self._session.experiment)}"
            )
            return
        text = f"{name} asks for a device that cannot compute it here."
        box = cpu_question(self._window, "file.device", text, refusal_in_words(error, experiment), "Open it")
        on_cpu = replace(experiment, device="cpu")
        modified = modified or path is not None
        box.accepted.connect(lambda: self._session.file.open_unasked(on_cpu, path, modified=modified, stamp=stamp))
        self._show(box)

    def after_saving(self, proceed: Callable[[], None], otherwise: str = NOT_OPENED) -> None:
        """Go on at once where nothing would be lost, else ask first; what is being saved is waited for.

        Where what is typed is refused it does not go on: that is said in the words of `otherwise`.
        """
        if not self._has_taken(otherwise):
            return
        if self.saving.is_active:
            self.saving.when_idle(lambda: self.after_saving(proceed, otherwise))
            return
        if not self._session.is_modified:
            proceed()
            return
        buttons = QMessageBox.StandardButton
        text = gettext("This experiment has changes that are not saved.")
        box = question(self._window, "file.unsaved", text, gettext("Save them first?"))
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)

        def answer(result: int) -> None:
            if result == buttons.Discard.value:
                proceed()
            elif result == buttons.Save.value:
                self._save_then(proceed, otherwise)

        box.finished.connect(answer)
        self._show(box)

    def _save_then(self, proceed: Callable[[], None], otherwise: str) -> None:
        """Save, and go on; where something was changed meanwhile, ask again."""
        self.saving.save(lambda: self.after_saving(proceed, otherwise))

    def _show(self, dialog: QDialog) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = dialog
        dialog.finished.connect(partial(self._forget, dialog))
        dialog.open()

    def _forget(self, dialog: QDialog, _result: int) -> None:
        # Its answer may have put another one in its place by now.
        if self._dialog is dialog:
            self._dialog = None


def why_not_read(error: SpecError, shown: Experiment) -> str:
    """Say why a file was not opened.

    The place in the file, as a file names it, or what is wrong with the file itself.
    """
    return f"{error}." if error.path.startswith("$.") else refusal_in_words(error, shown)


def _nothing() -> None:
    """Do nothing after a save that was asked for by itself."""
