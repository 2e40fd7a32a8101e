"""Numbers set by hand: what follows from them is what autograd and plain arithmetic make of the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.engine.trace import Executor, Trace
from tests.experiments import dense, experiments, sgd

Index = tuple[int, ...]
Z0, A0, Z1, A1 = refs.pre_activation(0), refs.activation(0), refs.pre_activation(1), refs.activation(1)
W0, B0, W1 = refs.weight(0), refs.bias(0), refs.weight(1)
NUMBER = 0.75


def network(*activations: str, optimizer: Choice | None = None) -> Experiment:
    """A 2-3-2 network on four rows, with these activations."""
    plain = dense((2, 3, 2), 4, optimizer=optimizer or sgd(0.05))
    layers = tuple(LayerSpec(units, Choice(name)) for units, name in zip((3, 2), activations, strict=True))
    return replace(plain, network=replace(plain.network, layers=layers))


def start(experiment: Experiment) -> tuple[Executor, Any]:
    """An executor, and a state in which every buffer is filled."""
    executor = Executor(experiment)
    state = executor.initial_state()
    for _ in range(3):
        _, state = executor.advance(state)
    return executor, state


# --------------------------------------------------------------------------------------------- held against autograd


class Replayed:
    """The iteration by `torch.nn` and autograd. A replaced value lets its gradient through unchanged."""

    def __init__(self, experiment: Experiment, values: Mapping[ValueRef, Tensor], overrides: Overrides) -> None:
        self._overrides = overrides
        self.values: dict[ValueRef, Tensor] = {}
        self._leaves = {ref: values[ref].clone().requires_grad_() for ref in experiment.network.parameter_shapes()}
        for ref, leaf in self._leaves.items():
            self._hook(ref, leaf)
        a = values[refs.INPUT].clone()
        for layer, spec in enumerate(experiment.network.layers):
            linear = nn.functional.linear(a, self._leaves[refs.weight(layer)], self._leaves[refs.bias(layer)])
            z = self._put(refs.pre_activation(layer), linear)
            module: nn.Module = getattr(nn, spec.activation.name)()
            a = self._put(refs.activation(layer), module(z))
        loss = nn.MSELoss()(a, values[refs.TARGET].clone())
        loss.backward()
        self.values[refs.LOSS] = self._replaced(refs.LOSS, loss)
        for ref, value in {**self.values, **self._leaves}.items():
            if value.grad is not None:
                self.values[refs.grad(ref)] = value.grad

    def _replaced(self, ref: ValueRef, value: Tensor) -> Tensor:
        value = value.detach().clone()
        for index, number in self._overrides.get(ref, {}).items():
            value[index] = number
        return value

    def _put(self, ref: ValueRef, value: Tensor) -> Tensor:
        value = value + (self._replaced(ref, value) - value).detach()
        value.retain_grad()
        self._hook(ref, value)
        self.values[ref] = value
        return value

    def _hook(self, ref: ValueRef, value: Tensor) -> None:
        value.register_hook(lambda grad: self._replaced(refs.grad(ref), grad))


@pytest.mark.parametrize("activations", [("ReLU", "Identity"), ("Tanh", "Sigmoid"), ("Sigmoid", "Tanh")])
@pytest.mark.parametrize(
    ("ref", "index"),
    [
        (Z0, (1, 2)),
        (Z1, (3, 0)),
        (A1, (2, 1)),
        (refs.LOSS, ()),
        (refs.grad(A1), (0, 1)),
        (refs.grad(Z1), (2, 0)),
        (refs.grad(A0), (1, 2)),
        (refs.grad(Z0), (3, 1)),
        (refs.grad(W0), (2, 1)),
        (refs.grad(B0), (0,)),
        (refs.grad(W1), (1, 2)),
    ],
)
def test_what_follows_a_number_set_by_hand_is_what_autograd_makes_of_it(
    activations: tuple[str, str], ref: ValueRef, index: Index
) -> None:
    experiment = network(*activations)
    executor, state = start(experiment)
    overrides = {ref: {index: NUMBER}}
    trace, plain = executor.trace(state, overrides), executor.trace(state)
    expected = Replayed(experiment, trace.values, overrides).values
    assert trace.values[ref][index].item() == NUMBER
    compared = {step.writes for step in executor.program.steps if step.writes in expected}
    assert compared >= set(executor.program.gradients)
    # An activation's slope may be computed from what it gave (tanh's is 1 - a²): then it is that of the new a.
    own_slope = {refs.grad(refs.pre_activation(1)), *following(executor, refs.grad(Z1))} if ref == A1 else set()
    slope_from_a = activations[1] in ("Tanh", "Sigmoid")
    for other in compared - (own_slope if slope_from_a else set()):
        torch.testing.assert_close(trace.values[other], expected[other].detach(), rtol=0, atol=1e-12, msg=str(other))
    assert any(not torch.equal(trace.values[other], plain.values[other]) for other in compared)


def test_the_slope_of_an_activation_set_by_hand_is_that_of_its_new_value() -> None:
    executor, state = start(network("Tanh", "Identity"))
    values = executor.values(state, {A0: {(1, 2): NUMBER}})
    expected = values[refs.grad(A0)] * (1 - values[A0] ** 2)
    torch.testing.assert_close(values[refs.grad(Z0)], expected, rtol=0, atol=1e-15)
    assert values[A0][1, 2].item() == NUMBER


def test_the_optimizer_goes_on_with_a_gradient_that_was_set_by_hand() -> None:
    executor, state = start(network("Tanh", "Identity", optimizer=sgd(0.1, 0.9)))
    values, following_state = executor.advance(state, {refs.grad(W0): {(2, 1): NUMBER}})
    parameter = values[W0].clone().requires_grad_()
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    optimizer.state[parameter]["momentum_buffer"] = values[refs.optimizer_state(W0, "momentum_buffer")].clone()
    parameter.grad = values[refs.grad(W0)].clone()
    assert parameter.grad[2, 1].item() == NUMBER
    optimizer.step()
    torch.testing.assert_close(following_state.values[W0], parameter.detach(), rtol=0, atol=1e-15)


def test_a_buffer_set_by_hand_moves_its_parameter_and_is_remembered() -> None:
    executor, state = start(network("Tanh", "Identity", optimizer=sgd(0.1, 0.9)))
    buffer = refs.next_value(refs.optimizer_state(W0, "momentum_buffer"))
    values, following_state = executor.advance(state, {buffer: {(2, 1): NUMBER}})
    assert values[refs.next_value(W0)][2, 1].item() == values[W0][2, 1].item() - 0.1 * NUMBER
    assert following_state.values[refs.optimizer_state(W0, "momentum_buffer")][2, 1].item() == NUMBER


# ----------------------------------------------------------------------------------------- held against the steps


def following(executor: Executor, *changed: ValueRef) -> set[ValueRef]:
    """All that is computed from these, directly or not."""
    reached = set(changed)
    for step in executor.program.steps:
        if reached.intersection(step.reads):
            reached.add(step.writes)
    return reached - set(changed)


def bits(value: Tensor) -> bytes:
    """A value to the last bit."""
    return value.contiguous().numpy().tobytes()


# Tame ones, and such as make an optimizer divide by 0 or take a root of what is negative.
NUMBERS = st.floats(-4, 4, width=32) | st.sampled_from([0.0, -1.0, 2.0**100, -(2.0**100), 2.0**-126])


@st.composite
def by_hand(draw: Callable[..., Any]) -> tuple[Experiment, Overrides]:
    """Any experiment, and up to three numbers of it set by hand."""
    experiment = draw(experiments() | experiments("float32"))
    executor = Executor(experiment)
    trace = executor.trace(executor.initial_state())
    overrides: dict[ValueRef, dict[Index, float]] = {}
    for _ in range(draw(st.integers(1, 3))):
        ref = draw(st.sampled_from([step.writes for step in executor.program.steps]))
        index = tuple(draw(st.integers(0, size - 1)) for size in trace.values[ref].shape)
        overrides.setdefault(ref, {})[index] = draw(NUMBERS)
    return experiment, overrides


@given(by_hand())
def test_only_what_follows_is_computed_again(drawn: tuple[Experiment, Overrides]) -> None:
    experiment, overrides = drawn
    executor = Executor(experiment)
    state = executor.initial_state()
    plain, trace = executor.trace(state), executor.trace(state, overrides)
    changed = following(executor, *overrides)
    for ref, value in trace.values.items():
        if ref not in changed and ref not in overrides:
            assert bits(value) == bits(plain.values[ref])
    assert_by_steps(executor, trace, overrides)


def assert_by_steps(executor: Executor, trace: Trace, overrides: Overrides) -> None:
    """Every value is what its step makes of the trace's own values, but for the numbers that are set by hand."""
    with torch.inference_mode():
        for step in executor.program.steps:
            expected = step.compute(*(trace.values[ref] for ref in step.reads)).clone()
            for index, number in overrides.get(step.writes, {}).items():
                expected[index] = number
                assert trace.values[step.writes][index].item() == number
            assert bits(trace.values[step.writes]) == bits(expected)
