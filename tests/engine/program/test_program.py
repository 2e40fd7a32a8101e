"""The program's promises: each value written once, in order, from what is there, and nothing else touched."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import Extent
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.program.program import compile_program, update_ref, updates_by_parameter
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import Executor, first_non_finite, run_steps
from tests.experiments import article, dense, experiments, sgd

GIVEN = (refs.INPUT, refs.TARGET, refs.LR, refs.MOMENTUM, refs.BETA1)


def writes(experiment: Experiment) -> list[ValueRef]:
    """What the steps write, in order."""
    return [step.writes for step in compile_program(experiment).steps]


# ----------------------------------------------------------------------------------------------- what it does


def test_article_network_takes_17_micro_steps() -> None:
    kinds = Counter(step.phase for step in compile_program(article()).steps)
    assert kinds == {Phase.FORWARD: 4, Phase.LOSS: 1, Phase.BACKWARD: 8, Phase.UPDATE: 4}


def test_momentum_adds_one_micro_step_a_parameter() -> None:
    program = compile_program(article(optimizer=sgd(0.01, momentum=0.9)))
    assert len(program.steps) == 21
    assert program.carried == (
        *program.parameters,
        *(refs.optimizer_state(ref, "momentum_buffer") for ref in program.parameters),
    )


def test_article_network_in_order() -> None:
    assert writes(article()) == [
        "layers.0.pre_activation",
        "layers.0.activation",
        "layers.1.pre_activation",
        "layers.1.activation",
        "loss",
        "layers.1.activation.grad",
        "layers.1.pre_activation.grad",
        "layers.1.weight.grad",
        "layers.1.bias.grad",
        "layers.0.activation.grad",
        "layers.0.pre_activation.grad",
        "layers.0.weight.grad",
        "layers.0.bias.grad",
        "layers.1.weight.next",
        "layers.1.bias.next",
        "layers.0.weight.next",
        "layers.0.bias.next",
    ]


@given(experiments())
def test_each_ref_is_written_once_from_what_is_already_there(experiment: Experiment) -> None:
    program = compile_program(experiment)
    known = {*GIVEN, *program.carried}
    for step in program.steps:
        assert step.writes not in known
        assert known.issuperset(step.reads)
        known.add(step.writes)
    assert program.index == {ref: index for index, ref in enumerate(writes(experiment))}


@given(experiments())
def test_phases_come_in_order(experiment: Experiment) -> None:
    order = list(Phase)
    phases = [order.index(step.phase) for step in compile_program(experiment).steps]
    assert phases == sorted(phases)


@given(experiments())
def test_frozen_parameters_have_no_gradient_and_no_update(experiment: Experiment) -> None:
    program = compile_program(experiment)
    trained = [ref for ref in program.parameters if ref not in experiment.frozen]
    with_gradient = {ref for ref in program.parameters if refs.grad(ref) in program.index}
    with_update = {ref for ref in program.parameters if refs.next_value(ref) in program.index}
    assert with_gradient == with_update == set(trained)
    assert program.gradients == tuple(refs.grad(ref) for ref in trained)
    with_state = {program.values[ref].owner.ref for ref in program.carried[len(program.parameters) :]}
    assert not with_state & experiment.frozen


@given(experiments())
def test_no_gradient_is_computed_in_vain(experiment: Experiment) -> None:
    """Below the lowest trained layer the backward pass stops; the slope of the loss is always there.

    Where the outputs are the loss, the worked example ends at the inputs.
    """
    steps = compile_program(experiment).steps
    read = {ref for step in steps for ref in step.reads}
    output = refs.activation(len(experiment.network.layers) - 1)
    gradients = {step.writes for step in steps if step.phase is Phase.BACKWARD}
    shown = {refs.grad(refs.INPUT)} if experiment.loss.name == "SumOfOutputs" else set()
    assert gradients - read <= {refs.grad(output), *shown}


@given(experiments())
def test_shapes_and_dtypes(experiment: Experiment) -> None:
    program, trace = compile_program(experiment), next(Executor(experiment).iterations())
    batch, shapes = len(trace.rows), experiment.network.parameter_shapes()
    for step in program.steps:
        described, value = program.values[step.writes], trace.values[step.writes]
        owner = described.owner.ref
        if step.writes == refs.LOSS:
            shape: tuple[int, ...] = ()
        elif described.is_of_parameter:
            updates = {
                update_ref(experiment, owner, each.writes): each
                for each in updates_by_parameter(experiment, [owner])[owner][1]
            }
            extent = updates[step.writes].extent if step.writes in updates else Extent.ELEMENTS
            shape = extent.shape(shapes[owner])
        elif owner == refs.INPUT:
            shape = (batch, experiment.network.inputs)
        else:
            assert described.layer is not None or step.kind is StepKind.LOSS_TERM
            units = experiment.network.layers[-1 if described.layer is None else described.layer].units
            shape = (batch, units)
        assert tuple(value.shape) == shape, step.writes
        scalar = described.is_of_parameter and not shape
        assert str(value.dtype) == ("torch.float64" if scalar else f"torch.{experiment.dtype}"), step.writes


def test_each_kind_belongs_to_a_phase() -> None:
    backward = {kind for kind in StepKind if kind.phase is Phase.BACKWARD}
    clipping = {StepKind.GRADIENT_NORM, StepKind.CLIPPED_GRADIENT}
    assert backward == {kind for kind in StepKind if "gradient" in kind.value} - clipping


# ----------------------------------------------------------------------------------------------------- purity


@settings(max_examples=50)
@given(experiments(), st.data())
def test_any_prefix_then_the_rest_is_the_same(experiment: Experiment, data: st.DataObject) -> None:
    executor = Executor(experiment)
    steps = executor.program.steps
    trace = next(executor.iterations())
    values = start(executor)
    cursor = data.draw(st.integers(0, len(steps)))
    with torch.inference_mode():
        run_steps(steps[:cursor], values)
        assert set(values) - set(start(executor)) == {step.writes for step in steps[:cursor]}
        run_steps(steps[cursor:], values)
    assert_same(values, dict(trace.values))


def start(executor: Executor) -> dict[ValueRef, torch.Tensor]:
    """What an iteration has before its first step."""
    written = executor.program.index
    state = executor.initial_state()
    return {ref: value for ref, value in executor.values(state).items() if ref not in written}


def assert_same(a: dict[ValueRef, torch.Tensor], b: dict[ValueRef, torch.Tensor]) -> None:
    """Bitwise equal, in the same order."""
    assert list(a) == list(b)
    for ref, value in a.items():
        assert same_bits(value, b[ref]), ref


def same_bits(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal to the last bit; -0.0 is not 0.0, and NaN is NaN."""
    return (a.dtype, a.shape, a.numpy().tobytes()) == (b.dtype, b.shape, b.numpy().tobytes())


