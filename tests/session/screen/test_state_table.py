"""The rows of the State tab: every value of the optimizer, for one element of a parameter."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from unittest.mock import patch

import pytest
from hypothesis import given
from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.catalog.values.value import OF_OPTIMIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.verify import verify_trace
from chainrule.engine.trace import Executor
from chainrule.explain.sentences.meanings import meaning
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.navigation import Cursor
from chainrule.session.screen.state_table import StateCell, state_rows
from chainrule.session.screen.view_state import parameter_selected_last
from tests.engine.plan.test_plan import Beside
from tests.experiments import article, experiments, mazur, penalized, sgd
from tests.explain.writing.test_fragments import SCALED
from tests.session.acts import B1, W1, W2, at
from tests.session.conftest import Open, a_session

MOMENTUM = article(optimizer=sgd(0.01, 0.9))
BUFFER = refs.optimizer_state(W1, "momentum_buffer")


def numbers(*cells: StateCell | None) -> list[float | None]:
    return [None if cell is None else cell.number for cell in cells]


def test_each_value_has_a_row_with_what_was_found_and_what_is_computed(opened: Open) -> None:
    session = at(opened(MOMENTUM), 1, 21)
    _, trace = session.state.computed()
    rows = state_rows(session.moment, W1, (0, 1))
    assert [(row.symbol, row.name) for row in rows] == [
        ("w", "weight"),
        ("∂", "gradient"),
        ("v", "momentum buffer"),
        ("μ", "momentum"),
        ("η", "learning rate"),
    ]
    found = {row.name: numbers(row.before, row.after) for row in rows}

    def number(ref: ValueRef, index: tuple[int, ...] = (0, 1)) -> float:
        return trace.values[ref][index].item()

    assert found == {
        "weight": [number(W1), number(refs.next_value(W1))],
        "gradient": [None, number(refs.grad(W1))],
        "momentum buffer": [number(BUFFER), number(refs.next_value(BUFFER))],
        "momentum": [0.9, None],
        "learning rate": [0.01, None],
    }


def test_what_data_and_penalties_add_to_a_gradient_has_rows_before_it(opened: Open) -> None:
    session = at(opened(penalized(article())), 0, 23)
    rows = state_rows(session.moment, W2, (0, 1))
    assert [(row.symbol, row.name) for row in rows] == [
        ("w", "weight"),
        ("∂ᴰ", "gradient of data"),
        ("∂R₁", "gradient of L2"),
        ("∂R₂", "gradient of L1"),
        ("∂", "gradient"),
        ("η", "learning rate"),
    ]
    shares = [numbers(row.before, row.after)[1] for row in rows]
    assert shares[2:4] == [2 * 0.01 * -0.6, -0.02]
    assert None not in shares[1:5]
    assert math.isclose(sum(filter(None, shares[1:4])), shares[4] or 0.0)
    # Of the first layer L1 takes nothing.
    names = [row.name for row in state_rows(session.moment, W1, (0, 0))]
    assert names[:4] == ["weight", "gradient of data", "gradient of L2", "gradient"]


@pytest.mark.parametrize("iteration", [0, 1])
def test_gradients_that_add_up_have_rows_whether_they_wait_or_are_used(opened: Open, iteration: int) -> None:
    experiment = article(optimizer=sgd(0.1, 0.9))
    session = opened(replace(experiment, data=replace(experiment.data, accumulate=2)))
    session.navigator.go_to(Cursor(iteration))
    session = at(session, iteration, len(session.moment.steps))
    program = session.moment.program
    assert program is not None
    rows = state_rows(session.moment, W1, (0, 1))
    cells = [cell for row in rows for cell in (row.before, row.after) if cell is not None]
    assert {ref for ref in program.index if program.values[ref].owner.ref == W1} <= {cell.ref for cell in cells}
    assert all(cell.number is not None for cell in cells)


def test_a_gradient_and_what_is_made_of_it_are_told_apart(opened: Open) -> None:
    experiment = penalized(article(optimizer=sgd(0.1, 0.9), clipping=Choice("clip_grad_value_", {"clip_value": 1.0})))
    session = opened(replace(experiment, data=replace(experiment.data, accumulate=2)))
    session = at(session, 1, 1)
    rows = state_rows(session.moment, W2, (0, 1))
    assert [(row.symbol, row.name) for row in rows if "gradient" in row.name] == [
        ("∂ᴰ", "gradient of data"),
        ("∂R₁", "gradient of L2"),
        ("∂R₂", "gradient of L1"),
        ("∂", "gradient"),
        ("Gᵃˡˡ", "accumulated gradient"),
        ("g", "clipped gradient"),
        ("G", "kept gradient"),
    ]
    for column in ([row.symbol for row in rows], [row.name for row in rows]):
        assert len(set(column)) == len(column)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_value_has_the_name_that_its_tooltip_has_and_torch_s_beside_it(opened: Open, optimizer: str) -> None:
    """`exp_avg` alone said nothing to a student, and was called another thing everywhere else."""
    experiment = article(optimizer=Choice(optimizer, {"lr": 0.01}))
    session = at(opened(experiment), 0, 0)
    program = Executor(experiment).program
    kept = {value.name for value in map(program.values.__getitem__, program.memory) if value.owner.ref == W1}
    rows = state_rows(session.moment, W1, (0, 1))
    for row in rows:
        cell = row.after or row.before
        assert cell is not None
        value = program.values[cell.ref]
        if value.owner.ref == W1 and value.role in OF_OPTIMIZERS:
            assert meaning(experiment, cell.ref, cell.index).startswith(f"The {row.name} of the weight")
        assert "_" not in row.name
    assert {row.torch_name or row.name.replace(" ", "_") for row in rows} >= {name.replace(" ", "_") for name in kept}


def test_numbers_come_to_be_known_with_the_cursor_and_say_what_is_read_and_written(opened: Open) -> None:
    session = at(opened(MOMENTUM), 1, 0)
    place = session.timeline.history(session.document, 1).executor.program.index[refs.next_value(BUFFER)]
    session.navigator.go_to(Cursor(1, place))
    weight, gradient, buffer, *_ = state_rows(session.moment, W1, (0, 0))
    assert gradient.after is not None
    assert gradient.after.number is not None
    assert numbers(weight.after, buffer.after) == [None, None]
    session.navigator.go_to(Cursor(1, place + 1))
    rows = {row.name: row for row in state_rows(session.moment, W1, (0, 0))}
    cells = [cell for row in rows.values() for cell in (row.before, row.after) if cell is not None]
    assert [cell.ref for cell in cells if cell.written] == [refs.next_value(BUFFER)]
    assert {cell.ref for cell in cells if cell.read} == {BUFFER, refs.grad(W1), refs.MOMENTUM}
    assert [cell.ref for cell in cells if cell.selected] == [refs.next_value(BUFFER)]


def test_numbers_set_by_hand_are_marked(opened: Open) -> None:
    session = at(opened(MOMENTUM), 1, 21)
    session.number_editor.edit_number(refs.next_value(BUFFER), (0, 1), 0.5)
    cells = [cell for row in state_rows(session.moment, W1, (0, 1)) for cell in (row.before, row.after) if cell]
    assert [cell.ref for cell in cells if cell.by_hand] == [refs.next_value(BUFFER)]
    assert not any(c.by_hand for row in state_rows(session.moment, W1, (0, 0)) for c in (row.before, row.after) if c)


def test_a_frozen_parameter_has_its_value_alone(opened: Open) -> None:
    session = at(opened(mazur()), 0, 8)
    rows = state_rows(session.moment, refs.bias(0), (1,))
    assert [(row.name, numbers(row.before), row.after) for row in rows] == [("bias", [0.35], None)]


@given(experiments())
def test_nothing_that_the_optimizer_computes_for_a_parameter_is_left_out(
    qapp: QApplication, experiment: Experiment
) -> None:
    experiment = penalized(experiment)
    program = Executor(experiment).program
    with a_session(experiment) as session:
        session.navigator.go_to(Cursor(0, len(program.steps)))
        for parameter, shape in experiment.network.parameter_shapes().items():
            rows = state_rows(session.moment, parameter, tuple(size - 1 for size in shape))
            cells = [cell for row in rows for cell in (row.before, row.after) if cell is not None]
            refs_of = (*program.memory, *program.index)
            own = {ref for ref in refs_of if program.values[ref].owner.ref == parameter}
            assert own <= {cell.ref for cell in cells}
            assert len({cell.ref for cell in cells}) == len(cells)
            assert all(cell.number is not None for cell in cells)


# -------------------------------------------------------------------------------------------- whose rows they are


@pytest.mark.parametrize(
    ("ref", "index", "expected"),
    [
        (W1, (1, 0), (W1, (1, 0))),
        (refs.grad(W2), (0, 1), (W2, (0, 1))),
        (refs.next_value(BUFFER), (1, 1), (W1, (1, 1))),
        (B1, (1,), (B1, (1,))),
        (refs.pre_activation(0), (0, 1), (W1, (0, 1))),
        (refs.LOSS, (), (W1, (0, 1))),
    ],
)
def test_the_parameter_that_was_selected_last_is_followed(
    opened: Open, ref: ValueRef, index: tuple[int, ...], expected: tuple[ValueRef, tuple[int, ...]]
) -> None:
    session = at(opened(MOMENTUM), 1, 21)
    session.selector.select(W1, (0, 1))
    session.selector.select(ref, index)
    # The newest value of a parameter is selected in its place.
    assert session.moment.parameter == expected


def test_a_place_that_is_gone_gives_way_to_the_first_weight(opened: Open) -> None:
    session = opened()
    for last, expected in (((W1, (5, 5)), (W1, (0, 0))), ((refs.weight(7), (0, 0)), (W1, (0, 0)))):
        assert parameter_selected_last(session.moment, session.selection, last) == expected
    assert parameter_selected_last(session.moment, None, (W2, (0, 1))) == (W2, (0, 1))
    assert parameter_selected_last(session.moment, None, None) == (W1, (0, 0))


# ---------------------------------------------------------------------------------------- optimizers of one's own


def test_an_optimizer_by_formula_has_rows_for_its_states_and_terms(opened: Open) -> None:
    lines = ("c = 1 - 0.9^step", "v.next = 0.9*v + grad", "next = param - lr*v.next/c")
    choice = Choice("Formula", {"lr": 0.1, "state": {"v": 0.5}, "updates": lines})
    session = opened(article(optimizer=choice))
    session = at(session, 1, len(session.moment.steps))
    rows = state_rows(session.moment, W1, (0, 1))
    assert [(row.symbol, row.name) for row in rows] == [
        ("w", "weight"),
        ("∂", "gradient"),
        ("t", "step count"),
        ("c", "c"),
        ("v", "v"),
        ("η", "learning rate"),
    ]
    assert numbers(rows[2].before, rows[2].after) == [1.0, 2.0]
    assert numbers(rows[3].before, rows[3].after) == [None, pytest.approx(0.19)]
    gradient, before, after = rows[1].after, rows[4].before, rows[4].after
    assert gradient is not None
    assert before is not None
    assert after is not None
    assert after.number == pytest.approx(0.9 * (before.number or 0) + (gradient.number or 0))
    assert session.undo_stack.count() == 0


def test_an_optimizer_that_is_added_to_the_table_has_rows_checks_and_training(opened: Open) -> None:
    """A number for all of a parameter and one for each row: nothing but its entry knows of it."""
    with patch.dict(OPTIMIZERS, {SCALED.name: SCALED}):
        experiment = check_experiment(article(optimizer=Choice(SCALED.name, {"lr": 0.1})))
        executor = Executor(experiment)
        for trace in islice(executor.iterations(), 3):
            verdict = verify_trace(experiment, executor.program, trace)
            assert verdict.agrees, verdict
        Beside(experiment).hold(6)
        assert check_experiment(decode_experiment(encode_experiment(experiment))) == experiment
        session = opened(experiment)
        session = at(session, 1, len(session.moment.steps))
        rows = {row.name: row for row in state_rows(session.moment, W1, (1, 1))}
        assert list(rows) == ["weight", "gradient", "energy", "scale of a row", "learning rate"]
        assert None not in numbers(rows["energy"].before, rows["energy"].after)
        cell = rows["scale of a row"].after
        assert cell is not None
        assert (cell.index, cell.number is not None) == ((1, 0), True)
        words = meaning(experiment, ValueRef(f"{W1}.scale"), (1, 0))
        assert words == "The scale of a row of the weights of layer 1"


def test_a_number_is_in_the_phase_that_computes_it(opened: Open) -> None:
    """What data and penalties add to a gradient was coloured as if the update computed it."""
    session = at(opened(penalized(article(optimizer=sgd(0.1, 0.9)))), 0, 1)
    rows = state_rows(session.moment, W2, (0, 1))
    found = {row.name: cell.phase for row in rows if (cell := row.after or row.before) is not None}
    assert {name for name, phase in found.items() if phase is Phase.BACKWARD} == {
        "gradient of data",
        "gradient of L2",
        "gradient of L1",
        "gradient",
    }
    assert {name for name, phase in found.items() if phase is Phase.UPDATE} >= {"weight", "momentum buffer", "momentum"}
