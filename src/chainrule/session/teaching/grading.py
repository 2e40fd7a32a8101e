"""Grading a class's answers in the window: the same as `chainrule grade`, a slice at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.model.files.json_text import short_line
from chainrule.model.files.storage import read_experiment, write_text
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.session import Session
from chainrule.session.teaching.results import ClassResults
from chainrule.translation import gettext, gettext_noop, ngettext

if TYPE_CHECKING:
    from chainrule.lessons.grading.grader import Grader

NO_ANSWERS = gettext_noop("There are no files of answers there.")
NONE_GRADED = gettext_noop("No answers could be graded.")


class ClassProgress(NamedTuple):
    """How far it has come: so much is done, of so much; and what has been done, in words."""

    done: int
    of: int
    words: str


class ClassGrading(QObject):
    """Grades files of answers to an assignment: that of the screen, or of a file.

    `changed` says that there is something else to be shown, `progressed` how far it has come.
    """

    changed = Signal()
    progressed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        # The assignment of a file, where it is not that of the screen.
        self.path: Path | None = None
        self._experiment: Experiment | None = None
        self.places: tuple[Path, ...] = ()
        self.seed: int | None = None
        self.results: ClassResults | None = None
        # Why nothing was graded, or nothing written; and what was written.
        self.trouble = self.said = ""
        self._grader: Grader | None = None
        self._pages = (0, 0)
        self._slicer = TimeSlicer(self)
        self._slicer.frame.connect(self.progressed)
        self._slicer.finished.connect(self._end)
        session.signals.document_changed.connect(self._follow)

    # What is graded

    @property
    def experiment(self) -> Experiment:
        """The assignment."""
        return self._session.file.to_save if self._experiment is None else self._experiment

    @property
    def name(self) -> str:
        """What the assignment is called."""
        return self.experiment.title or (self.path or self._session.path or Path("this experiment")).name

    @property
    def folder(self) -> Path | None:
        """The folder that files were taken from last, if any were."""
        found = [*self.places[-1:], *filter(None, (self.path, self._session.path))]
        return (found[0] if found[0].is_dir() else found[0].parent) if found else None

    def open_assignment(self, path: Path) -> None:
        """Take the assignment of a file; a `SpecError` says why it is none, and the one before stays."""
        self._session.state.wait_for_engine()
        name = short_line(path.name)
        try:
            experiment = engine().check_experiment(read_experiment(path), free=engine().free_memory)
        except SpecError as error:
            raise SpecError(name, str(error)) if error.path.startswith("$") else error from None
        if not experiment.questions:
            raise SpecError(name, gettext("this experiment asks no questions"))
        self.cancel()
        self.path, self._experiment, self.results, self.trouble = path, experiment, None, ""
        self.changed.emit()

    def use_screen(self) -> None:
        """Take the assignment of the experiment on the screen."""
        self.cancel()
        self.path = self._experiment = self.results = None
        self.trouble = ""
        self.changed.emit()

    def add(self, places: Sequence[Path]) -> None:
        """Take more files or folders of answers."""
        self.cancel()
        self.places = tuple(dict.fromkeys((*self.places, *places)))
        self.changed.emit()

    def clear(self) -> None:
        """Take no files of answers any more."""
        self.cancel()
        self.places, self.results, self.trouble = (), None, ""
        self.changed.emit()

    def _follow(self) -> None:
        if self._experiment is None:
            self.changed.emit()

    # Grading

    @property
    def is_running(self) -> bool:
        """Whether something is graded, or written."""
        return self._slicer.is_active

    @property
    def can_start(self) -> bool:
        """Whether there is something to be graded."""
        return bool(self.experiment.questions and self.places) and not self.is_running

    @property
    def progress(self) -> ClassProgress:
        """How far it has come."""
        written, pages = self._pages
        if pages:
            return ClassProgress(written, pages, gettext("{written} of {pages} pages", written=written, pages=pages))
        if self._grader is None:
            return ClassProgress(0, 0, "")
        done, files, students = self._grader.progress
        words = gettext(
            "{done} of {files}, {students}",
            done=done,
            files=plural(files, "file"),
            students=plural(students, "student"),
        )
        return ClassProgress(done, files, words)

    def start(self) -> None:
        """Grade all files anew."""
        self._session.state.wait_for_engine()
        self.cancel()
        self.results, self.trouble, self.said = None, "", ""
        self._slicer.start(self._work())
        self.changed.emit()

    def cancel(self) -> None:
        """Stop; what was graded before stays."""
        if self._slicer.is_active:
            self._slicer.cancel()
            self._grader, self._pages = None, (0, 0)
            self.changed.emit()

    def _work(self) -> Iterator[None]:
        from chainrule.lessons.grading.grader import Grader  # noqa: PLC0415 - loads torch

        try:
            self._grader = Grader(self.experiment, self.seed)
            yield
            graded = yield from self._grader.grading(self.places)
        except SpecError as error:
            self.trouble = _sentence(str(error))
            return
        except RuntimeError as error:
            # Its first line says what; the rest is torch's own stack.
            self.trouble = gettext("The computation failed: {reason}", reason=str(error).partition("\n")[0])
            return
        if not graded.students:
            self.trouble = gettext(NONE_GRADED if graded.refused else NO_ANSWERS)
        self.results = ClassResults(graded)

    def _end(self) -> None:
        self._grader, self._pages = None, (0, 0)
        self.changed.emit()

    # Saving

    def save(self, path: Path, text: str) -> None:
        """Write a text to a file; a `SpecError` says why it cannot be."""
        self.said = gettext("{file} was written.", file=write_text(text, path).name)
        self.changed.emit()

    def save_pages(self, folder: Path) -> None:
        """Write a page for each student into a folder; `trouble` says why one could not be written."""
        self.cancel()
        self.trouble = self.said = ""
        self._slicer.start(self._writing(folder))
        self.changed.emit()

    def _writing(self, folder: Path) -> Generator[None, None, None]:
        from chainrule.lessons.grading.pages import writing_pages  # noqa: PLC0415 - loads torch

        assert self.results is not None
        graded = self.results.graded
        self._pages = (0, len(graded.students))
        try:
            for _ in writing_pages(graded, folder):
                written, pages = self._pages
                self._pages = (written + 1, pages)
                yield
        except SpecError as error:
            self.trouble = _sentence(str(error))
            return
        self.said = ngettext(
            "{count} page was written to {folder}.",
            "{count} pages were written to {folder}.",
            self._pages[1],
            folder=folder,
        )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
