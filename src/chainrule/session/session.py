"""The session: the one place where document, cursor and selection change. Views follow its signals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Signal

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment, Numbers
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.files.stamp import Stamp
from chainrule.model.navigation import Cursor
from chainrule.session.background.door import engine
from chainrule.session.core import fresh, has_few_numbers, needs_of
from chainrule.session.editing import Editing
from chainrule.session.screen.look import Look
from chainrule.session.undo import Screen, View


@dataclass(frozen=True, slots=True, eq=False)
class SavePoint:
    """What a file is to hold, what of the document it cannot hold, and which document it is.

    Points that were taken later have a larger number.
    """

    experiment: Experiment
    edits: tuple[object, ...]
    opened: object
    number: int


class Session(Editing):
    """Opens and saves what its bases show, move in and edit."""

    # Just before a file is put in its place: its path, the point that it holds, and its stamp.
    saving = Signal(object, object, object)
    # Before `document_changed`: what is saved needs no copy any more.
    saved = Signal()

    # Saving

    @property
    def to_save(self) -> Experiment:
        """What a file of this document holds: what a restart goes back to, with every setting as it is now."""
        return self.document.restarted(self.cursor.iteration).experiment_at(0)

    @property
    def is_modified(self) -> bool:
        """Whether anything was edited since it was opened or saved; training alone changes nothing."""
        saved, edits_in_training = self._saved
        return self.to_save != saved or self.document.edits_in_training != edits_in_training

    @property
    def save_point(self) -> SavePoint:
        """What is to be saved now: it is written while editing goes on."""
        return SavePoint(self.to_save, self.document.edits_in_training, self._opened, next(self._points))

    def mark_saved(self, path: Path | None, point: SavePoint | None = None, stamp: Stamp | None = None) -> None:
        """Note that the document is in that file now, as it is or as it was at a point; `stamp` is the file's."""
        point = point or self.save_point
        if point.opened is not self._opened:
            # Another document has taken its place in the meantime.
            return
        self.path, self.stamp, self._saved = path, stamp, (point.experiment, point.edits)
        self.is_file_trained = False
        self.saved.emit()
        self.document_changed.emit()

    def mark_trained(self, experiment: Experiment, point: SavePoint, stamp: Stamp) -> None:
        """Note that the document's file holds that experiment now, with trained parameters; `stamp` is the file's.

        Where these are others than the first ones, the document as it was at the point is in no file.
        """
        if point.opened is not self._opened:
            return
        self.stamp, self._saved, self.is_file_trained = stamp, (experiment, ()), True
        self.document_changed.emit()

    def parameters_now(self) -> dict[ValueRef, Numbers]:
        """Return every parameter's newest value on the screen, as nested tuples."""
        iteration = self.cursor.iteration + self.at_end
        return engine().state_numbers(self._history().state(iteration), self.experiment)

    def trained_now(self) -> Experiment:
        """Return the experiment with what training has come to on the screen: a file of it goes on to the same bits."""
        start, parameters = self.experiment.state, self.parameters_now()
        if self.can_start_from_here() or self.document.segments[0].state is not None:
            history, iteration = self._history(), self.cursor.iteration + self.at_end
            start = engine().state_to_keep(history.state(iteration), self.experiment, history.executor.program)
        return replace(self.experiment, parameters=parameters, state=start)

    # Documents

    def needs(self, experiment: Experiment) -> str | None:
        """Return what an experiment takes, in words, where that is so much that somebody is to be asked.

        None for others.
        """
        if has_few_numbers(experiment):
            return None
        self._wait_for_engine()
        try:
            return needs_of(self._checked(experiment, is_another=True))
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
        experiment = self._checked(experiment, is_another=True)
        view, look = fresh(experiment), Look(digits=self.digits)
        if self._timeline is None:
            screen = self._prepared(view, look)
        else:
            with self._timeline.keeping_little(needs_of(experiment) is not None):
                screen = self._prepared(view, look)
        self._install(screen)
        self.path, self.stamp, self._opened, self.is_file_trained = path, stamp, object(), False
        self._saved = None if modified else experiment, ()
        self.undo_stack.clear()
        self.replaced.emit()
        self.document_changed.emit()

    def open_unasked(
        self, experiment: Experiment, path: Path | None, *, modified: bool = False, stamp: Stamp | None = None
    ) -> None:
        """Open what is wanted whatever it takes; where that is much, say so afterwards."""
        self.open(experiment, path, modified=modified, stamp=stamp)
        needs = needs_of(self.experiment)
        if needs is not None and self.is_ready:
            self.tell_large(path, needs)

    def restart(self) -> None:
        """Go back to the first iteration and the same first weights, with the settings as they are now."""
        document, iteration = self.document, self.cursor.iteration
        untrained = len(document.segments) == 1 and document.trained == document.first
        untouched = untrained and not document.edits_in_training
        if not untouched:
            restarted = document.restarted(iteration)
            view = View(restarted, Cursor(restarted.first))
            self.undo_stack.put("Restart", self.view, self._prepared(view))
        elif self.horizon > document.first or self.cursor != self.start:
            self._show(View(document, self.start))

    def record_run(self, before: View) -> None:
        """Make the run that ended at the cursor one undo entry; nothing is computed for that."""
        trained = max(before.document.trained, self.cursor.iteration + 1)
        after = View(before.document.run_to(trained), self.cursor, self.horizon)
        self.undo_stack.put("Run", before, Screen(after, self._screen.look, None))
