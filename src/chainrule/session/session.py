"""The session: the one place where document, cursor and selection change. Views follow its signals."""

from __future__ import annotations

from pathlib import Path

from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment, Numbers
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.editing import Editing
from chainrule.session.look import Look
from chainrule.session.undo import Screen, View


class Session(Editing):
    """Opens and saves what its bases show, move in and edit."""

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

    def mark_saved(self, path: Path | None) -> None:
        """The document is in that file now."""
        self.path, self._saved = path, (self.to_save, self.document.edits_in_training)
        self.document_changed.emit()

    def parameters_now(self) -> dict[ValueRef, Numbers]:
        """Every parameter's newest value on the screen, as nested tuples."""
        from chainrule.model.states import state_numbers  # noqa: PLC0415 - loads torch

        iteration = self.cursor.iteration + self.at_end
        return state_numbers(self._history().state(iteration), self.experiment)

    # Documents

    def open(self, experiment: Experiment, path: Path | None, *, modified: bool = False) -> None:
        """Put another experiment on the screen, with nothing to undo. Raises `SpecError` and keeps the old one.

        `modified` says that it is not what the file holds. Where its device cannot compute it torch's error is raised.
        """
        if self._timeline is not None or self._loader.is_loaded:
            experiment = self._checked(experiment)
        screen = self._prepared(View(Document.of(experiment), Cursor()), Look(digits=self.digits))
        self._install(screen)
        self.path, self._saved = path, (None if modified else experiment, ())
        self.undo_stack.clear()
        self.document_changed.emit()

    def restart(self) -> None:
        """Back to iteration 0 and the same first weights, with the settings as they are now."""
        document, iteration = self.document, self.cursor.iteration
        untouched = len(document.segments) == 1 and document.trained == 0 and not document.edits_in_training
        if not untouched:
            self._push("Restart", document.restarted(iteration), Cursor())
        elif self.horizon or self.cursor != Cursor():
            self._show(View(document, Cursor()))

    def record_run(self, before: View) -> None:
        """Make the run that ended at the cursor one undo entry; nothing is computed for that."""
        trained = max(before.document.trained, self.cursor.iteration + 1)
        after = View(before.document.run_to(trained), self.cursor, self.horizon)
        self.undo_stack.put("Run", before, Screen(after, self._screen.look, None))
