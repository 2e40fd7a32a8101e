"""The editor: changes the experiment. Every edit is one entry of the undo stack."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.model.editing import edits
from chainrule.model.editing.overrides import NONE
from chainrule.model.editing.repairs import Repair, repairs
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.editing.revisions import Revisions
from chainrule.session.screen.screen import View
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from chainrule.engine.state import TrainingState


# Of more repairs nobody can choose.
MOST_REPAIRS = 3


class Editor:
    """Changes the experiment, from the iteration on the screen on or from the start."""

    def __init__(self, state: SessionState, revisions: Revisions) -> None:
        self._state, self._revisions = state, revisions

    def edit(self, text: str, change: edits.Edit, *, restart: bool = False, merge_key: str | None = None) -> None:
        """Change the experiment from the iteration on the screen on, or from the start with `restart`.

        Raises `SpecError`, and changes nothing, where the result is not allowed. What is the same already stays.
        """
        self._state.wait_for_engine()
        iteration, before, known = self._state.cursor.iteration, self._state.document, self._state.experiment
        if restart and iteration > before.first:
            start = before.restarted(iteration).experiment_at(before.first)
            experiment = self._revisions.checked(change(start))
            if experiment != start:
                self._revisions.put(text, View.at_start(before.begun_with(experiment)), merge_key)
            return
        experiment = self._revisions.checked(change(known))
        if experiment == known:
            return
        if known.state is not None and experiment.state is None:
            # Nothing is kept any more of the iterations that came before.
            self._revisions.put(text, View.at_start(before.begun_with(experiment)), merge_key)
            return
        document = self._revisions.branch(iteration, experiment, self._revisions.rescheduled(iteration, experiment))
        # Among other operators the place of the cursor means nothing.
        is_same = experiment.network.formula == known.network.formula
        cursor = replace(self._state.cursor, element=None) if is_same else Cursor(iteration)
        self._revisions.put(text, View(document, cursor), merge_key)

    def begin_with(self, text: str, experiment: Experiment, *, tells: bool = True) -> None:
        """Put another experiment in the place of the document, from its start, as an edit that can be undone. It is
        told what goes with that, unless nobody has asked for it: a lesson brings its networks by itself.

        Raises `SpecError`, and changes nothing, where it is not allowed.
        """
        self._state.wait_for_engine()
        document = self._state.document.begun_with(self._revisions.checked(experiment, is_another=True))
        self._revisions.put(text, View.at_start(document), tells=tells)

    def set_title(self, title: str) -> None:
        """Set another title, in every iteration: nothing is computed anew."""
        self.relabel("Change title", edits.set_title(title))

    def relabel(self, text: str, change: edits.Edit) -> None:
        """Change what things are called, in every iteration: nothing is computed anew, and no later one is dropped.

        Raises `SpecError`, and changes nothing, where the edit does.
        """
        state = self._state
        if change(state.experiment) == state.experiment:
            return
        document = state.document.relabelled(change)
        state.timeline.share(state.document, document)
        view = View(document, state.cursor, state.horizon)
        state.undo_stack.put(text, state.view, state.prepare(view))

    def tried(self, change: edits.Edit, *, restart: bool = False) -> Experiment:
        """Return the experiment that an edit would make, right or wrong; the one it begins with where it makes none."""
        iteration = self._state.cursor.iteration
        document = self._state.document.restarted(iteration) if restart and iteration else self._state.document
        begun = document.experiment_at(iteration)
        try:
            return change(begun)
        except SpecError:
            return begun

    def repairs(self, change: edits.Edit, *, restart: bool = False) -> tuple[Repair, ...]:
        """Find what else could be changed with an edit that was refused, each with the edit itself: a few that do."""
        refused, found = self.tried(change, restart=restart), []
        has_rows = bool(refused.network.layers and refused.data.inputs and refused.data.targets)
        if not has_rows and not refused.network.formula:
            return ()
        for repair in repairs(self._state.experiment, refused, self.initial_values):
            try:
                self._revisions.checked(repair.edit(refused))
            except SpecError:
                continue
            both = _both(change, repair.edit)
            found.append(replace(repair, edit=both, restart=restart or repair.restart))
            if len(found) == MOST_REPAIRS:
                break
        return tuple(found)

    def repairs_of(self, ref: ValueRef, index: Index, value: float) -> tuple[Repair, ...]:
        """Find what else could be changed with a refused number of the data, or a setting; others stand alone."""
        if ref in (refs.INPUT, refs.TARGET):
            return self.repairs(edits.set_data(ref, (self._state.moment.rows[index[0]], *index[1:]), value))
        setting = self._state.moment.value(ref)
        if setting is None or setting.role is not Role.SETTING or setting.is_next:
            return ()
        return self.repairs(edits.set_setting(setting, value))

    def go_on_on_cpu(self) -> None:
        """Compute on the CPU from the iteration on the screen on, or from that in which the device has failed.

        Nothing is computed on the device any more: what training had come to is taken from what is remembered of it,
        which may be some iterations earlier.
        """
        iteration = (self._state.wanted or self._state.cursor).iteration
        experiment = replace(self._state.document.experiment_at(iteration), device="cpu")
        segment = self._state.document.segment_at(iteration)
        try:
            found: TrainingState | None = self._state.history(iteration).kept(iteration)
        except (RuntimeError, MemoryError):
            # Not even its first state came to be.
            found = None
        if found is None or found.iteration == segment.start:
            start, state = segment.start, segment.state
            overrides = segment.overrides
        else:
            start, state, overrides = found.iteration, found, NONE
        document = self._state.document.branch(start, self._revisions.checked(experiment), state, overrides)
        self._revisions.put("Go on on the CPU", View(document, Cursor(start)))

    def initial_values(self, experiment: Experiment) -> dict[ValueRef, NestedNumbers]:
        """Return every parameter's first value, as nested tuples."""
        # As Python numbers they take four times their memory: refused before they are drawn, not afterwards.
        # An edit that was refused may have settings that do not go together: they take no part in this.
        known = self._state.experiment
        all_given = replace(
            experiment,
            parameters=dict.fromkeys(experiment.network.parameter_shapes(), ()),
            optimizer=known.optimizer,
            parameter_groups=(),
        )
        engine().check_budget(all_given, engine().free_memory, known)
        return engine().initial_numbers(experiment)

    def restart(self) -> None:
        """Go back to the first iteration and the same first weights, with the settings as they are now."""
        document, iteration = self._state.document, self._state.cursor.iteration
        untrained = len(document.segments) == 1 and document.trained == document.first
        untouched = untrained and not document.edits_in_training
        if not untouched:
            restarted = document.restarted(iteration)
            view = View(restarted, Cursor(restarted.first))
            self._state.undo_stack.put("Restart", self._state.view, self._state.prepare(view))
        elif self._state.horizon > document.first or self._state.cursor != Cursor(document.first):
            self._state.show(View(document, Cursor(document.first)))


def _both(change: edits.Edit, repair: edits.Edit) -> edits.Edit:
    return lambda experiment: repair(change(experiment))
