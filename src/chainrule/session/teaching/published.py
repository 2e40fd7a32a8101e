"""Published numbers beside ours, in the window: the same as `chainrule check --published`, a slice at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.files.json_text import short_line
from chainrule.model.files.storage import read_experiment
from chainrule.resource_files import example_paths
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.session import Session

if TYPE_CHECKING:
    from chainrule.lessons.published.comparison import ComparedNumber
    from chainrule.lessons.published.side_by_side import BothNumbers

# What a table of published numbers beside an experiment is called.
PUBLISHED = ".published.csv"
MOST_RUN = 10_000


def published_examples() -> tuple[Path, ...]:
    """Return the worked examples that come with the program and have a table of what was printed."""
    return tuple(path for path in example_paths() if path.with_suffix(PUBLISHED).exists())


class PublishedCheck(QObject):
    """Compares a table with an experiment: one that comes with the program, or that on the screen.

    `changed` says that there is something else to be shown, `progressed` how far training has come for it.
    """

    changed = Signal()
    progressed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        # The example that is compared; None is the experiment on the screen.
        self.example: Path | None = None
        self.table: Path | None = None
        self.found: tuple[ComparedNumber, ...] = ()
        self.both: tuple[BothNumbers, ...] = ()
        # Why nothing was compared.
        self.trouble = ""
        self._experiment: Experiment | None = None
        self._slicer = TimeSlicer(self)
        self._slicer.finished.connect(self.changed)
        self._slicer.frame.connect(self.progressed)
        # The iteration that training has come to.
        self.iteration = 0

    @property
    def is_running(self) -> bool:
        """Whether something is compared, or trained."""
        return self._slicer.is_active

    def compare_example(self, path: Path) -> None:
        """Compare a worked example with its own table."""
        self.example = path
        self._begin(path.with_suffix(PUBLISHED))

    def compare_screen(self, table: Path | None = None) -> None:
        """Compare the experiment on the screen with a table; without one it is that beside its file, if any is."""
        self.example = None
        path = self._session.path
        beside = path.with_suffix(PUBLISHED) if path is not None else None
        self._begin(table or (beside if beside is not None and beside.exists() else None))

    def _begin(self, table: Path | None) -> None:
        self._session.state.wait_for_engine()
        self._slicer.cancel()
        self.table, self.found, self.both, self.trouble, self.iteration = table, (), (), "", 0
        if table is not None:
            self._slicer.start(self._comparing(table))
        self.changed.emit()

    def _comparing(self, table: Path) -> Iterator[None]:
        from chainrule.lessons.published.comparison import comparing  # noqa: PLC0415 - loads torch
        from chainrule.lessons.published.table import read_published  # noqa: PLC0415 - loads torch

        try:
            example = self.example
            experiment = self._session.file.to_save if example is None else read_experiment(example)
            self._experiment = engine().check_experiment(experiment)
            yield
            self.found = yield from comparing(
                self._experiment, read_published(table), short_line(table.name), self._note
            )
        except SpecError as error:
            # It begins with the name of the table.
            self.trouble = f"{error}."

    def _note(self, iteration: int) -> None:
        self.iteration = iteration

    def run_both(self, place: int, iterations: int) -> None:
        """Train by the right method and by the wrong one of a number, and keep that number of each iteration."""
        number = self.found[place]
        if number.method is None or self._experiment is None:
            return
        self._slicer.cancel()
        self.both = ()
        self._slicer.start(self._running(number, iterations))
        self.changed.emit()

    def _running(self, number: ComparedNumber, iterations: int) -> Iterator[None]:
        from chainrule.lessons.published.side_by_side import running_both  # noqa: PLC0415 - loads torch

        assert self._experiment is not None
        assert number.method is not None
        published = number.published
        last = self._experiment.first_iteration + iterations - 1
        self.both = yield from running_both(self._experiment, number.method, published.ref, published.index, last)

    def cancel(self) -> None:
        """Stop what goes on."""
        if self._slicer.is_active:
            self._slicer.cancel()
            self.changed.emit()

    def forget_run(self) -> None:
        """Keep no training any more: another number is looked at."""
        if self.both:
            self.both = ()
            self.changed.emit()
