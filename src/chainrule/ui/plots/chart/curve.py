"""One curve of a chart, drawn by pyqtgraph."""

from __future__ import annotations

from math import inf, isfinite

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF

from chainrule.model.timeline.downsampled_series import Floats

# A curve that is emphasized stays wide, unless it goes up and down by more than so many pixels for each to the right.
STEEP = 4
# So many marks are on all curves together, and on each; a short curve has one at each of its points.
MOST_MARKS, MARKS_EACH = 90, 6
# No two of a few multiples of it are near the same fraction.
GOLDEN = 0.618


class ChartCurve(pg.PlotCurveItem):
    """The line of a chart's curve. What fails in its painting pyqtgraph warns of by itself."""

    def boundingRect(self) -> QRectF:
        """Return all that can be seen. pyqtgraph asks each curve for its extremes,
        again and again while one is drawn.
        """
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:
        """Say that something else is seen, or Qt takes the curve to be where it was, and leaves it out.

        PlotCurveItem's own forgets to forget the rectangle that `viewRect` has kept.
        """
        self.prepareGeometryChange()
        self._cachedView = None
        super().viewTransformChanged()


def are_steep(places: Floats, room: tuple[float, float], width: float, height: float) -> list[bool]:
    """Return which curves are so steep that they fill an area: a wide pen takes long there and adds nothing."""
    way = np.nansum(np.abs(np.diff(places, axis=0)), axis=0) * height / (room[1] - room[0])
    found: list[bool] = (way > STEEP * width).tolist()
    return found


def marked_points(
    at: Floats, column: Floats, curve: int, curves: int, part: tuple[float, float] | None
) -> list[QPointF]:
    """Return where one of so many curves has its marks, in the part that is in sight: at some of its points."""
    number = max(1, min(MARKS_EACH, MOST_MARKS // max(1, curves)))
    low, high = part or (-inf, inf)
    if len(at) > number:
        # Those of one curve lie between those of the next ones, so that two close curves are seen to be two.
        steps = (np.arange(number) + (curve * GOLDEN) % 1.0) / number
        found = at.searchsorted(at[0] + steps * (at[-1] - at[0])).tolist()
        # So few are gone through sooner in Python.
        nearest = list(dict.fromkeys(min(place, len(at) - 1) for place in found))
        at, column = at[nearest], column[nearest]
    pairs = zip(at.tolist(), column.tolist(), strict=True)
    return [QPointF(x, y) for x, y in pairs if isfinite(y) and low <= x <= high]
