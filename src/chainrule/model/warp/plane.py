"""What layers make of the plane of two inputs: where its points go, on the way to z and to a, and the lines there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.forward import layer_values
from chainrule.engine.program.program import Program
from chainrule.model.timeline.downsampled_series import Floats, Positions

Range = tuple[float, float]
Ranges = tuple[Range, Range]
# A plane has two axes.
TWO = 2
# Lines of the grid each way, and places along each: as many as make a curve of it.
GRID_LINES, GRID_PLACES = 17, 49
# Two steps make of a place within a cell one that no eye tells from the boundary; a slope is of so much of a cell.
NEWTON_STEPS, APART = 3, 1e-3


@dataclass(frozen=True, slots=True)
class WarpStage:
    """One view of the plane: of the inputs (layer -1), or of two `units` of a layer, before or after its activation."""

    layer: int
    units: tuple[int, int]
    is_activated: bool = True

    @property
    def ref(self) -> ValueRef:
        """The value whose two columns are the axes."""
        if self.layer < 0:
            return refs.INPUT
        return (refs.activation if self.is_activated else refs.pre_activation)(self.layer)


@dataclass(frozen=True, slots=True, eq=False)
class CarriedPoints:
    """Points of the inputs at each stage, (stages, n, 2), and what the network answers, (n, out)."""

    places: Floats
    outputs: Floats


@dataclass(frozen=True, slots=True)
class BoundaryLevel:
    """Where the answer turns: at a number of one output, or, without a unit, where the two largest are the same. `most`
    is how far, along each input, a place that was found is from it.
    """

    unit: int | None
    middle: float
    most: tuple[float, float]


def stages_of(network: NetworkSpec, layer: int, units: tuple[int, int]) -> tuple[WarpStage, ...]:
    """Return the stages on the way to two units of a layer: the inputs, layers before it that are as wide, and itself.

    What is between the inputs and a layer that is wider has no plane of its own: the way goes past it.
    """
    before = [place for place in range(layer) if network.layers[place].units == TWO]
    pairs = [*((place, (0, 1)) for place in before), (layer, units)]
    stages = [WarpStage(place, pair, is_activated) for place, pair in pairs for is_activated in (False, True)]
    kept = [stage for stage in stages if not stage.is_activated or is_bent(network, stage.layer)]
    return (WarpStage(-1, (0, 1)), *kept)


def is_bent(network: NetworkSpec, layer: int) -> bool:
    """Return whether the activation of a layer makes another plane of z: Identity leaves it as it is."""
    return network.layers[layer].activation.name != "Identity"


def grid_of(ranges: Ranges) -> Floats:
    """Return the lines of a grid over two inputs, (lines, places, 2): those upwards first."""
    (left, right), (low, high) = ranges
    along = [np.linspace(*ends, GRID_PLACES) for ends in ranges]
    upwards = [np.column_stack([np.full(GRID_PLACES, x), along[1]]) for x in np.linspace(left, right, GRID_LINES)]
    across = [np.column_stack([along[0], np.full(GRID_PLACES, y)]) for y in np.linspace(low, high, GRID_LINES)]
    return np.stack([*upwards, *across])


def on_boundary(
    program: Program, values: Mapping[ValueRef, Tensor], last: int, places: Floats, level: BoundaryLevel
) -> Floats:
    """Return places near the boundary, (n, 2), moved onto it: what is straight behind a layer is then seen to be.

    By Newton's steps across the boundary, and by at most `level.most` along each input.
    """
    parameters = {ref: values[ref].double().cpu() for ref in program.parameters}
    output = refs.activation(last)

    def outputs(rows: Floats) -> Floats:
        given = torch.from_numpy(np.ascontiguousarray(rows))
        found: Floats = layer_values(program, parameters, lambda begin, end: given[begin:end], len(rows), (output,))[
            output
        ].numpy()
        return found

    first = outputs(places)
    units = _leading(first) if level.unit is None else None
    before = _heights_of(first, units, level)
    found, most, apart = places.copy(), np.array(level.most), APART * np.array(level.most)
    for _ in range(NEWTON_STEPS):
        beside = [found, *(found + way for way in np.diag(apart))]
        heights = _heights_of(outputs(np.concatenate(beside)), units, level).reshape(3, -1)
        slopes = (heights[1:] - heights[0]) / apart[:, None]
        with np.errstate(all="ignore"):
            steps = (-slopes * heights[0] / (slopes**2).sum(axis=0)).T
        found = np.clip(found + np.where(np.isfinite(steps), steps, 0.0), places - most, places + most)
    # Where the network is too bent for that, a place is better where it was.
    is_nearer = np.abs(_heights_of(outputs(found), units, level)) < np.abs(before)
    moved: Floats = np.where(is_nearer[:, None], found, places)
    return moved


def _leading(outputs: Floats) -> Positions:
    """Return the two largest outputs of each place, (n, 2)."""
    found: Positions = np.argsort(outputs, axis=1)[:, -TWO:]
    return found


def _heights_of(outputs: Floats, units: Positions | None, level: BoundaryLevel) -> Floats:
    """Return how far the outputs of places, some times over, are from where the answer turns."""
    if units is None:
        found: Floats = outputs[:, level.unit or 0] - level.middle
        return found
    pairs = np.concatenate([units] * (len(outputs) // max(1, len(units))))
    rows = np.arange(len(outputs))
    between: Floats = outputs[rows, pairs[:, 1]] - outputs[rows, pairs[:, 0]]
    return between


def carried(
    program: Program, values: Mapping[ValueRef, Tensor], stages: tuple[WarpStage, ...], last: int, inputs: Floats
) -> CarriedPoints:
    """Return where points of the two inputs, (n, 2), are at each stage, and what the `last` layer makes of them."""
    output = refs.activation(last)
    first = values[program.parameters[0]]
    given = torch.from_numpy(np.ascontiguousarray(inputs)).to(first.device, first.dtype)
    wanted = {stage.ref for stage in stages if stage.layer >= 0} | {output}
    found = layer_values(program, values, lambda begin, end: given[begin:end], len(inputs), wanted)
    found[refs.INPUT] = given
    places = [found[stage.ref][:, list(stage.units)].double().cpu().numpy() for stage in stages]
    return CarriedPoints(np.stack(places), found[output].double().cpu().numpy())
