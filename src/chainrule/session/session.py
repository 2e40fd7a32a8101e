"""The session: the one place where document, cursor and selection change. Views follow its signals."""

from __future__ import annotations

import math
from pathlib import Path

from chainrule.engine.arguments import SpecError
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment, Numbers
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.editing import Editing
from chainrule.session.undo import ReplaceDocument, View

# With fewer numbers nothing is large: the engine is not asked.
FEW_NUMBERS = 2_000_000


class Session(Editing):
    """Opens and saves what its bases show, move in and edit."""

    # Saving

    @property
    def to_save(self) -> Experiment:
        """What a file of this document holds: what a restart goes back to, with every setting as it is now."""
        return self._document.restarted(self._cursor.iteration).experiment_at(0)

    @property
    def is_modified(self) -> bool:
        """Whether anything was edited since it was opened or saved; training alone changes nothing."""
        saved, edits_in_training = self._saved
        return self.to_save != saved or self._document.edits_in_training != edits_in_training

    def mark_saved(self, path: Path | None) -> None:
        """The document is in that file now."""
        self.path, self._saved = path, (self.to_save, self._document.edits_in_training)
        self.document_changed.emit()

    def parameters_now(self) -> dict[ValueRef, Numbers]:
        """Every parameter's newest value on the screen, as nested tuples."""
        from chainrule.model.states import state_numbers  # noqa: PLC0415 - loads torch

        iteration = self._cursor.iteration + self.at_end
        return state_numbers(self._history().state(iteration), self.experiment)

    # Documents

    def needs(self, experiment: Experiment) -> str | None:
        """What an experiment takes, in words, where that is so much that somebody is to be asked; None for others."""
        network, rows = experiment.network, len(experiment.data.inputs)
        numbers = sum(map(math.prod, network.parameter_shapes().values()))
        if numbers + rows * (network.inputs + sum(layer.units for layer in network.layers)) < FEW_NUMBERS:
            return None
        from chainrule.engine.budget import estimate  # noqa: PLC0415 - loads torch

        self._wait_for_engine()
        try:
            told = estimate(self._checked(experiment))
        except SpecError:
            # Opening it says why it is refused.
            return None
        return told.text if told.is_large else None

    def open(
        self, experiment: Experiment, path: Path | None, *, modified: bool = False, keep_little: bool = False
    ) -> None:
        """Put another experiment on the screen, with nothing to undo. Raises `SpecError` and keeps the old one.

        `keep_little` remembers no more of it than the iteration on the screen: all others are computed again when they
        are looked at. `modified` says that it is not what the file holds. Where its device cannot compute it torch's
        error is raised.
        """
        if self._timeline is not None or self._loader.is_loaded:
            experiment = self._checked(experiment)
        document = Document.of(experiment)
        if self._timeline is not None:
            self._timeline.keep_little(keep_little)
            self._timeline.history(document, 0).trace(0)
        self.undo_stack.clear()
        self.path = path
        self._selection, self._sample = None, 0
        self._saved = None if modified else experiment, ()
        self._show(View(document, Cursor()))

    def restart(self) -> None:
        """Back to iteration 0 and the same first weights, with the settings as they are now."""
        document, iteration = self._document, self._cursor.iteration
        untouched = len(document.segments) == 1 and document.trained == 0 and not document.edits_in_training
        if not untouched:
            self._push("Restart", document.restarted(iteration), Cursor())
        elif self.horizon or self._cursor != Cursor():
            self._show(View(document, Cursor()))

    def record_run(self, before: View) -> None:
        """Make the run that ended at the cursor one undo entry."""
        trained = max(before.document.trained, self._cursor.iteration + 1)
        after = View(before.document.run_to(trained), self._cursor, self.horizon)
        self.undo_stack.push(ReplaceDocument(self._show, before, after, "Run"))
