"""The function of a neuron, its derivative, its kinks and the samples on it, held against PyTorch's modules."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import nn

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LayerSpec
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.curves import neuron
from chainrule.model.curves.neuron import neuron_curve, neuron_reach, neuron_samples, some_rows
from tests.experiments import usual

CURVES = [name for name, entry in ACTIVATIONS.items() if not entry.couples_units and name != "Formula"]
SLOPE = 0.3


def layer_of(name: str, units: int = 1, **arguments: object) -> LayerSpec:
    choice = complete(ACTIVATIONS, usual(ACTIVATIONS, name), "$")
    return LayerSpec(units, choice.replace(**arguments))  # type: ignore[arg-type]


def module_of(name: str) -> nn.Module:
    """PyTorch's own, in double precision, with a slope of PReLU's that is another than the first."""
    found: nn.Module = getattr(nn, name)().double()
    for vector in found.parameters():
        nn.init.constant_(vector, SLOPE)
    return found


def of_torch(name: str, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """a and da/dz as autograd has it."""
    z = torch.tensor(places, dtype=torch.float64, requires_grad=True)
    a = module_of(name)(z)
    a.sum().backward()
    assert z.grad is not None
    return a.detach().numpy(), z.grad.numpy()


def learned_of(name: str) -> tuple[float, ...]:
    return (SLOPE,) * len(ACTIVATIONS[name].learned)


@pytest.mark.parametrize("name", CURVES)
def test_a_curve_and_its_derivative_are_torchs(name: str) -> None:
    curve = neuron_curve(layer_of(name), 0, 8.0, learned_of(name))
    for places, values, slopes in curve.pieces:
        wanted = of_torch(name, places)
        assert values == pytest.approx(wanted[0], abs=1e-12)
        assert slopes == pytest.approx(wanted[1], abs=1e-7 if name == "Hardsigmoid" else 1e-12)
    assert (curve.pieces[0][0][0], curve.pieces[-1][0][-1]) == (-8.0, 8.0)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("ReLU", [0.0]), ("LeakyReLU", [0.0]), ("PReLU", [0.0]), ("SELU", [0.0]), ("Hardtanh", [-1.0, 1.0]),
        ("ReLU6", [0.0, 6.0]), ("Hardsigmoid", [-3.0, 3.0]), ("Hardswish", [-3.0, 3.0]),
        *((name, []) for name in ("ELU", "CELU", "GELU", "SiLU", "Mish", "Softplus", "Tanh", "Sigmoid", "Identity")),
    ],
)  # fmt: skip
def test_each_kink_has_the_slope_that_torch_takes_and_those_beside_it(name: str, places: list[float]) -> None:
    kinks = neuron_curve(layer_of(name), 0, 8.0, learned_of(name)).kinks
    assert [kink.z for kink in kinks] == places
    if not places:
        return
    for at, side in ((0.0, "taken"), (-1e-9, "below"), (1e-9, "above")):
        _, slopes = of_torch(name, np.array(places) + at)
        shown = [kink.taken if side == "taken" else getattr(kink.found, side).slope for kink in kinks]
        assert shown == pytest.approx(slopes.tolist(), abs=1e-6)
    assert [kink.a for kink in kinks] == of_torch(name, np.array(places))[0].tolist()


def test_a_typed_formula_has_its_kinks_too() -> None:
    layer = LayerSpec(1, Choice("Formula", {"formula": "abs(z - 1) + max(z, 2)"}))
    kinks = neuron_curve(layer, 0, 4.0, ()).kinks
    assert [(kink.z, kink.a, kink.taken) for kink in kinks] == [(1.0, 2.0, 0.0), (2.0, 3.0, 1.5)]


@pytest.mark.parametrize("name", ["Softmax", "LogSoftmax"])
def test_where_units_are_coupled_the_others_are_held(name: str) -> None:
    held = (0.5, -1.0, 2.0)
    (piece,) = neuron_curve(layer_of(name, 3), 1, 4.0, (), held).pieces
    z = torch.tensor(held, dtype=torch.float64).repeat(piece.shape[1], 1)
    z[:, 1] = torch.from_numpy(piece[0])
    z.requires_grad_(True)
    a = getattr(nn, name)(dim=1)(z)
    a[:, 1].sum().backward()
    assert z.grad is not None
    assert piece[1] == pytest.approx(a[:, 1].detach().numpy(), abs=1e-12)
    assert piece[2] == pytest.approx(z.grad[:, 1].numpy(), abs=1e-12)


def values_of(z: torch.Tensor, a: torch.Tensor) -> Mapping[ValueRef, torch.Tensor]:
    return {refs.pre_activation(0): z, refs.activation(0): a}


def test_each_sample_has_its_own_z_a_and_slope() -> None:
    z = torch.tensor([[-2.0, 0.5], [0.25, 1.0], [3.0, float("inf")]], dtype=torch.float64)
    found = neuron_samples(layer_of("Sigmoid", 2), values_of(z, torch.sigmoid(z)), 0, 0, 1, 4.0)
    a, slopes = of_torch("Sigmoid", z[:, 0].numpy())
    assert found.places.tolist() == [0, 1, 2]
    assert (found.z.tolist(), found.a.tolist()) == (z[:, 0].tolist(), a.tolist())
    assert found.slopes == pytest.approx(slopes, abs=1e-15)
    assert (found.total, found.missing, found.counts.sum()) == (3, 0, 3)
    other = neuron_samples(layer_of("Sigmoid", 2), values_of(z, torch.sigmoid(z)), 0, 1, 0, 4.0)
    assert (other.missing, other.counts.sum()) == (1, 2)
    assert neuron_reach(values_of(z, z), 0, 1) == 4.0
    assert neuron_reach(values_of(z * 1e308, z), 0, 0) is None


def test_of_coupled_units_each_sample_has_its_own_slope() -> None:
    z = torch.tensor([[0.5, -1.0, 2.0], [1.0, 1.0, 1.0]], dtype=torch.float64, requires_grad=True)
    a = torch.softmax(z, 1)
    a[:, 2].sum().backward()
    assert z.grad is not None
    found = neuron_samples(layer_of("Softmax", 3), values_of(z.detach(), a.detach()), 0, 2, 0, 4.0)
    assert found.slopes == pytest.approx(z.grad[:, 2].numpy(), abs=1e-15)


def test_many_samples_are_counted_and_some_are_drawn_the_shown_one_among_them() -> None:
    z = torch.linspace(-3, 3, 60_000, dtype=torch.float32)[:, None]
    values = values_of(z, torch.tanh(z))
    found = neuron_samples(layer_of("Tanh"), values, 0, 0, 31_415, 4.0)
    assert neuron.MOST_SAMPLES <= len(found.places) <= neuron.MOST_SAMPLES + 1
    assert 31_415 in found.places
    assert (found.counts.sum(), found.total, found.missing) == (60_000, 60_000, 0)
    # From -3 to 3, evenly: nothing at either end.
    assert not found.counts[:7].any()
    assert found.counts[8:-8].min() > 0
    rows = some_rows(values, 0, (0,), 31_415, 24)
    assert len(rows.points[0]) == 25
    assert rows.points[0][0] == (float(z[31_415]), float(torch.tanh(z)[31_415]))
