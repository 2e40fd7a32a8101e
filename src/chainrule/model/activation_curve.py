"""The curve of an activation around a neuron's z: how a comes of z, and how steep it is there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, Value
from chainrule.engine.activations import ACTIVATIONS, Vectorwise

POINTS = 65
# How far a curve reaches to both sides of 0 at least: what bends does so there.
REACH = 4.0
# So much of the half with z in it is left beyond z.
BEYOND = 1.15
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class ActivationCurve:
    """a = f(z) at `places`, evenly from -reach to reach; `low` and `high` are the least and the largest a."""

    places: tuple[float, ...]
    values: tuple[float, ...]
    low: float
    high: float


def activation_curve(choice: Choice, z: float, weight: float | None = None) -> ActivationCurve | None:
    """The curve around 0 that has z on it; `weight` is what the activation has learned.

    None for an activation that is no function of one z, and where the numbers are too large to be drawn.
    """
    if isinstance(ACTIVATIONS[choice.name], Vectorwise) or not math.isfinite(2 * z):
        return None
    return _curve(choice.name, tuple(choice.arguments.items()), weight, _reach(abs(z)))


def activation_slope(choice: Choice, z: float, a: float, weight: float | None = None) -> float | None:
    """f'(z) of an activation of one z, at a kink the one that torch chooses; None for others."""
    if isinstance(ACTIVATIONS[choice.name], Vectorwise):
        return None
    return _slope(choice.name, tuple(choice.arguments.items()), z, a, weight)


@lru_cache(maxsize=256)
def _slope(name: str, arguments: tuple[tuple[str, Value], ...], z: float, a: float, weight: float | None) -> float:
    at_z, at_a = (torch.tensor([[number]], dtype=torch.float64) for number in (z, a))
    given = () if weight is None else (_tensor(weight),)
    with torch.inference_mode():
        backward = ACTIVATIONS[name].backward(Choice(name, dict(arguments)))
        return float(backward(torch.ones_like(at_z), at_z, at_a, *given))


def _reach(size: float) -> float:
    """A round number beyond z, which stays the same while z moves a little."""
    wanted = max(REACH, BEYOND * size)
    power = 10.0 ** math.floor(math.log10(wanted))
    return power * next(nice for nice in _NICE if nice * power >= wanted)


@lru_cache(maxsize=64)
def _curve(
    name: str, arguments: tuple[tuple[str, Value], ...], weight: float | None, reach: float
) -> ActivationCurve | None:
    places = torch.linspace(-reach, reach, POINTS, dtype=torch.float64)
    given = () if weight is None else (_tensor(weight),)
    forward: Callable[..., Tensor] = ACTIVATIONS[name].forward(Choice(name, dict(arguments)))
    with torch.inference_mode():
        values = forward(places[:, None], *given).reshape(-1).tolist()
    if not all(map(math.isfinite, values)):
        return None
    return ActivationCurve(tuple(places.tolist()), tuple(values), min(values), max(values))


def _tensor(number: float) -> Tensor:
    return torch.tensor([number], dtype=torch.float64)
