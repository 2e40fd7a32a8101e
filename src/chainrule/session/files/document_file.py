"""The file of the document: opens another experiment, and knows what of this one is saved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.files.stamp import Stamp
from chainrule.session.background.engine_loader import EngineLoader
from chainrule.session.background.needs import has_few_numbers, needs_of
from chainrule.session.editing.revisions import Revisions
from chainrule.session.screen.screen import View
from chainrule.session.screen.view_state import ViewState
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState


@dataclass(frozen=True, slots=True, eq=False)
class SavePoint:
    """What a file is to hold, what of the document it cannot hold, and which document it is.

    Points that were taken later have a larger number.
    """

    experiment: Experiment
    edits: tuple[object, ...]
    opened: object
    number: int


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
        self._saved: tuple[Experiment | None, tuple[object, ...]] = state.experiment, ()
        # Numbers what is written of the document, so that of two copies it is known which is the older.
        self._points = count(1)

    # Saving

    @property
    def to_save(self) -> Experiment:
        """What a file of this document holds: what a restart goes back to, with every setting as it is now."""
        return self._state.document.restarted(self._state.cursor.iteration).experiment_at(0)

    @property
    def is_modified(self) -> bool:
        """Whether anything was edited since it was opened or saved; training alone changes nothing."""
        saved, edits_in_training = self._saved
        return self.to_save != saved or self._state.document.edits_in_training != edits_in_training

    @property
    def save_point(self) -> SavePoint:
        """What is to be saved now: it is written while editing goes on."""
        return SavePoint(self.to_save, self._state.document.edits_in_training, self.opened, next(self._points))

    def mark_saved(self, path: Path | None, point: SavePoint | None = None, stamp: Stamp | None = None) -> None:
        """Note that the document is in that file now, as it is or as it was at a point; `stamp` is the file's."""
        point = point or self.save_point
        if point.opened is not self.opened:
            # Another document has taken its place in the meantime.
            return
        self.path, self.stamp, self._saved = path, stamp, (point.experiment, point.edits)
        self.is_trained = False
        self._signals.saved.emit()
        self._signals.document_changed.emit()

    def mark_trained(self, experiment: Experiment, point: SavePoint, stamp: Stamp) -> None:
        """Note that the file holds that experiment now, with the trained parameters; `stamp` is the file's.

        Where these are others than the first ones, the document as it was at the point is in no file.
        """
        if point.opened is not self.opened:
            return
        self.stamp, self._saved, self.is_trained = stamp, (experiment, ()), True
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
        modified: bool = False,
        stamp: Stamp | None = None,
    ) -> None:
        """Put another experiment on the screen, with nothing to undo. Raises `SpecError` and keeps the old one.

        `stamp` is what the file was when it was read; `modified` says that it holds something else. Of what is large no
        more is remembered than the iteration on the screen: all others are computed again when they are looked at.
        Where the device cannot compute the experiment torch's error is raised.
        """
        experiment = self._revisions.checked(experiment, is_another=True)
        view, timeline = View.of(experiment), self._loader.timeline
        view_state = ViewState(digits=self._state.view_state.digits)
        if timeline is None:
            screen = self._state.prepare(view, view_state)
        else:
            with timeline.keeping_little(needs_of(experiment) is not None):
                screen = self._state.prepare(view, view_state)
        self._state.install(screen)
        self.path, self.stamp, self.opened, self.is_trained = path, stamp, object(), False
        self._saved = None if modified else experiment, ()
        self._state.undo_stack.clear()
        self._signals.replaced.emit()
        self._signals.document_changed.emit()

    def open_unasked(
        self, experiment: Experiment, path: Path | None, *, modified: bool = False, stamp: Stamp | None = None
    ) -> None:
        """Open what is wanted whatever it takes; where that is much, say so afterwards."""
        self.open(experiment, path, modified=modified, stamp=stamp)
        needs = needs_of(self._state.experiment)
        if needs is not None and self._state.is_ready:
            self.tell_large(path, needs)

    def tell_large(self, path: Path | None, needs: str) -> None:
        """Say of what was opened, and nobody was asked about, that it is large, what it needs, and what follows."""
        name = path.name if path else "This experiment"
        self._signals.informed.emit(
            f"{name} is large: it needs {needs}; no more is remembered than the iteration on the screen."
        )
