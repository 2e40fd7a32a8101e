"""How often numbers fall between two others: histograms that are compared, and so share their bins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from chainrule.model.timeline.downsampled_series import Floats

BINS = 24
# Of more numbers some are counted, at even distances.
MOST_NUMBERS = 2**18
# A logarithmic axis does not go on for more than so many decades below the largest number: what is smaller is in the
# first bin.
MOST_DECADES = 20


@dataclass(frozen=True, slots=True)
class CountedNumbers:
    """CountedNumbers to be counted: those that are finite, or of their sizes the logarithms to the base of 10.

    `zeros` are those that have no logarithm. `total` is how many numbers there are, counted or not, and `looked_at` how
    many of them were looked at.
    """

    values: Floats
    zeros: int
    not_finite: int
    looked_at: int
    total: int

    @classmethod
    def of(cls, tensor: Tensor, *, log: bool = False) -> CountedNumbers:
        """Take the numbers of a tensor."""
        flat, total = tensor.detach().reshape(-1), tensor.numel()
        if total > MOST_NUMBERS:
            flat = flat[:: -(-total // MOST_NUMBERS)]
        numbers: Floats = flat.double().cpu().numpy()
        finite = numbers[np.isfinite(numbers)]
        values = np.log10(np.abs(finite[finite != 0])) if log else finite
        zeros = len(finite) - len(values)
        return cls(values, zeros, len(numbers) - len(finite), len(numbers), total)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many numbers are in each of even bins from `low` to `high`; other counts are those of `CountedNumbers`."""

    low: float
    high: float
    counts: tuple[int, ...]
    zeros: int
    not_finite: int
    looked_at: int
    total: int

    def bin_range(self, place: int) -> tuple[float, float]:
        """Return from where to where a bin goes."""
        share = (self.high - self.low) / len(self.counts)
        return self.low + place * share, self.low + (place + 1) * share


def histograms(many: list[CountedNumbers], *, log: bool = False) -> list[Histogram]:
    """Return the histograms of several numbers, all on the same axis."""
    low, high = _range([each.values for each in many], log=log)
    return [
        Histogram(low, high, counted(each.values, low, high), each.zeros, each.not_finite, each.looked_at, each.total)
        for each in many
    ]


def _range(parts: list[Floats], *, log: bool) -> tuple[float, float]:
    """Return round ends around all numbers."""
    known = [part for part in parts if len(part)]
    if not known:
        return (-1.0, 0.0) if log else (-1.0, 1.0)
    low, high = min(float(part.min()) for part in known), max(float(part.max()) for part in known)
    if log:
        top = math.floor(high) + 1.0
        return max(math.floor(low), top - MOST_DECADES), top
    # By halves: the difference of two huge numbers has none.
    span = high / 2 - low / 2
    if span == 0 or not math.isfinite(span):
        room = abs(low) / 2 or 1.0
        return (low - room, high + room) if math.isfinite(2 * room) and span == 0 else (low, high)
    step = 10.0 ** math.floor(math.log10(span))
    step = next((step * part for part in (0.1, 0.2, 0.5, 1.0) if span / (step * part) <= BINS / 2), step)
    if step == 0 or not math.isfinite(high / step):
        return low, high
    ends = math.floor(low / step) * step, math.ceil(high / step) * step
    return ends if all(map(math.isfinite, ends)) else (low, high)


def counted(values: Floats, low: float, high: float, bins: int = BINS) -> tuple[int, ...]:
    """Return how many numbers are in each bin; those beyond the ends are in the first one and in the last."""
    if not len(values):
        return (0,) * bins
    # By halves, as above. Between the smallest numbers there are no halves: then all are in the first bin.
    span = high / 2 - low / 2
    shares = (values / 2 - low / 2) / span if span else np.zeros(len(values))
    places = np.clip(np.floor(shares * bins), 0, bins - 1).astype(np.int64)
    found = np.bincount(places, minlength=bins)
    return tuple(found.tolist())
