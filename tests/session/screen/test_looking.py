"""Looking: the selected number, the shown sample, the decimals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor, Stride
from chainrule.model.timeline.states import initial_numbers
from chainrule.session.screen.explaining import explain_selection
from tests.experiments import article, sgd
from tests.formulas import formula_experiment
from tests.session.acts import B1, B2, W1, W2, at, press, three_rows
from tests.session.conftest import Open
from tests.session.seen import selected


def test_selecting_walks_around_the_numbers_of_a_value(opened: Open) -> None:
    session = opened()
    session.selector.select(W1, (0, 0))
    visited = []
    for _ in range(4):
        session.selector.select_next()
        visited.append(selected(session))
    assert visited == [(W1, index) for index in ((0, 1), (1, 0), (1, 1), (0, 0))]
    session.selector.select_previous()
    assert selected(session) == (W1, (1, 1))


@pytest.mark.parametrize("offset", [1, -1])
@pytest.mark.parametrize("position", [0, 1, 5, 17])
def test_without_a_selection_the_first_number_of_the_step_is_selected(opened: Open, position: int, offset: int) -> None:
    session = opened()
    session.navigator.go_to(Cursor(0, position), follow=False)
    session.selector.select_next(offset)
    ref = session.moment.written or refs.INPUT
    assert selected(session) == (ref, session.moment.elements(ref)[0])


@pytest.mark.parametrize("selection", [(W1, (1, 0)), (refs.next_value(W1), (1, 0))])
def test_a_selected_parameter_is_the_newest_that_is_known(opened: Open, selection: tuple[ValueRef, Index]) -> None:
    """One place on the screen shows a weight, and its new value once that is there."""
    session = opened()
    session.selector.select(*selection)
    for position in range(18):
        session.navigator.go_to(Cursor(0, position), follow=False)
        ref = refs.next_value(W1) if position >= 16 else W1
        assert selected(session) == (ref, (1, 0))
        assert session.moment.number(ref, (1, 0)) is not None
    session.navigator.go_to(Cursor(1, 0), follow=False)
    assert selected(session) == (W1, (1, 0))


def test_the_next_value_is_selected_among_those_that_are_known(opened: Open) -> None:
    session = opened()
    given = [refs.INPUT, refs.TARGET, W1, B1, W2, B2]
    for position in (0, 5, 17):
        session.navigator.go_to(Cursor(0, position), follow=False)
        session.selector.show_sample(1)
        known = [session.moment.latest(ref) for ref in given]
        known += [step.writes for step in session.moment.steps[:position] if step.writes not in known]
        session.selector.select(refs.INPUT, (1, 1))
        visited = []
        for _ in range(len(known)):
            session.selector.select_next_value()
            visited.append(selected(session))
        places = {ref: session.moment.elements(ref)[0] for ref in known}
        assert sorted(visited) == sorted(places.items())
        assert visited[-1] == (refs.INPUT, (1, 0))
        for back in visited[-2::-1]:
            session.selector.select_next_value(-1)
            assert selected(session) == back


@pytest.mark.parametrize(("offset", "ref"), [(1, refs.INPUT), (-1, refs.activation(1))])
def test_without_a_selection_the_first_value_is_selected_or_the_last(opened: Open, offset: int, ref: ValueRef) -> None:
    session = opened()
    session.navigator.go_to(Cursor(0, 4), follow=False)
    session.selector.select_next_value(offset)
    assert selected(session) == (ref, (0, 0))


def test_before_the_engine_the_next_value_is_one_that_is_given(opened: Open) -> None:
    session, given = opened(ready=False), (refs.INPUT, refs.TARGET, W1, B1, W2, B2)
    visited = []
    for _ in given:
        session.selector.select_next_value()
        visited.append(session.selection and session.selection.ref)
    assert tuple(visited) == given
    assert not session.is_ready
    # What is drawn with torch is not known yet.
    session = opened(replace(article(), parameters={}), ready=False)
    session.selector.select_next_value(-1)
    assert selected(session) == (refs.TARGET, (0, 0))


def test_before_the_engine_a_formula_with_nothing_given_has_no_next_value(opened: Open) -> None:
    session = opened(formula_experiment("f = x*y"), ready=False)
    session.selector.select_next_value()
    assert session.selection is None


def test_the_shown_sample_takes_the_selected_number_along(opened: Open) -> None:
    session = opened()
    press(session.navigator.step_forward, 2)
    session.selector.show_next_sample()
    assert session.moment.sample == 1
    assert selected(session) == (refs.activation(0), (1, 0))
    assert session.moment.number(refs.activation(0), (1, 0)) == pytest.approx(1.1)
    session.selector.show_next_sample()
    assert session.moment.sample == 1
    session.selector.show_previous_sample()
    session.selector.show_previous_sample()
    assert (session.moment.sample, selected(session)) == (0, (refs.activation(0), (0, 0)))


def test_a_parameter_stays_selected_whatever_sample_is_shown(opened: Open) -> None:
    session = opened()
    session.selector.select(W1, (1, 0))
    session.selector.show_sample(1)
    assert selected(session) == (W1, (1, 0))
    session.selector.show_sample(-5)
    assert session.moment.sample == 0
    session.selector.show_sample(99)
    assert session.moment.sample == 1


def test_selecting_a_number_of_another_sample_shows_that_sample(opened: Open) -> None:
    session = opened()
    session.selector.select(refs.INPUT, (1, 0))
    assert session.moment.sample == 1
    session.selector.select(refs.grad(refs.pre_activation(0)), (0, 1))
    assert session.moment.sample == 0
    session.selector.select(W1, (1, 1))
    assert session.moment.sample == 0


def test_a_smaller_batch_shows_its_last_sample(opened: Open) -> None:
    """The third row is a batch of its own: the second sample of the batch before is not there."""
    session = opened(three_rows())
    session.navigator.move(Stride.PHASE)
    session.selector.show_sample(1)
    assert selected(session) == (refs.activation(1), (1, 0))
    session.navigator.move(Stride.ITERATION)
    session.navigator.move(Stride.ITERATION)
    moment = session.moment
    assert (len(moment.rows), moment.sample) == (1, 0)
    assert selected(session) == (refs.activation(1), (0, 0))
    assert moment.number(refs.activation(1), (0, 0)) is not None
    session.navigator.move(Stride.ITERATION)
    assert (session.moment.sample, selected(session)) == (1, (refs.activation(1), (1, 0)))


def test_removing_the_shown_row_shows_the_last_one_left(opened: Open) -> None:
    session = at(opened(), 0, 4)
    session.selector.show_sample(1)
    session.editor.edit("Remove row", edits.remove_row(1))
    assert (session.moment.sample, selected(session)) == (0, (refs.activation(1), (0, 0)))


LOST: dict[str, tuple[ValueRef, tuple[int, ...], edits.Edit]] = {
    "unit": (B1, (1,), shape_edits.set_units(0, 1, initial_numbers)),
    "column": (W1, (0, 1), shape_edits.set_units(-1, 1, initial_numbers)),
    "sample's unit": (refs.pre_activation(0), (1, 1), shape_edits.set_units(0, 1, initial_numbers)),
    "bias": (B2, (0,), shape_edits.set_bias(1, False, initial_numbers)),
    "gradient": (refs.grad(W1), (0, 0), edits.set_frozen(W1, True)),
    "buffer": (refs.optimizer_state(W1, "momentum_buffer"), (0, 0), edits.set_optimizer(sgd(0.01))),
}


@pytest.mark.parametrize("name", LOST)
def test_a_selected_number_that_is_gone_is_no_longer_selected(opened: Open, name: str) -> None:
    ref, index, edit = LOST[name]
    session = at(opened(article(optimizer=sgd(0.01, 0.9))), 0, 8)
    session.selector.select(ref, index)
    assert selected(session) == (ref, index)
    session.editor.edit("lose it", edit)
    assert session.selection is None
    session.undo_stack.undo()
    assert session.selection is None


@pytest.mark.parametrize("name", LOST)
def test_a_selected_number_that_is_still_there_stays_selected(opened: Open, name: str) -> None:
    session = at(opened(article(optimizer=sgd(0.01, 0.9))), 0, 8)
    session.selector.select(W2, (0, 0))
    session.editor.edit("lose another", LOST[name][2])
    assert selected(session) == (W2, (0, 0))


def test_digits_go_from_two_to_all(opened: Open) -> None:
    session = opened()
    seen = [session.selector.digits]
    for offset in (1, 1, 1, 1, -1, -9):
        session.selector.change_digits(offset)
        seen.append(session.moment.digits)
    assert seen == [4, 6, 9, None, None, 9, 2]


def test_where_a_parameter_comes_from_is_said_without_doubt(opened: Open) -> None:
    def said(ref: refs.ValueRef) -> str:
        session.selector.select(ref, (0, 0) if ref == W1 else (0,))
        return explain_selection(session.moment).sentence

    session = opened(article(frozen=frozenset({refs.bias(0)})))
    session.navigator.go_to(Cursor(1))
    assert said(W1) == "This weight is what the update of iteration 0 made of it."
    assert said(refs.bias(0)) == "This bias is frozen: no update changes it."
    session.number_editor.edit_number(W1, (0, 0), 3.0)
    made = "This weight is what the update of iteration 0 made of it"
    assert said(W1) == f"{made}, or what it was set to when training was changed here."
    session.navigator.go_to(Cursor(2))
    assert said(W1) == "This weight is what the update of iteration 1 made of it."


def test_the_count_of_iterations_is_not_taken_for_a_number_that_was_drawn(opened: Open) -> None:
    session = opened(article(scheduler=Choice("LambdaLR", {"lr_lambda": "1 / (iteration + 1)"})))
    session.selector.select(refs.ITERATION, ())
    assert explain_selection(session.moment).sentence == (
        "The number of this iteration, counted from 0. It counts by itself, and cannot be set."
    )


def test_the_new_value_that_was_selected_of_a_parameter_that_is_frozen_then_is_the_parameter(opened: Open) -> None:
    session = at(opened(), 0, 17)
    session.selector.select(refs.next_value(W1), (1, 0))
    session.editor.edit("Freeze", edits.set_frozen(W1, frozen=True))
    assert selected(session) == (W1, (1, 0))
