"""The referee takes nothing that is right for wrong: every activation and loss far into its tails, in both dtypes."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.targets import needs_probabilities, targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.report import Report
from chainrule.engine.referee.verify import verify_run, verify_trace
from chainrule.engine.trace import Executor
from tests.engine.program.test_optimizers import CHOICES as OPTIMIZER_CHOICES
from tests.experiments import article, parameters, usual
from tests.formulas import formula_experiment

# Every eighth to 120 on both sides, and what is next to 0.
PLACES = (*(step / 8 for step in range(-960, 961)), *(side * 10.0**-k for k in range(2, 40, 3) for side in (1, -1)))
FORMS = [
    *(usual(ACTIVATIONS, name) for name in ACTIVATIONS),
    # Squares of them are too large or too small for float32, and their terms cancel.
    Choice("Formula", {"formula": "1/(1 + exp(-z))"}),
    Choice("Formula", {"formula": "if(abs(z) < 1e-9, 1, sin(z)/z)"}),
    Choice("Formula", {"formula": "(1 + z)^3 - 3*z - abs(z)"}),
    Choice("GELU", {"approximate": "tanh"}),
    Choice("Softplus", {"beta": 3.0}),
    Choice("ELU", {"alpha": 2.0}),
]

# Without an eps, a change is one lost digit over another.
DIVIDED = [choice for choice in OPTIMIZER_CHOICES if choice.arguments.get("eps") != 0]


def swept(activation: Choice, loss: Choice, dtype: str, targets: tuple[float, ...]) -> Experiment:
    """A sample for each place: two units, one of them at the place and the other at half of it with its sign turned."""
    return check_experiment(
        Experiment(
            network=NetworkSpec(1, (LayerSpec(2, activation),)),
            data=DataSpec(inputs=tuple((z,) for z in PLACES), targets=(targets,) * len(PLACES)),
            parameters=parameters({"layers.0.weight": ((1.0,), (-0.5,)), "layers.0.bias": (0.0, 0.0)}),
            loss=loss,
            dtype=dtype,
        )
    )


def assert_agrees(experiment: Experiment) -> None:
    executor = Executor(experiment)
    trace = next(iter(executor.iterations()))
    verdict = verify_trace(experiment, executor.program, trace, update=False)
    assert verdict.agrees, verdict


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", FORMS, ids=str)
def test_an_activation_far_into_its_tails(activation: Choice, dtype: str) -> None:
    for reduction in ("mean", "sum"):
        assert_agrees(swept(activation, Choice("MSELoss", {"reduction": reduction}), dtype, (0.5, -3.0)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_far_into_its_tails(name: str, dtype: str) -> None:
    targets: Any = {
        Targets.SIGNS: (1.0, -1.0),
        Targets.CLASSES: (1.0,),
        Targets.DISTRIBUTIONS: (0.25, 0.75),
    }.get(targets_of(Choice(name)), (0.3, 0.9))
    last = Choice("Sigmoid" if needs_probabilities(Choice(name)) else "Identity")
    assert_agrees(swept(last, usual(LOSSES, name), dtype, targets))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", DIVIDED, ids=str)
def test_gradients_that_have_lost_their_digits(optimizer: Choice, dtype: str) -> None:
    """Below the smallest normal number: what an optimizer divides by its eps is a change of normal size again."""
    tiny = 3e-42 if dtype == "float32" else 3e-320
    experiment = check_experiment(
        Experiment(
            network=NetworkSpec(2, (LayerSpec(1),)),
            data=DataSpec(inputs=((tiny, -7 * tiny), (tiny / 2, 5 * tiny)), targets=((1.0,), (-0.3,))),
            parameters=parameters({"layers.0.weight": ((0.0, 0.0),), "layers.0.bias": (0.1,)}),
            optimizer=optimizer,
            dtype=dtype,
        )
    )
    executor = Executor(experiment)
    for trace in islice(executor.iterations(), 4):
        verdict = verify_trace(experiment, executor.program, trace)
        assert verdict.agrees, verdict


@pytest.mark.parametrize("place", [(0, 0), (1, 1)])
def test_a_run_whose_numbers_grow_out_of_all_bounds(place: tuple[int, int]) -> None:
    """Where the step of a finite difference makes the loss far larger, rounding leaves nothing of the slope."""
    base = article(loss=Choice("MSELoss"))
    inputs = tuple(
        tuple(1e30 if (row, column) == place else x for column, x in enumerate(numbers))
        for row, numbers in enumerate(base.data.inputs)
    )
    given = parameters({"layers.0.weight": ((0.1, 0.2), (0.3, 0.4)), "layers.1.weight": ((-0.45, -0.21),)})
    experiment = check_experiment(replace(base, data=replace(base.data, inputs=inputs), parameters=given))
    report = verified(experiment, 4)
    assert report.agrees, report.first


def at_zero(*layers: LayerSpec, loss: str = "o", weight: float = 0.0) -> Experiment:
    """One number that is 0 or next to it goes through the layers, whose weights are 1 and -1 by turns."""
    given: dict[str, Any] = {"layers.0.weight": tuple((weight,) for _ in range(layers[0].units))}
    for below, units in enumerate(layer.units for layer in layers[:-1]):
        rows = range(layers[below + 1].units)
        given[f"layers.{below + 1}.weight"] = tuple(
            tuple((-1.0) ** (row + column) for column in range(units)) for row in rows
        )
    return check_experiment(
        Experiment(
            network=NetworkSpec(1, tuple(replace(layer, bias=False) for layer in layers)),
            data=DataSpec(inputs=((1.0,),), targets=((1.0,) * layers[-1].units,)),
            parameters=parameters(given),
            loss=Choice("Formula", {"formula": loss, "reduction": "sum"}),
        )
    )


CANCELLING = Choice("Formula", {"formula": "relu(z) - relu(-z)"})
# Of each: whose slopes no difference quotient can know, and whose it knows.
MADE_UP_FOR = [
    (at_zero(LayerSpec(1, CANCELLING)), ["layers.0.weight"], ["layers.0.activation"]),
    (at_zero(LayerSpec(1), loss="relu(o) - relu(-o)"), ["layers.0.weight", "layers.0.activation"], []),
    (
        at_zero(LayerSpec(1), LayerSpec(2, Choice("ReLU")), LayerSpec(1)),
        ["layers.0.weight", "layers.0.activation", "layers.1.pre_activation"],
        ["layers.2.weight", "layers.1.activation"],
    ),
    # Between two kinks, each of which is nearer than any step.
    (
        at_zero(LayerSpec(1), LayerSpec(2, Choice("LeakyReLU", {"negative_slope": 0.5})), LayerSpec(1), weight=1e-180),
        ["layers.0.weight", "layers.0.activation"],
        ["layers.2.weight", "layers.1.activation"],
    ),
    (formula_experiment("f = relu(x) - relu(-x) + 2*y", parameters={"x": 0, "y": 1}), ["x"], ["y"]),
    # Not the way that was taken, and 0 times what is no number.
    (formula_experiment("q = x^y", "f = if(q > 9, q, x*x)", parameters={"x": -1, "y": 1}), ["y"], ["x", "q"]),
]


@pytest.mark.parametrize(("experiment", "unknown", "known"), MADE_UP_FOR)
def test_a_slope_that_no_difference_quotient_can_know(
    experiment: Experiment, unknown: list[str], known: list[str]
) -> None:
    """PyTorch chooses a slope at each kink on the way: the whole need not have one there."""
    report = verified(experiment, 1)
    assert report.agrees, report.first
    compared = {str(row.ref): row.differences.compared for row in report.rows if row.differences is not None}
    assert not any(compared[f"{name}.grad"] for name in unknown)
    assert all(compared[f"{name}.grad"] for name in known)


def verified(experiment: Experiment, iterations: int) -> Report:
    """The report of some iterations from the start."""
    executor = Executor(experiment)
    run = verify_run(experiment, executor.program, islice(executor.iterations(), iterations), untouched=True)
    (verification,) = deque(run, maxlen=1)
    return verification.report()
