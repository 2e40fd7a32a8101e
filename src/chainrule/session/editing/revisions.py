"""Revisions: edited documents, made of the one on the screen, and put in its place to be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.asked import with_fitting_questions
from chainrule.model.document import Document
from chainrule.model.files.file_size import FileSizes
from chainrule.session.background.engine_loader import EngineLoader
from chainrule.session.background.lazy_engine import engine
from chainrule.session.editing.edit_notes import later_iterations, what_goes_with
from chainrule.session.screen.screen import View
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState

if TYPE_CHECKING:
    from chainrule.engine.state import TrainingState


class Revisions:
    """What all edits share: a check of what they make, a document that goes on with it, and one entry to undo."""

    def __init__(self, state: SessionState, loader: EngineLoader, signals: Signals) -> None:
        self._state, self._loader, self._signals = state, loader, signals
        self._sizes = FileSizes()

    def put(self, text: str, after: View, merge_key: str | None = None, *, tells: bool = True) -> None:
        """Put a document in place of this one, once all that is shown of it is computed: if that fails, all stays.

        What goes with the edit is told, unless it `tells` nothing.
        """
        state = self._state
        merge_key = state.undo_stack.merging or merge_key
        screen = state.prepare(after)
        before = state.undo_stack.start_of(state.view, after, merge_key)
        note = what_goes_with(before, after) if tells else ""
        state.undo_stack.put(text, state.view, screen, merge_key)
        if note:
            self._signals.informed.emit(note)
            if later_iterations(before, after) > 0:
                self._signals.put_aside.emit(before)

    def branch(self, iteration: int, experiment: Experiment, state: TrainingState | None) -> Document:
        """Go on from an iteration, with what was set by hand in it as far as there still is a place for it."""
        overrides = self._state.document.overrides_at(iteration)
        document = self._state.document.branch(iteration, experiment, state, overrides)
        if not overrides:
            return document
        fitting = engine().fitting_overrides(document.segments[-1], self._state.timeline.tensors)
        return self._state.document.branch(iteration, experiment, state, fitting)

    def kept_state(self, iteration: int) -> TrainingState | None:
        """Return what an iteration starts from; None where that is the experiment's own start."""
        document = self._state.document
        return self.state_at(iteration) if iteration > document.first else document.segments[0].state

    def rescheduled(self, iteration: int, experiment: Experiment) -> TrainingState | None:
        """Return `kept_state`, where the schedule is that of the edited experiment."""
        state = self.kept_state(iteration)
        return state and engine().rescheduled(state, self._state.experiment, experiment)

    def state_at(self, iteration: int) -> TrainingState:
        """Return what an iteration starts from, whatever that comes from."""
        return self._state.history(iteration).state(iteration)

    def checked(self, experiment: Experiment, *, is_another: bool = False) -> Experiment:
        """Return an edited experiment, or another one, as it is accepted. Raises `SpecError` where it is not."""
        known = self._state.experiment
        if self._state.is_ready and not is_another and experiment.state is not None and known.state is not None:
            # What training starts from is of the experiment before the edit: it is fitted to the one after it.
            alone = checked_experiment(replace(experiment, state=None), known)
            fitted = engine().fitting_start(known, replace(alone, state=experiment.state))
            experiment = replace(experiment, state=fitted)
        if is_another or not experiment.questions:
            checked = checked_experiment(experiment, known)
        else:
            # A question goes with the value that it is of, as a penalty does.
            checked = checked_experiment(replace(experiment, questions=()), known)
            checked = with_fitting_questions(checked, experiment.questions)
        if self._state.is_ready or self._loader.is_loaded:
            # Before, the engine says so when it comes.
            engine().check_machine(checked, known if self._state.is_ready else None, engine().free_memory)
        self._sizes.check(checked)
        return checked
