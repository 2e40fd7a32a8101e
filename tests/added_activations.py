"""Activations that the table does not have: tests put them there, and nothing else has to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from chainrule.catalog.activation import Activation, Learned
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, Integer, Number
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from tests.experiments import parameters

# Two learned vectors: one number for each unit, and as many as an argument says.
BENT = Activation(
    name="Bent",
    formula="gain*tanh(z) + if(z > 0, shift*z^2, leak*shift)",
    words="bends z by two numbers that it learns",
    learned=(
        Learned("gain", r"\gamma", "gain", "what the tanh of z is multiplied by", initial=1.5),
        Learned("shift", r"\beta", "shift", "what the square of z is multiplied by", initial="start", count="shifts"),
    ),
    arguments=(
        Integer("shifts", 1, "shifts", minimum=1),
        Number("start", 0.25, "first shift"),
        Number("leak", 0.5, "leak", symbol=r"\ell"),
    ),
)
# Nothing but a formula.
SQUAREPLUS = Activation(name="Squareplus", formula="(z + sqrt(z^2 + 4))/2", words="bends smoothly from 0 to z itself")

# Units that depend on each other, by a formula only.
UNSURE = Activation(
    name="Unsure",
    formula="exp(z[n,k])/(1 + sum(j, exp(z[n,j])))",
    couples_units=True,
    words="turns all z of a sample into shares, and leaves one for nothing",
)


@contextmanager
def added() -> Iterator[None]:
    """The table with all of them."""
    with patch.dict(ACTIVATIONS, {entry.name: entry for entry in (BENT, SQUAREPLUS, UNSURE)}):
        yield


def experiment(shifts: int = 1, dtype: str = "float64", **changes: object) -> Experiment:
    """Three units that learn how they bend, two more, and an output."""
    bent = Choice("Bent", {"shifts": shifts, "start": -0.5})
    layers = (LayerSpec(3, bent), LayerSpec(2, Choice("Squareplus")), LayerSpec(1, Choice("Bent")))
    rows, targets = ((1.0, -2.0), (0.5, 0.25), (-1.0, 1.5)), ((1.0,), (0.0,), (-1.0,))
    given = parameters(
        {"layers.0.weight": ((0.5, -0.25), (-1.0, 0.5), (0.25, 0.75)), "layers.0.bias": (0.1, 0.2, -0.3)}
    )
    data = DataSpec(rows, targets)
    optimizer = Choice("SGD", {"lr": 0.05, "momentum": 0.9})
    return Experiment(
        NetworkSpec(2, layers),
        data,
        optimizer=optimizer,
        parameters=given,
        dtype=dtype,
        **changes,  # type: ignore[arg-type]
    )
