"""Dead units and flat answers, against autograd's slopes of the same activations."""

from __future__ import annotations

import pytest
import torch

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.engine.program import activations
from chainrule.model.flow.unit_slopes import FLAT, UnitSlopes, are_wrong, slope_bounds, unit_slopes

EACH = [name for name, entry in ACTIVATIONS.items() if not entry.couples_units and not entry.learned]


def completed(name: str) -> Choice:
    return Choice(name, {argument.name: argument.default for argument in ACTIVATIONS[name].arguments})


def typed(formula: str) -> Choice:
    return Choice("Formula", {"formula": formula})


def looked_at(choice: Choice, z: torch.Tensor) -> UnitSlopes | None:
    return unit_slopes(choice, z, activations.forward(choice)(z))


@pytest.mark.parametrize("name", EACH)
def test_shares_are_those_of_autograds_slopes(name: str) -> None:
    """Four units: far below 0 for every row, far above, around 0, and on both sides."""
    choice = typed("sin(z)") if name == "Formula" else completed(name)
    rows = [[-50.0, 50.0, 0.1, -30.0], [-45.0, 47.0, -0.2, 30.0], [-60.0, 60.0, 0.3, 40.0]]
    z = torch.tensor(rows, dtype=torch.float64)
    needs = z.clone().requires_grad_()
    (slopes,) = torch.autograd.grad(activations.forward(choice)(needs).sum(), needs)
    found = looked_at(choice, z)
    assert found is not None
    assert found.dead == tuple((slopes == 0).all(0).nonzero().flatten().tolist())
    flat = slopes.abs() <= FLAT * found.bounds.greatest
    assert found.flat == int(flat.sum())
    assert found.stuck == tuple(flat.all(0).nonzero().flatten().tolist())
    assert (found.rows, found.units) == (3, 4)


@pytest.mark.parametrize(
    ("choice", "greatest", "levels_off"),
    [
        (Choice("Sigmoid"), 0.25, True),
        (Choice("Tanh"), 1.0, True),
        (Choice("Softsign"), 1.0, True),
        (completed("Hardtanh"), 1.0, True),
        (Choice("ReLU"), 1.0, False),
        (Choice("Identity"), 1.0, False),
        (completed("ELU"), 1.0, False),
        (typed("1/(1 + exp(-z))"), 0.25, True),
        (typed("3*tanh(2*z)"), 6.0, True),
        (typed("exp(-z^2)"), (2 / torch.e) ** 0.5, True),
        (typed("sin(z)"), 1.0, False),
    ],
    ids=str,
)
def test_the_greatest_slope_is_found_from_the_derivative(choice: Choice, greatest: float, levels_off: bool) -> None:
    bounds = slope_bounds(choice)
    assert bounds.greatest == pytest.approx(greatest, rel=1e-3)
    assert bounds.levels_off is levels_off
    assert bounds.is_bounded


def test_a_slope_without_a_greatest_value_is_measured_by_1() -> None:
    for formula in ("z^2", "exp(z)", "z^3"):
        bounds = slope_bounds(typed(formula))
        assert (bounds.greatest, bounds.is_bounded, bounds.levels_off) == (1.0, False, False)


def test_a_typed_activation_is_judged_as_the_one_of_the_table() -> None:
    z = torch.linspace(-9, 9, 40, dtype=torch.float64).reshape(8, 5)
    ours, theirs = looked_at(typed("1/(1 + exp(-z))"), z), looked_at(Choice("Sigmoid"), z)
    assert ours is not None
    assert theirs is not None
    assert (ours.flat, ours.stuck, ours.dead) == (theirs.flat, theirs.stuck, theirs.dead)
    assert 0 < ours.flat < 40


def test_units_that_depend_on_each_other_have_no_slope_of_their_own() -> None:
    z = torch.ones(2, 3, dtype=torch.float64)
    assert looked_at(Choice("Softmax", {"dim": None}), z) is None


def test_what_is_not_a_number_is_neither_dead_nor_flat() -> None:
    found = looked_at(Choice("Tanh"), torch.tensor([[torch.nan, -40.0], [0.0, -41.0]], dtype=torch.float64))
    assert found is not None
    assert (found.dead, found.stuck, found.flat, found.answer) == ((1,), (1,), 2, -1.0)


def test_learned_slopes_count() -> None:
    choice = Choice("PReLU", {"num_parameters": 2, "init": 0.25})
    slopes = torch.tensor([0.0, 3.0], dtype=torch.float64)
    z = torch.tensor([[-1.0, -1.0], [-2.0, -2.0]], dtype=torch.float64)
    found = unit_slopes(choice, z, activations.forward(choice)(z, slopes), (slopes,))
    assert found is not None
    assert (found.dead, found.bounds.greatest) == ((0,), 3.0)


def test_answers_are_wrong_where_most_lie_at_the_other_end() -> None:
    answers, targets = torch.tensor([[0.99], [0.98]]), torch.tensor([[0.0], [0.1]])
    assert are_wrong(Choice("Sigmoid"), answers, targets)
    assert not are_wrong(Choice("Sigmoid"), answers, 1 - targets)
