"""Runs: what they compute, how they end, and what undo makes of them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session.training import DEFAULT_PACE, PACES, Pace
from tests.experiments import article, dense, mazur, sgd
from tests.session.conftest import Open
from tests.session.runs import BRISK, FASTEST, LONG_MS, WALK, losses, run, run_until, stepped_losses, trainer_of
from tests.session.seen import Picture

# ------------------------------------------------------------------------------------------------------------ runs


@pytest.mark.parametrize("pace", [FASTEST, BRISK])
@pytest.mark.parametrize(
    ("start", "last"),
    [(Cursor(0, 0), 4), (Cursor(0, 8), 4), (Cursor(0, 17), 5), (Cursor(2, 3), 6), (Cursor(2, 17), 7)],
)
def test_a_run_goes_on_from_the_cursor(opened: Open, qtbot: QtBot, pace: Pace, start: Cursor, last: int) -> None:
    """An iteration that is begun counts as the first of the run."""
    session = opened()
    session.navigator.go_to(start)
    run(qtbot, trainer_of(session, pace), 5)
    assert session.cursor == Cursor(last, 17)
    assert session.state.at_end
    assert session.horizon == last + 1
    assert losses(session) == stepped_losses(article(), last + 1)


def test_a_run_is_one_undo_entry(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    session.navigator.go_to(Cursor(2, 5))
    before = Picture.of(session)
    run(qtbot, trainer_of(session), 50)
    after = Picture.of(session)
    history = session.timeline.history(session.document, 0)
    assert (session.undo_stack.count(), session.undo_stack.undoText()) == (1, "Run")
    assert (after.horizon, after.document.trained) == (52, 52)
    for _ in range(2):
        session.undo_stack.undo()
        assert Picture.of(session) == before
        assert session.document is before.document
        session.undo_stack.redo()
        assert Picture.of(session) == after
        # Nothing is computed again.
        assert session.timeline.history(session.document, 0) is history
        assert len(history.records.losses) == 52


def test_a_run_that_is_undone_and_made_again_is_the_same(opened: Open, qtbot: QtBot) -> None:
    experiment = dense((2, 3, 1), 5, optimizer=sgd(0.05, 0.9), dtype="float32")
    session = opened(experiment)
    trainer = trainer_of(session)
    run(qtbot, trainer, 40)
    after = Picture.of(session)
    session.undo_stack.undo()
    run(qtbot, trainer, 40)
    again = Picture.of(session)
    assert (again.values, again.losses, again.cursor) == (after.values, after.losses, after.cursor)
    assert session.undo_stack.count() == 1


def test_two_runs_are_two_entries_and_a_restart_is_a_third(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session)
    pictures = [Picture.of(session)]
    for _ in range(2):
        run(qtbot, trainer, 10)
        pictures.append(Picture.of(session))
    session.editor.restart()
    assert (session.cursor, session.horizon, session.document.trained) == (Cursor(), 0, 0)
    assert session.undo_stack.count() == 3
    for picture in reversed(pictures):
        session.undo_stack.undo()
        assert Picture.of(session) == picture


def test_undoing_a_run_keeps_losses_that_were_there_before(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    session.navigator.go_to(Cursor(9, 17))
    session.navigator.go_to(Cursor(2, 3))
    before = Picture.of(session)
    assert before.horizon == 10
    run(qtbot, trainer_of(session), 3)
    assert session.horizon == 10
    session.undo_stack.undo()
    assert Picture.of(session) == before


def test_a_run_goes_through_an_edited_future(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    for iteration, lr in ((4, 0.02), (7, 0.03)):
        session.navigator.go_to(Cursor(iteration, 0))
        session.editor.edit("Learning rate", edits.set_optimizer(sgd(lr)))
    session.number_editor.edit_number(refs.bias(1), (0,), 0.75)
    session.navigator.go_to(Cursor(9, 17))
    walked, segments = losses(session), session.document.segments
    session.navigator.go_to(Cursor(2, 8))
    before = Picture.of(session)
    run(qtbot, trainer_of(session), 10)
    assert session.cursor == Cursor(11, 17)
    assert losses(session)[:10] == walked
    assert session.document.segments is segments
    assert [session.document.experiment_at(i).optimizer["lr"] for i in (3, 4, 6, 7)] == [0.01, 0.02, 0.02, 0.03]
    session.undo_stack.undo()
    assert Picture.of(session) == before


def test_what_runs_can_be_watched(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    seen: list[tuple[int, int, float]] = []

    def look() -> None:
        moment = session.moment
        loss = moment.number(refs.LOSS, ())
        assert loss is not None
        seen.append((moment.cursor.iteration, moment.course.horizon, loss))

    session.signals.training_progressed.connect(look)
    run(qtbot, trainer_of(session, BRISK), 6)
    expected = stepped_losses(article(), 6)
    assert [iteration for iteration, _, _ in seen] == sorted({iteration for iteration, _, _ in seen})
    assert all(horizon == iteration + 1 and loss == expected[iteration] for iteration, horizon, loss in seen)


def test_a_run_leaves_by_number(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    session.navigator.set_by_number(True)
    session.navigator.step_forward()
    run(qtbot, trainer_of(session), 2)
    assert session.cursor == Cursor(1, 17)
    assert not session.navigator.by_number


# ---------------------------------------------------------------------------------------------------- pause and pace


def test_a_run_goes_on_until_it_is_paused(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session)
    heard: list[bool] = []
    trainer.running_changed.connect(heard.append)
    run_until(qtbot, trainer, Cursor(30, 17))
    assert trainer.is_running
    trainer.pause()
    assert not trainer.is_running
    assert heard == [True, False]
    stopped = session.cursor
    assert stopped.position == 17
    assert (session.undo_stack.count(), session.document.trained) == (1, stopped.iteration + 1)
    assert not any(timer.isActive() for timer in session.findChildren(QTimer))
    trainer.pause()
    assert heard == [True, False]


def test_toggle_runs_and_pauses(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session)
    trainer.toggle()
    trainer.start()
    assert trainer.is_running
    qtbot.waitUntil(lambda: session.cursor.iteration > 3, timeout=LONG_MS)
    trainer.toggle()
    assert not trainer.is_running
    assert session.undo_stack.count() == 1


@pytest.mark.parametrize("pace", [FASTEST, BRISK, WALK])
def test_a_run_that_is_paused_at_once_changes_nothing(opened: Open, pace: Pace) -> None:
    session = opened()
    session.navigator.go_to(Cursor(1, 3))
    before = Picture.of(session)
    trainer = trainer_of(session, pace)
    trainer.start()
    trainer.pause()
    assert Picture.of(session) == before
    assert session.undo_stack.count() == 0


@pytest.mark.parametrize(("first", "second"), [(FASTEST, BRISK), (BRISK, FASTEST)])
def test_another_pace_does_not_end_a_run(opened: Open, qtbot: QtBot, first: Pace, second: Pace) -> None:
    session = opened()
    trainer = trainer_of(session, first)
    heard: list[bool] = []
    trainer.running_changed.connect(heard.append)
    run_until(qtbot, trainer, Cursor(5, 17))
    trainer.set_pace(second)
    assert trainer.pace is second
    further = session.cursor.iteration + 5
    qtbot.waitUntil(lambda: session.cursor.iteration >= further, timeout=LONG_MS)
    trainer.pause()
    assert heard == [True, False]
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.cursor == Cursor()


def test_a_run_may_turn_into_a_walk_and_back(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session)
    run_until(qtbot, trainer, Cursor(5, 17))
    trainer.set_pace(WALK)
    assert trainer.is_running
    assert session.undo_stack.count() == 1
    walked = session.cursor.iteration + 1
    qtbot.waitUntil(lambda: session.cursor.iteration >= walked and session.cursor.position > 3, timeout=LONG_MS)
    trainer.set_pace(FASTEST)
    qtbot.waitUntil(lambda: session.cursor.iteration > walked + 5, timeout=LONG_MS)
    trainer.pause()
    assert session.undo_stack.count() == 2


def test_the_same_pace_changes_nothing(opened: Open, qtbot: QtBot) -> None:
    trainer = trainer_of(opened())
    run_until(qtbot, trainer, Cursor(3, 17))
    heard: list[bool] = []
    trainer.running_changed.connect(heard.append)
    trainer.pace_changed.connect(heard.append)
    trainer.set_pace(FASTEST)
    assert heard == []
    trainer.pause()


def test_the_paces_go_from_slow_to_fast() -> None:
    assert DEFAULT_PACE in PACES
    assert len({pace.label for pace in PACES}) == len(PACES)
    assert [pace.by_micro_step for pace in PACES] == sorted((pace.by_micro_step for pace in PACES), reverse=True)
    assert PACES[-1].interval == 0


# --------------------------------------------------------------------------------------------------------- walking


def test_walking_by_micro_steps_is_only_navigation(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session, WALK)
    seen: list[Cursor] = []
    session.signals.cursor_moved.connect(lambda: seen.append(session.cursor))
    run_until(qtbot, trainer, Cursor(1, 3))
    trainer.pause()
    assert seen[:21] == [*(Cursor(0, position) for position in range(1, 18)), *(Cursor(1, p) for p in range(4))]
    assert session.undo_stack.count() == 0
    assert session.document.trained == 0
    assert session.horizon >= 1
    before = seen[-2]
    session.navigator.step_back()
    assert session.cursor == before


# ------------------------------------------------------------------------------------------- edits while a run goes on


@pytest.mark.parametrize("pace", [FASTEST, BRISK])
def test_an_edit_ends_a_run_and_is_kept(opened: Open, qtbot: QtBot, pace: Pace) -> None:
    """Views pause a run before they edit. Where one does not, the run must not undo the edit behind its back."""
    session = opened()
    trainer = trainer_of(session, pace)
    heard: list[bool] = []
    trainer.running_changed.connect(heard.append)
    run_until(qtbot, trainer, Cursor(5, 17))
    before = Picture.of(session)
    session.number_editor.edit_number(refs.weight(0), (0, 0), 9.0)
    assert not trainer.is_running
    assert heard == [True, False]
    assert session.moment.number(refs.weight(0), (0, 0)) == 9.0
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert Picture.of(session) == before


def test_undo_ends_a_run(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    session.number_editor.edit_number(refs.weight(0), (0, 0), 9.0)
    trainer = trainer_of(session)
    run_until(qtbot, trainer, Cursor(5, 17))
    session.undo_stack.undo()
    assert not trainer.is_running
    assert (session.cursor, session.horizon) == (Cursor(), 0)
    assert session.moment.number(refs.weight(0), (0, 0)) == 0.1


def test_opening_ends_a_run(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session)
    run_until(qtbot, trainer, Cursor(5, 17))
    session.file.open(mazur(), None)
    assert not trainer.is_running
    assert (session.cursor, session.undo_stack.count()) == (Cursor(), 0)


def test_saving_does_not_end_a_run(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session)
    run_until(qtbot, trainer, Cursor(5, 17))
    session.file.mark_saved(None)
    assert trainer.is_running
    trainer.pause()
    assert session.undo_stack.count() == 1


def test_a_listener_may_pause_a_walk(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer = trainer_of(session, WALK)
    heard: list[bool] = []
    trainer.running_changed.connect(heard.append)
    session.signals.cursor_moved.connect(lambda: trainer.pause() if session.cursor.position == 4 else None)
    run(qtbot, trainer)
    assert session.cursor == Cursor(0, 4)
    assert heard == [True, False]
