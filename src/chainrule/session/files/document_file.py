"""The file of the document: opens another experiment, and knows what of this one is saved."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.files.file_format import FileContents
from chainrule.model.files.file_size import leaves_room
from chainrule.model.files.stamp import Stamp
from chainrule.session.background.engine_loader import EngineLoader
from chainrule.session.background.needs import has_few_numbers, needs_of
from chainrule.session.editing.revisions import Revisions
from chainrule.session.files.reopening import Reopened, fitting_history, is_worth_keeping, reopened
from chainrule.session.screen.screen import View, with_written_selected
from chainrule.session.screen.view_state import ViewState
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from chainrule.model.reopening.saved_history import SavedHistory
    from chainrule.model.timeline.timeline import Timeline
    from chainrule.session.files.collecting import HistoryCollector


@dataclass(frozen=True, slots=True, eq=False)
class SavePoint:
    """What a file is to hold, of which document. `history` is None where there is none, or no room for it.

    `is_whole` says that all of the document is in it. Points that were taken later have a larger number.
    """

    experiment: Experiment
    history: SavedHistory | None
    document: Document
    opened: object
    number: int

    @property
    def contents(self) -> FileContents:
        """What is to be written."""
        return FileContents(self.experiment, self.history)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the document's training is left out."""
        return self.history is not None or not self.document.edits_in_training

    @property
    def runs_left_out(self) -> int:
        """How many of the pinned runs there is no room for."""
        kept = 0 if self.history is None else len(self.history.documents[0].pinned)
        return len(self.document.pinned) - kept


