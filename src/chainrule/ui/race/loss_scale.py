"""The scale of the losses of a race: powers of ten, or where a loss is below 0, as of a formula, plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.model.timeline.downsampled_series import Floats
from chainrule.ui.plots.chart.frame import ChartAxis
from chainrule.ui.plots.subject import LOSS
from chainrule.ui.surface.ground import heights

# Losses of more than so many times the first one are beyond the axis.
FAR = 10.0
# The difference of two larger ones may be no number.
_LARGEST = 1e300


def most_shown(first: float | None) -> float:
    """Return the loss above which the others would not be told apart, by the first one of all; it may be infinite."""
    return np.inf if not first else FAR * abs(first)


@dataclass(frozen=True, slots=True)
class LossScale:
    """Where a loss stands on its axis: by its power of ten where `is_log`, else by itself. `name` is the axis's."""

    is_log: bool = True
    name: str = LOSS.short

    @classmethod
    def of(cls, losses: Floats, name: str = LOSS.short) -> LossScale:
        """Return the scale for losses, of which those that are no finite number do not count."""
        return cls(not bool((losses[np.isfinite(losses)] < 0).any()), name)

    def heights(self, losses: Floats) -> Floats:
        """Return the places of losses on the axis, NaN where there is none: a loss of 0 has no power of ten."""
        found = heights(losses, log=self.is_log).values
        return np.where(np.abs(found) <= _LARGEST, found, np.nan)

    def axis(self, low: float, high: float, most: int, *, decades: float, share: float) -> ChartAxis:
        """Return the axis from a place to another, with at most so many ticks.

        Above and below stays a share of it free, or where that is less, so many powers of ten.
        """
        room = share * (high - low)
        if self.is_log:
            room = max(decades, room)
            return ChartAxis.decades(self.name, low - room, high + room, most)
        room = room or 0.1 * abs(high) or 1.0
        return ChartAxis.linear(self.name, low - room, high + room, most)
