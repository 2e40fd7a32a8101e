"""The curve of each activation in the table: the function's own values, and its slope as autograd has it."""

from __future__ import annotations

import pytest
import torch

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.tables import complete
from chainrule.engine.program import activations as activation_functions
from chainrule.model.curves.activation import REACH, activation_curve, activation_slope
from tests.experiments import usual

CURVES = [name for name, entry in ACTIVATIONS.items() if not entry.couples_units]
Z = (-7.3, -0.4, 0.25, 3.1)


def choice_of(name: str) -> tuple[Choice, tuple[float, ...]]:
    """An activation with its defaults, and what it has learned."""
    learned = (0.3,) * len(ACTIVATIONS[name].learned)
    return complete(ACTIVATIONS, usual(ACTIVATIONS, name), "$"), learned


def computed(name: str, z: torch.Tensor) -> torch.Tensor:
    choice, learned = choice_of(name)
    given = (torch.tensor([number], dtype=torch.float64) for number in learned)
    return activation_functions.forward(choice)(z[:, None], *given)[:, 0]


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_has_the_functions_values(name: str) -> None:
    choice, learned = choice_of(name)
    curve = activation_curve(choice, 0.5, learned)
    assert curve is not None
    (piece,) = curve.pieces
    assert (piece[0][0], piece[-1][0]) == (-REACH, REACH)
    wanted = computed(name, torch.tensor([z for z, _ in piece], dtype=torch.float64)).tolist()
    assert [a for _, a in piece] == wanted
    assert (curve.low, curve.high) == (min(wanted), max(wanted))


@pytest.mark.parametrize("name", CURVES)
def test_the_slope_is_autograds(name: str) -> None:
    choice, learned = choice_of(name)
    z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    a = computed(name, z)
    a.sum().backward()
    assert z.grad is not None
    slopes = [activation_slope(choice, *at, learned) for at in zip(Z, a.tolist(), strict=True)]
    assert slopes == pytest.approx(z.grad.tolist(), abs=1e-12)


@pytest.mark.parametrize(
    ("formula", "ends"),
    [
        ("log(z)", [(0.125, 4.0)]),
        ("1/z", [(-4.0, -0.125), (0.125, 4.0)]),
        ("sqrt(z^2 - 1)", [(-4.0, -1.0), (1.0, 4.0)]),
    ],
)
def test_a_curve_has_gaps_where_the_formula_has_no_value(formula: str, ends: list[tuple[float, float]]) -> None:
    curve = activation_curve(Choice("Formula", {"formula": formula}), 0.5)
    assert curve is not None
    assert [(piece[0][0], piece[-1][0]) for piece in curve.pieces] == ends


@pytest.mark.parametrize("z", [-11.0, 3.9, 4.5, 37.0, 1e30])
def test_z_is_on_its_curve_which_stays_while_z_moves_a_little(z: float) -> None:
    curve = activation_curve(Choice("Tanh"), z)
    assert curve is not None
    assert -curve.reach < z < curve.reach
    assert curve is activation_curve(Choice("Tanh"), z * 1.001)


def test_there_is_none_of_several_z_or_of_what_cannot_be_drawn() -> None:
    for name in set(ACTIVATIONS) - set(CURVES):
        assert activation_curve(choice_of(name)[0], 1.0) is activation_slope(choice_of(name)[0], 1.0, 0.5) is None
    for z in (float("nan"), float("inf"), 1.7e308):
        assert activation_curve(Choice("ReLU"), z) is None
