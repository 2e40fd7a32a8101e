"""The editor of single numbers: data, settings, parameters, and what is set by hand in one iteration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.numbers import check_number
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role, Value
from chainrule.engine.program.steps import Overrides
from chainrule.model.document import Document
from chainrule.model.editing import edits
from chainrule.model.editing.overrides import NONE, with_number, without_number
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.editing.editor import Editor
from chainrule.session.editing.revisions import Revisions
from chainrule.session.screen.moment import is_editable
from chainrule.session.screen.screen import View
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from torch import Tensor


class NumberEditor:
    """Replaces one number of the iteration on the screen; what was set by hand it lets be computed again."""

    def __init__(self, state: SessionState, revisions: Revisions, editor: Editor) -> None:
        self._state, self._revisions, self._editor = state, revisions, editor

    def edit_number(self, ref: ValueRef, index: Index, value: float, merge_key: str | None = None) -> None:
        """Replace one number.

        Data, settings, parameters and what the optimizer remembers are replaced from here on. A parameter's new value
        is replaced where the next iteration starts. What is computed is set by hand, in this iteration alone.
        Raises `SpecError`, and changes nothing, where the number is not allowed.
        """
        self._state.wait_for_engine()
        moment, what, iteration = self._state.moment, self._state.moment.value(ref), self._state.cursor.iteration
        if what is None or not moment.has(ref, index):
            raise SpecError(_path(ref, index), "there is no such number in this iteration")
        if moment.number(ref, index) == value:
            return
        if not is_editable(moment, ref):
            raise SpecError(f"$.{ref}", "counts by itself, and cannot be set")
        assert moment.program is not None
        if ref in (refs.INPUT, refs.TARGET):
            row = moment.rows[index[0]]
            self._editor.edit("Edit data", edits.set_data(ref, (row, *index[1:]), value), merge_key=merge_key)
        elif what.role is Role.PARAMETER and what.is_next:
            self._edit_state(iteration + 1, what.owner.ref, index, value, merge_key)
        elif ref in moment.program.index:
            self._check_element(ref, index, value)
            overrides = with_number(moment.overrides, ref, index, value)
            self._set_overrides(f"Set {_called(what)} by hand", overrides, merge_key)
        elif ref in moment.program.parameters and iteration == self._state.document.first:
            change = edits.set_parameter(ref, index, value, self._editor.initial_values)
            self._editor.edit(f"Edit {what.noun}", change, merge_key=merge_key)
        elif ref in moment.program.carried:
            self._edit_state(iteration, ref, index, value, merge_key)
        else:
            self._editor.edit(f"Edit {what.name}", edits.set_setting(what, value), merge_key=merge_key)

    def _check_element(self, ref: ValueRef, index: Index, value: float) -> None:
        tensor = self._state.moment.numbers.tensor(ref)
        assert tensor is not None
        check_number(value, _path(ref, index), _dtype(tensor))

    def _edit_state(self, iteration: int, ref: ValueRef, index: Index, value: float, merge_key: str | None) -> None:
        experiment, before = self._state.document.experiment_at(iteration), self._revisions.state_at(iteration)
        check_number(value, _path(f"parameters.{ref}", index), _dtype(before.values[ref]))
        state = engine().replace_element(before, ref, index, value)
        if iteration == self._state.document.first:
            kept = self._revisions.kept_state(iteration)
            changed = {**(kept.values if kept else {}), ref: state.values[ref]}
            state = engine().training_state(iteration, changed)
        document = self._revisions.branch(iteration, experiment, state)
        here = self._state.cursor
        cursor = replace(here, element=None) if iteration == here.iteration else Cursor(iteration)
        self._revisions.put(f"Edit {values_of(experiment)[ref].noun}", View(document, cursor), merge_key)

    def set_parameters(self, text: str, values: Mapping[ValueRef, Tensor]) -> None:
        """Replace parameters where the iteration on the screen starts, as one edit.

        Raises `SpecError`, and changes nothing, where a number is not allowed.
        """
        iteration = self._state.cursor.iteration
        for ref, value in values.items():
            for number in value.reshape(-1).tolist():
                check_number(number, f"$.parameters.{ref}", _dtype(value))
        if iteration == self._state.document.first:
            self._editor.edit(text, edits.set_parameters({ref: as_tuples(value) for ref, value in values.items()}))
            return
        experiment, before = self._state.document.experiment_at(iteration), self._revisions.state_at(iteration)
        state = engine().training_state(iteration, {**before.values, **values})
        document = self._revisions.branch(iteration, experiment, state)
        self._revisions.put(text, View(document, replace(self._state.cursor, element=None)))

    # Numbers set by hand

    def can_clear_overrides(self) -> bool:
        """Return whether any number of this iteration is set by hand."""
        return bool(self._state.document.overrides_at(self._state.cursor.iteration))

    def clear_overrides(self) -> None:
        """Compute every number of this iteration again."""
        if self.can_clear_overrides():
            self._set_overrides("Clear what was set by hand", NONE)

    def clear_override(self, ref: ValueRef, index: Index) -> None:
        """Compute one number again."""
        what = self._state.moment.value(ref)
        if what is not None and self._state.moment.is_overridden(ref, index):
            overrides = without_number(self._state.moment.overrides, ref, index)
            self._set_overrides(f"Clear {_called(what)}", overrides)

    def _set_overrides(self, text: str, overrides: Overrides, merge_key: str | None = None) -> None:
        iteration, experiment = self._state.cursor.iteration, self._state.experiment
        document = self._state.document.branch(iteration, experiment, self._revisions.kept_state(iteration), overrides)
        if not overrides and self._changes_nothing(document):
            document = document.without_last()
        self._revisions.put(text, View(document, replace(self._state.cursor, element=None)), merge_key)

    def _changes_nothing(self, document: Document) -> bool:
        """Return whether the last segment only goes on with what the one before it comes to."""
        last = document.segments[-1]
        if last.start == document.first or last.state is None:
            return False
        if document.experiment_at(last.start - 1) != last.experiment:
            return False
        reached = self._state.timeline.history(document, last.start - 1).state(last.start)
        return engine().same_values(reached, last.state)


def _called(value: Value) -> str:
    """Return what a number that is set by hand is called in the list of edits: by what it belongs to."""
    whole = {Role.DATA_LOSS: "loss", Role.SCHEDULER: "scheduler"}
    return whole.get(value.role, value.owner.name)


def _dtype(tensor: Tensor) -> str:
    """Return the dtype by the name that files have for it; scalars of the optimizer are float64 in any experiment."""
    return str(tensor.dtype).removeprefix("torch.")


def as_tuples(value: Tensor) -> Any:
    """Return numbers as nested tuples: what an experiment holds."""

    def tuples(numbers: Any) -> Any:
        return tuple(map(tuples, numbers)) if isinstance(numbers, list) else numbers

    return tuples(value.tolist())


def _path(name: str, index: Index) -> str:
    return f"$.{name}" + "".join(f"[{number}]" for number in index)
