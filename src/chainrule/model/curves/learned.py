"""What a network has learned: what its layers make of a grid of one or two of its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.forward import layer_values
from chainrule.engine.machine.threads import use_threads
from chainrule.engine.program.program import Program
from chainrule.model.timeline.downsampled_series import Floats

# Places a side of a plane, and along a line.
SIDE, LINE = 200, 401
# A plane of a large network has fewer: as many as make about so much work, of which each parameter is one.
MOST_WORK, FEWEST = 2**28, 15
# The same while the numbers change with each frame: some milliseconds.
QUICK_WORK = 2**24
# Places of so many numbers are kept for the next frame.
MOST_KEPT = 2**18
# What an activation costs of a neuron.
ACTIVATION_WORK = 8

LayerGrid = NDArray[np.float32] | Floats


@dataclass(frozen=True, slots=True)
class InputPlane:
    """The inputs that a grid goes along, one or two of them, their ranges, and where all inputs are besides, (in,)."""

    columns: tuple[int, ...]
    ranges: tuple[tuple[float, float], ...]
    row: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LearnedMap:
    """Activations of layers over a grid, (up, across, units) or (across, units) each; `axes` are its places."""

    axes: tuple[Floats, ...]
    layers: Mapping[int, LayerGrid]


def side_of(network: NetworkSpec, columns: int, *, quick: bool) -> int:
    """Return how many places a side of a grid has: as many as the work allows."""
    if columns == 1:
        return LINE
    units = network.inputs + sum(layer.units for layer in network.layers)
    work = network.parameter_count + ACTIVATION_WORK * units
    return max(FEWEST, min(SIDE, math.isqrt((QUICK_WORK if quick else MOST_WORK) // work)))


def learned_map(
    program: Program,
    values: Mapping[ValueRef, Tensor],
    plane: InputPlane,
    sides: Sequence[int],
    layers: Sequence[int],
    *,
    single: bool = False,
) -> LearnedMap:
    """Return what some layers make of a grid of so many places along each input, under the parameters in `values`.

    With `single` in single precision, which is faster, and which no eye tells from the other.
    """
    use_threads(1)
    first = values[program.parameters[0]]
    dtype = torch.float32 if single else first.dtype
    axes, count = _axes(plane, tuple(sides)), math.prod(sides)
    grid = _Grid(_without_row(plane), tuple(sides), dtype, first.device)

    def inputs(begin: int, end: int) -> Tensor:
        return _kept_rows(grid)[begin:end] if count * len(plane.row) <= MOST_KEPT else _rows(grid, begin, end)

    wanted = {refs.activation(layer): layer for layer in layers}
    parameters = {ref: values[ref].to(dtype) for ref in program.parameters}
    found = layer_values(program, parameters, inputs, count, wanted, quick=single)
    shape = (*reversed(sides), -1)
    return LearnedMap(axes, {layer: found[ref].cpu().numpy().reshape(shape) for ref, layer in wanted.items()})


@dataclass(frozen=True, slots=True)
class _Grid:
    """Places of a plane as they go through a network: so many along each axis, in some precision, on some device."""

    plane: InputPlane
    sides: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device


def _axes(plane: InputPlane, sides: tuple[int, ...]) -> tuple[Floats, ...]:
    return tuple(np.linspace(*ends, side) for ends, side in zip(plane.ranges, sides, strict=True))


def _rows(grid: _Grid, begin: int, end: int) -> Tensor:
    """Return some of the places of a grid, (end - begin, in)."""
    row = torch.tensor(grid.plane.row, dtype=torch.float64).to(grid.device, grid.dtype)
    rows, at = row.repeat(end - begin, 1), torch.arange(begin, end, device=grid.device)
    axes = [torch.from_numpy(axis).to(grid.device, grid.dtype) for axis in _axes(grid.plane, grid.sides)]
    for column, axis, place in zip(grid.plane.columns, axes, (at % grid.sides[0], at // grid.sides[0]), strict=False):
        rows[:, column] = axis[place]
    return rows


def _without_row(plane: InputPlane) -> InputPlane:
    """Return a plane where what goes along the axes is 0 in its row: the places are the same whatever it is there."""
    row = tuple(0.0 if column in plane.columns else number for column, number in enumerate(plane.row))
    return replace(plane, row=row)


@lru_cache(maxsize=4)
def _kept_rows(grid: _Grid) -> Tensor:
    """Return all places of a small grid, which is the same in each frame of a run."""
    return _rows(grid, 0, math.prod(grid.sides))


def outputs_of(
    program: Program, values: Mapping[ValueRef, Tensor], layer: int, rows: Sequence[Sequence[float]]
) -> Floats:
    """Return what a layer makes of some inputs, (n, units)."""
    first, ref = values[program.parameters[0]], refs.activation(layer)
    given = torch.tensor(rows, dtype=first.dtype, device=first.device)
    found = layer_values(program, values, lambda begin, end: given[begin:end], len(rows), (ref,))[ref]
    return found.double().cpu().numpy()
