"""Undo: every edit is taken back and made again, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.model.timeline.states import initial_numbers
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.session import Session
from tests.experiments import dense, sgd
from tests.session.acts import B1, B2, EDITS, MOVES, PLACES, STARTS, W1, W2, Act, at, press, three_rows
from tests.session.conftest import Open, a_session
from tests.session.seen import Heard, Picture


@pytest.mark.parametrize(("iteration", "position"), PLACES)
@pytest.mark.parametrize("name", EDITS)
def test_undo_takes_an_edit_back_and_redo_makes_it_again(
    opened: Open, name: str, iteration: int, position: int
) -> None:
    session = at(opened(), iteration, position)
    before, count = Picture.of(session), session.undo_stack.count()
    EDITS[name](session)
    after = Picture.of(session)
    assert session.undo_stack.count() == count + 1
    assert after != before
    assert after.document is not before.document
    for _ in range(2):
        session.undo_stack.undo()
        assert Picture.of(session) == before
        assert session.document is before.document
        session.undo_stack.redo()
        assert Picture.of(session) == after
        assert session.document is after.document


def test_a_chain_of_edits_and_steps_is_undone_edit_by_edit(opened: Open) -> None:
    session = opened()
    pictures = []
    for number, act in enumerate(EDITS.values()):
        press(session.navigator.step_forward, 3 * number)
        pictures.append(Picture.of(session))
        act(session)
        pictures.append(Picture.of(session))
    for picture in reversed(pictures[::2]):
        session.undo_stack.undo()
        assert Picture.of(session) == picture
    assert not session.undo_stack.canUndo()
    for picture in pictures[1::2]:
        session.undo_stack.redo()
        assert Picture.of(session) == picture


@pytest.mark.parametrize("name", [name for name in EDITS if name not in ("next weight", "next bias")])
def test_an_edit_in_the_middle_of_training_keeps_the_past(opened: Open, name: str) -> None:
    session = at(opened(), 6, 17)
    past = Picture.of(session)
    assert len(past.losses) == 7
    session.navigator.go_to(Cursor(3, 8))
    values = Picture.of(session).values
    EDITS[name](session)
    if session.cursor == Cursor():
        # Another shape cannot go on with the old weights.
        assert len(session.document.segments) == 1
        return
    assert session.cursor == Cursor(3, 8)
    losses = session.timeline.losses(session.document, 3).rows()[:, 0]
    assert tuple(losses) == past.losses[:3]
    assert session.horizon == 4
    if name not in ("weight", "bias", "dtype"):
        # Training goes on from the same weights.
        assert all(Picture.of(session).values[ref] == values[ref] for ref in (W1, B1, W2, B2))
    session.navigator.go_to(Cursor(2, 17))
    assert session.experiment is past.experiment


def on(ref: ValueRef, index: tuple[int, ...], act: Callable[[Session], None]) -> Act:
    """Something that is done to a number, where there is one."""

    def act_if_there(session: Session) -> None:
        value = session.moment.numbers.lists(ref)
        for place in index:
            if not isinstance(value, list) or place >= len(value):
                return
            value = value[place]
        act(session)

    return act_if_there


NUMBERS = [
    (refs.INPUT, (1, 0)),
    (refs.TARGET, (0, 0)),
    (W1, (1, 0)),
    (B2, (0,)),
    (refs.next_value(W1), (1, 0)),
    (refs.next_value(B2), (0,)),
    (refs.pre_activation(0), (1, 0)),
    (refs.LOSS, ()),
    (refs.grad(W1), (1, 0)),
]
ANYTHING: dict[str, Act] = {
    **MOVES,
    **STARTS,
    **{name: act for name, act in EDITS.items() if name not in ("rows", "outputs")},
    **{
        f"edit {ref}": on(ref, index, lambda s, r=ref, i=index: s.number_editor.edit_number(r, i, 0.7))
        for ref, index in NUMBERS
    },
    **{f"select {ref}": on(ref, index, lambda s, r=ref, i=index: s.selector.select(r, i)) for ref, index in NUMBERS},
    "gradient": on(refs.grad(B1), (0,), lambda s: s.selector.select(refs.grad(B1), (0,))),
    "neuron": on(refs.activation(1), (1, 0), lambda s: s.selector.select(refs.activation(1), (1, 0))),
    "next number": lambda s: s.selector.select_next(),
    "sample": lambda s: s.selector.show_next_sample(),
    "undo": lambda s: s.undo_stack.undo(),
    "redo": lambda s: s.undo_stack.redo(),
    "restart": lambda s: s.editor.restart(),
    "by number": lambda s: s.navigator.set_by_number(not s.navigator.by_number),
}
for number in (
    "input", "target", "weight", "bias", "next weight", "next bias", "z by hand", "loss by hand", "gradient by hand"
):  # fmt: skip
    # They stand in NUMBERS, where they wait for a shape that has them.
    del ANYTHING[number]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(sorted(ANYTHING)), max_size=40))
def test_whatever_is_done_can_be_shown_explained_and_undone(qapp: QApplication, names: list[str]) -> None:
    with a_session(three_rows(optimizer=sgd(0.05, 0.9))) as session:
        first = session.document
        for name in names:
            with suppress(SpecError):
                ANYTHING[name](session)
            moment = session.moment
            assert (moment.cursor, moment.selection) == (session.cursor, session.selection)
            assert explain_selection(moment).sentence
            assert session.horizon >= session.cursor.iteration
            count = session.horizon - session.document.first
            assert len(session.timeline.losses(session.document, session.horizon)) == count
        documents = [session.document]
        while session.undo_stack.canUndo():
            session.undo_stack.undo()
            documents.append(session.document)
        assert session.document is first
        for document in documents[-2::-1]:
            session.undo_stack.redo()
            assert session.document is document


def test_the_future_of_an_edit_is_dropped_and_undo_brings_it_back(opened: Open) -> None:
    session = at(opened(), 6, 17)
    session.navigator.go_to(Cursor(3, 8))
    before = Picture.of(session)
    assert before.horizon == 7
    session.number_editor.edit_number(W1, (0, 0), 5.0)
    assert session.horizon == 4
    session.undo_stack.undo()
    assert Picture.of(session) == before


def test_what_is_the_same_already_is_no_edit(opened: Open) -> None:
    """Pressing Enter on an unchanged number must not drop the future."""
    session = at(opened(), 3, 17)
    heard, before = Heard(session), Picture.of(session)
    session.editor.edit("nothing", lambda experiment: experiment)
    session.editor.edit("nothing", lambda experiment: experiment, restart=True)
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.01)))
    for ref, index in ((refs.INPUT, (1, 0)), (W1, (0, 1)), (refs.next_value(B2), (0,))):
        number = session.moment.number(ref, index)
        assert number is not None
        session.number_editor.edit_number(ref, index, number)
    assert Picture.of(session) == before
    assert session.undo_stack.count() == 0
    assert heard.take() == {}


# ---------------------------------------------------------------------------------------------------------- merging


def test_edits_of_one_key_at_one_place_become_one_entry(opened: Open) -> None:
    session = at(opened(), 2, 5)
    before = Picture.of(session)
    for lr in (0.02, 0.03, 0.04):
        session.editor.edit("Learning rate", edits.set_optimizer(sgd(lr)), merge_key="lr")
    after = Picture.of(session)
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert Picture.of(session) == before
    session.undo_stack.redo()
    assert Picture.of(session) == after
    assert session.experiment.optimizer["lr"] == 0.04


def test_other_keys_and_edits_without_one_stay_apart(opened: Open) -> None:
    session = opened()
    session.number_editor.edit_number(W1, (0, 0), 1.0, merge_key="w")
    session.number_editor.edit_number(W1, (0, 1), 2.0, merge_key="v")
    session.number_editor.edit_number(W1, (0, 1), 3.0)
    session.number_editor.edit_number(W1, (0, 1), 4.0)
    session.number_editor.edit_number(W1, (0, 1), 5.0, merge_key="v")
    assert session.undo_stack.count() == 5
    session.undo_stack.undo()
    assert session.moment.number(W1, (0, 1)) == 4.0


def test_edits_of_one_key_at_two_places_stay_apart(opened: Open) -> None:
    session = opened()
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.02)), merge_key="lr")
    at(session, 2, 0)
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.03)), merge_key="lr")
    assert session.undo_stack.count() == 2
    session.undo_stack.undo()
    assert session.experiment.optimizer["lr"] == 0.02
    assert session.cursor == Cursor(2, 0)


# ------------------------------------------------------------------------------------------------ restart and reseed


def test_a_restart_keeps_the_first_weights_and_the_settings_of_now(opened: Open) -> None:
    session = opened()
    first = session.file.to_save.parameters
    session.navigator.go_to(Cursor(4, 8))
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))
    session.number_editor.edit_number(W1, (0, 0), 9.0)
    session.navigator.go_to(Cursor(6, 17))
    before = Picture.of(session)
    session.editor.restart()
    assert session.cursor == Cursor()
    assert session.horizon == 0
    assert session.experiment.optimizer["lr"] == 0.5
    assert session.experiment.parameters == first
    assert session.moment.number(W1, (0, 0)) == 0.1
    session.undo_stack.undo()
    assert Picture.of(session) == before


def test_a_restart_before_any_edit_is_only_navigation(opened: Open) -> None:
    session = at(opened(), 4, 8)
    document = session.document
    assert session.horizon == 5
    session.editor.restart()
    assert session.document is document
    assert (session.cursor, session.horizon, session.moment.course.horizon) == (Cursor(), 0, 0)
    assert session.undo_stack.count() == 0


def test_a_restart_forgets_losses_that_were_seen_and_left(opened: Open) -> None:
    session = at(opened(), 0, 17)
    session.navigator.go_to(Cursor())
    assert session.horizon == session.moment.course.horizon == 1
    session.editor.restart()
    assert session.horizon == session.moment.course.horizon == 0


def test_a_new_seed_draws_other_weights_and_a_restart_keeps_those(opened: Open) -> None:
    session = at(opened(dense((2, 3, 1), 2)), 3, 5)
    first = session.file.to_save
    session.editor.edit("Reseed", edits.reseed(7, session.editor.initial_values), restart=True)
    assert session.cursor == Cursor()
    drawn = session.moment.lists(W1)
    assert drawn != [list(row) for row in initial_numbers(first)[W1]]
    at(session, 2, 5)
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))
    session.editor.restart()
    assert session.moment.lists(W1) == drawn
    press(session.undo_stack.undo, 3)
    assert session.file.to_save == first
