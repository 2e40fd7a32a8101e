"""Moving on the timeline: every stride, in both directions, from every position."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.program.program import Program, compile_program
from chainrule.model.navigation import Cursor, Stride, next_stop, previous_stop, stops
from tests.experiments import article, experiments, mazur, sgd

STRIDES = list(Stride)
ARTICLE = compile_program(article())
WITH_MOMENTUM = compile_program(article(optimizer=sgd(0.01, momentum=0.9)))


def place(cursor: Cursor) -> tuple[int, int]:
    """A cursor's place in the order of time."""
    return cursor.iteration, cursor.position


def all_stops(program: Program, stride: Stride, iterations: int) -> list[Cursor]:
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
    program = compile_program(article(frozen=frozen))
    assert stops(program, Stride.PHASE) == (4, 5, 6)
    assert stops(program, Stride.ITERATION) == (6,)


def test_stops_of_a_network_with_frozen_biases() -> None:
    program = compile_program(mazur())
    assert [program.steps[stop - 1].writes for stop in stops(program, Stride.LAYER)] == [
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
    program = compile_program(experiment)
    for stride in STRIDES:
        places = stops(program, stride)
        assert places[-1] == len(program.steps)
        assert all(a < b for a, b in pairwise(places))
    for finer, coarser in pairwise(STRIDES):
        assert set(stops(program, coarser)) <= set(stops(program, finer))


@given(experiments())
def test_a_phase_or_layer_is_never_left_unfinished(experiment: Experiment) -> None:
    program = compile_program(experiment)
    phases = set(stops(program, Stride.PHASE))
    layers = set(stops(program, Stride.LAYER))
    for index, (step, following) in enumerate(pairwise(program.steps)):
        same_phase = step.phase is following.phase
        same_layer = program.values[step.writes].layer == program.values[following.writes].layer
        assert (index + 1 in phases) == (not same_phase)
        assert (index + 1 in layers) == (not same_phase or not same_layer)


# ---------------------------------------------------------------------------------------------------------- moving


@given(experiments(), st.sampled_from(STRIDES))
def test_forward_then_back_returns(experiment: Experiment, stride: Stride) -> None:
    """From any position: to itself where it is a stop, else to the last stop before it."""
    program = compile_program(experiment)
    targets = all_stops(program, stride, 3)
    for iteration in range(3):
        for position in range(len(program.steps) + 1):
            cursor = Cursor(iteration, position)
            there = next_stop(cursor, program, stride, program)
            assert place(there) > place(cursor)
            returned = previous_stop(there, program, stride, program)
            assert returned == max((stop for stop in targets if place(stop) <= place(cursor)), key=place)


@given(experiments(), st.sampled_from(STRIDES))
def test_back_then_forward_returns(experiment: Experiment, stride: Stride) -> None:
    """From any position but the start: to itself where it is a stop, else to the first stop after it."""
    program = compile_program(experiment)
    targets = all_stops(program, stride, 4)
    for iteration in range(3):
        for position in range(len(program.steps) + 1):
            cursor = Cursor(iteration, position)
            there = previous_stop(cursor, program, stride, program)
            if cursor == Cursor():
                assert there == cursor
                continue
            assert place(there) < place(cursor)
            returned = next_stop(there, program, stride, program)
            assert returned == min((stop for stop in targets if place(stop) >= place(cursor)), key=place)


@given(experiments(), st.sampled_from(STRIDES))
def test_going_on_visits_every_stop_and_going_back_all_of_them_again(experiment: Experiment, stride: Stride) -> None:
    program = compile_program(experiment)
    targets = all_stops(program, stride, 3)
    visited = [Cursor()]
    while len(visited) < len(targets):
        visited.append(next_stop(visited[-1], program, stride, program))
    assert visited == targets
    returned = [visited[-1]]
    while returned[-1] != Cursor():
        returned.append(previous_stop(returned[-1], program, stride, program))
    assert returned == targets[::-1]


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize(("program", "other"), [(ARTICLE, WITH_MOMENTUM), (WITH_MOMENTUM, ARTICLE)])
def test_the_next_iteration_may_have_more_steps_or_fewer(program: Program, other: Program, stride: Stride) -> None:
    """An edit in the middle of training may add the momentum's updates, or take them away."""
    last = Cursor(4, len(program.steps))
    there = next_stop(last, program, stride, other)
    assert there == Cursor(5, stops(other, stride)[0])
    assert previous_stop(there, other, stride, program) == last


@pytest.mark.parametrize("stride", STRIDES)
def test_the_element_that_was_shown_is_left_behind(stride: Stride) -> None:
    assert next_stop(Cursor(1, 3, element=1), ARTICLE, stride, ARTICLE).element is None
    assert previous_stop(Cursor(1, 3, element=1), ARTICLE, stride, ARTICLE).element is None


def test_clipping_and_the_schedule_are_each_one_layer_stride() -> None:
    first, last = article().network.layers
    experiment = article(
        network=NetworkSpec(2, (replace(first, lr=0.1), last)),
        optimizer=Choice("Adam", {"lr": 0.01}),
        clipping=Choice("clip_grad_norm_", {"max_norm": 1.0}),
        scheduler=Choice("StepLR", {"step_size": 2, "gamma": 0.5}),
    )
    program = compile_program(experiment)
    ends = [program.steps[stop - 1] for stop in stops(program, Stride.LAYER)]
    assert [(step.kind, program.values[step.writes].layer) for step in ends if step.phase is Phase.UPDATE] == [
        (StepKind.CLIPPED_GRADIENT, 0),
        (StepKind.PARAMETER_UPDATE, 1),
        (StepKind.PARAMETER_UPDATE, 0),
        (StepKind.SCHEDULE, 0),
    ]
    assert program.steps[-2].writes == refs.next_value(refs.LR)
    assert len(stops(program, Stride.PHASE)) == 4