@given(experiments())
def test_no_step_changes_what_it_reads(experiment: Experiment) -> None:
    executor = Executor(experiment)
    state = executor.initial_state()
    for _ in range(2):
        values, following = executor.advance(state)
        for step in executor.program.steps:
            before = {ref: value.clone() for ref, value in values.items()}
            with torch.inference_mode():
                again = step.compute(*[values[ref] for ref in step.reads])
            assert same_bits(again, values[step.writes]), step.writes
            assert_same(values, before)
        state = following


@settings(max_examples=50)
@given(experiments())
def test_two_runs_are_bitwise_equal(experiment: Experiment) -> None:
    torch.manual_seed(1)
    first = list(islice(Executor(experiment).iterations(), 4))
    torch.manual_seed(2)
    second = list(islice(Executor(experiment).iterations(), 4))
    for a, b in zip(first, second, strict=True):
        assert a.rows == b.rows
        assert_same(dict(a.values), dict(b.values))


def test_a_replay_from_any_state_is_bitwise_equal() -> None:
    experiment = dense((3, 5, 2), rows=7, optimizer=sgd(0.05, momentum=0.9))
    executor, other = Executor(experiment), Executor(experiment)
    state = executor.initial_state()
    for _ in range(10):
        values, following = executor.advance(state)
        assert_same(values, dict(other.trace(other.fit(state)).values))
        state = following


def test_training_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    list(islice(Executor(dense((3, 4, 1), rows=5)).iterations(), 3))
    assert torch.equal(torch.random.get_rng_state(), before)


# ----------------------------------------------------------------------------------------------- the executor


@given(experiments())
def test_advance_and_iterations_are_the_same_training(experiment: Experiment) -> None:
    executor = Executor(experiment)
    state = executor.initial_state()
    for iteration, trace in enumerate(islice(executor.iterations(), 4)):
        assert trace.iteration == state.iteration == iteration
        values, state = executor.advance(state)
        assert_same(values, dict(trace.values))
        for ref in executor.program.carried:
            assert state.values[ref] is values.get(refs.next_value(ref), values[ref])


def test_a_value_that_overflows_is_found_where_it_happened() -> None:
    experiment = article(data=article().data, optimizer=sgd(1e300))
    executor = Executor(experiment)
    steps = executor.program.steps
    traces = list(islice(executor.iterations(), 2))
    assert first_non_finite(steps, traces[0].values) is None
    index = first_non_finite(steps, traces[1].values)
    assert index is not None
    assert not torch.isfinite(traces[1].values[steps[index].writes]).all()
    assert all(torch.isfinite(traces[1].values[step.writes]).all() for step in steps[:index])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_first_non_finite_names_the_first_of_several(bad: float) -> None:
    trace = next(Executor(article()).iterations())
    steps = compile_program(article()).steps
    values = dict(trace.values)
    for index in (12, 7):
        values[steps[index].writes] = torch.full_like(values[steps[index].writes], bad)
        assert first_non_finite(steps, values) == index


def test_steps_are_values() -> None:
    step = MicroStep(StepKind.LOSS, refs.LOSS, (refs.INPUT,), torch.sum)
    assert step == MicroStep(StepKind.LOSS, refs.LOSS, (refs.INPUT,), torch.sum)
    with pytest.raises(AttributeError):
        step.writes = refs.LR  # type: ignore[misc]
