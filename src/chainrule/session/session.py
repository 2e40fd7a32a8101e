"""The session: the one place where document, cursor and selection change. Views follow its signals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.engine import refs
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment, Numbers, check_number
from chainrule.model import edits
from chainrule.model.document import Document
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor
from chainrule.session.stepping import Stepping
from chainrule.session.undo import ReplaceDocument, View

if TYPE_CHECKING:
    from chainrule.engine.state import TrainingState


class Session(Stepping):
    """Edits, opens and saves what its bases show and move in. Every edit is one entry of `undo_stack`."""

    # Saving

    @property
    def to_save(self) -> Experiment:
        """What a file of this document holds: what a restart goes back to, with every setting as it is now."""
        return self._document.restarted(self._cursor.iteration).experiment_at(0)

    @property
    def is_modified(self) -> bool:
        """Whether anything was edited since it was opened or saved; training alone changes nothing."""
        saved, edits_in_training = self._saved
        return self.to_save != saved or self._document.segments[1:] != edits_in_training

    def mark_saved(self, path: Path | None) -> None:
        """The document is in that file now."""
        self.path, self._saved = path, (self.to_save, self._document.segments[1:])
        self.document_changed.emit()

    def parameters_now(self) -> dict[ValueRef, Numbers]:
        """Every parameter's newest value on the screen, as nested tuples."""
        from chainrule.model.states import state_numbers  # noqa: PLC0415 - loads torch

        iteration = self._cursor.iteration + self.at_end
        return state_numbers(self._history().state(iteration), self.experiment)

    # Editing

    def open(self, experiment: Experiment, path: Path | None, *, modified: bool = False) -> None:
        """Put another experiment on the screen, with nothing to undo. Raises `SpecError` and keeps the old one.

        `modified` says that it is not what the file holds.
        """
        if self._timeline is not None or self._loader.is_loaded:
            experiment = self._checked(experiment)
        self.undo_stack.clear()
        self.path = path
        self._selection, self._sample = None, 0
        self._saved = None if modified else experiment, ()
        self._show(View(Document.of(experiment), Cursor()))

    def edit(self, text: str, change: edits.Edit, *, restart: bool = False, merge_key: str | None = None) -> None:
        """Change the experiment from the iteration on the screen on, or from the start with `restart`.

        Raises `SpecError`, and changes nothing, where the result is not allowed. What is the same already stays.
        """
        self._wait_for_engine()
        iteration, before = self._cursor.iteration, self._document
        if restart and iteration > 0:
            start = before.restarted(iteration).experiment_at(0)
            experiment = self._checked(change(start))
            if experiment != start:
                self._push(text, Document.of(experiment), Cursor(), merge_key)
            return
        experiment = self._checked(change(self.experiment))
        if experiment == self.experiment:
            return
        document = before.branch(iteration, experiment, self._state(iteration) if iteration > 0 else None)
        self._push(text, document, replace(self._cursor, element=None), merge_key)

    def edit_number(self, ref: ValueRef, index: Index, value: float, merge_key: str | None = None) -> None:
        """Replace one number that is given: an input, a target, a parameter, or a parameter's new value."""
        parts = refs.parse(ref)
        iteration = self._cursor.iteration
        if self.moment.number(ref, index) == value:
            return
        if ref in (refs.INPUT, refs.TARGET):
            row = self.moment.rows[index[0]]
            self.edit("Edit data", edits.set_data(ref, (row, *index[1:]), value), merge_key=merge_key)
        elif parts.suffixes == ("next",):
            self._edit_state(iteration + 1, parts.base, index, value, merge_key)
        elif iteration > 0:
            self._edit_state(iteration, ref, index, value, merge_key)
        else:
            change = edits.set_parameter(ref, index, value, self.initial_values)
            self.edit(f"Edit {parts.name}", change, merge_key=merge_key)

    def _edit_state(self, iteration: int, ref: ValueRef, index: Index, value: float, merge_key: str | None) -> None:
        from chainrule.model.states import replace_element  # noqa: PLC0415 - loads torch

        self._wait_for_engine()
        experiment = self._document.experiment_at(iteration)
        place = "".join(f"[{number}]" for number in index)
        check_number(value, f"$.parameters.{ref}{place}", experiment.dtype)
        state = replace_element(self._state(iteration), ref, index, value)
        document = self._document.branch(iteration, experiment, state)
        cursor = replace(self._cursor, element=None) if iteration == self._cursor.iteration else Cursor(iteration)
        self._push(f"Edit {refs.parse(ref).name}", document, cursor, merge_key)

    def restart(self) -> None:
        """Back to iteration 0 and the same first weights, with the settings as they are now."""
        document, iteration = self._document, self._cursor.iteration
        untouched = len(document.segments) == 1 and document.trained == 0
        if not untouched:
            self._push("Restart", document.restarted(iteration), Cursor())
        elif self.horizon or self._cursor != Cursor():
            self._show(View(document, Cursor()))

    def record_run(self, before: View) -> None:
        """Make the run that ended at the cursor one undo entry."""
        trained = max(before.document.trained, self._cursor.iteration + 1)
        after = View(before.document.run_to(trained), self._cursor, self.horizon)
        self.undo_stack.push(ReplaceDocument(self._show, before, after, "Run"))

    def initial_values(self, experiment: Experiment) -> dict[ValueRef, Numbers]:
        """Every parameter's first value, as nested tuples."""
        from chainrule.model.states import initial_numbers  # noqa: PLC0415 - loads torch

        return initial_numbers(experiment)

    def _state(self, iteration: int) -> TrainingState:
        return self._history(iteration).state(iteration)

    def _checked(self, experiment: Experiment) -> Experiment:
        from chainrule.engine.check import check_experiment  # noqa: PLC0415 - loads torch

        return check_experiment(experiment)

    def _push(self, text: str, document: Document, cursor: Cursor, merge_key: str | None = None) -> None:
        self.undo_stack.push(ReplaceDocument(self._show, self.view, View(document, cursor), text, merge_key))
