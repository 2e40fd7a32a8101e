"""Moving on the timeline: every stride, in both directions, from every position."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog import refs
from chainrule.catalog.spec import Experiment
from chainrule.catalog.step_kinds import StepKind
from chainrule.engine.program import compile_program
from chainrule.engine.steps import MicroStep
from chainrule.model.navigation import Cursor, Stride, back, forward, stops
from tests.experiments import article, experiments, mazur, sgd

Steps = tuple[MicroStep, ...]
STRIDES = list(Stride)
ARTICLE = compile_program(article()).steps
WITH_MOMENTUM = compile_program(article(optimizer=sgd(0.01, momentum=0.9))).steps


def place(cursor: Cursor) -> tuple[int, int]:
    """A cursor's place in the order of time."""
    return cursor.iteration, cursor.position


def all_stops(program: Steps, stride: Stride, iterations: int) -> list[Cursor]:
    """Where moves of a stride end in the first iterations, and the very start."""
    places = [Cursor(i, position) for i in range(iterations) for position in stops(program, stride)]
    return places if Cursor() in places else [Cursor(), *places]


# ------------------------------------------------------------------------------------------------------- the stops


def test_the_articles_stops() -> None:
    assert stops(ARTICLE, Stride.MICRO_STEP) == tuple(range(18))
    # Forward layer by layer, the loss, backward layer by layer, the update layer by layer.
    assert stops(ARTICLE, Stride.LAYER) == (2, 4, 5, 9, 13, 15, 17)
    assert stops(ARTICLE, Stride.PHASE) == (4, 5, 13, 17)
    assert stops(ARTICLE, Stride.ITERATION) == (17,)


def test_stops_where_nothing_is_trained() -> None:
    frozen = frozenset(article().network.parameter_shapes())
    steps = compile_program(article(frozen=frozen)).steps
    assert stops(steps, Stride.PHASE) == (4, 5, 6)
    assert stops(steps, Stride.ITERATION) == (6,)


def test_stops_of_a_network_with_frozen_biases() -> None:
    steps = compile_program(mazur()).steps
    assert [steps[stop - 1].writes for stop in stops(steps, Stride.LAYER)] == [
        refs.activation(0),
        refs.activation(1),
        refs.LOSS,
        refs.grad(refs.weight(1)),
        refs.grad(refs.weight(0)),
        refs.next_value(refs.weight(1)),
        refs.next_value(refs.weight(0)),
    ]


@given(experiments())
def test_each_stride_stops_at_ends_and_where_the_coarser_one_does(experiment: Experiment) -> None:
    steps = compile_program(experiment).steps
    for stride in STRIDES:
        places = stops(steps, stride)
        assert places[-1] == len(steps)
        assert all(a < b for a, b in pairwise(places))
    for finer, coarser in pairwise(STRIDES):
        assert set(stops(steps, coarser)) <= set(stops(steps, finer))


@given(experiments())
def test_a_phase_or_layer_is_never_left_unfinished(experiment: Experiment) -> None:
    steps = compile_program(experiment).steps
    phases = set(stops(steps, Stride.PHASE))
    layers = set(stops(steps, Stride.LAYER))
    for index, (step, following) in enumerate(pairwise(steps)):
        same_phase = step.phase is following.phase
        same_layer = refs.parse(step.writes).layer == refs.parse(following.writes).layer
        assert (index + 1 in phases) == (not same_phase)
        assert (index + 1 in layers) == (not same_phase or not same_layer)


# ---------------------------------------------------------------------------------------------------------- moving


@given(experiments(), st.sampled_from(STRIDES))
def test_forward_then_back_returns(experiment: Experiment, stride: Stride) -> None:
    """From any position: to itself where it is a stop, else to the last stop before it."""
    steps = compile_program(experiment).steps
    targets = all_stops(steps, stride, 3)
    for iteration in range(3):
        for position in range(len(steps) + 1):
            cursor = Cursor(iteration, position)
            there = forward(cursor, steps, stride, steps)
            assert place(there) > place(cursor)
            returned = back(there, steps, stride, steps)
            assert returned == max((stop for stop in targets if place(stop) <= place(cursor)), key=place)


@given(experiments(), st.sampled_from(STRIDES))
def test_back_then_forward_returns(experiment: Experiment, stride: Stride) -> None:
    """From any position but the start: to itself where it is a stop, else to the first stop after it."""
    steps = compile_program(experiment).steps
    targets = all_stops(steps, stride, 4)
    for iteration in range(3):
        for position in range(len(steps) + 1):
            cursor = Cursor(iteration, position)
            there = back(cursor, steps, stride, steps)
            if cursor == Cursor():
                assert there == cursor
                continue
            assert place(there) < place(cursor)
            returned = forward(there, steps, stride, steps)
            assert returned == min((stop for stop in targets if place(stop) >= place(cursor)), key=place)


@given(experiments(), st.sampled_from(STRIDES))
def test_going_on_visits_every_stop_and_going_back_all_of_them_again(experiment: Experiment, stride: Stride) -> None:
    steps = compile_program(experiment).steps
    targets = all_stops(steps, stride, 3)
    visited = [Cursor()]
    while len(visited) < len(targets):
        visited.append(forward(visited[-1], steps, stride, steps))
    assert visited == targets
    returned = [visited[-1]]
    while returned[-1] != Cursor():
        returned.append(back(returned[-1], steps, stride, steps))
    assert returned == targets[::-1]


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize(("steps", "others"), [(ARTICLE, WITH_MOMENTUM), (WITH_MOMENTUM, ARTICLE)])
def test_the_next_iteration_may_have_more_steps_or_fewer(steps: Steps, others: Steps, stride: Stride) -> None:
    """An edit in the middle of training may add the momentum's updates, or take them away."""
    last = Cursor(4, len(steps))
    there = forward(last, steps, stride, others)
    assert there == Cursor(5, stops(others, stride)[0])
    assert back(there, others, stride, steps) == last


@pytest.mark.parametrize("stride", STRIDES)
def test_the_element_that_was_shown_is_left_behind(stride: Stride) -> None:
    assert forward(Cursor(1, 3, element=1), ARTICLE, stride, ARTICLE).element is None
    assert back(Cursor(1, 3, element=1), ARTICLE, stride, ARTICLE).element is None


def test_clipping_and_the_schedule_are_each_one_layer_stride() -> None:
    def step(kind: StepKind, ref: str) -> MicroStep:
        return MicroStep(kind, refs.ValueRef(ref), (), lambda: None)

    steps = (
        step(StepKind.GRADIENT_NORM, "grad_norm"),
        step(StepKind.CLIP_COEFFICIENT, "clip_coef"),
        step(StepKind.CLIPPED_GRADIENT, "layers.0.weight.grad.clipped"),
        step(StepKind.CLIPPED_GRADIENT, "layers.1.weight.grad.clipped"),
        step(StepKind.UPDATE_TERM, "layers.1.weight.denom"),
        step(StepKind.PARAMETER_UPDATE, "layers.1.weight.next"),
        step(StepKind.STATE_UPDATE, "layers.0.weight.exp_avg.next"),
        step(StepKind.PARAMETER_UPDATE, "layers.0.weight.next"),
        step(StepKind.SCHEDULE, "layers.0.lr.next"),
        step(StepKind.SCHEDULE, "lr.next"),
    )
    assert stops(steps, Stride.LAYER) == (4, 6, 8, 10)
    assert stops(steps, Stride.PHASE) == (10,)
