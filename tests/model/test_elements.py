"""Elements of values, and which of them a number is computed from: held against the computation itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.targets import needs_probabilities, targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import Executor
from chainrule.model.elements import (
    Index,
    depends,
    element_at,
    element_count,
    elements,
)
from tests.experiments import OPTIMIZER_CHOICES, article, choices, dense, experiments, sgd

# Neither flat nor straight anywhere, so that every number that is read counts.
GENERIC = st.sampled_from(["Tanh", "Sigmoid"]).map(Choice)

LOSS_KINDS = (StepKind.LOSS, StepKind.LOSS_TERM, StepKind.OUTPUT_GRADIENT)
# Losses that take any outputs and any targets.
OF_NUMBERS = {
    name: loss
    for name, loss in LOSSES.items()
    if targets_of(Choice(name)) is Targets.NUMBERS and not needs_probabilities(Choice(name))
}


def indices(value: Tensor) -> list[Index]:
    """The places of a tensor's numbers, in reading order."""
    return list(product(*map(range, value.shape)))


# ------------------------------------------------------------------------------------------------- shapes and order


@given(experiments())
def test_elements_are_all_numbers_of_a_value_or_one_samples(experiment: Experiment) -> None:
    trace, described = next(Executor(experiment).iterations()), values_of(experiment)
    for ref, value in trace.values.items():
        shown = [elements(described[ref], sample) for sample in range(len(trace.rows))]
        assert {len(numbers) for numbers in shown} == {element_count(described[ref])}
        if described[ref].per_sample:
            assert len(value) == len(trace.rows)
            assert [index for numbers in shown for index in numbers] == indices(value)
            assert all(index[0] == sample for sample, numbers in enumerate(shown) for index in numbers)
        else:
            assert all(list(numbers) == indices(value) for numbers in shown)


# ------------------------------------------------------------------------------------------------------ dependencies


@st.composite
def generic_experiments(draw: st.DrawFn) -> Experiment:
    """Experiments whose numbers are all different and none of them zero."""
    widths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    # Of a single unit Softmax makes 1, whatever its z.
    layers = tuple(
        LayerSpec(units, draw(GENERIC | st.just(Choice("Softmax")) if units > 1 else GENERIC), draw(st.booleans()))
        for units in widths
    )
    network = NetworkSpec(draw(st.integers(1, 3)), layers)
    rows, seed = draw(st.integers(1, 3)), draw(st.integers(0, 10**6))
    generator = torch.Generator().manual_seed(seed)

    def numbers(columns: int) -> Rows:
        drawn = torch.rand(rows, columns, generator=generator, dtype=torch.float64)
        return tuple(map(tuple, (drawn + 0.25).tolist()))

    return check_experiment(
        Experiment(
            network=network,
            data=DataSpec(numbers(network.inputs), numbers(network.outputs)),
            loss=draw(choices(OF_NUMBERS)),
            optimizer=draw(OPTIMIZER_CHOICES).replace(lr=0.3),
            frozen=frozenset(draw(st.sets(st.sampled_from(sorted(network.parameter_shapes()))))),
        )
    )


def with_one_changed(value: Tensor, index: Index) -> Tensor:
    """A tensor with one number moved by a little."""
    changed = value.clone()
    changed[index] += 0.05
    return changed


def changed_elements(
    step: MicroStep, values: Mapping[ValueRef, Tensor], changes: Mapping[ValueRef, Tensor]
) -> set[Index]:
    """What a micro-step writes differently when values that it reads are other ones."""
    before = values[step.writes]
    after = step.compute(*[changes.get(ref, values[ref]) for ref in step.reads])
    return {index for index in indices(before) if before[index] != after[index]}


def changes_of(
    program: Program, values: Mapping[ValueRef, Tensor], step: MicroStep
) -> Callable[..., dict[ValueRef, Tensor]]:
    """How an element that a step reads is changed: alone, but for a z, which brings its a along.

    A slope may be computed from z or from a, whichever is shorter: only both together say what it depends on.
    """

    def change(ref: ValueRef, index: Index) -> dict[ValueRef, Tensor]:
        changes = {ref: with_one_changed(values[ref], index)}
        if step.kind is StepKind.PRE_ACTIVATION_GRADIENT and ref in step.reads[1:]:
            z, a = step.reads[1:]
            changes = {z: with_one_changed(values[z], index)}
            changes[a] = program.steps[program.index[a]].compute(changes[z])
        return changes

    return change


