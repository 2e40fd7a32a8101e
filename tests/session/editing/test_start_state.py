"""An experiment that starts from a state: its timeline begins at that iteration, and goes on and back from there."""

from __future__ import annotations

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, StartState
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.navigation import Cursor
from chainrule.session.session import Session
from tests.experiments import article
from tests.session.conftest import Open

BUFFER = ValueRef("layers.1.bias.momentum_buffer")
FIRST = 12


def started() -> Experiment:
    return article(optimizer=Choice("SGD", {"lr": 0.1, "momentum": 0.5}), state=StartState(FIRST, {BUFFER: (2.0,)}))


@pytest.fixture
def session(opened: Open) -> Session:
    return opened(started())


def test_it_opens_at_its_first_iteration(session: Session) -> None:
    assert session.cursor == Cursor(FIRST)
    assert session.horizon == FIRST
    assert not session.navigator.can_step_back()
    assert session.moment.number(BUFFER, (0,)) == 2.0


def test_stepping_goes_on_and_comes_back_to_it(session: Session) -> None:
    count = len(session.moment.steps)
    for _ in range(count + 3):
        session.navigator.step_forward()
    assert session.cursor == Cursor(FIRST + 1, 2)
    session.navigator.step_back()
    for _ in range(count + 2):
        session.navigator.step_back()
    assert session.cursor == Cursor(FIRST)
    session.navigator.step_back()
    assert session.cursor == Cursor(FIRST)


def test_restart_and_undo(session: Session) -> None:
    session.navigator.go_to(Cursor(FIRST + 3, 2))
    weight = session.moment.number(refs.weight(0), (0, 0))
    session.editor.restart()
    assert session.cursor == Cursor(FIRST)
    session.navigator.go_to(Cursor(FIRST + 3, 2))
    assert session.moment.number(refs.weight(0), (0, 0)) == weight


def test_an_edit_at_the_start_is_one_of_the_experiment(session: Session) -> None:
    session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
    assert session.experiment.parameters[refs.weight(0)][0] == (0.75, 0.2)  # type: ignore[index]
    assert session.cursor == Cursor(FIRST)
    assert session.moment.number(BUFFER, (0,)) == 2.0
    session.number_editor.edit_number(BUFFER, (0,), 3.0)
    assert session.moment.number(BUFFER, (0,)) == 3.0
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.experiment == started()
    assert session.moment.number(BUFFER, (0,)) == 2.0


def test_an_edit_later_keeps_what_was_computed(session: Session) -> None:
    session.navigator.go_to(Cursor(FIRST + 2))
    before = session.moment.number(refs.weight(0), (0, 0))
    session.number_editor.edit_number(refs.LR, (), 0.05)
    assert session.cursor == Cursor(FIRST + 2)
    assert session.moment.number(refs.weight(0), (0, 0)) == before
    assert len(session.timeline.losses(session.document, FIRST + 2)) == 2