class DocumentFile:
    """Which file the document is of, and whether it holds what is on the screen.

    `path` is None where there is none; `stamp` is what the file was when it was read or written, None where that is not
    known. `is_trained` says that it holds the trained parameters in the place of the document's first ones. `opened` is
    another object for each experiment that takes the place of the one before.
    """

    def __init__(self, state: SessionState, revisions: Revisions, loader: EngineLoader, signals: Signals) -> None:
        self._state, self._revisions, self._loader, self._signals = state, revisions, loader, signals
        self.path: Path | None = None
        self.stamp: Stamp | None = None
        self.is_trained = False
        self.opened = object()
        # What the file holds; None where it holds something else.
        self._saved: tuple[object, ...] | None = state.document.training
        # How many iterations of runs it holds.
        self._saved_runs = 0
        # What a lesson has put there or asked for: it is in no file, and nobody loses it.
        self._lent: list[tuple[object, ...]] = []
        # What was read and waits for the engine.
        self._waiting: SavedHistory | None = None
        self._collector: HistoryCollector | None = None
        # Why a history that waited was left out.
        self._unfit = ""
        # Numbers what is written of the document, so that of two copies it is known which is the older.
        self._points = count(1)

    # Saving

    @property
    def to_save(self) -> Experiment:
        """The experiment that is saved: what a restart goes back to, with every setting as it is now."""
        return self._state.document.restarted(self._state.cursor.iteration).experiment_at(0)

    def is_at(self, path: Path) -> bool:
        """Return whether a path leads to the document's file, however it is written."""
        return self.path is not None and os.path.realpath(path) == os.path.realpath(self.path)

    @property
    def is_modified(self) -> bool:
        """Whether anything was edited since it was opened or saved; training alone changes nothing."""
        training = self._state.document.training
        return training != self._saved and training not in self._lent

    @property
    def lacks_training(self) -> bool:
        """Whether the file would open before the end of the newest run, though nothing was edited since it was saved.

        It can be computed again, so nobody is asked about it.
        """
        return self.path is not None and not self.is_modified and self._state.document.trained > self._saved_runs

    @property
    def save_point(self) -> SavePoint:
        """What is to be saved now: it is written while editing goes on."""
        experiment, history, state = self.to_save, self._waiting, self._state
        if history is not None:
            experiment = history.experiments[0]
        elif state.is_ready and is_worth_keeping(state.view) and leaves_room(experiment):
            history = self._collected(experiment)
        return SavePoint(experiment, history, state.document, self.opened, next(self._points))

    def _collected(self, experiment: Experiment) -> SavedHistory | None:
        """Return what a file of that experiment keeps of the document; None where that cannot be had."""
        from chainrule.session.files.collecting import HistoryCollector  # noqa: PLC0415 - not for the first paint

        state, self._collector = self._state, self._collector or HistoryCollector()
        try:
            return self._collector.collect(experiment, state.view, state.undo_stack.entries, state.timeline)
        except (RuntimeError, MemoryError):
            # A device is gone: what can be saved without it is.
            return None

    def mark_saved(self, path: Path | None, point: SavePoint | None = None, stamp: Stamp | None = None) -> None:
        """Note that the document is in that file now, as it is or as it was at a point; `stamp` is the file's."""
        if point is not None and point.opened is not self.opened:
            # Another document has taken its place in the meantime.
            return
        saved = (point or self._state).document
        self.path, self.stamp, self._saved = path, stamp, saved.training
        self._saved_runs = 0 if point is not None and point.history is None else saved.trained
        self.is_trained = False
        self._signals.saved.emit()
        self._signals.document_changed.emit()

    def mark_lent(self) -> None:
        """Note that what is on the screen is a lesson's own, and not to be saved.

        It is where it is in a file that holds something else, and where somebody has runs beside it.
        """
        document = self._state.document
        if self.path is None and not document.pinned and self.is_modified:
            self._lent.append(document.training)
            self._signals.document_changed.emit()

    def mark_trained(self, experiment: Experiment, point: SavePoint, stamp: Stamp) -> None:
        """Note that the file holds that experiment now, with the trained parameters; `stamp` is the file's.

        Where these are others than the first ones, the document as it was at the point is in no file.
        """
        if point.opened is not self.opened:
            return
        self.stamp, self._saved, self.is_trained = stamp, Document.of(experiment).training, True
        self._signals.document_changed.emit()

    # Opening

    def needs(self, experiment: Experiment) -> str | None:
        """Say what an experiment takes, where that is so much that somebody is to be asked; None for others."""
        if has_few_numbers(experiment):
            return None
        self._state.wait_for_engine()
        try:
            return needs_of(self._revisions.checked(experiment, is_another=True))
        except SpecError:
            # Opening it says why it is refused.
            return None

    def open(
        self,
        experiment: Experiment,
        path: Path | None,
        *,
        history: SavedHistory | None = None,
        modified: bool = False,
        stamp: Stamp | None = None,
    ) -> None:
        """Put another experiment on the screen, at its beginning and with nothing to undo, or as a history has it.

        Raises `SpecError` and keeps the old one. Where the history does not fit it is left out, and that is said.
        `stamp` is what the file was when it was read; `modified` says that it holds something else. Of what is large no
        more is remembered than the iteration on the screen: all others are computed again when they are looked at.
        Where the device cannot compute the experiment torch's error is raised.
        """
        experiment = self._revisions.checked(experiment, is_another=True)
        timeline, said = self._loader.timeline, ""
        kept = Reopened(View.of(experiment))
        if history is not None:
            try:
                history = self._fitting(history, experiment)
                kept = reopened(history, timeline)
            except SpecError as error:
                history, said = None, _not_kept(path, error)
        before = self._state.view_state
        view, view_state = kept.view, ViewState(digits=before.digits, covers=before.covers)
        if timeline is None:
            screen = self._state.prepare(view, view_state)
        else:
            with timeline.keeping_little(needs_of(experiment) is not None):
                screen = self._state.prepare(view, view_state)
        self._state.install(with_written_selected(screen))
        self.path, self.stamp, self.opened, self.is_trained = path, stamp, object(), False
        self._waiting = history if timeline is None else None
        self._saved, self._lent = None if modified else view.document.training, []
        self._saved_runs = view.document.trained
        self._state.undo_stack.restore(kept.entries)
        self._signals.replaced.emit()
        self._signals.document_changed.emit()
        if said:
            self._signals.noticed.emit(said)

    def _fitting(self, history: SavedHistory, experiment: Experiment) -> SavedHistory:
        """Return a history whose experiments are accepted here, those of the document on the screen by the machine."""
        checked = fitting_history(history, experiment)
        if self._state.is_ready:
            for index in {checked.segments[each].experiment for each in checked.documents[0].segments} - {0}:
                self._revisions.checked(checked.experiments[index], is_another=True)
        return checked

    def begin(self, timeline: Timeline) -> Reopened:
        """Return what is to be shown first, once the engine is there: where the document was saved, or its start."""
        history = self._waiting
        if history is None:
            return Reopened(View.of(self._state.document.segments[0].experiment))
        try:
            kept = reopened(history, timeline)
        except SpecError as error:
            # Said once there is something on the screen.
            self._unfit = _not_kept(self.path, error)
            kept = Reopened(View.of(history.experiments[0]))
        return kept

    def begun(self, kept: Reopened) -> None:
        """Note that this is on the screen now, with what can be undone."""
        self._waiting = None
        if self._saved is not None:
            self._saved = kept.view.document.training
        self._saved_runs = kept.view.document.trained
        self._state.undo_stack.restore(kept.entries)
        if self._unfit:
            self._signals.noticed.emit(self._unfit)
            self._unfit = ""

    def open_unasked(
        self,
        experiment: Experiment,
        path: Path | None,
        *,
        history: SavedHistory | None = None,
        modified: bool = False,
        stamp: Stamp | None = None,
    ) -> None:
        """Open what is wanted whatever it takes; where that is much, say so afterwards."""
        self.open(experiment, path, history=history, modified=modified, stamp=stamp)
        needs = needs_of(self._state.experiment)
        if needs is not None and self._state.is_ready:
            self.tell_large(path, needs)

    def tell_large(self, path: Path | None, needs: str) -> None:
        """Say of what was opened, and nobody was asked about, that it is large, what it needs, and what follows."""
        name = path.name if path else "This experiment"
        self._signals.informed.emit(
            f"{name} is large: it needs {needs}; no more is remembered than the iteration on the screen."
        )


def _not_kept(path: Path | None, error: SpecError) -> str:
    """Say that a history was left out, and why."""
    name = path.name if path else "This experiment"
    return f"{name} was opened at its beginning: what it says of its training does not fit ({error})."
