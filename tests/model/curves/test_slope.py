"""The loss along a parameter: the curve is the loss, and the gradient is its slope."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.model.curves.loss_slice import FEWEST, POINTS, loss_slice
from chainrule.model.timeline.states import initial_numbers, replace_element
from tests.experiments import article, dense, experiments, mazur, usual
from tests.formulas import formula_experiment


@given(experiments())
def test_the_curve_is_the_loss_of_the_network_with_that_number_changed(experiment: Experiment) -> None:
    experiment = replace(experiment, dtype="float64")
    executor = Executor(experiment)
    state = executor.initial_state()
    trace = executor.trace(state)
    ref = executor.program.parameters[-1]
    index = tuple(size - 1 for size in trace.values[ref].shape)
    found = loss_slice(executor.program, trace, ref, index)

    assert len(found.places) == len(found.losses) == POINTS
    assert found.places[POINTS // 2] == pytest.approx(found.value)
    assert found.losses[POINTS // 2] == pytest.approx(found.loss, rel=1e-9, abs=1e-12)
    for place in (0, 17, POINTS - 1):
        moved = executor.values(replace_element(state, ref, index, found.places[place]))
        assert found.losses[place] == pytest.approx(moved[refs.LOSS].item(), rel=1e-12)


@pytest.mark.parametrize("ref", [refs.weight(0), refs.weight(1), refs.bias(0)])
def test_the_gradient_is_the_slope_of_the_curve(ref: refs.ValueRef) -> None:
    executor = Executor(replace(mazur(), frozen=frozenset()))
    trace = executor.trace(executor.initial_state())
    index = (1,) * trace.values[ref].dim()
    found = loss_slice(executor.program, trace, ref, index)
    width = found.places[31] - found.places[29]

    assert found.slope == trace.values[refs.grad(ref)][index].item()
    assert (found.losses[31] - found.losses[29]) / width == pytest.approx(found.slope, rel=0.01)
    assert found.following == trace.values[refs.next_value(ref)][index].item()


def test_a_long_step_is_in_sight_and_a_frozen_parameter_has_none() -> None:
    executor = Executor(article(optimizer=Choice("SGD", {"lr": 10.0, "momentum": 0.0})))
    trace = executor.trace(executor.initial_state())
    found = loss_slice(executor.program, trace, refs.weight(1), (0, 0))
    assert found.following is not None
    assert found.places[0] < found.following < found.places[-1]

    frozen = Executor(article(frozen=frozenset({refs.bias(0)})))
    slope = loss_slice(frozen.program, frozen.trace(frozen.initial_state()), refs.bias(0), (0,))
    assert (slope.slope, slope.following, slope.following_loss) == (None, None, None)


def test_the_trace_is_left_as_it_was() -> None:
    executor = Executor(article())
    trace = executor.trace(executor.initial_state())
    before = {ref: value.clone() for ref, value in trace.values.items()}
    loss_slice(executor.program, trace, refs.weight(0), (0, 0))

    assert all(before[ref].equal(value) for ref, value in trace.values.items())
    assert initial_numbers(article())[refs.weight(0)] == ((0.1, 0.2), (0.3, 0.4))


def test_large_data_have_fewer_points_and_one_of_them_where_training_is() -> None:
    executor = Executor(dense((40, 200, 3), 2000))
    trace = executor.trace(executor.initial_state())
    found = loss_slice(executor.program, trace, refs.weight(0), (0, 0))
    assert len(found.places) == len(found.losses) == FEWEST
    assert found.places[FEWEST // 2] == pytest.approx(found.value)
    assert found.losses[FEWEST // 2] == pytest.approx(found.loss)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_the_slopes_predict_of_a_step_and_what_it_does_by_each_optimizer(name: str) -> None:
    spec = dense((2, 4, 1), 6, optimizer=usual(OPTIMIZERS, name))
    spec = check_experiment(replace(spec, data=replace(spec.data, batch_size=4)))
    executor = Executor(spec)
    trace = executor.trace(executor.initial_state())
    found = loss_slice(executor.program, trace, refs.weight(0), (1, 0))
    assert found.alone is not None
    assert found.together is not None
    # The network again, by plain torch.
    before = [trace.values[ref].clone().requires_grad_() for ref in executor.program.parameters]
    after = [trace.values[refs.next_value(ref)] for ref in executor.program.parameters]
    inputs, targets = trace.values[refs.INPUT], trace.values[refs.TARGET]
    assert len(inputs) == 4

    def loss(weights: list[torch.Tensor]) -> torch.Tensor:
        hidden = torch.relu(torch.nn.functional.linear(inputs, weights[0], weights[1]))
        return torch.nn.functional.mse_loss(torch.nn.functional.linear(hidden, weights[2], weights[3]), targets)

    first = loss(before)
    gradients = torch.autograd.grad(first, before)
    predicted = sum(((b - a) * g).sum().item() for a, b, g in zip(before, after, gradients, strict=True))
    assert found.together.predicted == pytest.approx(predicted, rel=1e-9)
    assert found.together.actual == pytest.approx((loss(after) - first).item(), rel=1e-9, abs=1e-15)
    step = (after[0] - before[0])[1, 0].item()
    assert found.alone.predicted == pytest.approx(step * gradients[0][1, 0].item(), rel=1e-9)
    moved = before[0].detach().clone()
    moved[1, 0] += step
    assert found.alone.actual == pytest.approx((loss([moved, *before[1:]]) - first).item(), rel=1e-7, abs=1e-15)


def test_a_formula_has_what_its_steps_do_and_where_nothing_is_trained_there_is_none() -> None:
    spec = formula_experiment("f = (x - 1)^2 + y^4", parameters={"x": -1, "y": 1}, optimizer={"name": "SGD", "lr": 0.1})
    executor = Executor(spec)
    found = loss_slice(executor.program, executor.trace(executor.initial_state()), refs.ValueRef("x"), ())
    assert found.alone is not None
    assert found.together is not None
    # f'x = -4, f'y = 4: x goes to -0.6, y to 0.6.
    assert (found.alone.predicted, found.alone.actual) == pytest.approx((-1.6, 1.6**2 - 4))
    assert (found.together.predicted, found.together.actual) == pytest.approx((-3.2, 1.6**2 + 0.6**4 - 5))
    frozen = Executor(article(frozen=frozenset(Executor(article()).program.parameters)))
    still = loss_slice(frozen.program, frozen.trace(frozen.initial_state()), refs.weight(0), (0, 0))
    assert still.alone is still.together is None
