"""Where the units of a layer stand on their activation: which are dead, and how many answers are where it is flat.

What is flat is read from the derivative alone, so that an activation that somebody has typed is judged like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.engine.program import activations as activation_functions

# An answer is flat where |f'| is at most this part of its greatest value.
FLAT = 0.05
# Where the greatest slope is looked for, and how far out an activation is asked whether it levels off.
NEAR, PLACES = 20.0, 1601
FAR, FARTHEST, FAR_PLACES = 30.0, 60.0, 61
# A slope that is larger far out than this many times the greatest one near 0 has no greatest value.
GROWS = 1.01

# Answers are wrong from this part of them on.
MANY_WRONG = 0.75

Arguments = tuple[tuple[str, ArgumentValue], ...]


@dataclass(frozen=True, slots=True)
class SlopeBounds:
    """The greatest |f'|, and whether f levels off on both sides, as a sigmoid does.

    Where |f'| grows without end it `is_bounded` not, and 1 stands for the greatest: there a gradient passes as it is.
    """

    greatest: float
    levels_off: bool
    is_bounded: bool = True


@dataclass(frozen=True, slots=True)
class UnitSlopes:
    """What the slopes of a layer's units are, over the rows that were looked at.

    `dead` are the units whose slope is 0 for every row, and `answer` what they all answer to every row, None where they
    answer several things. `stuck` are those, dead ones too, whose slope is flat for every row. `flat` counts the flat
    ones among all answers, rows times units.
    """

    rows: int
    units: int
    dead: tuple[int, ...]
    stuck: tuple[int, ...]
    answer: float | None
    flat: int
    bounds: SlopeBounds

    @property
    def flat_share(self) -> float:
        """The part of all answers that is flat."""
        return self.flat / max(1, self.rows * self.units)


def unit_slopes(choice: Choice, z: Tensor, a: Tensor, learned: tuple[Tensor, ...] = ()) -> UnitSlopes | None:
    """Return the slopes of a layer at its z and a, (rows, units) both; None where a unit answers by the z of others."""
    if ACTIVATIONS[choice.name].couples_units:
        return None
    bounds = slope_bounds(choice, learned)
    with torch.inference_mode():
        slopes = activation_functions.slope(choice)(z, a, *learned).abs()
        is_flat = slopes <= FLAT * bounds.greatest
        dead = (slopes == 0).all(0).nonzero().reshape(-1)
        stuck = is_flat.all(0).nonzero().reshape(-1)
        answers = a[:, dead]
        is_one = dead.numel() > 0 and bool((answers == answers[0, 0]).all())
        answer = float(answers[0, 0]) if is_one else None
        flat = int(is_flat.sum())
    return UnitSlopes(z.shape[0], z.shape[1], tuple(dead.tolist()), tuple(stuck.tolist()), answer, flat, bounds)


def slope_bounds(choice: Choice, learned: tuple[Tensor, ...] = ()) -> SlopeBounds:
    """Return how steep an activation is at most, with what it has learned."""
    if not learned:
        return _bounds_of(choice.name, tuple(choice.arguments.items()))
    return _found(choice, learned)


@lru_cache(maxsize=256)
def _bounds_of(name: str, arguments: Arguments) -> SlopeBounds:
    return _found(Choice(name, dict(arguments)), ())


def _found(choice: Choice, learned: tuple[Tensor, ...]) -> SlopeBounds:
    extremes = [torch.stack([vector.min(), vector.max()]).double().cpu() for vector in learned]

    def slopes(low: float, high: float, places: int) -> Tensor:
        # Of what is learned the least and the greatest number stand for all.
        z = torch.linspace(low, high, places, dtype=torch.float64)[:, None].expand(-1, 2 if learned else 1)
        a = activation_functions.forward(choice)(z, *extremes)
        found: Tensor = activation_functions.slope(choice)(z, a, *extremes).abs()
        return found

    with torch.inference_mode():
        near = _greatest(slopes(-NEAR, NEAR, PLACES))
        ends = [_greatest(slopes(sign * FAR, sign * FARTHEST, FAR_PLACES)) for sign in (-1.0, 1.0)]
    is_bounded = max(ends) <= GROWS * near
    greatest = near if is_bounded else 1.0
    return SlopeBounds(greatest, max(ends) <= FLAT * greatest, is_bounded)


def are_wrong(choice: Choice, answers: Tensor, targets: Tensor) -> bool:
    """Return whether most answers are farther from their targets than half of all that the activation can answer."""
    ends = activation_functions.forward(choice)(torch.tensor([[-FARTHEST], [FARTHEST]], dtype=torch.float64))
    span = float((ends[1] - ends[0]).abs())
    with torch.inference_mode():
        return float(((answers - targets).abs() > span / 2).double().mean()) >= MANY_WRONG


def _greatest(slopes: Tensor) -> float:
    """Return the greatest number; where there is none at all, as of a logarithm below 0, it is 0."""
    return float(slopes.nan_to_num(nan=0.0, posinf=torch.inf).max())
