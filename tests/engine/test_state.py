"""The state between two iterations, and how it is fitted to other buffers or another dtype."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.state import next_state
from chainrule.engine.trace import Executor
from tests.experiments import article, mazur, sgd

MOMENTUM = sgd(0.01, momentum=0.9)


def test_the_first_state_has_zero_buffers() -> None:
    executor = Executor(article(optimizer=MOMENTUM))
    state = executor.initial_state()
    assert state.iteration == 0
    assert tuple(state.values) == executor.program.carried
    for ref in executor.program.parameters:
        buffer = state.values[refs.optimizer_state(ref, "momentum_buffer")]
        assert buffer.shape == state.values[ref].shape
        assert not buffer.any()


def test_next_state_takes_what_was_updated_and_keeps_the_rest() -> None:
    executor = Executor(mazur())
    state = executor.initial_state()
    values, following = executor.advance(state)
    assert following.iteration == 1
    assert following.values[refs.weight(0)] is values[refs.next_value(refs.weight(0))]
    assert following.values[refs.bias(0)] is state.values[refs.bias(0)]
    again = next_state(state, values)
    assert again.iteration == 1
    assert dict(again.values) == dict(following.values)


def test_a_state_is_fitted_to_another_optimizer() -> None:
    plain, momentum = Executor(article()), Executor(article(optimizer=MOMENTUM))
    state = plain.advance(plain.initial_state())[1]
    fitted = momentum.fit(state)
    assert fitted.iteration == 1
    assert tuple(fitted.values) == momentum.program.carried
    assert all(torch.equal(fitted.values[ref], state.values[ref]) for ref in plain.program.carried)
    assert not fitted.values[ValueRef("layers.0.weight.momentum_buffer")].any()

    back = plain.fit(momentum.advance(fitted)[1])
    assert tuple(back.values) == plain.program.carried


def test_a_state_that_already_fits_shares_its_tensors() -> None:
    executor = Executor(article(optimizer=MOMENTUM))
    state = executor.advance(executor.initial_state())[1]
    fitted = executor.fit(state)
    assert all(fitted.values[ref] is state.values[ref] for ref in executor.program.carried)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_state_is_fitted_to_another_dtype(dtype: str) -> None:
    executor = Executor(article(optimizer=MOMENTUM))
    other = Executor(replace(executor.experiment, dtype=dtype))
    fitted = other.fit(executor.advance(executor.initial_state())[1])
    assert {str(value.dtype) for value in fitted.values.values()} == {f"torch.{dtype}"}
    assert all(torch.isfinite(value).all() for value in other.values(fitted).values())


def test_a_buffer_of_a_parameter_frozen_later_is_dropped() -> None:
    executor = Executor(article(optimizer=MOMENTUM))
    frozen = Executor(article(optimizer=MOMENTUM, frozen=frozenset({refs.bias(1)})))
    state = executor.advance(executor.initial_state())[1]
    assert tuple(frozen.fit(state).values) == frozen.program.carried
    assert ValueRef("layers.1.bias.momentum_buffer") not in frozen.program.carried
