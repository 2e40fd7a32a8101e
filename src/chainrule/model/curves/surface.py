"""The loss over a plane in the space of the parameters: through two of them, or along two directions of all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.threads import use_threads
from chainrule.engine.many_losses import losses_over, steps_to_loss
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import Overrides
from chainrule.engine.trace import Trace
from chainrule.model.editing.overrides import NONE
from chainrule.model.elements import Index
from chainrule.model.timeline.downsampled_series import Floats

# Places a side; of a first look.
SIDE, ROUGH_SIDE = 101, 21
# A surface of large data or a large network has fewer places: as many as make about so many multiplications.
MOST_WORK, MOST_ROUGH_WORK, FEWEST = 2**32, 2**26, 11
# What an activation costs of a number.
ACTIVATION_WORK = 8
# More states than these tell nothing more about the directions in which they vary most.
MOST_STATES = 256

Direction = Mapping[ValueRef, Tensor]
# A number of a parameter.
PlaneElement = tuple[ValueRef, Index]


@dataclass(frozen=True, slots=True, eq=False)
class ParameterPlane:
    """The parameters `origin + x across + y up`; those that neither direction has are as they are in the iteration.

    `shares` are the parts of the states' variance that principal directions have.
    """

    origin: Direction
    across: Direction
    up: Direction
    shares: tuple[float, float] | None = None

    def at(self, x: Tensor, y: Tensor) -> dict[ValueRef, Tensor]:
        """Return the parameters at places, (n,) each: (n, ...)."""
        found = {}
        for ref, origin in self.origin.items():
            shape = (-1, *(1 for _ in origin.shape))
            found[ref] = origin + sum(
                way[ref] * place.reshape(shape) for way, place in ((self.across, x), (self.up, y)) if ref in way
            )
        return found

    def places_of(self, states: Floats) -> Floats:
        """Return where parameters, (n, all of the plane's), are nearest to the plane: (n, 2)."""
        ways = np.stack([numbers_in_order(way, self.origin) for way in (self.across, self.up)])
        away = states - numbers_in_order(self.origin, self.origin)
        with np.errstate(all="ignore"):
            found: Floats = away @ np.linalg.pinv(ways)
        return found


def numbers_in_order(numbers: Direction, like: Direction) -> Floats:
    """Return the numbers of the values that another one has, one after the other; 0 where there are none."""
    parts = [numbers.get(ref, torch.zeros_like(part)).double().cpu().reshape(-1) for ref, part in like.items()]
    found: Floats = torch.cat(parts).numpy()
    return found


def element_plane(
    values: Mapping[ValueRef, Tensor], across: tuple[ValueRef, Index], up: tuple[ValueRef, Index]
) -> ParameterPlane:
    """Return the plane of two numbers, whose places are the numbers themselves."""
    origin = {ref: values[ref].clone() for ref, _ in (across, up)}
    for ref, index in (across, up):
        origin[ref][index] = 0.0
    ways = []
    for ref, index in (across, up):
        way = torch.zeros_like(origin[ref])
        way[index] = 1.0
        ways.append({ref: way})
    return ParameterPlane(origin, ways[0], ways[1])


def random_plane(values: Mapping[ValueRef, Tensor], trained: Sequence[ValueRef], seed: int) -> ParameterPlane:
    """Return the plane of two random directions from the parameters, each as long as what it changes.

    Of each neuron's weights the direction is as long as they are ("filter-normalized"), and biases stay: Li et al.,
    Visualizing the Loss Landscape of Neural Nets, 2018. Single numbers are taken together as one neuron's.
    """
    generator = torch.Generator().manual_seed(seed)
    matrices = [ref for ref in trained if values[ref].dim() > 1]
    wanted = matrices or list(trained)
    whole = 1.0 if matrices else math.sqrt(sum(float(values[ref].double().square().sum()) for ref in wanted))
    ways = []
    for _ in range(2):
        way = {ref: torch.randn(values[ref].shape, generator=generator, dtype=torch.float64) for ref in wanted}
        if matrices:
            for ref, part in way.items():
                lengths = values[ref].double().cpu().norm(dim=1, keepdim=True)
                way[ref] = part * (lengths / part.norm(dim=1, keepdim=True))
        else:
            length = math.sqrt(sum(float(part.square().sum()) for part in way.values()))
            way = {ref: part * ((whole or 1.0) / length) for ref, part in way.items()}
        ways.append({ref: part.to(values[ref]) for ref, part in way.items()})
    return ParameterPlane({ref: values[ref] for ref in wanted}, ways[0], ways[1])


def principal_plane(
    values: Mapping[ValueRef, Tensor], trained: Sequence[ValueRef], states: Floats
) -> ParameterPlane | None:
    """Return the plane from the parameters along the two directions in which states, (n, all trained), vary most.

    Each has length 1. None where they do not vary in two directions.
    """
    states = states[np.isfinite(states).all(axis=1)]
    if len(states) > MOST_STATES:
        states = states[np.linspace(0, len(states) - 1, MOST_STATES).astype(int)]
    if len(states) < 3:  # noqa: PLR2004 - two points are on one line
        return None
    # Where training diverges, squares of the states are too large for a float. A power of two rounds nothing.
    states = np.ldexp(states, -int(np.frexp(np.abs(states).max())[1]))
    _, lengths, ways = np.linalg.svd(states - states.mean(axis=0), full_matrices=False)
    squares = np.square(lengths)
    if len(lengths) < 2 or not lengths[1] > 1e-12 * lengths[0]:  # noqa: PLR2004
        return None
    parts = []
    for way in ways[:2]:
        # Of the two signs the one in which the largest number grows: it does not change from one look to the next.
        sign = 1.0 if way[np.abs(way).argmax()] > 0 else -1.0
        sizes = [values[ref].numel() for ref in trained]
        split = torch.split(torch.from_numpy(sign * way), sizes)
        parts.append({ref: part.reshape(values[ref].shape).to(values[ref])
                      for ref, part in zip(trained, split, strict=True)})  # fmt: skip
    whole = float(squares.sum())
    shares = float(squares[0]) / whole, float(squares[1]) / whole
    return ParameterPlane({ref: values[ref] for ref in trained}, parts[0], parts[1], shares)


def surface_side(program: Program, trace: Trace, *, rough: bool = False) -> int:
    """Return how many places a side of a surface has, an odd number: as many as the work allows."""
    parameters = sum(trace.values[ref].numel() for ref in program.parameters)
    written = sum(trace.values[step.writes].numel() for step in program.steps[: program.index[program.loss] + 1])
    work = max(1, len(trace.rows)) * parameters + ACTIVATION_WORK * written
    most = math.isqrt((MOST_ROUGH_WORK if rough else MOST_WORK) // max(1, work))
    return max(FEWEST, min(ROUGH_SIDE if rough else SIDE, most)) // 2 * 2 + 1


def surface(
    program: Program, trace: Trace, plane: ParameterPlane, across: Floats, up: Floats, overrides: Overrides = NONE
) -> Iterator[Floats]:
    """Yield the losses of the iteration's batch over a grid of the plane, (up, across), as far as they are computed.

    The others are NaN yet. The array is the same each time, and the last time it is full.
    """
    use_threads(1)
    first = next(iter(plane.origin.values()))
    x, y = (torch.from_numpy(places).to(first.device, first.dtype) for places in (across, up))
    found = np.full(len(up) * len(across), np.nan)
    steps = steps_to_loss(program, trace, plane.origin.keys(), overrides)

    def moved(begin: int, end: int) -> dict[ValueRef, Tensor]:
        at = torch.arange(begin, end, device=first.device)
        return plane.at(x[at % len(across)], y[at // len(across)])

    done = 0
    for losses in losses_over(steps, trace.values, program.loss, moved, len(found)):
        found[done : done + len(losses)] = losses.double().cpu().numpy()
        done += len(losses)
        yield found.reshape(len(up), len(across))


def loss_in_plane(
    program: Program, trace: Trace, plane: ParameterPlane, place: tuple[float, float], overrides: Overrides = NONE
) -> float:
    """Return the loss at one place of a plane."""
    across, up = (np.array([number]) for number in place)
    return float(next(surface(program, trace, plane, across, up, overrides))[0, 0])


def parameters_at(plane: ParameterPlane, place: tuple[float, float]) -> dict[ValueRef, Tensor]:
    """Return the plane's parameters at one place of it."""
    first = next(iter(plane.origin.values()))
    x, y = (torch.tensor([number], dtype=first.dtype, device=first.device) for number in place)
    with torch.inference_mode():
        return {ref: part[0] for ref, part in plane.at(x, y).items()}
