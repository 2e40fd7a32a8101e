"""Saving in slices, and the questions before something would be lost that somebody else has written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from chainrule.engine.arguments import SpecError
from chainrule.engine.spec import Experiment
from chainrule.model.disk import FileChangedError, Written, cleaning, reason_of
from chainrule.model.stamp import Stamp
from chainrule.model.storage import writing
from chainrule.session.session import Session
from chainrule.session.slicer import TimeSlicer
from chainrule.session.writer import Outcome, Work, Writer
from chainrule.ui.question import question
from chainrule.ui.stage.panel import shortened

Then = Callable[[], None]


class Saving(QObject):
    """Writes the document of one window, or its trained parameters, to files.

    What takes longer than an instant goes on while the window is used: what is then saved is the document as it was.
    """

    # A file was saved.
    used = Signal(Path)
    active_changed = Signal(bool)

    def __init__(
        self,
        session: Session,
        window: QWidget,
        *,
        choose: Callable[[Callable[[Path], None]], None],
        take: Callable[[Path], None],
        show: Callable[[QDialog], None],
    ) -> None:
        """`choose` asks for a file, `take` opens one in the place of the document, `show` shows a question."""
        super().__init__(window)
        self._session, self._window, self._choose, self._take, self._show = session, window, choose, take, show
        self._writer, self._cleaner = Writer(self), TimeSlicer(self)
        self._writer.active_changed.connect(self.active_changed)

    @property
    def is_active(self) -> bool:
        """Whether something is being written."""
        return self._writer.is_active

    def when_idle(self, then: Then) -> None:
        """Go on once everything is written."""
        self._writer.when_idle(then)

    def save(self, then: Then) -> None:
        """Save to the document's file, or ask for one; `then` follows once it is saved."""
        if self._session.path is None:
            self.save_as(then)
        else:
            self._check_links(self._session.path, then)

    def save_as(self, then: Then) -> None:
        """Ask for a file, and save to it."""
        self._choose(lambda path: self._check_links(path, then))

    def save_trained(self, experiment: Experiment, path: Path) -> None:
        """Write an experiment that is not the document."""

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, FileChangedError):
                # Saved under the document's own name: to keep both is what cannot go wrong.
                self._session.noticed.emit(f"{path.name} was not saved: another program or window has changed it.")
            elif not isinstance(outcome, Written):
                self._tell(path, outcome)
            else:
                if path == self._session.path:
                    self._session.stamp = outcome.stamp
                self.used.emit(path)

        self._writer.write(self._work(experiment, path, overwrite=False), done)

    def clean(self, folder: Path) -> None:
        """Take away what the program left in a folder where it was killed while it saved."""
        self._cleaner.start(cleaning(folder))

    def _check_links(self, path: Path, then: Then) -> None:
        """Where the file has other names, which would keep what they hold, ask first."""
        count = _names_of(path)
        if count < 2:
            self._save_document(path, then)
            return
        others = "another name" if count == 2 else f"{count - 1} other names"
        text = f"{shortened(path.name)} has {others} on this disk (hard links)."
        more = "Saving makes it a file of its own. What is there under the other name stays as it was before."
        box = question(self._window, "file.linked", text, more)
        save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
        save_as = box.addButton("Save as…", QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(save)

        def answer() -> None:
            if box.clickedButton() is save:
                self._save_document(path, then)
            elif box.clickedButton() is save_as:
                self.save_as(then)

        box.finished.connect(answer)
        self._show(box)

    def _save_document(self, path: Path, then: Then, *, overwrite: bool = False) -> None:
        session = self._session
        point, in_training = session.save_point, len(session.document.segments) > 1

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, FileChangedError):
                self._ask_whose(path, then)
                return
            if not isinstance(outcome, Written):
                self._tell(path, outcome)
                return
            session.mark_saved(path, point, outcome.stamp)
            notes = [f"{path.name} {note}." for note in outcome.notes]
            if in_training:
                notes.append(
                    f"{path.name} holds the settings of now and the first weights, which a restart goes back to. What "
                    "training and edits in it made of them is kept by “Save with trained parameters”."
                )
            if notes:
                session.noticed.emit(" ".join(notes))
            self.used.emit(path)
            then()

        def ready(stamp: Stamp) -> None:
            session.saving.emit(path, point, stamp)

        self._writer.write(self._work(point.experiment, path, overwrite=overwrite, ready=ready), done)

    def _work(
        self, experiment: Experiment, path: Path, *, overwrite: bool, ready: Callable[[Stamp], None] | None = None
    ) -> Work:
        # Looked at when its turn comes: what is written before it leaves another stamp. Of any other file than the
        # document's the dialog has asked whether it may be replaced.
        session = self._session
        anything = overwrite or path != session.path
        return (yield from writing(experiment, path, session.stamp, overwrite=anything, ready=ready))

    def _ask_whose(self, path: Path, then: Then) -> None:
        """The file is not what it was: ask whose is to be kept."""
        text = f"{shortened(path.name)} was changed by another program or window since it was opened or saved here."
        more = (
            "“Keep mine” replaces what is in the file now. “Take theirs” opens it, and your changes are lost. “Save "
            "as” keeps both."
        )
        box = question(self._window, "file.changed", text, more, QMessageBox.Icon.Warning)
        mine = box.addButton("Keep mine", QMessageBox.ButtonRole.AcceptRole)
        theirs = box.addButton("Take theirs", QMessageBox.ButtonRole.DestructiveRole)
        save_as = box.addButton("Save as…", QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(save_as)

        def answer() -> None:
            if box.clickedButton() is mine:
                self._save_document(path, then, overwrite=True)
            elif box.clickedButton() is theirs:
                self._take(path)
            elif box.clickedButton() is save_as:
                self.save_as(then)

        box.finished.connect(answer)
        self._show(box)

    def _tell(self, path: Path, error: Exception) -> None:
        """Say why a file was not written."""
        reason = error if isinstance(error, SpecError) else reason_of(error)
        self._session.noticed.emit(f"{path.name} was not saved. {reason}. “Save as” can put it elsewhere.")


def _names_of(path: Path) -> int:
    """How many names a file has on its disk; 0 where there is none."""
    try:
        return path.stat().st_nlink if path.is_file() else 0
    except (OSError, ValueError):
        # What is wrong with the path is told by what writes to it.
        return 0
