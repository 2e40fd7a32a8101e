"""Saving in slices, and the questions before something would be lost that somebody else has written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.files.disk import FileChangedError, Written, cleaning, reason_of
from chainrule.model.files.stamp import Stamp
from chainrule.model.files.storage import FileContents, writing
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.files.writer import Outcome, Work, Writer
from chainrule.session.session import Session
from chainrule.translation import gettext
from chainrule.ui.asking.question import question
from chainrule.ui.stage.panel import short_title

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
            self._check_trained(self._session.path, then)

    def save_as(self, then: Then) -> None:
        """Ask for a file, and save to it."""
        self._choose(lambda path: self._check_trained(path, then))

    def save_trained(self, experiment: Experiment, path: Path) -> None:
        """Write the document with its trained parameters; before the document's own file is replaced, ask."""
        if not self._session.file.is_at(path):
            self._write_trained(experiment, path)
            return
        name = short_title(path.name)
        first = "the first weights, which a restart goes back to"
        now = "the trained parameters that were saved there last" if self._session.file.is_trained else first
        more = (
            f"It holds {now}. Replaced, it holds the parameters of now in their place; the experiment on the screen "
            "keeps its first weights, and counts as not saved."
        )
        self._ask_own(
            "file.own",
            f"{name} is the file of this experiment itself.",
            more,
            "Replace",
            (
                lambda: self._write_trained(experiment, path),
                lambda: self._choose(lambda other: self.save_trained(experiment, other)),
            ),
        )

    def _ask_own(self, name: str, text: str, more: str, verb: str, acts: tuple[Then, Then]) -> None:
        """Ask before something is lost from the document's file: do it, by that verb, or choose another file."""
        box = question(self._window, name, text, more)
        do_it = box.addButton(verb, QMessageBox.ButtonRole.AcceptRole)
        save_as = box.addButton(gettext("Save as…"), QMessageBox.ButtonRole.ActionRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(save_as)

        def answer() -> None:
            if box.clickedButton() is do_it:
                acts[0]()
            elif box.clickedButton() is save_as:
                acts[1]()

        box.finished.connect(answer)
        self._show(box)

    def _write_trained(self, experiment: Experiment, path: Path) -> None:
        session, point = self._session, self._session.file.save_point

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, FileChangedError):
                # Saved under the document's own name: to keep both is what cannot go wrong.
                session.signals.noticed.emit(f"{path.name} was not saved: another program or window has changed it.")
            elif not isinstance(outcome, Written):
                self._tell(path, outcome)
            else:
                if self._session.file.is_at(path):
                    session.file.mark_trained(experiment, point, outcome.stamp)
                    session.signals.informed.emit(
                        f"{path.name} holds the trained parameters now. The experiment on the screen keeps its first "
                        "weights: they are in no file unless you save it under another name."
                    )
                self.used.emit(path)

        self._writer.write(self._work(FileContents(experiment), path, overwrite=False), done)

    def clean(self, folder: Path) -> None:
        """Take away what the program left in a folder where it was killed while it saved."""
        self._cleaner.start(cleaning(folder))

    def _check_trained(self, path: Path, then: Then) -> None:
        """Ask where the file holds the trained parameters, which saving would put the first ones in the place of."""
        if not (self._session.file.is_trained and self._session.is_modified and self._session.file.is_at(path)):
            self._check_links(path, then)
            return
        text = f"{short_title(path.name)} holds the trained parameters that you saved there."
        more = "Saving this experiment puts its first weights in their place, which a restart goes back to."
        acts = (lambda: self._check_links(path, then)), (lambda: self.save_as(then))
        self._ask_own("file.trained", text, more, "Save", acts)

    def _check_links(self, path: Path, then: Then) -> None:
        """Ask first where the file has other names, which would keep what they hold."""
        count = _names_of(path)
        if count < 2:
            self._save_document(path, then)
            return
        others = "another name" if count == 2 else f"{count - 1} other names"
        text = gettext(
            "{short_title} has {others} on this disk (hard links).", short_title=short_title(path.name), others=others
        )
        more = gettext("Saving makes it a file of its own. What is there under the other name stays as it was before.")
        box = question(self._window, "file.linked", text, more)
        save = box.addButton(gettext("Save"), QMessageBox.ButtonRole.AcceptRole)
        save_as = box.addButton(gettext("Save as…"), QMessageBox.ButtonRole.ActionRole)
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
        point = session.file.save_point

        def done(outcome: Outcome) -> None:
            if isinstance(outcome, FileChangedError):
                self._ask_whose(path, then)
                return
            if not isinstance(outcome, Written):
                self._tell(path, outcome)
                return
            session.file.mark_saved(path, point, outcome.stamp)
            notes = [f"{path.name} {note}." for note in outcome.notes]
            if not point.is_whole:
                notes.append(
                    f"{path.name} holds the settings of now and the first weights, which a restart goes back to: what "
                    "was changed in training is too much for a file. What it made of the weights is kept by “Save "
                    "with trained parameters”."
                )
            if point.runs_left_out:
                runs = plural(point.runs_left_out, "pinned run")
                notes.append(f"There was no room in {path.name} for {runs}.")
            if notes:
                session.signals.informed.emit(" ".join(notes))
            self.used.emit(path)
            then()

        def ready(stamp: Stamp) -> None:
            session.signals.saving.emit(path, point, stamp)

        self._writer.write(self._work(point.contents, path, overwrite=overwrite, ready=ready), done)

    def _work(
        self, contents: FileContents, path: Path, *, overwrite: bool, ready: Callable[[Stamp], None] | None = None
    ) -> Work:
        # Looked at when its turn comes: what is written before it leaves another stamp. Of any other file than the
        # document's the dialog has asked whether it may be replaced.
        session = self._session
        anything = overwrite or not self._session.file.is_at(path)
        return (
            yield from writing(
                contents.experiment,
                path,
                session.file.stamp,
                history=contents.history,
                overwrite=anything,
                ready=ready,
            )
        )

    def _ask_whose(self, path: Path, then: Then) -> None:
        """Ask whose is to be kept: the file is not what it was."""
        text = gettext(
            "{short_title} was changed by another program or window since it was opened or saved here.",
            short_title=short_title(path.name),
        )
        more = gettext(
            "“Keep mine” replaces what is in the file now. “Take theirs” opens it, and your changes are lost. “Save "
            "as” keeps both."
        )
        box = question(self._window, "file.changed", text, more, QMessageBox.Icon.Warning)
        mine = box.addButton(gettext("Keep mine"), QMessageBox.ButtonRole.AcceptRole)
        theirs = box.addButton(gettext("Take theirs"), QMessageBox.ButtonRole.DestructiveRole)
        save_as = box.addButton(gettext("Save as…"), QMessageBox.ButtonRole.ActionRole)
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
        reason = (
            refusal_in_words(error, self._session.experiment)
            if isinstance(error, SpecError)
            else f"{reason_of(error)}."
        )
        self._session.signals.noticed.emit(f"{path.name} was not saved. {reason} “Save as” can put it elsewhere.")


def _names_of(path: Path) -> int:
    """Return how many names a file has on its disk; 0 where there is none."""
    try:
        return path.stat().st_nlink if path.is_file() else 0
    except (OSError, ValueError):
        # What is wrong with the path is told by what writes to it.
        return 0
