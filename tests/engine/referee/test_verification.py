"""The report over a run: it agrees with every experiment, says what it compared, and finds each kind of error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.kernels.activations import KERNELS as ACTIVATION_KERNELS
from chainrule.engine.kernels.losses import KERNELS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import compile_program
from chainrule.engine.referee.report import Report
from chainrule.engine.referee.rounding import TOLERANCE
from chainrule.engine.referee.verify import DIFFERENCES_TOLERANCE, distance, injected, verify_run, verify_trace
from chainrule.engine.trace import Executor, Trace
from tests.engine.program.test_schedulers import PLATEAUS, SEQUENCES, name_of
from tests.engine.scheduler_cases import CASES
from tests.engine.scheduler_cases import experiment as scheduled
from tests.experiments import HALF_SQUARED_ERROR, article, dense, experiments, mazur, neuron, sgd

SMOOTH = mazur(frozen=frozenset(), optimizer=sgd(0.5, momentum=0.9))


def report_of(experiment: Experiment, iterations: int = 3, start: int = 0) -> Report:
    """The report on some iterations; from a start in the middle it takes over the trace's memory."""
    executor = Executor(experiment)
    traces = islice(executor.iterations(), start, start + iterations)
    return report_on(experiment, list(traces), untouched=start == 0)


def report_on(experiment: Experiment, traces: list[Trace], *, untouched: bool = True) -> Report:
    """The report on these traces."""
    return list(verify_run(experiment, compile_program(experiment), traces, untouched=untouched))[-1].report()


# --------------------------------------------------------------------------------------------------- what agrees


@settings(max_examples=30)
@given(experiments())
def test_any_experiment_agrees(experiment: Experiment) -> None:
    report = report_of(experiment)
    assert report.agrees, report.worst
    assert [row.ref for row in report.rows] == [step.writes for step in compile_program(experiment).steps]


@settings(max_examples=15)
@given(experiments("float32"))
def test_any_experiment_agrees_in_float32(experiment: Experiment) -> None:
    report = report_of(experiment)
    assert report.agrees, report.worst


@pytest.mark.parametrize("start", [1, 7])
@pytest.mark.parametrize("experiment", [SMOOTH, article()], ids=lambda e: e.title)
def test_a_run_from_the_middle_takes_over_the_memory(experiment: Experiment, start: int) -> None:
    report = report_of(experiment, start=start)
    assert report.agrees
    assert report.iterations == 3


def test_each_ref_has_the_referees_that_know_it() -> None:
    report = report_of(SMOOTH, iterations=4)
    program = compile_program(SMOOTH)
    for row in report.rows:
        size = next(Executor(SMOOTH).iterations()).values[row.ref].numel()
        update = program.steps[program.index[row.ref]].phase.value == "update"
        assert row.run is not None
        assert row.run.compared == 4 * size
        assert (row.autograd is None) == update
        assert (row.optimizer is not None) == update
        assert row.torch is not None
        assert row.torch.compared == 4 * size
        assert (row.differences is not None) == row.ref.endswith(".grad")
        assert row.torch.tolerance == TOLERANCE[torch.float64]
        if row.differences:
            assert (row.differences.compared, row.differences.skipped) == (4 * size, 0)
            assert row.differences.tolerance == DIFFERENCES_TOLERANCE["float64"]


def test_of_wide_layers_finite_differences_take_a_sample() -> None:
    report = report_of(dense((50, 40, 3), rows=8), iterations=2)
    weight = next(row for row in report.rows if row.ref == "layers.0.weight.grad")
    assert weight.differences is not None
    assert weight.differences.compared + weight.differences.skipped == 8
    assert report.agrees


# --------------------------------------------------------------------------------- what a difference cannot know


def confident(z: float, target: float, **changes: Any) -> Experiment:
    """One Sigmoid that is sure of itself, right or wrong."""
    one = neuron("Sigmoid", (1.0,), (z,), 0.0, target, 0.1)
    return check_experiment(replace(one, loss=Choice("BCELoss"), **changes))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("z", [5.0, 18.0, 22.0, 26.0, 33.0, 36.5, 40.0, -18.0, -37.0, -40.0, -101.0, -700.0])
def test_a_confident_neuron_that_is_wrong_agrees(z: float, dtype: str) -> None:
    """1 - a has lost its digits, or torch limits the slope: then a difference cannot tell."""
    for target in (0.0, 0.3, 1.0):
        report = report_of(confident(z, target, dtype=dtype), iterations=1)
        assert report.agrees, report.worst


