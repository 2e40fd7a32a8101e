"""Every entry of every table at the ends of what it allows: computed or refused, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from chainrule.catalog.arguments import MAX_INTEGER, MAX_LENGTH, Choice, SpecError
from chainrule.catalog.experiment.spec import Experiment, InitializationSpec, LayerSpec, NetworkSpec
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor, first_non_finite
from chainrule.model.curves.learning_rates import MOST, preview_length
from tests.engine.extremes import TABLES, ask_everything, base, computed, experiments

# One in so many is computed, and of those one in so many is explained, planned and held against torch.
COMPUTED, ASKED = 13, 6
ENTRIES = [(table, name) for table, found in TABLES.items() for name in found.entries]


@pytest.mark.parametrize(("table", "name"), ENTRIES, ids=[f"{table}-{name}" for table, name in ENTRIES])
def test_an_entry_at_its_extremes_is_computed_or_refused(table: str, name: str) -> None:
    accepted = 0
    for experiment in islice(experiments(table, name), None, None, COMPUTED):
        found = computed(experiment)
        if found is None:
            continue
        if accepted % ASKED == 0:
            ask_everything(found)
        accepted += 1
    assert accepted


def refusal(experiment: Experiment) -> str:
    with pytest.raises(SpecError) as caught:
        check_experiment(experiment)
    return str(caught.value)


def schedule(name: str, **arguments: Any) -> Experiment:
    return base(scheduler=Choice(name, {"interval": "iteration", **arguments}))


@pytest.mark.parametrize(
    ("experiment", "message"),
    [
        (
            schedule("CyclicLR", base_lr=0.1, max_lr=1, step_size_up=1e308, cycle_momentum=False),
            "$.scheduler.step_size_up: expected an integer of at most 1e+15, got 1e+308",
        ),
        (
            schedule("CosineAnnealingWarmRestarts", T_0=1, T_mult=1e308),
            "$.scheduler.T_mult: expected an integer of at most 1e+15, got 1e+308",
        ),
        (
            schedule("ConstantLR", total_iters=10**400),
            f"$.scheduler.total_iters: expected an integer of at least 1, got 1{'0' * 36}...",
        ),
        (
            schedule("MultiStepLR", milestones=tuple(range(MAX_LENGTH + 1))),
            "$.scheduler.milestones: expected at most 10000 items, got 10001",
        ),
        (
            schedule("SequentialLR", schedulers=(Choice("StepLR", {"step_size": 1}),) * 101, milestones=range(100)),
            "$.scheduler.schedulers: expected at most 100 schedulers, got 101",
        ),
        (
            base(initialization=InitializationSpec(Choice("xavier_uniform", {"gain": 1e308}))),
            "$.initialization: expected first values that float64 can hold, got a scheme that reaches inf",
        ),
        (
            replace(base(network=NetworkSpec(2, (LayerSpec(2, lr=1e39),))), dtype="float32"),
            "$.network.layers[0].lr: expected a number that float32 can hold, got 1e+39",
        ),
        (
            base(network=NetworkSpec(2, (LayerSpec(2, Choice("CELU", {"alpha": 1e39})),))),
            "$.network.layers[0].activation.alpha: expected a number from -1e+38 to 1e+38, got 1e+39",
        ),
    ],
    ids=lambda value: "" if isinstance(value, Experiment) else None,
)
def test_what_cannot_be_computed_is_refused(experiment: Experiment, message: str) -> None:
    assert refusal(experiment) == message


@pytest.mark.parametrize(
    "scheduler",
    [
        Choice("ConstantLR", {"total_iters": MAX_INTEGER}),
        Choice("StepLR", {"step_size": MAX_INTEGER}),
        Choice("CosineAnnealingWarmRestarts", {"T_0": MAX_INTEGER, "T_mult": MAX_INTEGER}),
        Choice("OneCycleLR", {"max_lr": 1, "epochs": MAX_INTEGER, "steps_per_epoch": MAX_INTEGER}),
        Choice(
            "SequentialLR",
            {"schedulers": (Choice("StepLR", {"step_size": 1}),) * 2, "milestones": (MAX_INTEGER,)},
        ),
    ],
    ids=lambda choice: choice.name,
)
def test_a_preview_of_any_schedule_has_a_length(scheduler: Choice) -> None:
    optimizer = Choice("SGD", {"lr": 0.1, "momentum": 0.9})
    assert preview_length(check_experiment(base(scheduler=scheduler, optimizer=optimizer)), 0) == MOST


def sgd(**arguments: float | bool) -> Choice:
    return Choice("SGD", {"lr": 1.0, "momentum": 0.5, **arguments})


GROWING = Choice("ExponentialLR", {"gamma": 1e38, "interval": "iteration"})
CYCLED = Choice(
    "CyclicLR",
    {
        "base_lr": 1, "max_lr": 3e38, "base_momentum": 1e38, "max_momentum": 3e38, "mode": "exp_range", "gamma": 1e30,
        "step_size_up": 1, "interval": "iteration",
    },
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"scheduler": GROWING},
        {"scheduler": GROWING, "optimizer": Choice("Adam", {"lr": 3e38})},
        {"scheduler": GROWING, "optimizer": Choice("ASGD", {"lr": 3e38})},
        {"scheduler": GROWING, "optimizer": Choice("Adadelta", {"lr": 3e38})},
        {"scheduler": Choice("LambdaLR", {"lr_lambda": "1e300 * (iteration + 1)", "interval": "iteration"})},
        {"scheduler": CYCLED, "optimizer": sgd()},
        {"scheduler": CYCLED, "optimizer": sgd(nesterov=True)},
        {"optimizer": Choice("ASGD", {"lr": 3e38, "lambd": -3e38, "alpha": 3e38})},
        {"optimizer": Choice("ASGD", {"lr": 1.0, "lambd": -1.5, "alpha": 0.5})},
    ],
    ids=str,
)
def test_a_rate_that_outgrows_the_dtype_overflows_and_has_a_verdict(changes: dict[str, Any]) -> None:
    executor = Executor(check_experiment(replace(base(**changes), dtype="float32")))
    traces = list(islice(executor.iterations(), 6))
    stops = [first_non_finite(executor.program.steps, trace.values) for trace in traces]
    first = next(place for place, stop in enumerate(stops) if stop is not None)
    *_, verification = verify_run(executor.experiment, executor.program, traces, untouched=True)
    report = verification.report()
    stop = stops[first]
    assert stop is not None
    assert report.overflow == (first, executor.program.steps[stop].writes)
    assert report.agrees


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("clipping", ["clip_grad_value_", "clip_grad_norm_"])
@pytest.mark.parametrize("weight", [1e30, 3e38, -3e38])
def test_clipping_has_a_verdict_on_outputs_that_are_not_finite(clipping: str, dtype: str, weight: float) -> None:
    """The outputs overflow, or their squares do."""
    arguments = {"clip_value": 1.0} if clipping == "clip_grad_value_" else {"max_norm": 1.0}
    scale = 5e269 if dtype == "float64" else 1.0
    rows = ((weight * scale, weight * scale), (1.0, 1.0))
    experiment = check_experiment(
        replace(base(clipping=Choice(clipping, arguments)), dtype=dtype, parameters={"layers.0.weight": rows})
    )
    executor = Executor(experiment)
    *_, verification = verify_run(experiment, executor.program, islice(executor.iterations(), 3), untouched=True)
    report = verification.report()
    assert report.overflow is not None
    assert report.overflow[0] == 0
    assert report.agrees
