"""The loss over a plane of parameters: each place of it is a single evaluation, whatever the network and the loss."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor, Trace
from chainrule.model.curves.surface import (
    ParameterPlane,
    element_plane,
    loss_in_plane,
    principal_plane,
    random_plane,
    surface,
    surface_side,
)
from tests.experiments import article, dense, experiments, mazur, penalized
from tests.formulas import formula_experiment

ACROSS, UP = np.array([-1.25, 0.0, 0.5]), np.array([-0.75, 0.0, 2.0])


def started(experiment: Experiment) -> tuple[Executor, TrainingState, Trace]:
    executor = Executor(experiment)
    state = executor.initial_state()
    return executor, state, executor.trace(state)


def loss_at(executor: Executor, state: TrainingState, plane: ParameterPlane, x: float, y: float) -> float:
    """The loss of the iteration with the plane's parameters in their places: one evaluation, by the trace."""
    values = dict(state.values)
    for ref, origin in plane.origin.items():
        zero = torch.zeros_like(origin)
        values[ref] = origin + x * plane.across.get(ref, zero) + y * plane.up.get(ref, zero)
    found = executor.values(TrainingState(state.iteration, values))
    return float(found[executor.program.loss])


def whole(executor: Executor, trace: Trace, plane: ParameterPlane) -> np.ndarray:
    *_, found = surface(executor.program, trace, plane, ACROSS, UP)
    return found


def check(executor: Executor, state: TrainingState, trace: Trace, plane: ParameterPlane) -> None:
    found = whole(executor, trace, plane)
    single = [[loss_at(executor, state, plane, x, y) for x in ACROSS] for y in UP]
    np.testing.assert_allclose(found, single, rtol=1e-12, atol=1e-12)


@settings(max_examples=60)
@given(experiments())
def test_each_place_is_a_single_evaluation(experiment: Experiment) -> None:
    executor, state, trace = started(experiment)
    refs = list(executor.program.parameters)
    check(executor, state, trace, random_plane(trace.values, refs, 3))
    one, other = refs[0], refs[-1]
    first = tuple(0 for _ in trace.values[one].shape)
    last = tuple(size - 1 for size in trace.values[other].shape)
    if (one, first) != (other, last):
        check(executor, state, trace, element_plane(trace.values, (one, first), (other, last)))


@pytest.mark.parametrize("experiment", [article(), mazur(), penalized(mazur()), dense((3, 4, 2), 5)])
def test_the_middle_is_the_loss(experiment: Experiment) -> None:
    executor, state, trace = started(experiment)
    plane = random_plane(trace.values, executor.program.parameters, 0)
    loss = float(trace.values[executor.program.loss])
    assert whole(executor, trace, plane)[1, 1] == pytest.approx(loss, rel=1e-12)
    assert loss_in_plane(executor.program, trace, plane, (0.0, 0.0)) == pytest.approx(loss, rel=1e-12)
    check(executor, state, trace, plane)


def test_of_two_weights_the_places_are_their_numbers() -> None:
    executor, state, trace = started(article())
    ref = ValueRef("layers.0.weight")
    plane = element_plane(trace.values, (ref, (0, 0)), (ref, (1, 1)))
    here = float(trace.values[ref][0, 0]), float(trace.values[ref][1, 1])
    loss = float(trace.values[executor.program.loss])
    assert loss_in_plane(executor.program, trace, plane, here) == pytest.approx(loss, rel=1e-12)
    check(executor, state, trace, plane)
    assert plane.places_of(trace.values[ref].reshape(1, -1).numpy()) == pytest.approx(np.array([here]))