def test_what_a_difference_cannot_know_is_counted_and_the_rest_is_judged() -> None:
    """Of two samples one is sure of itself; what is of the other sample alone is judged."""
    rows = DataSpec(inputs=((22.0,), (0.5,)), targets=((0.0,), (1.0,)))
    report = report_of(confident(1.0, 0.0, data=rows), iterations=1)
    found = {row.ref: row.differences for row in report.rows if row.differences is not None}
    # The loss of a itself cannot be taken beyond a = 1.
    assert {ref: (one.compared, one.skipped) for ref, one in found.items()} == {
        "layers.0.activation.grad": (1, 1),
        "layers.0.pre_activation.grad": (1, 1),
        "layers.0.weight.grad": (0, 1),
        "layers.0.bias.grad": (0, 1),
    }
    assert report.agrees


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_derivative_that_is_wrong_is_found_where_a_difference_can_tell(
    monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    right = ACTIVATION_KERNELS["Sigmoid"]
    monkeypatch.setitem(ACTIVATION_KERNELS, "Sigmoid", replace(right, slope=lambda z, a: right.slope(z, a) * 1.01))
    report = report_of(confident(3.0, 0.0, dtype=dtype), iterations=1)
    row = next(row for row in report.rows if row.ref == "layers.0.pre_activation.grad")
    assert row.differences is not None
    assert not row.differences.agrees


def test_a_slope_that_overflows_on_the_way_is_not_judged() -> None:
    """Of a GELU by tanh torch has no slope where the cube of z overflows, as we have none."""
    network = NetworkSpec(1, (LayerSpec(1, Choice("GELU", {"approximate": "tanh"})),))
    given = {refs.weight(0): ((1e200,),), refs.bias(0): (0.0,)}
    data = DataSpec(inputs=((1.0,),), targets=((0.0,),))
    checked = check_experiment(Experiment(network=network, data=data, parameters=given, loss=Choice("SumOfOutputs")))
    report = report_of(checked, iterations=1)
    assert report.overflow == (0, "layers.0.pre_activation.grad")
    assert report.agrees


# ---------------------------------------------------------------------------------------------- what is falsified


def written(experiment: Experiment) -> list[ValueRef]:
    """What the program writes."""
    return [step.writes for step in compile_program(experiment).steps]


@pytest.mark.parametrize("ref", written(SMOOTH))
def test_a_falsified_number_is_the_first_to_differ(ref: ValueRef) -> None:
    """What reads it differs too; finite differences start from the trace's own values, and can show it elsewhere."""
    traces = list(islice(Executor(SMOOTH).iterations(), 3))
    value = traces[1].values[ref].clone()
    value.view(-1)[0] += 1e-3
    traces[1] = replace(traces[1], values={**traces[1].values, ref: value})
    report = report_on(SMOOTH, traces)
    assert not report.agrees
    assert report.first == (1, ref)
    row = next(row for row in report.rows if row.ref == ref)
    for comparison in row.comparisons:
        assert comparison.absolute == pytest.approx(1e-3, rel=1e-4)
        assert not comparison.agrees
    program = compile_program(SMOOTH)
    readers = {step.writes for step in program.steps if ref in step.reads}
    # torch.optim computes a new parameter from its gradient in one go, by way of the momentum buffer.
    readers |= {refs.next_value(program.values[ref].owner.ref)}
    for other in report.rows:
        assert other.torch is not None
        assert other.torch.agrees or other.ref == ref or other.ref in readers, other.ref


def test_a_run_that_does_not_go_on_from_where_it_was_is_noticed() -> None:
    """Each iteration alone is right, but the parameters have jumped."""
    traces = list(islice(Executor(SMOOTH).iterations(), 3))
    report = report_on(SMOOTH, [traces[0], traces[2]])
    assert not report.agrees
    assert all(row.autograd is None or row.autograd.agrees for row in report.rows)
    assert {row.ref for row in report.rows if not row.agrees} == {
        refs.next_value(ref) for ref in compile_program(SMOOTH).carried
    }
    assert report.first == (0, refs.next_value(refs.weight(0)))


# ---------------------------------------------------------------------------------------------------- wrong tables


def off(function: Callable[..., Any]) -> Callable[..., Any]:
    """A thousandth too much."""
    return lambda *args, **kwargs: function(*args, **kwargs) * 1.001


def broken_optimizer(writes: str) -> Any:
    """SGD with one of its computations a thousandth off."""
    entry = OPTIMIZERS["SGD"]

    def updates(*args: Any) -> Any:
        return tuple(
            replace(update, kernel="", formula=f"1.001*({update.formula})") if update.writes == writes else update
            for update in entry.updates(*args)
        )

    return replace(entry, updates=updates)


# What is broken, and the first ref in which it shows, by which referee.
BROKEN = {
    "activation": (ACTIVATION_KERNELS, "Sigmoid", {"forward": off(torch.sigmoid)}, "layers.0.activation", "autograd"),
    "derivative": (
        ACTIVATION_KERNELS,
        "Sigmoid",
        {"slope": off(ACTIVATION_KERNELS["Sigmoid"].slope)},
        "layers.1.pre_activation.grad",
        "differences",
    ),
    "loss": (KERNELS, "HalfSquaredError", {"term": off(KERNELS["HalfSquaredError"].term)}, "loss", "autograd"),
    "loss gradient": (
        KERNELS,
        "HalfSquaredError",
        {"slope": off(KERNELS["HalfSquaredError"].slope)},
        "layers.1.activation.grad",
        "differences",
    ),
    "buffer": (
        OPTIMIZERS,
        "SGD",
        broken_optimizer("momentum_buffer.next"),
        "layers.1.weight.momentum_buffer.next",
        "optimizer",
    ),
    "update": (OPTIMIZERS, "SGD", broken_optimizer("next"), "layers.1.weight.next", "optimizer"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_error_in_a_table_is_found_where_it_is(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    entries, name, change, ref, referee = BROKEN[what]
    entry = replace(entries[name], **change) if isinstance(change, dict) else change
    monkeypatch.setitem(entries, name, entry)
    report = report_of(SMOOTH)
    assert not report.agrees
    assert report.first == (0, ref)
    comparison = getattr(next(row for row in report.rows if row.ref == ref), referee)
    assert comparison is not None
    assert not comparison.agrees


@pytest.mark.parametrize("activation", ["Sigmoid", "Tanh", "ReLU"])
def test_a_derivative_that_is_wrong_only_in_one_place_is_found(
    monkeypatch: pytest.MonkeyPatch, activation: str
) -> None:
    right = ACTIVATION_KERNELS[activation]

    def wrong(z: Any, a: Any) -> Any:
        return right.slope(z, a) + (z == z.max()) * 1e-3

    monkeypatch.setitem(ACTIVATION_KERNELS, activation, replace(right, slope=wrong))
    network = replace(
        SMOOTH.network, layers=tuple(replace(layer, activation=Choice(activation)) for layer in SMOOTH.network.layers)
    )
    assert not report_of(replace(SMOOTH, network=network), iterations=1).agrees


# ----------------------------------------------------------------------------------------------------- what overflows


def test_a_run_that_overflows_says_where_and_compares_what_is_before() -> None:
    experiment = article(optimizer=sgd(1e100))
    report = report_of(experiment, iterations=6)
    traces = list(islice(Executor(experiment).iterations(), 2))
    assert torch.isfinite(traces[0].values[refs.LOSS])
    assert report.overflow == (1, refs.LOSS)
    assert report.iterations == 2
    assert report.agrees


def test_a_ref_that_is_never_reached_has_no_comparison() -> None:
    experiment = article(loss=HALF_SQUARED_ERROR, data=replace(article().data, inputs=((1e200, 1.0), (1.0, 1.0))))
    report = report_of(experiment)
    assert report.overflow == (0, refs.LOSS)
    assert [row.ref for row in report.rows if row.comparisons] == written(experiment)[:5]
    assert report.agrees


# ----------------------------------------------------------------------------------------------------- the schedule


SCHEDULES = [*CASES, *SEQUENCES, *PLATEAUS]


@pytest.mark.parametrize("interval", ["iteration", "epoch"])
@pytest.mark.parametrize("scheduler", SCHEDULES, ids=name_of)
def test_every_schedule_agrees_from_the_start_and_from_the_middle(scheduler: Choice, interval: str) -> None:
    """An epoch of two batches, a layer with a learning rate of its own; from the middle with the trace's memory."""
    data = replace(article().data, batch_size=1)
    checked = scheduled(scheduler, Choice("SGD", {"lr": 0.02, "momentum": 0.5}), interval, data=data)
    executor = Executor(checked)
    program, traces = executor.program, list(islice(executor.iterations(), 34))
    for start in (0, 1, 9, 30):
        loop = injected(checked, program, traces[start])
        if start:
            loop.updating.restore(start, {ref: traces[start].values[ref] for ref in program.memory})
        for trace in traces[start : start + 4]:
            found = loop.gradients(trace.values[refs.INPUT], trace.values[refs.TARGET])
            found |= loop.update(trace.iteration)
            for step in program.steps:
                assert distance(trace.values[step.writes], found[step.writes])[1] <= 1e-12, (start, step.writes)
    assert verify_trace(checked, program, traces[7]).agrees


def test_a_wrong_schedule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = SCHEDULERS["ExponentialLR"]

    def wrong(choice: Choice, spot: Any) -> Any:
        rule = entry.rule(choice, spot)
        return replace(rule, value=rule.value * 1.001) if spot.step else rule

    monkeypatch.setitem(SCHEDULERS, "ExponentialLR", replace(entry, rule=wrong))
    checked = scheduled(Choice("ExponentialLR", {"gamma": 0.9}))
    report = report_of(checked)
    assert not report.agrees
    assert report.first == (0, "lr.next")


@pytest.mark.parametrize(
    "clipping", [Choice("clip_grad_norm_", {"max_norm": 0.1}), Choice("clip_grad_value_", {"clip_value": 0.1})]
)
def test_clipping_agrees_and_needs_no_gradient(clipping: Choice) -> None:
    assert report_of(mazur(clipping=clipping)).agrees
    everything = frozenset(mazur().network.parameter_shapes())
    assert report_of(mazur(clipping=clipping, frozen=everything)).agrees
