"""What keeps a network from learning: layers whose units are dead or saturated, gradients that vanish or explode.

Each is a fact about numbers, with its bound beside it; none of them is a verdict on a network that learns.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.model.flow.unit_slopes import UnitSlopes

# A layer is dead, or stuck, from this part of its units on, and saturated from this part of its answers on.
MANY_UNITS = 0.75
MANY_ANSWERS = 0.75
# A gradient is vanishing where what comes back to z is so many times smaller than in a later layer, and an update moves
# the weights by less than this part of them: an optimizer may make up for a small gradient. (The gradients of weights
# are sums over the rows, which also cancel out where training has come to its end.)
VANISHING, STILL = 100.0, 1e-4
# It is exploding where it is so many times larger than that of every later layer, or than it was at first, and an
# update is more than this part of the weights.
EXPLODING, GROWN, VIOLENT = 1000.0, 100.0, 0.1
# A loss of at most this part of the first one is that of a network that has learned: there units may be sure of
# themselves, and others idle.
LEARNED = 0.1
# A norm that is smaller at first is none to grow from.
NOTHING = 1e-9


class Trouble(Enum):
    """What is wrong with a layer, worst first."""

    NOT_FINITE = "not finite"
    DEAD = "dead"
    SATURATED = "saturated"
    EXPLODING = "exploding"
    VANISHING = "vanishing"


@dataclass(frozen=True, slots=True)
class LayerReading:
    """What is known of a layer, None of what is not: the slopes of its units, the norm of its weights' gradient, now
    and in the first iteration, the norm of the gradient by its z, and the ratio of the update to the weights.
    """

    layer: int
    slopes: UnitSlopes | None = None
    norm: float | None = None
    first_norm: float | None = None
    back: float | None = None
    ratio: float | None = None


@dataclass(frozen=True, slots=True)
class LayerFinding:
    """A trouble of a layer. `units` are those that it is about; `factor` is how many times a norm is too small or too
    large, inf where nothing comes back, and `other` the layer that it is compared with, None for the layer
    itself at first.
    """

    trouble: Trouble
    reading: LayerReading
    units: tuple[int, ...] = ()
    factor: float = 0.0
    other: int | None = None

    @property
    def layer(self) -> int:
        """The layer, counted from 0."""
        return self.reading.layer


def has_learned(loss: float, first: float) -> bool:
    """Return whether a loss is so much smaller than the first one that the gradient has flowed."""
    return loss <= LEARNED * first


def findings_of(
    readings: Sequence[LayerReading], *, judges_units: bool, judges_last: bool, learned: bool
) -> tuple[LayerFinding, ...]:
    """Return what is wrong with the layers, from the first one on.

    Without `judges_units` there are too few rows to say what the units do with others, and without `judges_last` it is
    no trouble where the answers of the last layer are flat: they may be right. Nor is it, or that a gradient is small,
    in a network that has `learned`.
    """
    found: list[LayerFinding] = []
    for place, reading in enumerate(readings):
        if reading.norm is not None and not math.isfinite(reading.norm):
            found.append(LayerFinding(Trouble.NOT_FINITE, reading))
            continue
        of_units = _of_units(reading, is_judged=place + 1 < len(readings) or judges_last) if judges_units else None
        if of_units is not None:
            found.append(of_units)
        of_gradient = _of_gradient(reading, readings[place + 1 :])
        if of_gradient is not None:
            found.append(of_gradient)
    # What stops in a layer reaches none of those before it: that is one trouble, and it is there.
    stops = max((each.layer for each in found if each.trouble in (Trouble.DEAD, Trouble.SATURATED)), default=-1)
    found = [each for each in found if each.trouble is not Trouble.VANISHING or each.layer > stops]
    harmless = (Trouble.DEAD, Trouble.SATURATED, Trouble.VANISHING) if learned else ()
    return tuple(each for each in found if each.trouble not in harmless)


def _of_units(reading: LayerReading, *, is_judged: bool) -> LayerFinding | None:
    slopes = reading.slopes
    if slopes is None or not slopes.units:
        return None
    if len(slopes.dead) >= MANY_UNITS * slopes.units:
        return LayerFinding(Trouble.DEAD, reading, slopes.dead)
    if not is_judged:
        return None
    is_saturated = slopes.bounds.levels_off and slopes.flat_share >= MANY_ANSWERS
    if is_saturated or len(slopes.stuck) >= MANY_UNITS * slopes.units:
        return LayerFinding(Trouble.SATURATED, reading, slopes.stuck)
    return None


def _of_gradient(reading: LayerReading, later: Sequence[LayerReading]) -> LayerFinding | None:
    return _vanishing(reading, later) or _exploding(reading, later)


def _vanishing(reading: LayerReading, later: Sequence[LayerReading]) -> LayerFinding | None:
    back, (largest, other) = reading.back, _largest((each.back, each.layer) for each in later)
    is_still = reading.norm is not None and (reading.ratio is None or reading.ratio < STILL)
    if back is None or not math.isfinite(back) or not is_still or largest < VANISHING * back or not largest:
        return None
    return LayerFinding(Trouble.VANISHING, reading, factor=largest / back if back else math.inf, other=other)


def _exploding(reading: LayerReading, later: Sequence[LayerReading]) -> LayerFinding | None:
    norm, first, ratio = reading.norm, reading.first_norm, reading.ratio
    if norm is None or ratio is None or ratio < VIOLENT:
        return None
    largest, other = _largest((each.norm, each.layer) for each in later)
    if largest > 0 and norm >= EXPLODING * largest:
        return LayerFinding(Trouble.EXPLODING, reading, factor=norm / largest, other=other)
    if first is not None and first > NOTHING and norm >= GROWN * first:
        return LayerFinding(Trouble.EXPLODING, reading, factor=norm / first)
    return None


def _largest(norms: Iterable[tuple[float | None, int]]) -> tuple[float, int | None]:
    """Return the largest of the norms that are numbers above 0, and whose it is; 0 where there is none."""
    known = [(norm, layer) for norm, layer in norms if norm is not None and math.isfinite(norm) and norm > 0]
    return max(known, default=(0.0, None))
