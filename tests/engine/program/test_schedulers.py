"""Every scheduler against torch's own: the learning rate and the momentum of every iteration, and what is refused."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from torch import nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.schedule import last_scheduled_iteration, preview, refusal, scheduled_values
from chainrule.catalog.schedules.schedulers import PARTS, SCHEDULERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor, first_non_finite
from chainrule.model.document import Segment
from chainrule.model.files.storage import decode_experiment, encode_experiment
from chainrule.model.timeline.history import History
from tests.engine import oracles
from tests.engine.scheduler_cases import ADAM, CASES, MOMENTUM, case, experiment, sequence
from tests.experiments import article

SGD = Choice("SGD", {"lr": 0.02})
ONE_CYCLE = Choice("OneCycleLR", {"max_lr": 0.3, "total_steps": 60})
SEQUENCES = [
    sequence(case("LinearLR"), case("CosineAnnealingLR"), milestones=(5,)),
    sequence(case("ConstantLR", 1), case("LinearLR", 1), case("ExponentialLR"), milestones=(30, 120)),
    sequence(case("StepLR"), case("MultiStepLR", 1), case("PolynomialLR", 1), milestones=(33, 90)),
    sequence(case("CosineAnnealingWarmRestarts", 2), case("CosineAnnealingWarmRestarts"), milestones=(44,)),
    sequence(case("CyclicLR"), case("StepLR"), milestones=(70,)),
    sequence(case("LinearLR"), case("CyclicLR"), milestones=(70,)),
    sequence(ONE_CYCLE, case("ExponentialLR"), milestones=(60,)),
    sequence(case("LinearLR"), ONE_CYCLE, case("ConstantLR"), milestones=(20, 75)),
    sequence(case("CyclicLR", 4), case("OneCycleLR"), milestones=(30,)),
    sequence(case("OneCycleLR"), case("CyclicLR", 4), milestones=(30,)),
    sequence(case("LambdaLR"), case("LambdaLR", 1), milestones=(17,)),
    sequence(case("StepLR", 0), milestones=()),
    sequence(case("StepLR", 0), case("LinearLR", 1), milestones=(0,)),
    *(sequence(case("ExponentialLR"), case(name), milestones=(3,)) for name in PARTS),
    *(sequence(case(name), case("ExponentialLR"), milestones=(50,)) for name in PARTS),
]


def name_of(choice: Choice) -> str:
    parts = choice.arguments.get("schedulers", ())
    return "-".join([choice.name, *(part.name for part in parts)])  # type: ignore[union-attr]


class TorchGroups:
    """torch's scheduler over an optimizer with the experiment's two parameter groups."""

    def __init__(self, checked: Experiment) -> None:
        assert checked.scheduler is not None
        given = [nn.Parameter(torch.zeros(1, dtype=torch.float64)) for _ in range(2)]
        groups: list[dict[str, Any]] = [{"params": given[:1]}, {"params": given[1:], "lr": 0.003}]
        self.interval, self.batches = checked.scheduler["interval"], batches_per_epoch(checked.data)
        self.optimizer = oracles.optimizer(checked.optimizer, groups)  # type: ignore[arg-type]
        self.scheduler = oracles.scheduler(checked.scheduler, self.optimizer, self.batches)

    def settings(self) -> dict[ValueRef, float]:
        """What the optimizer is set to, by our names."""
        main, layer = self.optimizer.param_groups
        found = {refs.LR: main["lr"], refs.layer_lr(1): layer["lr"]}
        found[refs.MOMENTUM if "momentum" in main else refs.BETA1] = main.get("momentum", main.get("betas", [0])[0])
        return found

    def iterations(self) -> Iterator[dict[ValueRef, float]]:
        """The settings of each iteration."""
        iteration = 0
        while True:
            yield self.settings()
            iteration += 1
            if self.interval == "iteration" or iteration % self.batches == 0:
                with warnings.catch_warnings():
                    # No gradient is computed here, so that the optimizer never steps; milestones use a deprecated way.
                    warnings.simplefilter("ignore")
                    self.scheduler.step()


def test_every_scheduler_is_tested() -> None:
    assert {choice.name for choice in (*CASES, *SEQUENCES, *PLATEAUS)} == set(SCHEDULERS)


def test_every_argument_is_tested() -> None:
    """Each is given some value that is not its default."""
    given: dict[str, set[str]] = {}
    for choice in (*CASES, *SEQUENCES, *PLATEAUS):
        given.setdefault(choice.name, set()).update(choice.arguments)
    for name, entry in SCHEDULERS.items():
        assert {argument.name for argument in entry.arguments} - {"interval"} <= given[name] | {"cycle_momentum"}


def test_arguments_are_those_of_torch() -> None:
    for name, entry in SCHEDULERS.items():
        theirs = inspect.signature(getattr(torch.optim.lr_scheduler, name)).parameters
        for argument in entry.arguments[:-1]:
            default = theirs[argument.name].default
            assert argument.required is (default is inspect.Parameter.empty)
            if not argument.required:
                assert argument.default == default
        assert entry.arguments[-1].name == "interval"
        left_out = set(theirs) - {argument.name for argument in entry.arguments}
        assert left_out <= {"optimizer", "last_epoch", "scale_fn", "scale_mode"}


def assert_same(actual: Any, expected: Any) -> None:
    assert actual == pytest.approx(expected, rel=1e-12, abs=1e-18)


@pytest.mark.parametrize("optimizer", [SGD, MOMENTUM, ADAM], ids=["SGD", "momentum", "Adam"])
@pytest.mark.parametrize("scheduler", [*CASES, *SEQUENCES], ids=name_of)
def test_every_iteration_is_that_of_torch(scheduler: Choice, optimizer: Choice) -> None:
    checked = experiment(scheduler, optimizer)
    found = preview(checked, 201)
    expected = list(islice(TorchGroups(checked).iterations(), 201))
    assert_same(found.lr, [settings[refs.LR] for settings in expected])
    assert_same(found.own[refs.layer_lr(1)], [settings[refs.layer_lr(1)] for settings in expected])
    if found.momentum:
        name = refs.BETA1 if optimizer.name == "Adam" else refs.MOMENTUM
        assert_same(found.momentum, [settings[name] for settings in expected])


@pytest.mark.parametrize("scheduler", [*CASES, *SEQUENCES[:4]], ids=name_of)
def test_the_program_carries_what_the_preview_shows(scheduler: Choice) -> None:
    """Every number in the trace itself, with an epoch of two batches."""
    data = replace(article().data, batch_size=1)
    for interval in ("iteration", "epoch"):
        checked = experiment(scheduler, interval=interval, data=data)
        executor = Executor(checked)
        traces = list(islice(executor.iterations(), 24))
        for trace, expected in zip(traces, TorchGroups(checked).iterations(), strict=False):
            for ref, number in expected.items():
                if ref in trace.values:
                    assert_same(trace.values[ref].item(), number)
        found = preview(checked, 24)
        assert found.lr == tuple(trace.values[refs.LR].item() for trace in traces)
        assert found.own == {refs.layer_lr(1): tuple(trace.values[refs.layer_lr(1)].item() for trace in traces)}
        for trace in traces:
            assert scheduled_values(checked, trace.iteration) == {
                ref: trace.values[ref].item() for ref in scheduled_values(checked)
            }


PLATEAUS = [
    Choice("ReduceLROnPlateau", {"patience": 2}),
    Choice("ReduceLROnPlateau", {"patience": 0, "factor": 0.5, "cooldown": 3, "min_lr": 0.0005}),
    Choice("ReduceLROnPlateau", {"patience": 1, "threshold": 0.5, "threshold_mode": "abs", "eps": 1e-4}),
    Choice("ReduceLROnPlateau", {"patience": 3, "mode": "max", "factor": 0.9, "cooldown": 1}),
    Choice("ReduceLROnPlateau", {"patience": 0, "mode": "max", "threshold": 0.2, "threshold_mode": "abs", "factor": 0}),
    Choice("ReduceLROnPlateau", {"patience": 4, "threshold": 0.3, "factor": 0.7}),
]


# -------------------------------------------------------------------------------------------- ReduceLROnPlateau


@pytest.mark.parametrize("batch_size", [None, 1])
@pytest.mark.parametrize("interval", ["iteration", "epoch"])
@pytest.mark.parametrize("scheduler", PLATEAUS, ids=str)
def test_a_plateau_is_that_of_torch(scheduler: Choice, interval: str, batch_size: int | None) -> None:
    """A learning rate at which the loss jumps about, so that it gets better and worse."""
    data = replace(article().data, batch_size=batch_size)
    checked = experiment(scheduler, Choice("SGD", {"lr": 0.08, "momentum": 0.9}), interval, data=data)
    torch_groups, total = TorchGroups(checked), 0.0
    batches = batches_per_epoch(data) if interval == "epoch" else 1
    reduced = 0
    for trace in islice(Executor(checked).iterations(), 200):
        theirs = torch_groups.scheduler
        for ref, number in torch_groups.settings().items():
            if ref in trace.values:
                assert_same(trace.values[ref].item(), number)
        for name in ("best", "num_bad_epochs", "cooldown_counter"):
            assert_same(trace.values[refs.scheduler_state(name)].item(), getattr(theirs, name))
        total += trace.values[refs.LOSS].item()
        if (trace.iteration + 1) % batches == 0:
            theirs.step(total / batches)
            total = 0.0
            reduced += torch_groups.settings()[refs.LR] != trace.values[refs.LR].item()
    assert reduced


def test_a_plateau_shows_what_is_known_of_it_beforehand() -> None:
    found = preview(experiment(PLATEAUS[0]), 5)
    assert (found.lr, found.own, found.momentum) == ((0.01,) * 5, {refs.layer_lr(1): (0.003,) * 5}, ())
    assert "loss" in found.note


def test_the_best_of_nothing_is_no_overflow() -> None:
    data = replace(article().data, batch_size=1)
    trace = next(Executor(experiment(PLATEAUS[0], interval="epoch", data=data)).iterations())
    executor = Executor(experiment(PLATEAUS[0], interval="epoch", data=data))
    assert trace.values[ValueRef("scheduler.best.next")].item() == math.inf
    assert first_non_finite(executor.program.steps, trace.values) is None
    assert all(finite for _, finite in islice(History(Segment(0, executor.experiment)).run(0), 3))


# ------------------------------------------------------------------------------------------- settings at the start


def test_cycling_the_momentum_gives_sgd_a_buffer() -> None:
    plain = Choice("SGD", {"lr": 0.02})
    cyclic = case("CyclicLR")
    program = Executor(experiment(cyclic, plain)).program
    assert ValueRef("layers.0.weight.momentum_buffer") in program.memory
    assert program.memory[refs.MOMENTUM].initial == 0.9
    without = Executor(experiment(cyclic.replace(cycle_momentum=False), plain)).program
    assert refs.MOMENTUM not in without.memory
    assert ValueRef("layers.0.weight.momentum_buffer") not in without.memory


@pytest.mark.parametrize("optimizer", [SGD, ADAM], ids=["SGD", "Adam"])
def test_parameters_move_as_those_of_torch(optimizer: Choice) -> None:
    """With a cycled momentum or beta1, the whole update."""
    checked = experiment(case("CyclicLR"), optimizer)
    executor = Executor(checked)
    state = executor.initial_state()
    given = {ref: nn.Parameter(state.values[ref].clone()) for ref in executor.program.parameters}
    groups: list[dict[str, Any]] = [
        {"params": [p for ref, p in given.items() if ref.startswith("layers.0")]},
        {"params": [p for ref, p in given.items() if ref.startswith("layers.1")], "lr": 0.003},
    ]
    theirs = oracles.optimizer(optimizer, groups)  # type: ignore[arg-type]
    assert checked.scheduler is not None
    scheduler = oracles.scheduler(checked.scheduler, theirs)
    for trace in islice(executor.iterations(), 50):
        for ref, parameter in given.items():
            torch.testing.assert_close(trace.values[ref], parameter.detach(), rtol=1e-12, atol=1e-12)
            parameter.grad = trace.values[refs.grad(ref)].clone()
        theirs.step()
        scheduler.step()


def test_float32_keeps_the_schedule_in_float64() -> None:
    checked = experiment(case("CosineAnnealingLR"), dtype="float32")
    expected = preview(checked, 40).lr
    history = History(Segment(0, checked))
    list(islice(history.run(0), 40))
    found = [history.trace(iteration).values[refs.LR] for iteration in range(40)]
    assert [lr.item() for lr in found] == list(expected)
    assert all(lr.dtype == torch.float64 for lr in found)


def test_an_epoch_goes_by_its_last_batch() -> None:
    data = replace(article().data, batch_size=1)
    found = preview(experiment(case("ExponentialLR"), interval="epoch", data=data), 7).lr
    assert_same(found, [0.01, 0.01, 0.0095, 0.0095, 0.009025, 0.009025, 0.00857375])


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("three_phase", [False, True])
def test_after_its_total_a_cycle_has_one_more_rate_and_then_none(strategy: str, three_phase: bool) -> None:
    """torch computes it past the end of the last phase, and then refuses."""
    choice = Choice(
        "OneCycleLR",
        {"max_lr": 1.0, "total_steps": 10, "anneal_strategy": strategy, "three_phase": three_phase, "div_factor": 2.0},
    )
    checked = experiment(choice)
    found = preview(checked, 15)
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.02, momentum=0.5)
    given = {name: value for name, value in choice.arguments.items() if name != "interval"}
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, **given)  # type: ignore[arg-type]
    rates, momenta = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for _ in range(11):
            rates.append(optimizer.param_groups[0]["lr"])
            momenta.append(optimizer.param_groups[0]["momentum"])
            if len(rates) < 11:
                cycle.step()
        with pytest.raises(ValueError, match="Tried to step 11 times"):
            cycle.step()
    assert found.lr[:11] == pytest.approx(rates, rel=1e-12)
    assert found.momentum[:11] == pytest.approx(momenta, rel=1e-12)
    assert abs(rates[10] - rates[9]) > 0.001
    assert all(map(math.isnan, (*found.lr[11:], *found.momentum[11:])))
    following = refs.next_value(refs.LR)
    assert [refusal(checked, iteration, following) for iteration in (8, 9)] == [None, None]
    reason = "OneCycleLR has 10 steps; this would be the 12th rate, which torch refuses"
    assert refusal(checked, 10, following) == reason


@pytest.mark.parametrize(
    "scheduler",
    [
        ONE_CYCLE,
        sequence(case("StepLR"), ONE_CYCLE, milestones=(7,)),
        sequence(ONE_CYCLE, case("StepLR"), milestones=(60,)),
        sequence(ONE_CYCLE, case("StepLR"), milestones=(63,)),
        case("StepLR"),
    ],
    ids=name_of,
)
@pytest.mark.parametrize("interval", ["iteration", "epoch"])
def test_the_last_iteration_is_the_first_without_a_next_rate(scheduler: Choice, interval: str) -> None:
    data = replace(article().data, batch_size=1)
    checked = check_experiment(experiment(scheduler, interval=interval, data=data))
    refused = [iteration for iteration in range(200) if refusal(checked, iteration, refs.next_value(refs.LR))]
    assert last_scheduled_iteration(checked) == (refused[0] if refused else None)


def test_long_cycles_neither_fail_nor_lose_the_lowest_rate() -> None:
    """Where the power of torch's formula overflows, the height of the triangle has long been 0."""
    cyclic = Choice("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 1, "mode": "triangular2"})
    assert preview(experiment(cyclic), 2500).lr[-1] == 0.01
    grows = preview(experiment(cyclic.replace(mode="exp_range", gamma=2.0)), 1200).lr
    assert grows[1001] > 1e290
    assert not math.isfinite(grows[-1])
    vast = Choice("OneCycleLR", {"max_lr": 0.1, "epochs": 1e15, "steps_per_epoch": 1e15})
    assert preview(experiment(vast), 3).lr == pytest.approx([0.004] * 3)


@pytest.mark.parametrize("scheduler", [None, *CASES, *SEQUENCES[:4], *PLATEAUS[:1]], ids=str)
def test_a_preview_is_as_long_as_it_should_be(scheduler: Choice | None) -> None:
    data = replace(article().data, batch_size=1)
    plain = article(data=data)
    checked = plain if scheduler is None else experiment(scheduler, interval="epoch", data=data)
    for count in (0, 1, 2, 3, 50):
        found = preview(checked, count)
        assert len(found.lr) == count
        assert all(len(lr) == count for lr in found.own.values())
        assert len(found.momentum) in (0, count)


@pytest.mark.parametrize("scheduler", [*CASES, *SEQUENCES, *PLATEAUS], ids=name_of)
def test_a_file_keeps_the_scheduler(scheduler: Choice) -> None:
    checked = experiment(scheduler)
    assert check_experiment(decode_experiment(encode_experiment(checked))) == checked
