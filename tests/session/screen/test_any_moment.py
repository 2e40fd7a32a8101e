"""A run can be paused, stepped, edited and undone at any moment: whatever is done, the numbers are the document's."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.timeline.timeline import Timeline
from chainrule.session.background import slicer
from chainrule.session.training import Pace
from tests.experiments import article
from tests.session.acts import EDITS, LOOKS, MOVES, STARTS, three_rows
from tests.session.conftest import a_session
from tests.session.runs import BRISK, FASTEST, WALK, trainer_of
from tests.session.seen import Picture


class AnyMoment(RuleBasedStateMachine):
    """Does anything that a user can do, in any order, also while a run goes on.

    How far a run gets is a matter of time: no rule has a precondition, or examples could not be repeated.
    """

    def __init__(self) -> None:
        super().__init__()
        self._exit = ExitStack()

    @initialize(experiment=st.sampled_from([article(), three_rows()]), pace=st.sampled_from([FASTEST, BRISK, WALK]))
    def open(self, experiment: Experiment, pace: Pace) -> None:
        self.session = self._exit.enter_context(a_session(experiment))
        self.trainer = trainer_of(self.session, pace)

    def teardown(self) -> None:
        if hasattr(self, "trainer"):
            self.trainer.pause()
        self._exit.close()

    # Runs

    @rule(turns=st.integers(0, 3))
    def run_or_pause(self, turns: int) -> None:
        self.trainer.toggle()
        for _ in range(turns):
            QCoreApplication.processEvents()

    @rule(turns=st.integers(1, 3))
    def let_time_pass(self, turns: int) -> None:
        for _ in range(turns):
            QCoreApplication.processEvents()

    @rule(pace=st.sampled_from([FASTEST, BRISK, WALK]))
    def choose_a_pace(self, pace: Pace) -> None:
        running = self.trainer.is_running
        self.trainer.set_pace(pace)
        assert self.trainer.is_running == running

    @rule(turns=st.integers(0, 3))
    def run_and_undo_it(self, turns: int) -> None:
        self.trainer.pause()
        before, count = Picture.of(self.session), self.session.undo_stack.index()
        self.trainer.start()
        for _ in range(turns):
            QCoreApplication.processEvents()
        self.trainer.pause()
        moved = self.session.cursor != before.cursor
        assert self.session.undo_stack.index() == count + (moved and not self.trainer.pace.by_micro_step)
        if self.session.undo_stack.index() > count:
            self.session.undo_stack.undo()
            assert Picture.of(self.session) == before

    # Moves pause a run first, as every action of the window does; looks go on beside it

    @rule(name=st.sampled_from(sorted(MOVES)))
    def move(self, name: str) -> None:
        self.trainer.pause()
        MOVES[name](self.session)

    @rule(name=st.sampled_from(sorted(LOOKS)))
    def look(self, name: str) -> None:
        before = Picture.of(self.session)
        try:
            LOOKS[name](self.session)
        except IndexError:
            # There is no such number in this network.
            return
        assert Picture.of(self.session) == before

    @rule()
    def restart(self) -> None:
        self.trainer.pause()
        self.session.editor.restart()
        first = self.session.document.first
        assert (self.session.cursor.iteration, self.session.horizon) == (first, first)

    # Edits, also those that do not pause a run first

    @rule(name=st.sampled_from(sorted(EDITS | STARTS)), pauses=st.booleans())
    def edit(self, name: str, pauses: bool) -> None:
        if pauses:
            self.trainer.pause()
        before, count = Picture.of(self.session), self.session.undo_stack.count()
        try:
            (EDITS | STARTS)[name](self.session)
        except (SpecError, IndexError, KeyError):
            # Refused; or what it speaks of is not there any more.
            assert Picture.of(self.session) == before
            assert self.session.undo_stack.count() == count

    @rule()
    def undo(self) -> None:
        if not self.session.undo_stack.canUndo():
            return
        self.session.undo_stack.undo()
        assert not self.trainer.is_running or self.trainer.pace.by_micro_step

    @rule()
    def redo(self) -> None:
        if not self.session.undo_stack.canRedo():
            return
        self.session.undo_stack.redo()

    @rule()
    def undo_and_redo_come_back(self) -> None:
        if not self.session.undo_stack.canUndo():
            return
        self.trainer.pause()
        self.session.undo_stack.undo()
        before = Picture.of(self.session)
        self.session.undo_stack.redo()
        self.session.undo_stack.undo()
        assert Picture.of(self.session) == before
        self.session.undo_stack.redo()

    # What holds at every moment

    @invariant()
    def the_numbers_are_those_that_the_document_gives(self) -> None:
        if not hasattr(self, "session"):
            return
        session, iteration = self.session, self.session.cursor.iteration
        fresh = Timeline()
        trace = fresh.history(session.document, iteration).trace(iteration)
        for ref, value in trace.values.items():
            shown = session.moment.numbers.tensor(ref)
            assert shown is not None
            assert shown.numpy().tobytes() == value.numpy().tobytes(), ref
        assert session.horizon >= iteration
        for last, _ in fresh.run(session.document, session.document.first):
            if last + 1 >= session.horizon:
                break
        expected, losses = (
            timeline.losses(session.document, session.horizon).rows()[:, 0] for timeline in (fresh, session.timeline)
        )
        assert losses.tobytes() == expected.tobytes()


def test_whatever_is_done_and_whenever_the_numbers_are_the_documents(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A few iterations in each turn of the event loop: every one is computed once more to compare.
    monkeypatch.setattr(slicer, "SLICE_S", 0.0)
    run_state_machine_as_test(AnyMoment, settings=settings(max_examples=80, stateful_step_count=30))
