"""A session whose iterations differ: only every third has an update, and stepping back comes through all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.values import refs
from chainrule.explain.writing.numbers import format_number
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.session import Session
from tests.engine.program.test_accumulation import OPTIMIZERS, added_up
from tests.explain.cases import case
from tests.explain.writing.worked import check
from tests.session.conftest import Open


@pytest.fixture
def session(opened: Open) -> Session:
    return opened(added_up(OPTIMIZERS[1]))


def test_each_iteration_has_its_own_steps_there_and_back(session: Session) -> None:
    visited = [session.cursor]
    while session.cursor.iteration < 4:
        session.navigator.step_forward()
        visited.append(session.cursor)
    counts = [max(cursor.position for cursor in visited if cursor.iteration == i) for i in range(3)]
    assert counts[0] == counts[1] < counts[2]
    for cursor in reversed(visited[:-1]):
        session.navigator.step_back()
        assert session.cursor == cursor


def test_the_parameters_stay_until_the_update(session: Session) -> None:
    weights = []
    for iteration in range(5):
        session.navigator.go_to(Cursor(iteration))
        weights.append(session.moment.number(refs.weight(0), (0, 0)))
    assert weights[0] == weights[1] == weights[2] != weights[3] == weights[4]


def test_an_edit_between_them_goes_on_from_the_sum(session: Session) -> None:
    session.navigator.go_to(Cursor(2))
    kept = session.moment.number(refs.kept_gradient(refs.weight(0)), (0, 0))
    assert kept
    session.number_editor.edit_number(refs.LR, (), 0.5)
    assert session.moment.number(refs.kept_gradient(refs.weight(0)), (0, 0)) == kept
    session.number_editor.edit_number(refs.kept_gradient(refs.weight(0)), (0, 0), 1.5)
    assert session.moment.number(refs.kept_gradient(refs.weight(0)), (0, 0)) == 1.5
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.moment.number(refs.LR, ()) == 0.05


def test_an_iteration_without_an_update_says_that_its_gradients_are_kept(session: Session) -> None:
    told = []
    for iteration in range(3):
        session.navigator.move(Stride.ITERATION)
        assert (session.cursor.iteration, session.state.at_end) == (iteration, True)
        loss = format_number(session.moment.number(refs.LOSS, ()), session.selector.digits)
        told.append(explain_selection(replace(session.moment, selection=None)).sentence.replace(loss, "LOSS"))
    kept = "its loss was LOSS, and its gradients are kept: the next update is that of iteration 2."
    assert told[0].startswith(f"Iteration 0 is complete; {kept} Click")
    assert told[1].startswith(f"Iteration 1 is complete; {kept} Click")
    assert told[2].startswith("Iteration 2 is complete; its loss, before the update, was LOSS. Click")


def test_a_stride_of_an_iteration_ends_where_its_steps_do(session: Session) -> None:
    session.navigator.move(Stride.ITERATION)
    assert session.state.at_end
    session.navigator.move(Stride.ITERATION)
    session.navigator.move(Stride.ITERATION)
    assert session.state.at_end
    assert session.cursor.iteration == 2


@pytest.mark.parametrize("iteration", [0, 1, 2])
@pytest.mark.parametrize("digits", [4, None])
def test_every_equation_gives_its_result(iteration: int, digits: int | None) -> None:
    check(case(added_up(OPTIMIZERS[1]), iteration), digits=digits)