def test_a_learned_slope_moves_alone_where_no_weights_before_it_do() -> None:
    layers = (LayerSpec(3, Choice("PReLU", {"num_parameters": 3, "init": 0.25})), LayerSpec(1))
    executor, state, trace = started(dense((2, 3, 1), 4, network=NetworkSpec(2, layers)))
    slope = next(ref for ref in executor.program.parameters if trace.values[ref].tolist() == [0.25] * 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(executor, state, trace, element_plane(trace.values, (slope, (0,)), (slope, (2,))))


def test_what_is_set_by_hand_stays_as_far_from_what_is_computed() -> None:
    executor = Executor(article())
    state = executor.initial_state()
    overrides: Overrides = {ValueRef("layers.0.pre_activation"): {(0, 0): 3.0}}
    trace = executor.trace(state, overrides)
    plane = random_plane(trace.values, executor.program.parameters, 0)
    middle = np.array([0.0])
    (found,) = surface(executor.program, trace, plane, middle, middle, overrides)
    assert found[0, 0] == pytest.approx(float(trace.values[executor.program.loss]), rel=1e-12)


def test_a_formula_of_two_parameters_is_its_own_surface() -> None:
    experiment = formula_experiment("f = x^2 + 3*x*y", parameters={"x": 1.0, "y": 2.0})
    executor, _, trace = started(experiment)
    plane = element_plane(trace.values, (ValueRef("x"), ()), (ValueRef("y"), ()))
    x, y = ACROSS[None, :], UP[:, None]
    assert whole(executor, trace, plane) == pytest.approx(x**2 + 3 * x * y)


def test_a_random_direction_is_as_long_as_each_neurons_weights_and_leaves_biases() -> None:
    executor, _, trace = started(dense((3, 4, 2), 5))
    plane = random_plane(trace.values, executor.program.parameters, 7)
    assert set(plane.across) == {"layers.0.weight", "layers.1.weight"}
    for way in (plane.across, plane.up):
        for ref, part in way.items():
            assert part.norm(dim=1).tolist() == pytest.approx(trace.values[ref].norm(dim=1).tolist())
    again = random_plane(trace.values, executor.program.parameters, 7)
    assert torch.equal(plane.up["layers.0.weight"], again.up["layers.0.weight"])  # type: ignore[index]


def test_principal_directions_are_those_in_which_the_states_vary_most() -> None:
    values = {ValueRef("w"): torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)}
    angles = np.linspace(0, 6, 50)
    # An ellipse in the plane of the first and the last, with axes of 5 and 2.
    states = np.stack([1 + 5 * np.cos(angles), np.full(50, 2.0), 3 + 2 * np.sin(angles)], axis=1)
    plane = principal_plane(values, list(values), states)
    assert plane is not None
    covariance = np.cov(states.T)
    variances, ways = np.linalg.eigh(covariance)
    assert abs(np.dot(plane.across[ValueRef("w")].numpy(), ways[:, -1])) == pytest.approx(1.0)
    assert abs(np.dot(plane.up[ValueRef("w")].numpy(), ways[:, -2])) == pytest.approx(1.0)
    assert plane.shares == pytest.approx((variances[-1] / variances.sum(), variances[-2] / variances.sum()))
    places = plane.places_of(states)
    back = np.array([1.0, 2.0, 3.0]) + places @ np.stack([plane.across[ValueRef("w")], plane.up[ValueRef("w")]])
    assert back == pytest.approx(states)
    # Of a training that diverges: the squares are too large for a float.
    large = principal_plane(values, list(values), np.ldexp(states, 1000))
    assert large is not None
    assert large.shares == plane.shares
    assert torch.equal(large.across[ValueRef("w")], plane.across[ValueRef("w")])
    assert principal_plane(values, list(values), states[:2]) is None
    assert principal_plane(values, list(values), np.outer(angles, [1.0, 2.0, 0.0])) is None


def test_a_place_without_a_number_is_none_and_the_others_go_on() -> None:
    executor, _, trace = started(formula_experiment("f = log(x) + y", parameters={"x": 1.0, "y": 2.0}))
    plane = element_plane(trace.values, (ValueRef("x"), ()), (ValueRef("y"), ()))
    found = whole(executor, trace, plane)
    assert np.isnan(found[:, 0]).all()
    assert np.isneginf(found[:, 1]).all()
    assert found[:, 2] == pytest.approx(np.log(0.5) + UP)


def test_large_work_has_fewer_places_and_a_middle_one() -> None:
    small, _, trace = started(mazur())
    assert surface_side(small.program, trace) == 101
    assert surface_side(small.program, trace, rough=True) == 21
    large, _, trace = started(dense((400, 300, 10), 500))
    assert surface_side(large.program, trace, rough=True) == 11
    assert 11 <= surface_side(large.program, trace) < 101
    assert surface_side(large.program, trace) % 2 == 1
