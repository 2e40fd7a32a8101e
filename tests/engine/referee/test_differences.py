"""Finite differences: right where the loss is smooth, and silent about no kink."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

import pytest
import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.differences import (
    SAMPLE,
    SMALL,
    LossSurface,
    Point,
    Quotient,
    Slope,
    layer_of,
    sample,
    sample_sizes,
    search,
    slopes,
)
from chainrule.engine.trace import Executor
from tests.experiments import article, dense, mazur, parameters

SMOOTH: list[tuple[Callable[[float], float], Callable[[float], float]]] = [
    (lambda x: 3.0 * x - 1.0, lambda x: 3.0),
    (lambda x: x * x, lambda x: 2 * x),
    (math.sin, math.cos),
    (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    (lambda x: 1e6 + x, lambda x: 1.0),
    (lambda x: math.sin(50 * x), lambda x: 50 * math.cos(50 * x)),
]


def slope_at(x: float, function: Callable[[float], float]) -> float | None:
    """What the search finds of a function of one number."""
    found = search(x)
    wanted = next(found)
    try:
        while True:
            wanted = found.send([function(place) for place in wanted])
    except StopIteration as end:
        quotient = cast("Quotient | None", end.value)
        return None if quotient is None else quotient.slope


def found_slopes(experiment: Experiment, values: Mapping[ValueRef, Tensor], gradients: list[ValueRef]) -> list[Slope]:
    """The slopes, without the moments in between."""
    return [slope for slope in slopes(experiment, values, gradients, seed=0) if slope is not None]


def loss_at(surface: LossSurface, value: Value, index: tuple[int, ...], x: float) -> float:
    """The loss where one element is at x."""
    work = surface.losses(layer_of(value), [Point(value.ref, index, x)])
    try:
        while True:
            next(work)
    except StopIteration as end:
        (loss,) = cast("list[float]", end.value)
        return loss


@pytest.mark.parametrize(("function", "derivative"), SMOOTH)
@pytest.mark.parametrize("x", [0.0, 1e-9, 0.3, -2.5, 7.0, 100.0])
def test_a_smooth_function(function: Callable[[float], float], derivative: Callable[[float], float], x: float) -> None:
    slope = slope_at(x, function)
    assert slope is not None
    assert abs(slope - derivative(x)) <= 1e-6 * max(1.0, abs(function(x)), abs(derivative(x)))


@pytest.mark.parametrize("x", [0.0, 1.0, -3.0, 1e4])
@pytest.mark.parametrize("slopes_of_kink", [(0.0, 1.0), (-1.0, 1.0), (0.01, 1.0), (1.0, 1.001)])
def test_a_kink_is_no_slope(x: float, slopes_of_kink: tuple[float, float]) -> None:
    left, right = slopes_of_kink
    assert slope_at(x, lambda y: (right if y > x else left) * (y - x)) is None


@pytest.mark.parametrize("x", [0.0, 0.5])
def test_a_small_kink_of_a_curve_that_is_much_bent_is_no_slope(x: float) -> None:
    """The bend alone keeps the differences of the two sides further apart than the kink does."""
    assert slope_at(x, lambda y: 5 * (y - x) ** 2) == pytest.approx(0.0, abs=1e-8)
    assert slope_at(x, lambda y: 5 * (y - x) ** 2 + 2e-5 * max(y - x, 0.0)) is None


@pytest.mark.parametrize("distance", [1e-7, 1e-6, 2e-6, 3e-6, 5e-6, 1e-5])
@pytest.mark.parametrize("side", [1, -1])
def test_a_kink_beside_the_place_is_escaped(distance: float, side: int) -> None:
    """Smaller steps stay on one side of it."""
    slope = slope_at(0.5, lambda y: abs(y - 0.5 - side * distance) * 2)
    assert slope == pytest.approx(-2.0 * side, abs=1e-6)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_what_overflows_has_no_slope(bad: float) -> None:
    assert slope_at(1.0, lambda x: bad) is None
    assert slope_at(1.0, lambda x: bad if x > 1 else x) is None


@pytest.mark.parametrize("x", [1e30, -1e40])
def test_a_curve_that_is_bent_between_two_floats_has_no_slope_that_can_be_found(x: float) -> None:
    """Its value jumps at the smallest step there is: the flat parts on both sides are not its slope."""
    assert slope_at(x, lambda place: math.tanh(place - x)) is None


def test_a_sample_is_all_of_a_small_value_and_some_of_a_large_one() -> None:
    draw = random.Random(0)
    sizes = sample_sizes([SMALL, SMALL + 1], [0, 0], [10])
    assert sizes == [SMALL, SAMPLE]
    assert sample((), 1, draw) == [()]
    assert sample((2, 3), 6, draw) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    some, others = sample((40, 30), SAMPLE, draw), sample((40, 30), SAMPLE, draw)
    assert len(set(some)) == SAMPLE
    assert some != others
    assert all(0 <= row < 40 and 0 <= column < 30 for row, column in some + others)
    assert sample((40, 30), SAMPLE, random.Random(5)) == sample((40, 30), SAMPLE, random.Random(5))


@pytest.mark.parametrize("experiment", [article(), mazur(frozen=frozenset())], ids=lambda e: e.title)
def test_the_loss_where_nothing_is_moved_is_the_loss(experiment: Experiment) -> None:
    values = Executor(experiment).trace(Executor(experiment).initial_state()).values
    surface, described = LossSurface(experiment, values), values_of(experiment)
    for ref in [
        *experiment.network.parameter_shapes(),
        refs.INPUT,
        *(f(i) for f in (refs.pre_activation, refs.activation) for i in (0, 1)),
    ]:
        index = (0,) * values[ref].dim()
        x = surface.at(ref, index)
        assert x == values[ref][index].item()
        assert loss_at(surface, described[ref], index, x) == pytest.approx(values[refs.LOSS].item(), rel=1e-15)
        assert loss_at(surface, described[ref], index, x + 0.1) != loss_at(surface, described[ref], index, x)
        assert loss_at(surface, described[ref], index, x) == pytest.approx(values[refs.LOSS].item(), rel=1e-15)


def test_a_neuron_exactly_at_its_kink_is_counted_as_skipped() -> None:
    """z of the ReLU is exactly 0: its own slopes part there, those of what lies above it do not."""
    experiment = check_experiment(
        Experiment(
            network=NetworkSpec(1, (LayerSpec(1, Choice("ReLU")), LayerSpec(1))),
            data=DataSpec(inputs=((1.0,),), targets=((1.0,),)),
            parameters=parameters(
                {
                    "layers.0.weight": ((0.5,),),
                    "layers.0.bias": (-0.5,),
                    "layers.1.weight": ((2.0,),),
                    "layers.1.bias": (0.0,),
                }
            ),
        )
    )
    values = next(Executor(experiment).iterations()).values
    kinked = [refs.weight(0), refs.bias(0), refs.pre_activation(0)]
    smooth = [refs.activation(0), refs.weight(1), refs.bias(1), refs.pre_activation(1), refs.activation(1)]
    found = {s.ref: s.value for s in found_slopes(experiment, values, [refs.grad(ref) for ref in kinked + smooth])}
    assert [found[ref] for ref in kinked] == [None] * 3
    for ref in smooth:
        assert found[ref] == pytest.approx(values[refs.grad(ref)].item(), abs=1e-9)


def test_a_float32_experiment_is_differenced_in_float64() -> None:
    experiment = replace(mazur(frozen=frozenset()), dtype="float32")
    values = next(Executor(experiment).iterations()).values
    gradients = [ref for ref in values if ref.endswith(".grad")]
    for slope in found_slopes(experiment, values, gradients):
        assert slope.value == pytest.approx(values[refs.grad(slope.ref)][slope.index].item(), abs=1e-6)


def test_the_trace_is_left_as_it_is() -> None:
    experiment = dense((5, 4, 3), rows=6)
    values = next(Executor(experiment).iterations()).values
    before = {ref: value.clone() for ref, value in values.items()}
    assert found_slopes(experiment, values, [ValueRef("layers.0.weight.grad"), ValueRef("layers.1.bias.grad")])
    assert all(torch.equal(values[ref], value) for ref, value in before.items())
