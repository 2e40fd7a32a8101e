"""The race: each run comes out as it does alone, and one that cannot be run does not keep the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.commands.experiments import load
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.race import race as module
from chainrule.engine.race.heat import Heat
from chainrule.engine.race.race import Race, race_estimate
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.resource_files import example_paths
from tests.experiments import dense, sgd, usual

SPEC = dense((2, 4, 1), 6)
ITERATIONS = 30


def raced(runs: Sequence[Experiment], iterations: int = ITERATIONS, free: int | None = None) -> Race:
    race = Race(runs, iterations, lambda: free)
    shares = [race.progress for _ in race.advance()]
    assert shares == sorted(shares)
    assert race.progress == 1
    assert race.is_done
    return race


def by_rates(*rates: float) -> list[Experiment]:
    return [replace(SPEC, optimizer=sgd(rate)) for rate in rates]


def final_loss(run: Experiment) -> float:
    """The loss on all training rows after the last iteration, of the run alone."""
    executor = Executor(run)
    training = Training(executor)
    assert len(list(training.run(ITERATIONS))) == ITERATIONS
    return executor.evaluator.final_losses(training.state.values)[0]


def test_runs_of_several_optimizers_come_out_as_they_do_alone() -> None:
    batches = check_experiment(replace(SPEC, data=replace(SPEC.data, batch_size=4, shuffle=True)))
    runs = [
        replace(batches, optimizer=usual(OPTIMIZERS, name, lr=rate))
        for rate in (0.01, 0.05)
        for name in ("SGD", "Adam", "RMSprop")
    ]
    race = raced(list(map(check_experiment, runs)))
    for run, finish in zip(race.experiments, race.finishes, strict=True):
        assert finish is not None
        assert finish.loss == pytest.approx(final_loss(run), rel=1e-10)


def test_losses_are_kept_at_even_distances() -> None:
    race, (run, _) = raced(runs := by_rates(0.01, 0.02), 1000), by_rates(0.01, 0.02)
    assert race.every == 3
    alone = [each.loss for each in Training(Executor(run)).run(1000)]
    assert len(runs) == 2
    assert race.losses[:, 0].tolist() == pytest.approx(alone[::3], rel=1e-10)


def test_a_rate_that_diverges_says_in_which_iteration_and_the_rest_goes_on() -> None:
    race = raced(by_rates(0.01, 1e6, 0.02))
    good, lost, other = race.finishes
    training = Training(Executor(race.experiments[1]))
    assert good is not None
    assert lost is not None
    assert other is not None
    assert lost.loss is None
    assert lost.diverged == len(list(training.run(ITERATIONS)))
    assert good.loss == pytest.approx(final_loss(race.experiments[0]))
    assert other.loss == pytest.approx(final_loss(race.experiments[2]))


def test_what_does_not_fit_into_memory_is_said_and_the_rest_goes_on() -> None:
    wide = dense((2, 20_000, 1), 6)
    race = raced([SPEC, wide], free=2_000_000)
    small, large = race.finishes
    assert small is not None
    assert large is not None
    assert small.loss is not None
    assert large.refusal.startswith("One such run needs about 17 MB, and")
    assert large.refusal.endswith("this machine has 2 MB free.")


def test_where_memory_ends_fewer_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, run = [], Heat.run

    def scarce(heat: Heat, iterations: int) -> object:
        sizes.append(heat.runs)
        if heat.runs > 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return run(heat, iterations)

    monkeypatch.setattr(Heat, "run", scarce)
    race = raced(by_rates(*(0.01 * place for place in range(1, 8))))
    assert sizes[:3] == [7, 3, 1]
    assert all(finish is not None and finish.loss is not None for finish in race.finishes)


def test_one_that_fails_alone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(heat: Heat, iterations: int) -> object:
        raise RuntimeError("no such device\nmore")

    monkeypatch.setattr(module.Heat, "run", failing)
    race = raced(by_rates(0.01, 0.02))
    assert [finish and finish.refusal for finish in race.finishes] == [
        "This machine could not compute it: no such device"
    ] * 2


def test_a_schedule_that_ends_before_is_said() -> None:
    one_cycle = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 20})
    spec = replace(dense((2, 4, 1), 6, optimizer=sgd(0.01, 0.9)), scheduler=one_cycle)
    race = raced([SPEC, check_experiment(spec)])
    whole, ended = race.finishes
    assert whole is not None
    assert whole.loss is not None
    assert ended is not None
    assert ended.refusal == "Its schedule ends after 20 iterations."


# What races took on one core, in seconds of the processor: example, runs, iterations.
MEASURED = [
    ("three-classes", 64, 100, 0.35),
    ("three-classes", 64, 1000, 1.66),
    ("three-classes", 1024, 100, 2.79),
    ("three-classes", 1, 1000, 0.62),
]


@pytest.mark.parametrize(("name", "runs", "iterations", "took"), MEASURED)
def test_what_a_race_is_said_to_take_is_near_what_was_measured(
    name: str, runs: int, iterations: int, took: float
) -> None:
    experiment = load(next(path for path in example_paths() if path.stem == name))
    assert took / 2 < race_estimate(experiment, runs, 1, iterations).seconds < 2 * took
