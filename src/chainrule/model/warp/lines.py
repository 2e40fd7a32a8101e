"""The straight lines in the plane of two units: where the layer behind them is at 0, or turns the network's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import Program
from chainrule.model.curves.readings import Kind, OutputReading
from chainrule.model.timeline.downsampled_series import Floats
from chainrule.model.warp.plane import TWO, Range, Ranges, WarpStage, is_bent

# Lines of so many hidden units are drawn: more are no picture.
MOST_LINES = 8
# So many places of z are looked at for where the activation has a height; then so often as many between two of them.
SCANNED, PARTS, ROUNDS = 1001, 257, 6
# An activation that rises from minus this to this rises everywhere.
TRIED = 5.0
# A half plane is where way·place is at most a number.
HalfPlanes = list[tuple[Floats, float]]


@dataclass(frozen=True, slots=True)
class PlaneLine:
    """The straight line across·a + up·a' = rest in the plane of two units, and its `ends` in what is in sight.

    On it a `unit` of the next layer has some z; with an `other`, both of them the same. Of the last layer these are its
    own units.
    """

    across: float
    up: float
    rest: float
    unit: int
    other: int | None
    ends: tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class LineQuestion:
    """What is asked of the plane of a stage: what is read of the outputs, the number at which the answer turns, and
    what all units of the stage's layer make of the row that the others are held at, (units,).
    """

    reading: OutputReading
    middle: float
    held: Floats


@dataclass(frozen=True, slots=True, eq=False)
class NextUnits:
    """What units of the next layer make of the plane: z = weights·(a, a') + rest, (units, 2) and (units,)."""

    weights: Floats
    rest: Floats


def lines_in_plane(
    program: Program,
    values: Mapping[ValueRef, Tensor],
    network: NetworkSpec,
    stage: WarpStage,
    question: LineQuestion,
    ranges: Ranges,
) -> tuple[PlaneLine, ...]:
    """Return the straight lines of the layer behind a stage in its plane, as far as they are in sight.

    Of the output those at which the answer turns, of a hidden layer those on which the z of a unit is 0. Of the last
    layer it is where its own answer turns. Where z goes on to an activation there are none.
    """
    last = len(network.layers) - 1
    if stage.layer < 0 or (not stage.is_activated and is_bent(network, stage.layer)):
        return ()
    if stage.layer == last:
        return _own_lines(stage, question, network.outputs, ranges)
    behind = stage.layer + 1
    found = next_units(values, stage, question.held, bias=network.layers[behind].bias)
    if behind < last:
        units = range(min(MOST_LINES, network.layers[behind].units))
        return tuple(line for unit in units for line in level_lines(found, unit, np.zeros(1), ranges))
    if question.reading.kind is Kind.CLASSES:
        return class_lines(found, ranges) if keeps_order(program, values, network, last) else ()
    unit = question.reading.unit
    levels = z_levels(program, values, last, unit, question.middle, reach_of_unit(found, unit, ranges))
    return level_lines(found, unit, levels, ranges)


def _own_lines(stage: WarpStage, question: LineQuestion, outputs: int, ranges: Ranges) -> tuple[PlaneLine, ...]:
    """Return where the outputs that are the axes themselves turn the answer."""
    own = NextUnits(np.eye(TWO), np.zeros(TWO))
    if question.reading.kind is Kind.CLASSES:
        return class_lines(own, ranges) if outputs == TWO else ()
    unit = question.reading.unit
    if unit not in stage.units:
        return ()
    found = level_lines(own, stage.units.index(unit), np.array([question.middle]), ranges)
    return tuple(replace(line, unit=unit) for line in found)


def next_units(values: Mapping[ValueRef, Tensor], stage: WarpStage, row: Floats, *, bias: bool) -> NextUnits:
    """Return what the layer after a stage makes of its plane, where all of the stage's other units are as in `row`."""
    weight = values[refs.weight(stage.layer + 1)].double().cpu().numpy()
    held = row.copy()
    held[list(stage.units)] = 0.0
    rest = weight @ held
    if bias:
        rest = rest + values[refs.bias(stage.layer + 1)].double().cpu().numpy()
    return NextUnits(weight[:, list(stage.units)], rest)


def level_lines(found: NextUnits, unit: int, levels: Floats, ranges: Ranges) -> tuple[PlaneLine, ...]:
    """Return the lines on which a unit has some z, as far as they are in sight."""
    way, rest = found.weights[unit], found.rest[unit]
    lines = [_line(way, float(level - rest), unit, None, _sides(ranges)) for level in levels.tolist()]
    return tuple(line for line in lines if line is not None)


def class_lines(found: NextUnits, ranges: Ranges) -> tuple[PlaneLine, ...]:
    """Return the lines on which two units have the same z, and no other has more, as far as they are in sight."""
    lines: list[PlaneLine] = []
    for one, other in combinations(range(len(found.rest)), 2):
        less = [
            (found.weights[third] - found.weights[one], float(found.rest[one] - found.rest[third]))
            for third in range(len(found.rest))
            if third not in (one, other)
        ]
        way, rest = found.weights[one] - found.weights[other], float(found.rest[other] - found.rest[one])
        line = _line(way, rest, one, other, [*_sides(ranges), *less])
        lines += [line] if line else []
    return tuple(lines)


def z_levels(
    program: Program, values: Mapping[ValueRef, Tensor], layer: int, unit: int, height: float, reach: Range
) -> Floats:
    """Return each z of a unit in a range at which its activation has a height."""
    z = np.linspace(*reach, SCANNED)
    a = _activated(program, values, layer, unit, z)
    above = a > height
    turns = np.flatnonzero((above[1:] != above[:-1]) & np.isfinite(a[1:]) & np.isfinite(a[:-1]))
    low, high, is_up = z[turns], z[turns + 1], above[turns + 1]
    for _ in range(ROUNDS if len(turns) else 0):
        between = np.linspace(low, high, PARTS, axis=1)
        a = _activated(program, values, layer, unit, between.ravel()).reshape(between.shape)
        # The first place that is beyond, and the one before it.
        beyond = np.maximum(((a > height) == is_up[:, None]).argmax(axis=1), 1)
        rows = np.arange(len(turns))
        low, high = between[rows, beyond - 1], between[rows, beyond]
    found: Floats = low / 2 + high / 2
    return found


def keeps_order(program: Program, values: Mapping[ValueRef, Tensor], network: NetworkSpec, layer: int) -> bool:
    """Return whether of two units of a layer the one with more z has more a: then z says which class is the largest."""
    spec = network.layers[layer]
    if ACTIVATIONS[spec.activation.name].couples_units:
        return True
    rises = [
        _activated(program, values, layer, unit, np.linspace(-TRIED, TRIED, SCANNED)) for unit in range(spec.units)
    ]
    return all(bool((np.diff(each) > 0).all()) and np.array_equal(each, rises[0]) for each in rises)


def reach_of_unit(found: NextUnits, unit: int, ranges: Ranges) -> Range:
    """Return between which z of a unit the plane in sight is: a straight function is largest in a corner."""
    corners = np.array([[x, y] for x in ranges[0] for y in ranges[1]])
    z = corners @ found.weights[unit] + found.rest[unit]
    return float(z.min()), float(z.max())


def _activated(program: Program, values: Mapping[ValueRef, Tensor], layer: int, unit: int, z: Floats) -> Floats:
    """Return what the activation of a unit makes of some z, (n,); of units that are coupled the others have 0."""
    ref = refs.activation(layer)
    step = next(step for step in program.steps if step.writes == ref)
    first = values[program.parameters[0]]
    given = torch.zeros(len(z), values[refs.weight(layer)].shape[0], dtype=torch.float64)
    given[:, unit] = torch.from_numpy(z)
    known = {refs.pre_activation(layer): given.to(first.device, first.dtype)}
    with torch.inference_mode():
        a = step.compute(*[known[read] if read in known else values[read] for read in step.reads])
    found: Floats = a[:, unit].double().cpu().numpy()
    return found


def _sides(ranges: Ranges) -> HalfPlanes:
    """Return what is in sight as half planes: each is where way·place is at most a number."""
    found: HalfPlanes = []
    for axis, (low, high) in enumerate(ranges):
        way = np.eye(TWO)[axis]
        found += [(way, high), (-way, -low)]
    return found


def _line(way: Floats, rest: float, unit: int, other: int | None, within: HalfPlanes) -> PlaneLine | None:
    """Return the part of the line way·place = rest within half planes; None where it is nowhere."""
    length = float(np.hypot(*way))
    if not (0 < length < np.inf and np.isfinite(rest)):
        return None
    along, foot = np.array([-way[1], way[0]]) / length, way / length * (rest / length)
    begin, end = -np.inf, np.inf
    for side, most in within:
        speed, left = float(side @ along), float(most - side @ foot)
        if speed > 0:
            end = min(end, left / speed)
        elif speed < 0:
            begin = max(begin, left / speed)
        elif left < 0:
            return None
    if not begin < end:
        return None
    ends = tuple((float(x), float(y)) for x, y in (foot + begin * along, foot + end * along))
    return PlaneLine(float(way[0]), float(way[1]), rest, unit, other, (ends[0], ends[1]))
