"""Editing: the experiment, single numbers, and the numbers set by hand in one iteration. Every edit can be undone."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment, Numbers, StartState, check_number, plural
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role, Value
from chainrule.engine.program.steps import Overrides
from chainrule.explain.sentences.refusals import in_words
from chainrule.explain.writing.numbers import format_short
from chainrule.model.document import Document
from chainrule.model.editing import edits
from chainrule.model.editing.overrides import NONE, with_number, without_number
from chainrule.model.editing.repairs import Repair, repairs
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor
from chainrule.session.background.door import engine
from chainrule.session.screen.moment import is_editable
from chainrule.session.stepping import Stepping
from chainrule.session.undo import View

if TYPE_CHECKING:
    from torch import Tensor

    from chainrule.engine.state import TrainingState


# Of more repairs nobody can choose.
MOST_REPAIRS = 3


class Editing(Stepping):
    """Changes the document. Every edit is one entry of `undo_stack`."""

    # The experiment

    def edit(self, text: str, change: edits.Edit, *, restart: bool = False, merge_key: str | None = None) -> None:
        """Change the experiment from the iteration on the screen on, or from the start with `restart`.

        Raises `SpecError`, and changes nothing, where the result is not allowed. What is the same already stays.
        """
        self._wait_for_engine()
        iteration, before = self.cursor.iteration, self.document
        if restart and iteration > before.first:
            start = before.restarted(iteration).experiment_at(before.first)
            experiment = self._checked(change(start))
            if experiment != start:
                self._push(text, *_of(experiment), merge_key)
            return
        experiment = self._checked(change(self.experiment))
        if experiment == self.experiment:
            return
        if self.experiment.state is not None and experiment.state is None:
            # Nothing is kept any more of the iterations that came before.
            self._push(text, *_of(experiment), merge_key)
            return
        document = self._branch(iteration, experiment, self._rescheduled(iteration, experiment))
        # Among other operators the place of the cursor means nothing.
        is_same = experiment.network.formula == self.experiment.network.formula
        cursor = replace(self.cursor, element=None) if is_same else Cursor(iteration)
        self._push(text, document, cursor, merge_key)

    def set_title(self, title: str) -> None:
        """Set another title, in every iteration: nothing is computed anew."""
        if title == self.experiment.title:
            return
        document = self.document.titled(title)
        self.timeline.share(self.document, document)
        view = View(document, self.cursor, self.horizon)
        self.undo_stack.put("Change title", self.view, self._prepared(view))

    def tried(self, change: edits.Edit, *, restart: bool = False) -> Experiment:
        """Return the experiment that an edit would make, right or wrong; the one it begins with where it makes none."""
        iteration = self.cursor.iteration
        begun = self.document.restarted(iteration).experiment_at(0) if restart and iteration else self.experiment
        try:
            return change(begun)
        except SpecError:
            return begun

    def repairs(self, change: edits.Edit, *, restart: bool = False) -> tuple[Repair, ...]:
        """Return what else could be changed with an edit that was refused, each with the edit itself: a few that do."""
        refused, found = self.tried(change, restart=restart), []
        has_rows = bool(refused.network.layers and refused.data.inputs and refused.data.targets)
        if not has_rows and not refused.network.formula:
            return ()
        for repair in repairs(self.experiment, refused, self.initial_values):
            try:
                self._checked(repair.edit(refused))
            except SpecError:
                continue
            both = _both(change, repair.edit)
            found.append(replace(repair, edit=both, restart=restart or repair.restart))
            if len(found) == MOST_REPAIRS:
                break
        return tuple(found)

    def repairs_of(self, ref: ValueRef, index: Index, value: float) -> tuple[Repair, ...]:
        """Return what else could be changed with a number of the data or a setting that was refused.

        Others stand alone.
        """
        if ref in (refs.INPUT, refs.TARGET):
            return self.repairs(edits.set_data(ref, (self.moment.rows[index[0]], *index[1:]), value))
        setting = self.moment.value(ref)
        if setting is None or setting.role is not Role.SETTING or setting.is_next:
            return ()
        return self.repairs(edits.set_setting(setting, value))

    def go_on_on_cpu(self) -> None:
        """Compute on the CPU from the iteration on the screen on, or from that in which the device has failed.

        Nothing is computed on the device any more: what training had come to is taken from what is remembered of it,
        which may be some iterations earlier.
        """
        iteration = (self._wanted or self.cursor).iteration
        experiment = replace(self.document.experiment_at(iteration), device="cpu")
        segment = self.document.segment_at(iteration)
        try:
            found: TrainingState | None = self._history(iteration).kept(iteration)
        except (RuntimeError, MemoryError):
            # Not even its first state came to be.
            found = None
        if found is None or found.iteration == segment.start:
            start, state = segment.start, segment.state
            overrides = segment.overrides
        else:
            start, state, overrides = found.iteration, found, NONE
        document = self.document.branch(start, self._checked(experiment), state, overrides)
        self._push("Go on on the CPU", document, Cursor(start))

    def initial_values(self, experiment: Experiment) -> dict[ValueRef, Numbers]:
        """Return every parameter's first value, as nested tuples."""
        # As Python numbers they take four times their memory: refused before they are drawn, not afterwards.
        all_given = replace(experiment, parameters=dict.fromkeys(experiment.network.parameter_shapes(), ()))
        engine().check_budget(all_given, engine().free_memory, self.experiment)
        return engine().initial_numbers(experiment)

    # What training starts from

    def can_start_from_here(self) -> bool:
        """Return whether the newest numbers on the screen are others than those that training starts from."""
        return self.is_ready and (self.cursor.iteration > self.document.first or self.at_end)

    def start_from_here(self) -> None:
        """Let training start from what the screen shows: the newest parameters, and what is kept beside them.

        The timeline then begins at this iteration, or at the next one where this one is done.
        """
        if not self.can_start_from_here():
            return
        at_end, cursor = self.at_end, self.cursor
        history, first = self._history(), cursor.iteration + at_end
        state, program = history.state(first), history.executor.program
        start = engine().state_to_keep(state, self.experiment, program) or StartState(first)
        numbers = engine().state_numbers(state, self.experiment)
        wanted = replace(self.experiment, parameters=numbers, state=start)
        try:
            document = Document.of(experiment := self._checked(wanted))
        except SpecError as error:
            # Numbers that have overflowed are nothing to start from.
            self.noticed.emit(f"Training cannot start from here. {in_words(error, wanted)}")
            return
        if not at_end and (overrides := self.document.overrides_at(first)):
            document = document.branch(first, experiment, None, overrides)
        self._push("Start from here", document, Cursor(first) if at_end else replace(cursor, element=None))

    def forget_start(self) -> None:
        """Start at iteration 0 again, with nothing kept; the parameters that training starts from stay."""
        before = self.document
        start = before.restarted(self.cursor.iteration).experiment_at(before.first)
        if start.state is not None:
            self._push("Forget what training starts from", *_of(self._checked(replace(start, state=None))))

    # Single numbers

    def edit_number(self, ref: ValueRef, index: Index, value: float, merge_key: str | None = None) -> None:
        """Replace one number.

        Data, settings, parameters and what the optimizer remembers are replaced from here on. A parameter's new value
        is replaced where the next iteration starts. What is computed is set by hand, in this iteration alone.
        Raises `SpecError`, and changes nothing, where the number is not allowed.
        """
        self._wait_for_engine()
        moment, what, iteration = self.moment, self.moment.value(ref), self.cursor.iteration
        if what is None or not moment.has(ref, index):
            raise SpecError(_path(ref, index), "there is no such number in this iteration")
        if moment.number(ref, index) == value:
            return
        if not is_editable(moment, ref):
            raise SpecError(f"$.{ref}", "counts by itself, and cannot be set")
        assert moment.program is not None
        if ref in (refs.INPUT, refs.TARGET):
            row = moment.rows[index[0]]
            self.edit("Edit data", edits.set_data(ref, (row, *index[1:]), value), merge_key=merge_key)
        elif what.role is Role.PARAMETER and what.is_next:
            self._edit_state(iteration + 1, what.owner.ref, index, value, merge_key)
        elif ref in moment.program.index:
            self._check_element(ref, index, value)
            overrides = with_number(moment.overrides, ref, index, value)
            self._set_overrides(f"Set {_called(what)} by hand", overrides, merge_key)
        elif ref in moment.program.parameters and iteration == self.document.first:
            change = edits.set_parameter(ref, index, value, self.initial_values)
            self.edit(f"Edit {what.noun}", change, merge_key=merge_key)
        elif ref in moment.program.carried:
            self._edit_state(iteration, ref, index, value, merge_key)
        else:
            self.edit(f"Edit {what.name}", edits.set_setting(what, value), merge_key=merge_key)

    def _check_element(self, ref: ValueRef, index: Index, value: float) -> None:
        tensor = self.moment.numbers.tensor(ref)
        assert tensor is not None
        check_number(value, _path(ref, index), _dtype(tensor))

    def _edit_state(self, iteration: int, ref: ValueRef, index: Index, value: float, merge_key: str | None) -> None:
        experiment, before = self.document.experiment_at(iteration), self._state(iteration)
        check_number(value, _path(f"parameters.{ref}", index), _dtype(before.values[ref]))
        state = engine().replace_element(before, ref, index, value)
        if iteration == self.document.first:
            kept = self._kept_state(iteration)
            changed = {**(kept.values if kept else {}), ref: state.values[ref]}
            state = engine().training_state(iteration, changed)
        document = self._branch(iteration, experiment, state)
        cursor = replace(self.cursor, element=None) if iteration == self.cursor.iteration else Cursor(iteration)
        self._push(f"Edit {values_of(experiment)[ref].noun}", document, cursor, merge_key)

    # Numbers set by hand

    def can_clear_overrides(self) -> bool:
        """Return whether any number of this iteration is set by hand."""
        return bool(self.document.overrides_at(self.cursor.iteration))

    def clear_overrides(self) -> None:
        """Compute every number of this iteration again."""
        if self.can_clear_overrides():
            self._set_overrides("Clear what was set by hand", NONE)

    def clear_override(self, ref: ValueRef, index: Index) -> None:
        """Compute one number again."""
        what = self.moment.value(ref)
        if what is not None and self.moment.is_overridden(ref, index):
            overrides = without_number(self.moment.overrides, ref, index)
            self._set_overrides(f"Clear {_called(what)}", overrides)

    def _set_overrides(self, text: str, overrides: Overrides, merge_key: str | None = None) -> None:
        iteration, experiment = self.cursor.iteration, self.experiment
        document = self.document.branch(iteration, experiment, self._kept_state(iteration), overrides)
        if not overrides and self._changes_nothing(document):
            document = document.without_last()
        self._push(text, document, replace(self.cursor, element=None), merge_key)

    def _changes_nothing(self, document: Document) -> bool:
        """Return whether the last segment only goes on with what the one before it comes to."""
        last = document.segments[-1]
        if last.start == document.first or last.state is None:
            return False
        if document.experiment_at(last.start - 1) != last.experiment:
            return False
        reached = self.timeline.history(document, last.start - 1).state(last.start)
        return engine().same_values(reached, last.state)

    # Documents

    def _branch(self, iteration: int, experiment: Experiment, state: TrainingState | None) -> Document:
        """Go on from an iteration, with what was set by hand in it as far as there still is a place for it."""
        overrides = self.document.overrides_at(iteration)
        document = self.document.branch(iteration, experiment, state, overrides)
        if not overrides:
            return document
        fitting = engine().fitting_overrides(document.segments[-1], self.timeline.tensors)
        return self.document.branch(iteration, experiment, state, fitting)

    def _kept_state(self, iteration: int) -> TrainingState | None:
        """Return what an iteration starts from; None where that is the experiment's own start."""
        return self._state(iteration) if iteration > self.document.first else self.document.segments[0].state

    def _rescheduled(self, iteration: int, experiment: Experiment) -> TrainingState | None:
        """Return `_kept_state`, where the schedule is that of the edited experiment."""
        state = self._kept_state(iteration)
        return state and engine().rescheduled(state, self.experiment, experiment)

    def _state(self, iteration: int) -> TrainingState:
        return self._history(iteration).state(iteration)

    def _checked(self, experiment: Experiment, *, is_another: bool = False) -> Experiment:
        """Return an edited experiment, or another one, as it is accepted."""
        known = self.experiment
        if self.is_ready and not is_another and experiment.state is not None and known.state is not None:
            # What training starts from is of the experiment before the edit: it is fitted to the one after it.
            alone = checked_experiment(replace(experiment, state=None), known)
            fitted = engine().fitting_start(known, replace(alone, state=experiment.state))
            experiment = replace(experiment, state=fitted)
        checked = checked_experiment(experiment, known)
        if self.is_ready or self._loader.is_loaded:
            # Before, the engine says so when it comes.
            engine().check_machine(checked, known if self.is_ready else None, engine().free_memory)
        self._sizes.check(checked)
        return checked

    def _push(self, text: str, document: Document, cursor: Cursor, merge_key: str | None = None) -> None:
        """Put a document in place of this one, once all that is shown of it is computed: if that fails, all stays."""
        after = View(document, cursor)
        screen, note = self._prepared(after), self._what_goes_with(after, merge_key)
        self.undo_stack.put(text, self.view, screen, merge_key)
        if note:
            self.informed.emit(note)

    def _what_goes_with(self, after: View, merge_key: str | None) -> str:
        """Return what an edit changes beside what was asked for, in words: nobody may look there."""
        before = self.undo_stack.start_of(self.view, after, merge_key)
        one, other = (view.document.experiment_at(view.cursor.iteration) for view in (before, after))
        # A timeline need not begin at 0, and the edited one may begin before it.
        later = before.horizon - max(after.cursor.iteration + 1, before.document.first)
        notes = _targets_retold(one, other), _gone(one, other), _put_aside(later)
        return " ".join(filter(None, notes))


