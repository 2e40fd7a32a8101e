"""Whole experiments over the product of all tables, against a torch loop: every value of ten iterations."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import compile_program
from chainrule.engine.trace import Executor
from tests.engine.torch_loop import Loop
from tests.experiments import article, experiments, mazur, sgd

ITERATIONS = 10
ATOL = 1e-10

# Learning rates at which ten iterations stay tame, whatever the optimizer, so that only rounding separates the two.
RATES = st.sampled_from([0.0, 1e-4, 0.001, 0.003])
STEPS = st.integers(1, 6)
PARTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "ConstantLR": {"factor": st.sampled_from([0.25, 1.0]), "total_iters": STEPS},
    "LinearLR": {
        "start_factor": st.sampled_from([0.1, 1.0]),
        "end_factor": st.sampled_from([0.0, 0.5, 1.0]),
        "total_iters": STEPS,
    },
    "StepLR": {"step_size": STEPS, "gamma": st.sampled_from([0.1, 1.5])},
    "MultiStepLR": {"milestones": st.sampled_from([(), (1,), (2, 5)]), "gamma": st.sampled_from([0.1, 0.5])},
    "ExponentialLR": {"gamma": st.sampled_from([0.0, 0.9, 1.1])},
    "PolynomialLR": {"total_iters": STEPS, "power": st.sampled_from([0.5, 1.0, 2.0])},
    "CosineAnnealingLR": {"T_max": STEPS, "eta_min": st.sampled_from([0.0, 1e-4])},
    "CosineAnnealingWarmRestarts": {
        "T_0": STEPS,
        "T_mult": st.integers(1, 2),
        "eta_min": st.sampled_from([0.0, 1e-4]),
    },
    "CyclicLR": {
        "base_lr": st.sampled_from([0.0, 1e-4]),
        "max_lr": st.sampled_from([0.001, 0.003]),
        "step_size_up": STEPS,
        "step_size_down": st.none() | STEPS,
        "mode": st.sampled_from(["triangular", "triangular2", "exp_range"]),
        "gamma": st.sampled_from([1.0, 0.9]),
        "cycle_momentum": st.booleans(),
    },
    "OneCycleLR": {
        "max_lr": st.sampled_from([0.001, 0.003]),
        "total_steps": st.integers(11, 20),
        "anneal_strategy": st.sampled_from(["cos", "linear"]),
        "cycle_momentum": st.booleans(),
        "three_phase": st.booleans(),
    },
    "LambdaLR": {"lr_lambda": st.sampled_from(["0.9 ** epoch", "1 / (1 + iteration)", "1 if iteration % 2 else 0.5"])},
}
# What counts as better is a jump in the learning rate: by an absolute threshold, which rounding never decides on.
PLATEAU: dict[str, st.SearchStrategy[Any]] = {
    "mode": st.sampled_from(["min", "max"]),
    "factor": st.sampled_from([0.1, 0.5]),
    "patience": st.integers(0, 2),
    "threshold": st.just(0.0123),
    "threshold_mode": st.just("abs"),
    "cooldown": st.integers(0, 2),
    "min_lr": st.sampled_from([0.0, 1e-4]),
}
CLIPPED: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "clip_grad_norm_": {
        "max_norm": st.sampled_from([0.01, 0.5, 10.0]),
        "norm_type": st.sampled_from(["1", "2", "inf"]),
    },
    "clip_grad_value_": {"clip_value": st.sampled_from([0.01, 0.5])},
}


def drawn(name: str, arguments: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Choice]:
    """An entry with any of those arguments."""
    return st.builds(Choice, st.just(name), st.fixed_dictionaries(arguments))


SINGLE = st.one_of([drawn(name, arguments) for name, arguments in PARTS.items()])


@st.composite
def schedulers(draw: st.DrawFn) -> Choice | None:
    """None, one scheduler, or a sequence."""
    kind = draw(st.sampled_from(["none", "single", "single", "sequence", "plateau"]))
    if kind == "none":
        return None
    interval = draw(st.sampled_from(["iteration", "epoch"]))
    if kind == "plateau":
        return draw(drawn("ReduceLROnPlateau", PLATEAU)).replace(interval=interval)
    if kind == "single":
        return draw(SINGLE).replace(interval=interval)
    parts = tuple(draw(st.lists(SINGLE, min_size=1, max_size=3)))
    milestones = tuple(range(2, 2 + 3 * (len(parts) - 1), 3))
    return Choice("SequentialLR", {"schedulers": parts, "milestones": milestones, "interval": interval})


def fitted(scheduler: Choice, optimizer: Choice) -> Choice:
    """The scheduler, which cycles a momentum only where the optimizer has one."""
    if scheduler.name == "SequentialLR":
        parts = scheduler["schedulers"]
        assert isinstance(parts, tuple)
        return scheduler.replace(
            schedulers=tuple(fitted(part, optimizer) for part in parts if isinstance(part, Choice))
        )
    has = "betas" in optimizer.arguments or bool(optimizer.arguments.get("momentum"))
    return scheduler.replace(cycle_momentum=False) if "cycle_momentum" in scheduler.arguments and not has else scheduler


def continuous(experiment: Experiment) -> Experiment:
    """The experiment, without what makes a gradient that is 0 but for rounding where its sign alone moves a parameter.

    Behind a Softmax the shares of the outputs add up to 1: with equal slopes of the loss their gradients cancel, and
    Rprop steps by the sign of what is left.
    """
    if experiment.optimizer.name != "Rprop":
        return experiment
    layers = [
        replace(layer, activation=Choice("Sigmoid")) if layer.activation.name == "Softmax" else layer
        for layer in experiment.network.layers
    ]
    return replace(experiment, network=replace(experiment.network, layers=tuple(layers)))


@st.composite
def whole_experiments(draw: st.DrawFn) -> Experiment:
    """An experiment with every part that there is."""
    drawn_one: Experiment = draw(experiments())
    network, data = drawn_one.network, drawn_one.data
    layers = tuple(replace(layer, lr=draw(st.none() | RATES)) for layer in network.layers)
    data = replace(data, test_size=draw(st.sampled_from([0.0, 0.25, 0.5])))
    if data.batch_size is not None:
        data = replace(data, batch_size=min(data.batch_size, data.training_rows))
    optimizer, scheduler = drawn_one.optimizer.replace(lr=draw(RATES)), draw(schedulers())
    clippings = [drawn(name, CLIPPED[name]) for name in CLIPPINGS]
    return check_experiment(
        continuous(
            replace(
                drawn_one,
                network=replace(network, layers=layers),
                data=data,
                optimizer=optimizer,
                scheduler=None if scheduler is None else fitted(scheduler, optimizer),
                clipping=draw(st.none() | st.one_of(clippings)) if clippings else None,
            )
        )
    )


def hold(experiment: Experiment, iterations: int = ITERATIONS, atol: float = ATOL) -> None:
    """Train program and loop side by side; every ref that the program writes must be among the loop's."""
    executor = Executor(experiment)
    state = executor.initial_state()
    first = {ref: state.values[ref] for ref in executor.program.parameters}
    loop = Loop(experiment, first, batches_of(experiment))
    for trace in islice(executor.iterations(), iterations):
        expected = loop.iteration(trace.iteration, trace.rows)
        missing = [step.writes for step in executor.program.steps if step.writes not in expected]
        assert missing == [], f"nothing to hold {missing} against"
        for step in executor.program.steps:
            value, reference = trace.values[step.writes], expected[step.writes]
            place = f"iteration {trace.iteration}, {step.writes}"
            assert value.shape == reference.shape, place
            same = (value == reference) | (value.isnan() & reference.isnan())
            apart = (value - reference).abs().masked_fill(same, 0.0)
            assert bool((apart <= atol).all()), f"{place}: {value} is not {reference}"


