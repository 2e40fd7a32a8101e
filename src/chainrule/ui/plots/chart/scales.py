"""From values to places on an axis: logarithms, ranges and distances. Imports NumPy: it waits for the first curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chainrule.model.timeline.downsampled_series import Floats, Outline

# Qt's transforms fail far outside of this range: beyond, a power of ten is divided out.
SMALLEST, LARGEST = 1e-6, 1e9
# A block of iterations is two points, and those closer than a pixel show nothing. There are so many blocks at most, in
# such portions: a curve does not change with each pixel that a chart is made wider.
MOST, PORTION = 800, 64
# The part of the range that stays free above and below the curves.
PADDING = 0.06
# The part of a logarithmic axis that lies between 0 and the other numbers.
GAP = 0.12
# The part of the axis of iterations that stays free at both ends: a dot is inside of the axes there, too.
MARGIN = 0.035
# A part of a curve that is one point is drawn so many iterations to both sides, or so much of the axis, but not further
# than the axis goes.
DASH, LEAST_DASH = 0.25, 0.012


@dataclass(frozen=True, slots=True)
class Scale:
    """How values become places on an axis: as multiples of `unit`, or as logarithms to the base of 10.

    0 has no logarithm: where there are zeros they stand at `zero`, below all others, which begin at `floor`. The
    logarithm may be that of the magnitudes.
    """

    log: bool = False
    unit: float = 1.0
    magnitudes: bool = False
    zero: float | None = None
    floor: float = 0.0

    @classmethod
    def of(cls, values: Floats, *, log: bool, magnitudes: bool = False) -> Scale:
        """Return the scale on which the finite values can be drawn."""
        if log:
            return cls._logarithmic(values, magnitudes)
        largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
        if largest == 0.0 or SMALLEST <= largest <= LARGEST:
            return cls()
        return cls(unit=10.0 ** max(-300, int(np.floor(np.log10(largest)))))

    @classmethod
    def _logarithmic(cls, values: Floats, magnitudes: bool) -> Scale:
        places = cls(log=True, magnitudes=magnitudes).places(values)
        finite = np.isfinite(places)
        if not finite.any() or not (values == 0).any():
            return cls(log=True, magnitudes=magnitudes)
        low, high = float(places[finite].min()), float(places[finite].max())
        floor = np.floor(low + 1e-9)
        return cls(log=True, magnitudes=magnitudes, zero=floor - max(1.0, round(GAP * (high - floor))), floor=floor)

    def places(self, values: Floats) -> Floats:
        """Return places of values; NaN for what has none: inf, NaN, and what has no logarithm."""
        with np.errstate(invalid="ignore", divide="ignore"):
            if self.log:
                places = np.log10(np.abs(values) if self.magnitudes else values)
            else:
                places = values if self.unit == 1.0 else values / self.unit
        if self.zero is not None:
            places = np.where(values == 0, self.zero, places)
        finite = np.isfinite(places)
        return places if finite.all() else np.where(finite, places, np.nan)

    def place(self, value: float) -> float:
        """Return the place of one value."""
        return float(self.places(np.array([value]))[0])

    def distances(self, values: Outline, start: int, at: tuple[float, float], reach: float) -> tuple[Floats, Floats]:
        """Return how far a place (x, y) is from each curve, (curves,): from the curve near x, and from its height at x.

        Near is within `reach`, so that steep and dense curves are found too. NaN where a curve has no value there.
        """
        x, y = at
        last = len(values.begins) - 1
        low = int(np.clip(np.searchsorted(values.begins, np.floor(x - reach) - start, side="right") - 1, 0, last))
        high = int(np.clip(np.searchsorted(values.begins, np.ceil(x + reach) - start), low, last))
        iterations = values.begins[low : high + 1].astype(np.float64) + start
        probes = np.clip([x - reach, x, x + reach], iterations[0], iterations[-1])
        inside = (iterations >= probes[0]) & (iterations <= probes[2])
        near, level = np.full(values.curves, np.nan), np.full(values.curves, np.nan)
        both = zip(*(self.places(part[low : high + 1]).T for part in (values.low, values.high)), strict=True)
        for column, (lowest, highest) in enumerate(both):
            crossings = np.interp(probes, iterations, highest)
            found = np.concatenate([crossings, np.interp(probes, iterations, lowest), lowest[inside], highest[inside]])
            found = found[np.isfinite(found)]
            if len(found):
                near[column] = max(found.min() - y, y - found.max(), 0.0)
                level[column] = abs(crossings[1] - y)
        return near, level


def dash(length: int) -> float:
    """Return how many iterations a point alone is drawn to both sides, on an axis of so many."""
    return min(MARGIN * length, max(DASH, LEAST_DASH * length))


def parted(at: Floats, places: Floats, begins: Sequence[int], length: int) -> tuple[Floats, Floats]:
    """Return the points of curves, (n,) and (n, curves), with a gap before each iteration at which they begin anew.

    A part of a single point, of which a line has nothing to draw, is a short dash on the axis of so many iterations.
    """
    cuts = {int(np.searchsorted(at, begin)) for begin in begins}
    wheres, values, half = [], [], dash(length)
    for first, end in pairwise(sorted(cuts | {0, len(at)})):
        alone = end - first == 1
        wheres += [at[first] + [-half, half] if alone else at[first:end], at[end - 1 : end]]
        values += [places[first:end].repeat(1 + alone, axis=0), np.full_like(places[:1], np.nan)]
    return np.concatenate(wheres[:-1]), np.concatenate(values[:-1])


def blocks_across(width: float) -> int:
    """Return how many blocks of iterations are worth drawing on so many pixels."""
    return int(min(MOST, PORTION * max(2, np.ceil(width / 2 / PORTION))))


def decades(values: Floats, *, over_time: bool) -> float:
    """Return how many powers of ten lie between the sizes of curves, (points, curves), by the largest of each.

    With `over_time` between all their values: of those that do not pass through 0.
    """
    sizes = np.abs(values)
    sizes = np.where(np.isfinite(sizes) & (sizes > 0), sizes, np.nan)
    if not over_time:
        sizes = np.fmax.reduce(sizes, axis=0) if len(sizes) else sizes
    known = sizes[~np.isnan(sizes)]
    return float(np.log10(known.max()) - np.log10(known.min())) if known.size else 0.0


def visible_range(places: Floats, *, from_zero: bool) -> tuple[float, float] | None:
    """Return the range of an axis that holds all places, with some room; None if there is none to hold.

    With `from_zero` it begins just below 0 where that costs little.
    """
    finite = np.isfinite(places)
    if not finite.any():
        return None
    low = float(np.min(places, initial=np.inf, where=finite))
    high = float(np.max(places, initial=-np.inf, where=finite))
    if from_zero and 0 <= low < high - low:
        return -0.5 * PADDING * high, high * (1 + PADDING)
    room = PADDING * (high - low) or 0.1 * abs(high) or 1.0
    return low - room, high + room
