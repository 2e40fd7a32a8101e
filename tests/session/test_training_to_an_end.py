"""Runs of so many iterations, and how many an edit puts aside."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.session.training import Pace, Trainer
from tests.session.conftest import Open
from tests.session.runs import BRISK, FASTEST, LONG_MS, WALK, run, trainer_of


def wait_for_end(qtbot: QtBot, trainer: Trainer) -> None:
    qtbot.waitUntil(lambda: not trainer.is_running, timeout=LONG_MS)


@pytest.mark.parametrize("pace", [FASTEST, BRISK, WALK])
def test_so_many_iterations_are_trained_at_full_pace_whatever_the_pace(opened: Open, qtbot: QtBot, pace: Pace) -> None:
    session = opened()
    trainer = trainer_of(session, pace)
    session.navigator.go_to(Cursor(1, 17))
    trainer.train(40)
    assert trainer.is_at_full_pace
    assert trainer.progress is not None
    assert (trainer.progress.done, trainer.progress.wanted) == (0, 40)
    wait_for_end(qtbot, trainer)
    assert trainer.progress is None
    assert session.cursor == Cursor(41, 17)
    assert trainer.pace is pace
    assert (session.undo_stack.count(), session.horizon) == (1, 42)
    session.undo_stack.undo()
    assert (session.cursor, session.horizon) == (Cursor(1, 17), 2)


def test_a_run_of_so_many_says_how_far_it_is_and_can_be_paused(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session)
    seen = []
    session.signals.training_progressed.connect(lambda: seen.append(trainer.progress))
    trainer.train(1_000_000_000)
    qtbot.waitUntil(lambda: len(seen) >= 3, timeout=LONG_MS)
    trainer.pause()
    done = [progress.done for progress in seen if progress is not None]
    assert done == sorted(done)
    assert 0 < done[0] < done[-1] <= session.horizon
    assert {progress.wanted for progress in seen if progress is not None} == {1_000_000_000}
    assert trainer.progress is None
    assert session.undo_stack.count() == 1


@pytest.mark.parametrize("other", [WALK, BRISK])
def test_another_pace_keeps_the_end_of_a_run(opened: Open, qtbot: QtBot, other: Pace) -> None:
    session = opened()
    trainer = trainer_of(session, BRISK)
    found = []

    def change_it_once() -> None:
        if session.cursor.iteration >= 1 and not found:
            trainer.set_pace(other)
            found.append(trainer.progress)

    # At once: a run of six iterations may be over before the next look at it.
    session.signals.training_progressed.connect(change_it_once)
    session.signals.cursor_moved.connect(change_it_once)
    trainer.start(6)
    qtbot.waitUntil(lambda: bool(found), timeout=LONG_MS)
    assert found[0] is not None
    assert found[0].wanted == 6
    wait_for_end(qtbot, trainer)
    assert session.cursor == Cursor(5, 17)


def test_an_edit_in_the_past_says_how_many_iterations_it_puts_aside(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    said: list[str] = []
    session.signals.informed.connect(said.append)
    run(qtbot, trainer_of(session), 1500)
    session.navigator.go_to(Cursor(3, 5))
    session.number_editor.edit_number(refs.LR, (), 0.02)
    assert said == ["1,496 later iterations were put aside; Ctrl+Z brings them back."]
    session.undo_stack.undo()
    assert session.horizon == 1500

    # What is typed on changes one entry further: an undo still brings all of them back.
    session.number_editor.edit_number(refs.LR, (), 0.03, "lr")
    session.number_editor.edit_number(refs.LR, (), 0.04, "lr")
    assert said[1:] == said[:1] * 2
    # There is nothing left to put aside.
    session.number_editor.edit_number(refs.LR, (), 0.05)
    assert len(said) == 3
    session.undo_stack.setIndex(1)
    session.navigator.go_to(Cursor(1498, 2))
    session.number_editor.edit_number(refs.LR, (), 0.02)
    assert said[3:] == ["1 later iteration was put aside; Ctrl+Z brings it back."]


def test_an_edit_where_training_has_come_to_puts_nothing_aside(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    said: list[str] = []
    session.signals.informed.connect(said.append)
    session.number_editor.edit_number(refs.LR, (), 0.03)
    run(qtbot, trainer_of(session), 10)
    session.number_editor.edit_number(refs.LR, (), 0.02)
    # A restart is asked for by its name.
    session.editor.restart()
    assert said == []
