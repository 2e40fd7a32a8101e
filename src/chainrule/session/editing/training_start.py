"""What training starts from: the experiment's own start, or what training has come to on the screen."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment, StartState
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.editing.revisions import Revisions
from chainrule.session.screen.screen import View
from chainrule.session.signals import Signals
from chainrule.session.state import SessionState


class TrainingStart:
    """Lets training start from the newest numbers on the screen, here or in a file that goes on with them."""

    def __init__(self, state: SessionState, revisions: Revisions, signals: Signals) -> None:
        self._state, self._revisions, self._signals = state, revisions, signals

    def parameters_now(self) -> dict[ValueRef, NestedNumbers]:
        """Return every parameter's newest value on the screen, as nested tuples."""
        state = self._state
        return engine().state_numbers(state.history().state(self._reached), state.experiment)

    def trained_now(self) -> Experiment:
        """Return the experiment with what training has come to on the screen: a file of it goes on to the same bits."""
        experiment, parameters = self._state.experiment, self.parameters_now()
        start = experiment.state
        if self.can_start_from_here() or self._state.document.segments[0].state is not None:
            history = self._state.history()
            start = engine().state_to_keep(history.state(self._reached), experiment, history.executor.program)
        return replace(experiment, parameters=parameters, state=start)

    @property
    def _reached(self) -> int:
        """The iteration that begins with the newest numbers on the screen."""
        return self._state.cursor.iteration + self._state.at_end

    def can_start_from_here(self) -> bool:
        """Return whether the newest numbers on the screen are others than those that training starts from."""
        state = self._state
        return state.is_ready and (state.cursor.iteration > state.document.first or state.at_end)

    def start_from_here(self) -> None:
        """Let training start from what the screen shows: the newest parameters, and what is kept beside them.

        The timeline then begins at this iteration, or at the next one where this one is done.
        """
        if not self.can_start_from_here():
            return
        at_end, cursor, known = self._state.at_end, self._state.cursor, self._state.experiment
        history, first = self._state.history(), cursor.iteration + at_end
        reached = history.state(first)
        start = engine().state_to_keep(reached, known, history.executor.program) or StartState(first)
        wanted = replace(known, parameters=engine().state_numbers(reached, known), state=start)
        try:
            document = self._state.document.begun_with(experiment := self._revisions.checked(wanted))
        except SpecError as error:
            # Numbers that have overflowed are nothing to start from.
            self._signals.noticed.emit(f"Training cannot start from here. {refusal_in_words(error, wanted)}")
            return
        if not at_end and (overrides := self._state.document.overrides_at(first)):
            document = document.branch(first, experiment, None, overrides)
        after = View(document, Cursor(first) if at_end else replace(cursor, element=None))
        self._revisions.put("Start from here", after)

    def start_with(self, experiment: Experiment, text: str) -> None:
        """Let training start from an experiment with other parameters, and what is kept beside them, as one edit.

        Raises `SpecError`, and changes nothing, where it is not allowed.
        """
        document = self._state.document.begun_with(self._revisions.checked(experiment))
        self._revisions.put(text, View.at_start(document))

    def forget_start(self) -> None:
        """Start at iteration 0 again, with nothing kept; the parameters that training starts from stay."""
        before = self._state.document
        start = before.restarted(self._state.cursor.iteration).experiment_at(before.first)
        if start.state is not None:
            anew = self._revisions.checked(replace(start, state=None))
            self._revisions.put("Forget what training starts from", View.at_start(before.begun_with(anew)))
