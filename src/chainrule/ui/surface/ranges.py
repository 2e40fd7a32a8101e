"""How far the axes of a surface go: around the path, and not another way in each iteration."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10
from typing import TYPE_CHECKING

import numpy as np

from chainrule.session.screen.surfaces import PlaneKind, PlaneQuestion
from chainrule.ui.plots.chart.zoom import Range

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Floats

# The range is so much wider than the path, and at least so much of the number that it is around.
AROUND, LEAST_SHARE, LEAST = 0.3, 1.0, 1.0
# A path that takes less than this part of the range is looked at more closely.
SMALLEST = 0.2


class AxisRanges:
    """The range of each weight that was on an axis. It stays as long as the path is in it, and not small in it."""

    def __init__(self) -> None:
        self._known: dict[object, Range] = {}

    def look_like(self, other: AxisRanges) -> None:
        """Take the ranges that others have."""
        self._known = dict(other._known)

    def of_axis(self, question: PlaneQuestion, axis: int, path: Floats, here: float) -> Range:
        """Return the range of an axis, of which a path has some places, and where the iteration begins."""
        numbers = np.array([*path, here])
        finite = numbers[np.isfinite(numbers)]
        if question.kind is not PlaneKind.WEIGHTS:
            # Around the middle, by a round number: it does not change with each iteration.
            least = 1.0 if question.kind is PlaneKind.RANDOM else 0.0
            reach = max(least, (1 + AROUND) * float(np.abs(finite).max(initial=0.0))) or 1.0
            reach = _rounded(reach)
            return -reach, reach
        if not len(finite):
            return -1.0, 1.0
        key = (question.across, question.up)[axis]
        low, high = float(finite.min()), float(finite.max())
        least = max(LEAST, LEAST_SHARE * max(abs(low), abs(high)))
        known = self._known.get(key)
        fits = known is not None and known[0] <= low and high <= known[1]
        if known is None or not fits or max(high - low, least) < SMALLEST * (known[1] - known[0]):
            reach = max((1 + 2 * AROUND) * (high - low), 2 * least) / 2
            # Around where this iteration begins, as far as the path allows it: the middle is then the loss itself.
            middle = here if isfinite(here) and here - reach <= low and high <= here + reach else low / 2 + high / 2
            self._known[key] = known = middle - reach, middle + reach
        return known


def _rounded(reach: float) -> float:
    """Return 1, 2 or 5 times a power of ten, not less than a reach."""
    if not isfinite(reach) or reach <= 0:
        return 1.0
    power = 10.0 ** floor(log10(reach))
    return next((power * step for step in (1.0, 2.0, 5.0) if power * step >= reach), power * ceil(reach / power))
