"""Training without micro-steps: the losses and the state of the trace, few iterations or many, finite or not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import FEWEST_ITERATIONS, Plan
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from tests.experiments import article, dense, sgd


def traced(experiment: Experiment, iterations: int) -> tuple[list[float], TrainingState]:
    """The losses, and the state after them, by the trace alone."""
    executor = Executor(experiment)
    state, losses = executor.initial_state(), []
    for _ in range(iterations):
        values, state = executor.advance(state)
        losses.append(values[refs.LOSS].item())
    return losses, state


def same_state(ours: TrainingState, theirs: TrainingState) -> bool:
    """Whether two states are equal to the last bit."""
    return ours.iteration == theirs.iteration and all(
        torch.equal(value, theirs.values[ref]) for ref, value in ours.values.items()
    )


@pytest.mark.parametrize("iterations", [1, FEWEST_ITERATIONS, FEWEST_ITERATIONS + 1, 200])
@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_it_is_the_trace_without_micro_steps(name: str, iterations: int) -> None:
    experiment = dense((3, 4, 2), 9, optimizer=Choice(name, {"lr": 0.01}))
    experiment = check_experiment(
        replace(experiment, data=replace(experiment.data, batch_size=2, shuffle=True, test_size=0.3))
    )
    training = Training(Executor(experiment))
    trained = list(training.run(iterations))
    losses, state = traced(experiment, iterations)
    assert [one.loss for one in trained] == losses
    assert [one.iteration for one in trained] == list(range(iterations))
    assert {one.lr for one in trained} == {0.01}
    assert all(one.test_loss is not None for one in trained)
    assert same_state(training.state, state)
    assert training.stop is None


@pytest.mark.parametrize("arguments", [{}, {"patience": 1, "factor": 0.5}, {"patience": 0, "cooldown": 3}])
@pytest.mark.parametrize("optimizer", [sgd(0.5), Choice("Adam", {"lr": 0.5})], ids=["SGD", "Adam"])
def test_a_rate_that_goes_by_the_loss_is_that_of_the_trace(optimizer: Choice, arguments: dict[str, float]) -> None:
    """What the schedule remembers of earlier losses goes from iteration to iteration, whoever computes them."""
    experiment = replace(article(optimizer=optimizer), scheduler=Choice("ReduceLROnPlateau", dict(arguments)))
    training = Training(Executor(check_experiment(experiment)))
    trained = list(training.run(120))
    losses, state = traced(check_experiment(experiment), 120)
    assert [one.loss for one in trained] == losses
    assert same_state(training.state, state)
    assert len({one.lr for one in trained}) > 1


def test_it_stops_before_what_is_not_finite() -> None:
    """The trace finds it in the same place."""
    network = NetworkSpec(3, (LayerSpec(4), LayerSpec(2)))
    experiment = dense((3, 4, 2), 6, network=network, optimizer=sgd(1.5))
    training = Training(Executor(experiment))
    trained = list(training.run(100))
    assert 0 < len(trained) < FEWEST_ITERATIONS
    assert training.stop is not None
    assert training.state.iteration == len(trained)
    short = Training(Executor(experiment))
    assert list(short.run(FEWEST_ITERATIONS)) == trained
    assert short.stop == training.stop


def test_a_plan_that_gives_other_numbers_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = dense((3, 4, 2), 6, optimizer=sgd(0.05))
    load, weight = Plan.load, ValueRef("layers.0.weight")

    def wrong(plan: Plan, state: TrainingState) -> None:
        load(plan, TrainingState(state.iteration, {**state.values, weight: state.values[weight] + 1}))

    monkeypatch.setattr(Plan, "load", wrong)
    assert [one.loss for one in Training(Executor(experiment)).run(60)] == traced(experiment, 60)[0]
