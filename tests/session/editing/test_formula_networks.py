"""Sessions with a formula in the place of layers: stepping, editing, overriding, training, undo."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.referee import Referee
from chainrule.session.screen.computing import batch_loss_slice
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.screen.state_table import state_rows
from tests.formulas import formula_experiment
from tests.session.conftest import Open
from tests.session.runs import FASTEST, run, trainer_of

X, Y, Q, F = map(ValueRef, ("x", "y", "q", "f"))
CIRCUIT = formula_experiment(
    "q = x + y", "f = q*z", parameters={"x": -2, "y": 5, "z": -4}, optimizer={"name": "Adam", "lr": 0.1}
)


def test_every_step_is_explained_forward_and_back(opened: Open) -> None:
    session = opened(CIRCUIT)
    steps = len(session.moment.steps)
    said = [explain_selection(session.moment).sentence]
    for _ in range(steps):
        session.navigator.step_forward()
        found = explain_selection(session.moment)
        assert found.left
        said.append(found.sentence)
    assert all(said)
    complete = explain_selection(replace(session.moment, selection=None)).sentence
    assert "the output f, before the update, was −12" in complete
    for _ in range(steps):
        session.navigator.step_back()
    assert session.cursor == Cursor(0, 0)
    assert session.moment.number(Q, ()) is None


def test_given_numbers_are_edited_and_computed_ones_set_by_hand(opened: Open) -> None:
    session = opened(CIRCUIT)
    session.number_editor.edit_number(X, (), 1.0)
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    assert session.moment.number(F, ()) == -24
    session.number_editor.edit_number(Q, (), 10.0)
    assert session.moment.number(F, ()) == -40
    assert session.moment.number(ValueRef("z.grad"), ()) == 10
    assert "was set by hand" in explain_selection(session.moment).sentence or session.moment.is_overridden(Q, ())
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.moment.experiment == CIRCUIT
    with pytest.raises(SpecError):
        session.number_editor.edit_number(X, (), math.inf)


def test_a_run_is_trained_and_undone(opened: Open, qtbot: QtBot) -> None:
    session = opened(CIRCUIT)
    run(qtbot, trainer_of(session, FASTEST), 200)
    assert session.cursor.iteration >= 199
    losses = session.timeline.losses(session.document, session.horizon).rows()[:, 0]
    assert losses[0] == -12
    assert losses[-1] < losses[0]
    session.number_editor.edit_number(Y, (), 2.0)
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert session.cursor.iteration == 0


def test_a_run_stops_where_an_operator_has_no_value(opened: Open, qtbot: QtBot) -> None:
    optimizer = {"name": "SGD", "lr": 1e153, "maximize": True}
    session = opened(formula_experiment("f = x + min(x^2, 5)", parameters={"x": 3}, optimizer=optimizer))
    trainer = trainer_of(session, FASTEST)
    run(qtbot, trainer, 500)
    assert session.cursor == Cursor(14, 1)
    assert session.moment.written == "n1"
    session.navigator.step_back()
    assert session.cursor == Cursor(14, 0)


def test_a_step_by_iteration_stops_where_an_operator_has_no_value_and_says_so(opened: Open) -> None:
    """Seen: the output was NaN, its gradients were not, and a step trained through it without a word."""
    lines = ("q = x + y", "f = q*z", "g = log(f) + f/x")
    session = opened(formula_experiment(*lines, parameters={"x": -2, "y": 5, "z": -4}))
    said: list[str] = []
    session.signals.warned.connect(said.append)
    session.navigator.move(Stride.ITERATION)
    assert session.cursor == Cursor(0, 3)
    why = "ln(f) has no value (NaN) where f = −12"
    assert said == [f"Stopped at iteration 0: {why}. Step back to see why."]
    session.navigator.move(Stride.ITERATION)
    assert session.state.at_end
    assert len(said) == 1
    session.navigator.move(Stride.PHASE)
    assert session.cursor.iteration == 1
    assert said[1:] == ["Iteration 0 went on past a value that is not finite: n₁. A run stops there."]
    session.navigator.move_back(Stride.ITERATION)
    session.navigator.move(Stride.ITERATION)
    assert session.cursor == Cursor(1, 3)
    assert said[2].startswith("Stopped at iteration 1: ln(f)")


def test_an_edit_of_the_lines_begins_before_the_first_step(opened: Open) -> None:
    """Seen: the cursor stood in the middle of the new lines' iteration."""
    session = opened(CIRCUIT)
    session.navigator.move(Stride.ITERATION)
    session.editor.edit(
        "", edits.set_formula(("q = x + y", "f = q*z", "g = f^2"), session.editor.initial_values), restart=True
    )
    assert session.cursor == Cursor(0, 0)


def test_the_referee_agrees(opened: Open) -> None:
    session = opened(CIRCUIT)
    referee = Referee(session.state, trainer_of(session), session.signals, session)
    session.navigator.go_to(Cursor(0, 7))
    referee.check()
    assert referee.verdict is not None
    assert referee.verdict.agrees
    assert referee.verdict.compared == 7


def test_the_state_tab_follows_a_name(opened: Open) -> None:
    session = opened(CIRCUIT)
    session.navigator.go_to(Cursor(1, len(session.moment.steps)))
    session.selector.select(X, ())
    assert session.moment.parameter == (X, ())
    session.selector.select(Y, ())
    session.selector.select(ValueRef("q"), ())
    assert session.moment.parameter == (Y, ())
    rows = state_rows(session.moment, Y, ())
    assert [row.name for row in rows][:2] == ["y", "gradient"]
    assert {"average gradient", "step count", "learning rate"} <= {row.name for row in rows}


def test_the_loss_along_a_name(opened: Open) -> None:
    session = opened(CIRCUIT)
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    found = batch_loss_slice(session.moment, X, ())
    assert found is not None
    assert found.slope == -4
    assert found.losses[0] == pytest.approx((found.places[0] + 5) * -4)
