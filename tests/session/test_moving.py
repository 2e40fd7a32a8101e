"""Moving through training: by strides, by micro-steps and number by number, there and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.engine.program.program import Program
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.elements import MOST_ELEMENTS
from chainrule.model.navigation import Cursor, Stride, stops
from chainrule.model.timeline.states import initial_numbers
from chainrule.session.screen.moment import shape_of
from chainrule.session.session import Session
from tests.experiments import article, dense, experiments, sgd
from tests.session.acts import B1, B2, W1, W2, at, press
from tests.session.conftest import Open, a_session
from tests.session.seen import Picture, known, selected


def program_of(session: Session) -> Program:
    """The program of the iteration on the screen."""
    assert session.moment.program is not None
    return session.moment.program


# ---------------------------------------------------------------------------------------------------------- moving


def test_22_presses_take_a_newcomer_through_an_iteration_and_back(opened: Open) -> None:
    session = opened()
    start = known(session.moment)
    assert start == {refs.INPUT, refs.TARGET, refs.LR, W1, B1, W2, B2}
    seen = [(session.cursor, known(session.moment))]
    for _ in range(22):
        session.navigator.step_forward()
        seen.append((session.cursor, known(session.moment)))
    assert [cursor for cursor, _ in seen] == [
        *(Cursor(0, position) for position in range(18)),
        *(Cursor(1, position) for position in range(5)),
    ]
    for position, (_, now) in enumerate(seen[:18]):
        assert now == start | {step.writes for step in session.moment.steps[:position]}
    assert refs.LOSS in seen[5][1]
    assert refs.next_value(B1) in seen[17][1]
    assert seen[18][1] == start
    for cursor, then in reversed(seen[:-1]):
        session.navigator.step_back()
        assert (session.cursor, known(session.moment)) == (cursor, then)
    assert not session.navigator.can_step_back()


def test_a_step_selects_the_first_number_that_it_wrote(opened: Open) -> None:
    session = opened()
    assert session.selection is None
    session.navigator.step_forward()
    assert selected(session) == (refs.pre_activation(0), (0, 0))
    press(session.navigator.step_forward, 4)
    assert selected(session) == (refs.LOSS, ())
    assert session.moment.number(refs.LOSS, ()) == pytest.approx(4.9193)
    session.navigator.step_back()
    assert selected(session) == (refs.activation(1), (0, 0))
    press(session.navigator.step_back, 4)
    assert session.cursor == Cursor()


@pytest.mark.parametrize("stride", list(Stride))
def test_each_stride_goes_to_its_stops_and_back(opened: Open, stride: Stride) -> None:
    session = opened()
    places = [Cursor(i, p) for i in range(2) for p in stops(program_of(session), stride)]
    places = places if places[0] == Cursor() else [Cursor(), *places]
    for place in places[1:]:
        session.navigator.move(stride)
        assert session.cursor == place
    for place in places[-2::-1]:
        session.navigator.move_back(stride)
        assert session.cursor == place
    session.navigator.move_back(stride)
    assert session.cursor == Cursor()


def test_an_iteration_further_keeps_the_selected_number(opened: Open) -> None:
    session = opened()
    session.selector.select(W1, (1, 0))
    session.navigator.move(Stride.ITERATION)
    assert session.state.at_end
    assert selected(session) == (refs.next_value(W1), (1, 0))  # the newest is the one on the screen
    session.navigator.move_back(Stride.ITERATION)
    assert (session.cursor, selected(session)) == (Cursor(), (W1, (1, 0)))


@pytest.mark.parametrize("stride", list(Stride))
def test_an_edit_may_give_the_next_iteration_more_steps_or_fewer(opened: Open, stride: Stride) -> None:
    for momentum, there in ((0.0, 0.9), (0.9, 0.0)):
        session = at(opened(article(optimizer=sgd(0.01, momentum))), 1, 0)
        session.editor.edit("momentum", edits.set_optimizer(sgd(0.01, there)))
        counts = [len(session.timeline.history(session.document, i).executor.program.steps) for i in (0, 1)]
        assert counts == [21 if number else 17 for number in (momentum, there)]
        session.navigator.go_to(Cursor(0, counts[0]))
        session.navigator.move(stride)
        assert session.cursor == Cursor(1, stops(program_of(session), stride)[0])
        assert session.moment.written == (session.moment.step.writes if session.moment.step else None)
        session.navigator.move_back(stride)
        assert session.cursor == Cursor(0, counts[0])
        assert session.state.at_end


@pytest.mark.parametrize(
    "edit", [edits.set_optimizer(sgd(0.01)), edits.set_frozen(W1, True), shape_edits.remove_layer(0, initial_numbers)]
)
def test_an_edit_that_leaves_fewer_steps_leaves_the_cursor_at_their_end(opened: Open, edit: edits.Edit) -> None:
    session = at(opened(article(optimizer=sgd(0.01, 0.9))), 0, 21)
    session.editor.edit("fewer steps", edit)
    assert len(session.moment.steps) < 21
    assert session.state.at_end
    assert session.moment.step is session.moment.steps[-1]
    session.undo_stack.undo()
    assert session.cursor == Cursor(0, 21)


@settings(max_examples=20)
@given(experiments(), st.lists(st.sampled_from([*Stride, "step"]), max_size=12))
def test_any_way_there_shows_the_same_numbers(qapp: QApplication, experiment: Experiment, moves: list[object]) -> None:
    """What is on the screen is a function of the place alone, however it was reached."""
    with a_session(experiment) as walked, a_session(experiment) as direct:
        for move in moves:
            if isinstance(move, Stride):
                walked.navigator.move(move)
            else:
                walked.navigator.step_forward()
        direct.navigator.go_to(walked.cursor)
        assert known(walked.moment) == known(direct.moment)
        assert Picture.of(walked).values == Picture.of(direct).values


# --------------------------------------------------------------------------------------------------- one at a time


def test_by_number_each_press_reveals_one_number_more(opened: Open) -> None:
    session = opened()
    session.navigator.set_by_number(True)
    seen = [(session.cursor, selected(session))]
    shown = 0
    for step in session.moment.steps:
        order = session.moment.elements(step.writes)
        for element in range(len(order)):
            session.navigator.step_forward()
            moment = session.moment
            assert session.cursor.element == element
            assert selected(session) == (step.writes, order[element])
            numbers = [moment.number(step.writes, index) for index in order]
            assert [number is not None for number in numbers] == [place <= element for place in range(len(order))]
            seen.append((session.cursor, selected(session)))
            shown += 1
    # For the one of two samples that is shown: 2 + 2 + 1 + 1 forward, the loss, 1 + 1 + 2 + 1 + 2 + 2 + 4 + 2 back, and
    # 2 + 1 + 4 + 2 updates.
    assert shown == 31
    assert session.state.at_end
    session.navigator.step_forward()
    assert session.cursor == Cursor(1, 0)
    for cursor, selection in reversed(seen[1:]):
        session.navigator.step_back()
        assert (session.cursor, selected(session)) == (cursor, selection)
    session.navigator.step_back()
    assert session.cursor == Cursor()
    assert not session.navigator.can_step_back()


def test_by_number_a_large_value_comes_at_once(opened: Open) -> None:
    session = opened(dense((9, 9, 1), 2))
    session.navigator.set_by_number(True)
    assert math.prod(shape_of(session.moment, W1)) > MOST_ELEMENTS
    weight_gradient = session.state.computed()[0].executor.program.index[refs.grad(W1)] + 1
    session.navigator.go_to(Cursor(0, weight_gradient - 1))
    session.navigator.step_forward()
    assert session.cursor == Cursor(0, weight_gradient)
    session.navigator.step_forward()
    assert session.cursor == Cursor(0, weight_gradient + 1, 0)
    session.navigator.step_back()
    assert session.cursor == Cursor(0, weight_gradient)


def test_leaving_by_number_shows_the_rest_of_the_step(opened: Open) -> None:
    session = opened()
    session.navigator.set_by_number(True)
    session.navigator.step_forward()
    session.navigator.set_by_number(False)
    assert session.cursor == Cursor(0, 1)
    assert session.moment.number(refs.pre_activation(0), (0, 1)) is not None
    session.navigator.step_forward()
    assert session.cursor == Cursor(0, 2)


def test_other_strides_show_whole_steps_by_number_too(opened: Open) -> None:
    session = opened()
    session.navigator.set_by_number(True)
    press(session.navigator.step_forward, 3)
    session.navigator.move(Stride.PHASE)
    assert session.cursor == Cursor(0, 4)
    session.navigator.step_back()
    assert session.cursor == Cursor(0, 3, 0)


def test_an_edit_by_number_shows_the_whole_step(opened: Open) -> None:
    session = opened()
    session.navigator.set_by_number(True)
    session.navigator.step_forward()
    session.number_editor.edit_number(W1, (0, 0), 5.0)
    assert session.cursor == Cursor(0, 1)
    session.undo_stack.undo()
    assert session.cursor == Cursor(0, 1, 0)
