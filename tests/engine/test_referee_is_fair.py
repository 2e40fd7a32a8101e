"""The referee takes nothing that is right for wrong: every activation and loss far into its tails, in both dtypes."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.targets import needs_probabilities, targets_of
from chainrule.engine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.engine.verify import verify_run, verify_trace
from tests.engine.test_optimizers import CHOICES as OPTIMIZER_CHOICES
from tests.experiments import article, parameters, usual

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
    executor = Executor(experiment)
    run = verify_run(experiment, executor.program, islice(executor.iterations(), 4), untouched=True)
    (verification,) = deque(run, maxlen=1)
    assert verification.report().agrees, verification.report().first
