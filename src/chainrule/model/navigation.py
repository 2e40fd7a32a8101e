"""Positions on the timeline, and the ways from one to the next: by micro-step, layer, phase or iteration."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.catalog.values.refs import ValueRef
    from chainrule.catalog.values.value import Value
    from chainrule.engine.program.program import Program
    from chainrule.engine.program.steps import MicroStep


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between micro-steps: the first `position` steps of `iteration` are done.

    `element` counts, where numbers are shown one at a time, how many of the last step's numbers are shown; None is all.
    """

    iteration: int = 0
    position: int = 0
    element: int | None = None


def cursor_within(cursor: Cursor, program: Program) -> Cursor:
    """Return the cursor, at the end of the iteration where its program has fewer micro-steps."""
    return cursor if cursor.position <= len(program.steps) else Cursor(cursor.iteration, len(program.steps))


class Stride(Enum):
    """How far one move goes."""

    MICRO_STEP = "micro-step"
    LAYER = "layer"
    PHASE = "phase"
    ITERATION = "iteration"


_WHOLE_NETWORK = {
    "gradient_norm": "clipping",
    "clip_coefficient": "clipping",
    "clipped_gradient": "clipping",
    "schedule": "schedule",
}


def stops(program: Program, stride: Stride) -> tuple[int, ...]:
    """Return the positions of an iteration at which moves of that stride end."""
    steps = program.steps
    if stride is Stride.MICRO_STEP:
        return tuple(range(len(steps) + 1))
    if stride is Stride.ITERATION:
        return (len(steps),)
    groups = [layer_group(step, program.values) if stride is Stride.LAYER else step.phase for step in steps]
    ends = [index + 1 for index in range(len(groups) - 1) if groups[index] != groups[index + 1]]
    return (*ends, len(steps))


def layer_group(step: MicroStep, values: Mapping[ValueRef, Value]) -> object:
    """Return what a step has in common with its neighbours: the layer in its phase.

    Clipping and schedule take all layers.
    """
    whole = _WHOLE_NETWORK.get(step.kind.value)
    return step.phase, whole, values[step.writes].layer if whole is None else None


def next_stop(cursor: Cursor, program: Program, stride: Stride, following: Program) -> Cursor:
    """Return the next stop after the cursor; `following` is the program of the iteration after."""
    places = stops(program, stride)
    index = bisect_right(places, cursor.position)
    if index < len(places):
        return Cursor(cursor.iteration, places[index])
    return Cursor(cursor.iteration + 1, stops(following, stride)[0])


def previous_stop(cursor: Cursor, program: Program, stride: Stride, previous: Program, first: int = 0) -> Cursor:
    """Return the last stop before the cursor.

    `previous` is the program of the iteration before, `first` is the first.
    """
    places = stops(program, stride)
    index = bisect_left(places, cursor.position)
    if index > 0:
        return Cursor(cursor.iteration, places[index - 1])
    if cursor.iteration > first:
        return Cursor(cursor.iteration - 1, stops(previous, stride)[-1])
    return Cursor(first)