def _put_aside(count: int) -> str:
    """Return how many iterations came after the one that was edited: nothing on the screen shows them any more."""
    if count < 1:
        return ""
    if count == 1:
        return "1 later iteration was put aside; Ctrl+Z brings it back."
    return f"{count:,} later iterations were put aside; Ctrl+Z brings them back."


def _gone(before: Experiment, after: Experiment) -> str:
    """Return which penalties and groups went with the parameters that they were of, where the network was edited."""
    if before.network == after.network:
        return ""
    penalties = len(before.penalties) - len(after.penalties)
    groups = len(before.parameter_groups) - len(after.parameter_groups)
    found = ["1 penalty" if penalties == 1 else f"{penalties} penalties"] if penalties > 0 else []
    found += [plural(groups, "parameter group")] if groups > 0 else []
    return f"{' and '.join(found)} went with the last of the parameters there." if found else ""


def _targets_retold(before: Experiment, after: Experiment) -> str:
    """Return how the targets have changed where another loss takes them in another way."""
    old, new = before.data.targets, after.data.targets
    if before.loss.name == after.loss.name or old == new:
        return ""
    took = f"The targets changed with the loss: {after.loss.name} takes"
    if len(old[0]) != len(new[0]):
        numbers, classes = "a number for each output", "one class for each row"
        return f"{took} {f'{classes}, not {numbers}' if len(new[0]) < len(old[0]) else f'{numbers}, not {classes}'}."
    changed = [(was, now) for was, now in zip(chain(*old), chain(*new), strict=False) if was != now]
    if not changed or len(old) != len(new):
        return ""
    was, now = changed[0]
    return f"{took} {format_short(now)} where they were {format_short(was)}."


def _of(experiment: Experiment) -> tuple[Document, Cursor]:
    document = Document.of(experiment)
    return document, Cursor(document.first)


def _both(change: edits.Edit, repair: edits.Edit) -> edits.Edit:
    return lambda experiment: repair(change(experiment))


def _called(value: Value) -> str:
    """Return what a number that is set by hand is called in the list of edits: by what it belongs to."""
    whole = {Role.DATA_LOSS: "loss", Role.SCHEDULER: "scheduler"}
    return whole.get(value.role, value.owner.name)


def _dtype(tensor: Tensor) -> str:
    """Return the dtype by the name that files have for it; scalars of the optimizer are float64 in any experiment."""
    return str(tensor.dtype).removeprefix("torch.")


def _path(name: str, index: Index) -> str:
    return f"$.{name}" + "".join(f"[{number}]" for number in index)
