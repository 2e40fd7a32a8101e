"""A file that was saved opens where it was: the same place, the same numbers to the bit, the same edits to undo."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.catalog.experiment.question import Question
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.editing.naming import rename
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.file_format import ARCHIVE_START
from chainrule.model.navigation import Cursor, Stride
from chainrule.model.reopening.saved_history import NEAR
from chainrule.session.files import collecting
from chainrule.session.session import Session
from tests.experiments import article, dense, neuron, sgd
from tests.formulas import formula_experiment
from tests.session.acts import EDITS, MOVES, STARTS, W1, Act, at, three_rows
from tests.session.conftest import Open, a_session
from tests.session.reopening.reopened import (
    NAME,
    Seen,
    compute_nothing,
    contents_of,
    file_of,
    opened_from,
    reopened,
    train,
)

ADAM = Choice("Adam", {"lr": 0.01})
RUNS: dict[str, Act] = {
    "run": lambda s: train(s, 7),
    "long run": lambda s: train(s, 40),
    "undo": lambda s: s.undo_stack.undo(),
    "redo": lambda s: s.undo_stack.redo(),
}
ACTS = EDITS | MOVES | STARTS | RUNS


def bowl() -> Experiment:
    """A valley with its bottom at the origin."""
    return formula_experiment("f = x^2 + 3*y^2", parameters={"x": 2.0, "y": -1.0})


def held_back(**changes: object) -> Experiment:
    """Some rows are held back for the test."""
    experiment = dense((2, 3, 1), 10)
    return replace(experiment, data=replace(experiment.data, test_size=0.3, batch_size=2, shuffle=True))


def same(one: Session, other: Session) -> None:
    assert Seen.of(one) == Seen.of(other)


@pytest.fixture
def trained(opened: Open) -> Session:
    """Trained for 300 iterations, a weight changed at iteration 120, trained on, and stepped to the middle of 400."""
    session = opened()
    train(session, 300)
    session.navigator.go_to(Cursor(120, 3))
    session.number_editor.edit_number(W1, (0, 0), 0.75)
    train(session, 300)
    session.navigator.go_to(Cursor(400, 7))
    return session


def test_a_saved_document_opens_where_it_was_with_its_curve_and_its_undo(trained: Session, opened: Open) -> None:
    other = reopened(trained, opened)
    assert (other.cursor, other.horizon) == (Cursor(400, 7), 420)
    assert not other.is_modified
    same(trained, other)


def test_it_goes_on_and_back_with_the_same_numbers(trained: Session, opened: Open) -> None:
    other = reopened(trained, opened)
    for act in [
        lambda s: s.navigator.step_forward(),
        lambda s: s.navigator.move_back(Stride.ITERATION),
        lambda s: s.navigator.move_back(Stride.ITERATION),
        lambda s: s.navigator.go_to(Cursor(121, 2)),
        lambda s: s.navigator.go_to(Cursor(119, 17)),
        lambda s: s.navigator.go_to(Cursor(5, 5)),
        lambda s: s.navigator.go_to(Cursor(419, 17)),
        lambda s: train(s, 25),
    ]:
        for session in (trained, other):
            act(session)
        same(trained, other)


def test_what_was_done_can_be_undone_and_done_again(trained: Session, opened: Open) -> None:
    trained.undo_stack.undo()
    other = reopened(trained, opened)
    for act in ("undo", "undo", "undo", "redo", "redo", "redo"):
        for session in (trained, other):
            RUNS[act](session)
        same(trained, other)
    assert other.undo_stack.count() == 3


def test_an_edit_after_opening_is_an_entry_of_its_own(trained: Session, opened: Open) -> None:
    other = reopened(trained, opened)
    other.number_editor.edit_number(W1, (0, 0), 5.0)
    assert other.undo_stack.count() == 4
    assert other.is_modified
    other.undo_stack.undo()
    assert not other.is_modified
    same_numbers = Seen.of(other).values
    assert same_numbers == Seen.of(trained).values


@pytest.mark.parametrize(
    "experiment",
    [
        article(optimizer=ADAM),
        three_rows(optimizer=sgd(0.05, 0.9), scheduler=Choice("ReduceLROnPlateau", {"patience": 2})),
        held_back(),
        dense((2, 40, 2), 8, dtype="float32", optimizer=ADAM),
        bowl(),
    ],
    ids=["Adam", "plateau", "test rows", "float32", "formula"],
)
def test_what_optimizer_and_scheduler_keep_is_kept(opened: Open, experiment: Experiment) -> None:
    session = opened(experiment)
    train(session, 70)
    session.navigator.step_forward()
    other = reopened(session, opened)
    same(session, other)
    for each in (session, other):
        train(each, 30)
    same(session, other)
    for each in (session, other):
        each.navigator.go_to(Cursor(33, 1))
    same(session, other)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_no_number_any_more_keeps_its_bits(opened: Open, dtype: str) -> None:
    session = opened(replace(dense((2, 3, 1), 6, dtype=dtype), optimizer=sgd(1e30)))
    train(session, 40)
    losses = session.moment.course.losses().low
    # infinity less infinity, which has a sign.
    assert np.signbit(losses[np.isnan(losses)]).any()
    same(session, reopened(session, opened))


def test_the_path_of_a_formula_is_there_again(opened: Open) -> None:
    session = opened(bowl())
    train(session, 200)
    other = reopened(session, opened)
    network, wanted = session.experiment.network, (refs.ValueRef("x"),)
    one, two = (each.moment.course.path(network, wanted, 150) for each in (session, other))
    np.testing.assert_array_equal(one.points, two.points)


def test_numbers_set_by_hand_are(opened: Open) -> None:
    session = at(opened(), 3, 8)
    EDITS["z by hand"](session)
    EDITS["gradient by hand"](session)
    train(session, 10)
    session.navigator.go_to(Cursor(3, 8))
    other = reopened(session, opened)
    assert other.moment.overrides == session.moment.overrides != {}
    same(session, other)
    for each in (session, other):
        each.number_editor.clear_overrides()
    same(session, other)


def test_after_a_long_run_little_is_computed_again(
    trained: Session, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(trained, 20_000)
    trained.navigator.go_to(Cursor(15_000, 3))
    file, computed = file_of(trained), []
    contents, other = contents_of(file), opened()
    history = type(other.state.history())
    advance = history._advance

    def counting(self: Any, state: Any, most: int, **options: bool) -> Any:
        following, finite = advance(self, state, most, **options)
        computed.append(following.iteration - state.iteration)
        return following, finite

    monkeypatch.setattr(history, "_advance", counting)
    other.file.open(contents.experiment, NAME, history=contents.history)
    assert computed == []
    other.navigator.go_to(Cursor(14_999, 3))
    assert sum(computed) < 500
    computed.clear()
    # What was computed for the one before it is there.
    for iteration in range(14_998, 14_900, -1):
        other.navigator.go_to(Cursor(iteration, 3))
    assert sum(computed) < 500
    trained.navigator.go_to(other.cursor)
    same(trained, other)


def test_each_undo_has_a_state_near_to_where_it_goes(
    trained: Session, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(trained, 60_000)
    for iteration in (50_000, 30_300, 30_000, 900):
        trained.navigator.go_to(Cursor(iteration, 3))
        trained.number_editor.edit_number(W1, (0, 0), iteration / 50_000)
    other = reopened(trained, opened)
    assert other.undo_stack.count() == trained.undo_stack.count()
    computed, advance = [], type(other.state.history())._advance

    def counting(self: Any, state: Any, most: int, **options: bool) -> Any:
        following, finite = advance(self, state, most, **options)
        computed.append(following.iteration - state.iteration)
        return following, finite

    monkeypatch.setattr(type(other.state.history()), "_advance", counting)
    for act in ("undo",) * 7 + ("redo",) * 7:
        computed.clear()
        RUNS[act](other)
        assert sum(computed) <= NEAR
        RUNS[act](trained)
        assert Seen.of(other).values == Seen.of(trained).values


def test_what_is_far_from_all_that_is_remembered_is_not_kept_for_an_undo(trained: Session, opened: Open) -> None:
    train(trained, 3000)
    trained.navigator.go_to(Cursor(2000, 3))
    trained.number_editor.edit_number(W1, (0, 0), 0.5)
    trained.editor.set_title("newer")
    before = trained.undo_stack.command(trained.undo_stack.count() - 2).before
    trained.timeline.history(before.document, 2000).forget()
    other = reopened(trained, opened)
    assert [each.text for each in other.undo_stack.entries.done] == ["Change title"]


def test_where_there_is_no_room_for_curves_no_state_is_counted_on(
    trained: Session, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(trained, 3000)
    trained.navigator.go_to(Cursor(3000, 3))

    def too_much(*_: object) -> None:
        raise collecting._TooMuchError

    with monkeypatch.context() as patch:
        patch.setattr(collecting._Collected, "_series", too_much)
        assert trained.file.save_point.history is None
    assert reopened(trained, opened).cursor == trained.cursor


@pytest.mark.parametrize("iterations", [1, 2047, 2048, 2049, 2720, 6144, 6145, 9000])
def test_a_small_file_keeps_a_run_of_any_length(opened: Open, iterations: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As text, too, where a curve that has no blocks yet cannot say how wide they are: runs up to 6144 have none."""
    session, small = opened(), neuron("Sigmoid", (0.5,), (0.3,), 0.1, 0.9, 0.1)
    session.file.open(small, None)
    train(session, iterations)
    assert file_of(session).startswith(ARCHIVE_START) == (iterations > 3000)
    other = opened_from(file_of(session), opened)

    compute_nothing(other, monkeypatch)
    same(session, other)


