"""The curve of each activation in the table: the function's own values, and its slope as autograd has it."""

from __future__ import annotations

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.tables import complete
from chainrule.engine.activations import ACTIVATIONS, Learned, Vectorwise
from chainrule.model.activation_curve import REACH, activation_curve, activation_slope

CURVES = [name for name, entry in ACTIVATIONS.items() if not isinstance(entry, Vectorwise)]
Z = (-7.3, -0.4, 0.25, 3.1)


def choice_of(name: str) -> tuple[Choice, float | None]:
    """An activation with its defaults, and what it has learned."""
    weight = 0.3 if isinstance(ACTIVATIONS[name], Learned) else None
    return complete(ACTIVATIONS, Choice(name), "$"), weight


def computed(name: str, z: torch.Tensor) -> torch.Tensor:
    choice, weight = choice_of(name)
    given = () if weight is None else (torch.tensor([weight], dtype=torch.float64),)
    return ACTIVATIONS[name].forward(choice)(z[:, None], *given)[:, 0]


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_has_the_functions_values(name: str) -> None:
    choice, weight = choice_of(name)
    curve = activation_curve(choice, 0.5, weight)
    assert curve is not None
    assert (curve.places[0], curve.places[-1]) == (-REACH, REACH)
    wanted = computed(name, torch.tensor(curve.places, dtype=torch.float64)).tolist()
    assert curve.values == tuple(wanted)
    assert (curve.low, curve.high) == (min(wanted), max(wanted))


@pytest.mark.parametrize("name", CURVES)
def test_the_slope_is_autograds(name: str) -> None:
    choice, weight = choice_of(name)
    z = torch.tensor(Z, dtype=torch.float64, requires_grad=True)
    a = computed(name, z)
    a.sum().backward()
    assert z.grad is not None
    slopes = [activation_slope(choice, *at, weight) for at in zip(Z, a.tolist(), strict=True)]
    assert slopes == pytest.approx(z.grad.tolist(), abs=1e-12)


@pytest.mark.parametrize("z", [-11.0, 3.9, 4.5, 37.0, 1e30])
def test_z_is_on_its_curve_which_stays_while_z_moves_a_little(z: float) -> None:
    curve = activation_curve(Choice("Tanh"), z)
    assert curve is not None
    assert -curve.places[-1] < z < curve.places[-1]
    assert curve is activation_curve(Choice("Tanh"), z * 1.001)


def test_there_is_none_of_several_z_or_of_what_cannot_be_drawn() -> None:
    for name in set(ACTIVATIONS) - set(CURVES):
        assert activation_curve(choice_of(name)[0], 1.0) is activation_slope(choice_of(name)[0], 1.0, 0.5) is None
    for z in (float("nan"), float("inf"), 1.7e308):
        assert activation_curve(Choice("ReLU"), z) is None
