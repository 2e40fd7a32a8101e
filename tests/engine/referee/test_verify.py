"""The referee that the window shows: it agrees with every trace, and notices every number that is wrong."""

from __future__ import annotations

import weakref
from dataclasses import replace
from itertools import islice

import pytest
import torch
from hypothesis import given, settings

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.program.program import compile_program
from chainrule.engine.referee import verify
from chainrule.engine.referee.rounding import TOLERANCE, Expected
from chainrule.engine.referee.verify import Comparison, Verdict, compared, verify_trace
from chainrule.engine.trace import Executor, Trace
from tests.experiments import article, dense, experiments, mazur, sgd

INF, NAN = float("inf"), float("nan")

SMOOTH = mazur(frozen=frozenset(), optimizer=sgd(0.5, momentum=0.9))


def trace_of(experiment: Experiment, iteration: int = 0) -> Trace:
    """One iteration."""
    return next(islice(Executor(experiment).iterations(), iteration, None))


def verdict(experiment: Experiment, trace: Trace, *, update: bool = True) -> Verdict:
    """What the referee says of it."""
    return verify_trace(experiment, compile_program(experiment), trace, update=update)


def with_value(trace: Trace, ref: ValueRef, index: int, value: float) -> Trace:
    """The trace with one number replaced."""
    changed = trace.values[ref].clone()
    changed.view(-1)[index] = value
    return replace(trace, values={**trace.values, ref: changed})


def written(experiment: Experiment) -> list[ValueRef]:
    """What the program writes."""
    return [step.writes for step in compile_program(experiment).steps]


@settings(max_examples=50)
@given(experiments())
def test_it_agrees_with_any_trace_and_leaves_nothing_out(experiment: Experiment) -> None:
    for trace in islice(Executor(experiment).iterations(), 3):
        found = verdict(experiment, trace)
        assert found.agrees, found
        assert found.difference <= 1e-12
        assert found.compared == sum(trace.values[ref].numel() for ref in kept_by_torch(experiment))


def kept_by_torch(experiment: Experiment) -> list[ValueRef]:
    """What the program writes, without what torch.optim computes on its way and forgets: `next` is made from it."""
    counted = experiment.optimizer.name == "SGD"
    return [
        step.writes
        for step in compile_program(experiment).steps
        if step.kind is not StepKind.UPDATE_TERM and not (counted and step.writes.endswith(".step.next"))
    ]


@settings(max_examples=20)
@given(experiments("float32"))
def test_it_agrees_in_float32(experiment: Experiment) -> None:
    for trace in islice(Executor(experiment).iterations(), 3):
        assert verdict(experiment, trace).agrees


def test_without_the_update_it_compares_the_rest() -> None:
    trace = trace_of(SMOOTH)
    steps = [step for step in compile_program(SMOOTH).steps if step.phase is not Phase.UPDATE]
    found = verdict(SMOOTH, trace, update=False)
    assert found.agrees
    assert found.compared == sum(trace.values[step.writes].numel() for step in steps)


@pytest.mark.parametrize("experiment", [SMOOTH, article(), article(dtype="float32")], ids=lambda e: e.dtype)
@pytest.mark.parametrize("iteration", [0, 3])
def test_it_notices_every_number_that_is_wrong(experiment: Experiment, iteration: int) -> None:
    """Each number off by a millionth (in float32 by a hundredth) of the largest beside it, one at a time."""
    part = 1e-6 if experiment.dtype == "float64" else 1e-2
    trace = trace_of(experiment, iteration)
    assert verdict(experiment, trace).agrees
    for ref in written(experiment):
        value = trace.values[ref]
        for index, number in enumerate(value.flatten().tolist()):
            off = part * max(1.0, value.abs().max().item())
            found = verdict(experiment, with_value(trace, ref, index, number + off))
            assert not found.agrees, (ref, index)
            assert found.ref == ref
            assert found.difference == pytest.approx(off, rel=1e-2)


def test_it_notices_a_relative_error_of_a_millionth() -> None:
    """In float64, in every number of at least a thousandth."""
    trace = trace_of(SMOOTH)
    for ref in written(SMOOTH):
        for index, number in enumerate(trace.values[ref].flatten().tolist()):
            if abs(number) >= 1e-3:
                found = verdict(SMOOTH, with_value(trace, ref, index, number * (1 + 1e-6)))
                assert (found.agrees, found.ref) == (False, ref), index


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_nan_and_inf_are_noticed_wherever_they_are(bad: float) -> None:
    """Also in the first ref: those after it, which are right, must not hide it."""
    trace = trace_of(SMOOTH)
    for ref in written(SMOOTH):
        found = verdict(SMOOTH, with_value(trace, ref, 0, bad))
        assert (found.agrees, found.ref, found.difference) == (False, ref, INF)


def test_the_referee_reads_the_batch_and_the_state_from_the_trace() -> None:
    """A wrong parameter is no error of this iteration: what is computed from it is compared."""
    trace = trace_of(SMOOTH)
    found = verdict(SMOOTH, with_value(trace, refs.weight(0), 0, 5.0))
    assert not found.agrees
    assert found.ref in written(SMOOTH)


def test_a_frozen_network_is_compared_up_to_the_slope_of_its_loss() -> None:
    experiment = article(frozen=frozenset(compile_program(article()).parameters))
    trace = trace_of(experiment)
    output = refs.grad(refs.activation(1))
    assert verdict(experiment, trace).compared == sum(trace.values[ref].numel() for ref in written(experiment))
    assert verdict(experiment, with_value(trace, output, 0, 7.0)).ref == output


def test_a_run_that_overflows_is_no_disagreement_by_itself() -> None:
    """inf and NaN are what torch computes there too."""
    experiment = mazur(frozen=frozenset(), optimizer=sgd(1e308, momentum=0.9))
    for trace in islice(Executor(experiment).iterations(), 3):
        assert verdict(experiment, trace).agrees


def test_wide_layers_agree() -> None:
    experiment = dense((784, 128, 10), rows=64)
    found = verdict(experiment, trace_of(experiment))
    assert found.agrees
    assert found.relative <= TOLERANCE[torch.float64]
    assert found.compared > 3 * 784 * 128 - 784 * 128


def test_the_referee_leaves_the_trace_as_it_is() -> None:
    trace = trace_of(SMOOTH)
    before = {ref: value.clone() for ref, value in trace.values.items()}
    verdict(SMOOTH, trace)
    assert all(torch.equal(trace.values[ref], value) for ref, value in before.items())
    assert not any(value.requires_grad for value in trace.values.values())


def test_it_compares_where_something_has_left_gradients_switched_off() -> None:
    trace = trace_of(article())
    with torch.no_grad():
        assert verdict(article(), trace).agrees


def test_what_is_compared_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of a large network the referee's numbers are as many as the trace's.
    experiment = mazur(frozen=frozenset(), optimizer=sgd(0.5, momentum=0.9))
    seen: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []

    def looked_at(value: torch.Tensor, expected: Expected) -> Comparison:
        found = compared(value, expected)
        alive.append(sum(each() is not None for each in seen))
        seen.append(weakref.ref(expected.value))
        return found

    monkeypatch.setattr(verify, "compared", looked_at)
    assert verdict(experiment, trace_of(experiment)).agrees
    assert len(seen) > 10
    # The one before is let go once the next is taken.
    assert max(alive) <= 1