LABELS: dict[str, edits.Edit] = {
    "title": edits.set_title("another"),
    "board": edits.set_board(BoardSpec(("loss",))),
    "column": rename(refs.INPUT, 0, "size"),
    "question": edits.set_questions((Question("q", refs.LOSS, ()),)),
}


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_under_another_label_nothing_is_computed_again(
    label: edits.Edit, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened()
    begun = session.experiment
    train(session, 3000)
    session.editor.relabel("Change", label)
    other = reopened(session, opened)
    assert other.experiment == label(begun)
    same(session, other)

    compute_nothing(other, monkeypatch)
    for each in (session, other):
        each.undo_stack.undo()
    assert other.experiment == begun
    same(session, other)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=9), small=st.booleans())
def test_whatever_was_done_opens_as_it_was(qapp: QApplication, names: list[str], small: bool) -> None:
    experiment = article() if small else three_rows()
    with a_session(experiment) as session, a_session(article()) as other:
        for name in names:
            # What is refused here changes nothing, as other tests say.
            with suppress(SpecError, IndexError):
                ACTS[name](session)
        contents = contents_of(file_of(session))
        other.file.open(contents.experiment, NAME, history=contents.history)
        if contents.history is None:
            assert Seen.of(other).values == Seen.of(session).values
            return
        same(session, other)
        while session.undo_stack.canUndo():
            for each in (session, other):
                each.undo_stack.undo()
            same(session, other)
        while session.undo_stack.canRedo():
            for each in (session, other):
                each.undo_stack.redo()
            same(session, other)


