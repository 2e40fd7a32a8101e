"""States as numbers: what is edited and saved."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.trace import Executor
from chainrule.model.timeline.states import initial_numbers, replace_element, state_numbers
from tests.experiments import article, experiments, sgd


@given(experiments())
def test_numbers_are_those_of_the_tensors_to_the_last_bit(experiment: Experiment) -> None:
    numbers = initial_numbers(experiment)
    for ref, value in initial_parameters(experiment).items():
        assert torch.equal(torch.tensor(numbers[ref], dtype=value.dtype), value)
        assert isinstance(numbers[ref], tuple)
        assert all(isinstance(row, tuple | float) for row in numbers[ref])


def test_a_state_gives_its_parameters_and_not_the_optimizers_buffers() -> None:
    experiment = article(optimizer=sgd(0.01, momentum=0.9))
    _, state = Executor(experiment).advance(Executor(experiment).initial_state())
    numbers = state_numbers(state, experiment)
    assert list(numbers) == list(experiment.network.parameter_shapes())
    assert numbers[refs.bias(1)] == tuple(state.values[refs.bias(1)].tolist())


@pytest.mark.parametrize("index", [(0, 0), (1, 1)])
def test_replacing_an_element_changes_that_one_and_shares_the_rest(index: tuple[int, ...]) -> None:
    executor = Executor(article())
    _, state = executor.advance(executor.initial_state())
    before = {ref: value.clone() for ref, value in state.values.items()}
    changed = replace_element(state, refs.weight(0), index, 7.5)
    assert changed.iteration == state.iteration
    for ref, value in state.values.items():
        assert torch.equal(value, before[ref])
        assert (changed.values[ref] is value) == (ref != refs.weight(0))
    expected = before[refs.weight(0)]
    expected[index] = 7.5
    assert torch.equal(changed.values[refs.weight(0)], expected)
