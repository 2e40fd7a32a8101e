"""A heat: each of its runs has the losses that it has by itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, InitializationSpec
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.race.heat import MOST_ROWS, MOST_WEIGHTS, Heat, run_start
from chainrule.engine.race.run_numbers import same_or_each
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from tests.engine.scheduler_cases import ADAM, CASES, MOMENTUM, experiment, sequence
from tests.experiments import article, dense, experiments, penalized, usual
from tests.formulas import formula_experiment

ITERATIONS = 50
RATES = (1e-4, 0.01, 0.03, 0.2)


def with_rates(spec: Experiment, rates: Sequence[float] = RATES) -> list[Experiment]:
    return [replace(spec, optimizer=spec.optimizer.replace(lr=rate)) for rate in rates]


def heat_of(runs: Sequence[Experiment]) -> Heat:
    executor = Executor(runs[0])
    return Heat(runs, [run_start(run, executor.program) for run in runs], executor)


def check_runs(runs: Sequence[Experiment], iterations: int = ITERATIONS) -> None:
    """Each run's losses are those of a training by itself, until that stops; from there on they are NaN."""
    found = heat_of(runs).run(iterations)
    assert found.shape == (iterations, len(runs))
    for run, losses in zip(runs, found.T, strict=True):
        alone = torch.tensor([each.loss for each in Training(Executor(run)).run(iterations)], dtype=torch.float64)
        torch.testing.assert_close(losses[: len(alone)], alone, rtol=1e-10, atol=1e-10)
        assert losses[len(alone) :].isnan().all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_run_has_the_losses_that_it_has_alone_by_each_optimizer(name: str) -> None:
    spec = dense((2, 4, 3, 1), 5, optimizer=usual(OPTIMIZERS, name))
    check_runs(with_rates(spec))


@pytest.mark.parametrize(
    ("sizes", "rows", "batch"),
    [
        ((2, 20, 20, 1), 5, None),
        ((2, 4, 3), 70, None),
        ((3, 1, 1), 7, 3),
        ((1, 16, 16, 2), 64, 1),
        ((2, 4, 1), 1, None),
    ],
    ids=str,
)
@pytest.mark.parametrize("optimizer", [MOMENTUM, ADAM], ids=lambda choice: choice.name)
def test_products_small_and_large(optimizer: Choice, sizes: tuple[int, ...], rows: int, batch: int | None) -> None:
    spec = dense(sizes, rows, optimizer=optimizer)
    spec = check_experiment(replace(spec, data=replace(spec.data, batch_size=batch)))
    weights = max(many * few for many, few in pairwise(sizes))
    runs = with_rates(spec)
    assert heat_of(runs).goes_by_terms == (weights <= MOST_WEIGHTS and (batch or rows) <= MOST_ROWS)
    check_runs(runs)


def test_what_all_runs_begin_with_is_one_number() -> None:
    assert same_or_each([0.0, 0.0]) == 0.0
    assert str(same_or_each([0.0, -0.0])) == "(0.0, -0.0)"
    assert same_or_each([0.5, 0.5]) == 0.5
    assert isinstance(same_or_each([math.nan, math.nan]), tuple)


@pytest.mark.parametrize("optimizer", [MOMENTUM, ADAM], ids=lambda choice: choice.name)
@pytest.mark.parametrize("scheduler", [*CASES, Choice("ReduceLROnPlateau", {"patience": 2})], ids=str)
def test_each_run_has_the_losses_that_it_has_alone_by_each_scheduler(scheduler: Choice, optimizer: Choice) -> None:
    check_runs(with_rates(experiment(scheduler, optimizer), (0.001, 0.02)))


def test_runs_by_a_sequence_of_schedulers() -> None:
    parts = sequence(Choice("LinearLR", {"total_iters": 5}), Choice("StepLR", {"step_size": 7}), milestones=(9,))
    check_runs(with_rates(experiment(parts), (0.001, 0.02)))


@pytest.mark.parametrize("interval", ["epoch", "iteration"])
def test_runs_by_a_plateau_whose_losses_tell_them_apart(interval: str) -> None:
    plateau = Choice("ReduceLROnPlateau", {"patience": 0, "threshold": 0.01})
    data = replace(article().data, batch_size=1)
    check_runs(with_rates(experiment(plateau, interval=interval, data=data), (0.001, 0.02, 0.3)))


@pytest.mark.parametrize("accumulate", [1, 3])
def test_runs_take_the_same_shuffled_batches(accumulate: int) -> None:
    spec = dense((2, 3, 1), 7, optimizer=MOMENTUM)
    data = replace(spec.data, batch_size=3, shuffle=True, seed=5, accumulate=accumulate)
    check_runs(with_rates(check_experiment(replace(spec, data=data))))


@pytest.mark.parametrize(
    "clipping",
    [
        Choice("clip_grad_norm_", {"max_norm": 0.05}),
        Choice("clip_grad_norm_", {"max_norm": 0.05, "norm_type": "inf"}),
        Choice("clip_grad_value_", {"clip_value": 0.02}),
    ],
    ids=str,
)
def test_gradients_are_clipped_run_by_run(clipping: Choice) -> None:
    check_runs(with_rates(check_experiment(replace(penalized(article()), clipping=clipping))))


def test_runs_have_starts_of_their_own() -> None:
    spec = dense((3, 4, 2), 6, optimizer=ADAM)
    seeds = [replace(spec, initialization=InitializationSpec(seed=seed)) for seed in range(3)]
    other = replace(spec, initialization=InitializationSpec(scheme=Choice("xavier_uniform", {"gain": 1.0}), seed=1))
    check_runs([*seeds, check_experiment(other)])


def test_runs_of_a_formula() -> None:
    spec = formula_experiment(
        "f = (x - 1)^2 + 10*(y - x^2)^2",
        parameters={"x": -1.0, "y": 1.0},
        optimizer={"name": "SGD", "lr": 0.1, "momentum": 0.5},
    )
    check_runs(with_rates(spec, (1e-4, 1e-3, 5.0)))


def test_a_run_that_diverges_is_not_a_number_from_there_on_and_the_rest_goes_on() -> None:
    spec = dense((2, 4, 1), 5)
    found = heat_of(with_rates(spec, (0.01, 1e4, 1e200, 0.02))).run(ITERATIONS)
    assert found[:, [0, 3]].isfinite().all()
    stops = [int(column.isfinite().sum()) for column in found.T]
    assert stops[2] < stops[1] <= ITERATIONS
    assert found[stops[2] :, 2].isnan().all()
    check_runs(with_rates(spec, (0.01, 1e4, 1e200, 0.02)))


def test_it_goes_on_where_it_was() -> None:
    runs = with_rates(dense((2, 4, 1), 5, optimizer=ADAM))
    heat = heat_of(runs)
    assert torch.cat([heat.run(7), heat.run(1), heat.run(192)]).equal(heat_of(runs).run(200))


@settings(deadline=None, max_examples=60)
@given(experiments())
def test_any_experiments_runs_are_those_that_it_has_alone(spec: Experiment) -> None:
    rate = spec.optimizer.number("lr")
    check_runs(with_rates(spec, (rate, rate / 2)), 3)