def batches_of(experiment: Experiment) -> int:
    """Iterations of an epoch."""
    data = experiment.data
    return 1 if data.batch_size is None else -(-data.training_rows // data.batch_size)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(whole_experiments())
def test_ten_iterations_of_any_experiment_are_those_of_torch(experiment: Experiment) -> None:
    hold(experiment)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_over_many_iterations(name: str) -> None:
    """Mazur's network, whose numbers are smooth, with torch's own defaults."""
    lr = {"lr": 0.01} if any(a.name == "lr" and a.required for a in OPTIMIZERS[name].arguments) else {}
    hold(mazur(frozen=frozenset(), optimizer=Choice(name, lr)), iterations=60)


def test_every_entry_is_drawn() -> None:
    """A new scheduler or way to clip fails here until something draws it; the other tables are drawn as they are."""
    assert set(PARTS) | {"ReduceLROnPlateau", "SequentialLR"} == set(SCHEDULERS)
    assert set(CLIPPINGS) <= set(CLIPPED)


# ------------------------------------------------------------------------------------------------ that it can fail


def test_a_value_that_nothing_covers_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    hold(article(), iterations=1)
    monkeypatch.setattr("tests.engine.oracles.loss_terms", lambda *_: {})
    experiment = article(
        loss=Choice("CrossEntropyLoss"),
        data=replace(article().data, targets=((0.0,), (0.0,))),
    )
    with pytest.raises(AssertionError, match="nothing to hold"):
        hold(experiment, iterations=1)


@pytest.mark.parametrize("ref", [step.writes for step in compile_program(mazur(optimizer=sgd(0.5, 0.9))).steps])
def test_an_error_in_any_value_is_noticed(monkeypatch: pytest.MonkeyPatch, ref: str) -> None:
    """Of a millionth, in the last iteration."""
    experiment = mazur(optimizer=sgd(0.5, 0.9))
    whole = Loop.iteration

    def wrong(self: Loop, number: int, rows: tuple[int, ...]) -> dict[str, torch.Tensor]:
        values = whole(self, number, rows)
        return values | {ref: values[ref] + 1e-6} if number == ITERATIONS - 1 else values

    monkeypatch.setattr(Loop, "iteration", wrong)
    with pytest.raises(AssertionError, match=f"iteration 9, {ref}"):
        hold(experiment)