# What is written


def test_an_experiment_at_its_beginning_is_written_as_it_always_was(opened: Open) -> None:
    session = opened()
    assert file_of(session) == encode_experiment(article())
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))
    # What was done to come there is nobody's business who is handed the file.
    assert file_of(session) == encode_experiment(session.experiment)
    train(session, 5)
    assert b'"version": 4' in file_of(session)
    session.editor.restart()
    assert file_of(session) == encode_experiment(session.experiment)


def test_where_one_stands_is_saved_and_is_no_change(trained: Session, opened: Open) -> None:
    trained.file.mark_saved(NAME, trained.file.save_point)
    before = file_of(trained)
    trained.navigator.go_to(Cursor(60, 2))
    assert not trained.is_modified
    assert file_of(trained) != before
    assert reopened(trained, opened).cursor == Cursor(60, 2)


def test_what_the_commands_read_is_what_a_restart_goes_back_to(trained: Session) -> None:
    assert contents_of(file_of(trained)).experiment == trained.file.to_save == article()


def test_a_file_that_was_not_looked_at_yet_is_saved_as_it_was(trained: Session, opened: Open) -> None:
    contents, other = contents_of(file_of(trained)), opened(ready=False)
    other.file.open(contents.experiment, NAME, history=contents.history)
    # The micro-steps are there once the engine is.
    assert other.cursor == Cursor(400)
    point = other.file.save_point
    assert point.history is not None
    assert (point.experiment, point.history.view.cursor) == (contents.experiment, Cursor(400, 7))
    # The engine is waited for.
    assert other.timeline is not None
    same(trained, other)
    assert not other.is_modified


def test_many_edits_of_one_number_share_the_data(opened: Open) -> None:
    session = at(opened(dense((30, 50, 2), 200)), 2, 5)
    sizes = []
    for count in range(60):
        session.number_editor.edit_number(W1, (0, 0), float(count))
        sizes.append(len(file_of(session)))
    # An entry has a number of its own, and names what it shares.
    assert sizes[-1] - sizes[-11] < 10 * 2500
    other = opened()
    contents = contents_of(file_of(session))
    other.file.open(contents.experiment, NAME, history=contents.history)
    for _ in range(60):
        for each in (session, other):
            each.undo_stack.undo()
        assert Seen.of(session).values == Seen.of(other).values


def test_the_oldest_of_many_edits_are_left_out(opened: Open) -> None:
    session = at(opened(), 2, 5)
    for count in range(130):
        session.number_editor.edit_number(W1, (0, 0), float(count))
    other = reopened(session, opened)
    assert other.undo_stack.count() == 100
    for _ in range(100):
        for each in (session, other):
            each.undo_stack.undo()
    assert Seen.of(session).values == Seen.of(other).values
    assert not other.undo_stack.canUndo()
