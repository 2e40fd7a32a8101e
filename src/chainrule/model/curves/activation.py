"""The curve of an activation around a neuron's z: how a comes of z, and how steep it is there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.engine.program import activations as activation_functions

POINTS = 65
# How far a curve reaches to both sides of 0 at least: what bends does so there.
REACH = 4.0
# So much of the half with z in it is left beyond z.
BEYOND = 1.15
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
Arguments = tuple[tuple[str, ArgumentValue], ...]


@dataclass(frozen=True, slots=True)
class ActivationCurve:
    """a = f(z), as pieces of places (z, a) from -reach to reach; `low` and `high` are the least and the largest a.

    There are several pieces where a formula has no value in between.
    """

    pieces: tuple[tuple[tuple[float, float], ...], ...]
    reach: float
    low: float
    high: float


def activation_curve(choice: Choice, z: float, learned: tuple[float, ...] = ()) -> ActivationCurve | None:
    """Return the curve around 0 that has z on it; `learned` is what the activation has learned, a number of each
    vector.

    None for an activation that is no function of one z, and where the numbers are too large to be drawn.
    """
    reach = None if ACTIVATIONS[choice.name].couples_units else nice_reach(abs(z))
    return None if reach is None else _curve(choice.name, tuple(choice.arguments.items()), learned, reach)


def activation_slope(choice: Choice, z: float, a: float, learned: tuple[float, ...] = ()) -> float | None:
    """Return f'(z) of an activation of one z, at a kink the one that torch chooses; None for others."""
    if ACTIVATIONS[choice.name].couples_units:
        return None
    return _slope(choice.name, tuple(choice.arguments.items()), z, a, learned)


@lru_cache(maxsize=256)
def _slope(name: str, arguments: Arguments, z: float, a: float, learned: tuple[float, ...]) -> float:
    operands = map(_tensor, (z, a, *learned))
    with torch.inference_mode():
        return float(activation_functions.slope(Choice(name, dict(arguments)))(*operands))


def nice_reach(size: float) -> float | None:
    """Return a round number beyond the size of a z, which stays the same while that moves a little; None where it is
    too large to be drawn.
    """
    if not math.isfinite(20 * size):
        return None
    wanted = max(REACH, BEYOND * size)
    power = 10.0 ** math.floor(math.log10(wanted))
    return power * next(nice for nice in _NICE if nice * power >= wanted)


@lru_cache(maxsize=64)
def _curve(name: str, arguments: Arguments, learned: tuple[float, ...], reach: float) -> ActivationCurve | None:
    places = torch.linspace(-reach, reach, POINTS, dtype=torch.float64)
    with torch.inference_mode():
        forward = activation_functions.forward(Choice(name, dict(arguments)))
        values: list[float] = forward(places[:, None], *map(_tensor, learned)).reshape(-1).tolist()
    points = list(zip(places.tolist(), values, strict=True))
    runs = groupby(points, lambda point: math.isfinite(point[1]))
    pieces = tuple(tuple(run) for is_known, run in runs if is_known)
    known = [a for piece in pieces for _, a in piece]
    if not known or not math.isfinite(max(known) - min(known)):
        return None
    return ActivationCurve(pieces, reach, min(known), max(known))


def _tensor(number: float) -> Tensor:
    return torch.tensor([number], dtype=torch.float64)
