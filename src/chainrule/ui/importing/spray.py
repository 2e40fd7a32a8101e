"""Where a stroke of the mouse leaves points."""

from __future__ import annotations

import math
import random


class Spray:
    """Points along a stroke, in pixels: one where it begins, then one each `spacing`, up to `scatter` beside the way.

    The same stroke with the same seed leaves the same points.
    """

    def __init__(self, x: float, y: float, spacing: float, scatter: float, seed: int) -> None:
        self._x, self._y = x, y
        self._spacing, self._scatter = spacing, scatter
        self._chance = random.Random(str(seed))
        # How far the stroke has come since its last point.
        self._gone = 0.0

    def go_to(self, x: float, y: float) -> list[tuple[float, float]]:
        """Return the points of the way from where the stroke is to a place."""
        length = math.hypot(x - self._x, y - self._y)
        places, along = [], self._spacing - self._gone
        while along <= length:
            share = along / length
            places.append(self._beside(self._x + share * (x - self._x), self._y + share * (y - self._y)))
            along += self._spacing
        self._gone = length - (along - self._spacing)
        self._x, self._y = x, y
        return places

    def _beside(self, x: float, y: float) -> tuple[float, float]:
        # As many on each square pixel of the circle.
        angle, far = self._chance.uniform(0.0, math.tau), self._scatter * math.sqrt(self._chance.random())
        return x + far * math.cos(angle), y + far * math.sin(angle)