@given(generic_experiments())
def test_depends_is_what_a_change_of_one_number_changes(experiment: Experiment) -> None:
    """So the highlights are true: each micro-step, each number that its formula reads, each that it writes."""
    executor = Executor(experiment)
    # The second iteration: the optimizer's buffers are no longer zero.
    _, state = executor.advance(executor.initial_state())
    values = {ref: value.clone() for ref, value in executor.values(state).items()}
    assume(all(bool((value.abs() > 1e-9).all()) for value in values.values()))
    for step in executor.program.steps:
        change = changes_of(executor.program, values, step)
        for ref in step.named:
            for index in indices(values[ref]):
                told = {
                    at for at in indices(values[step.writes]) if depends(step, at, ref, index, executor.program.values)
                }
                changed = changed_elements(step, values, change(ref, index))
                assert changed <= told, (step.writes, ref, index)
                # A clamp or a maximum may not show a change; a layer's own steps all do.
                if step.phase is not Phase.UPDATE and step.kind not in LOSS_KINDS:
                    assert told == changed, (step.writes, ref, index)


@given(generic_experiments())
def test_nothing_depends_on_what_a_step_does_not_read(experiment: Experiment) -> None:
    executor = Executor(experiment)
    trace, told = next(executor.iterations()), executor.program.values
    for step in executor.program.steps:
        written = indices(trace.values[step.writes])[0]
        for ref in trace.values.keys() - set(step.reads):
            assert not any(depends(step, written, ref, index, told) for index in indices(trace.values[ref]))


def test_a_hidden_neuron_of_the_article_in_words() -> None:
    """z of sample 2's first hidden neuron: both of that sample's inputs, its own two weights, its own bias."""
    executor = Executor(check_experiment(replace(article(), optimizer=sgd(0.01))))
    step = executor.program.steps[0]
    values = next(executor.iterations()).values
    told = executor.program.values
    read = {
        (ref, index) for ref in step.reads for index in indices(values[ref]) if depends(step, (1, 0), ref, index, told)
    }
    assert read == {
        (refs.INPUT, (1, 0)),
        (refs.INPUT, (1, 1)),
        (refs.weight(0), (0, 0)),
        (refs.weight(0), (0, 1)),
        (refs.bias(0), (0,)),
    }


def test_slopes_go_with_their_units() -> None:
    for count, seen in ((1, {(0,)}), (2, {(1,)})):
        layers = (LayerSpec(2, Choice("PReLU", {"num_parameters": count})), LayerSpec(1))
        executor = Executor(check_experiment(replace(article(), network=NetworkSpec(2, layers), parameters={})))
        values = executor.values(executor.initial_state())
        steps = {step.writes: step for step in executor.program.steps}
        slopes, a, z = refs.learned(0, "weight"), refs.activation(0), refs.pre_activation(0)
        for ref in (a, refs.grad(z)):
            found = {
                i for i in indices(values[slopes]) if depends(steps[ref], (0, 1), slopes, i, executor.program.values)
            }
            assert found == seen
        gradient = steps[refs.grad(slopes)]
        units = {i[1] for i in indices(values[z]) if depends(gradient, (0,), z, i, executor.program.values)}
        assert units == ({0, 1} if count == 1 else {0})
        assert depends(steps[refs.next_value(slopes)], (0,), slopes, (0,), executor.program.values)


def test_softmax_depends_on_all_outputs_of_its_sample() -> None:
    experiment = dense(
        (2, 3), rows=2, data=DataSpec(((1.0, 2.0), (3.0, 4.0)), ((2.0,), (0.0,))), loss=Choice("CrossEntropyLoss")
    )
    executor = Executor(experiment)
    values = next(executor.iterations()).values
    told = executor.program.values
    output, target = ValueRef("layers.0.activation"), ValueRef("target")
    for name in ("loss.softmax", "loss.log_softmax"):
        step = executor.program.steps[executor.program.index[ValueRef(name)]]
        assert [index for index in indices(values[output]) if depends(step, (1, 0), output, index, told)] == [
            (1, 0),
            (1, 1),
            (1, 2),
        ]
    step = executor.program.steps[executor.program.index[ValueRef("loss.target")]]
    assert [index for index in indices(values[target]) if depends(step, (1, 2), target, index, told)] == [(1, 0)]


def test_the_number_at_a_place_is_that_of_all_in_reading_order() -> None:
    described = values_of(dense((3, 2, 3), rows=4))
    for ref in (refs.LOSS, refs.bias(1), refs.weight(0), refs.INPUT, refs.grad(refs.weight(1))):
        listed = elements(described[ref], 2)
        assert tuple(element_at(described[ref], 2, place) for place in range(len(listed))) == listed
        with pytest.raises(IndexError):
            element_at(described[ref], 2, len(listed))
