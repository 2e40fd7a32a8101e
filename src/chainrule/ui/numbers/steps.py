"""How far a number goes by a drag, a wheel or a key: steps of a tenth of its first digit, finer or coarser ones."""

from __future__ import annotations

import math
from enum import Enum

# Of no magnitude.
ZERO_STEP = 0.01
# So many pixels are one step.
PIXELS = 4
# Below it float64 has no numbers of full precision.
_LEAST_EXPONENT = -300


class StepSize(Enum):
    """How large a step is, beside the usual one."""

    FINE = 0.1
    USUAL = 1.0
    COARSE = 10.0


def has_steps(number: float | None) -> bool:
    """Return whether there is a number that can be changed by steps: NaN and infinity can only be typed over."""
    return number is not None and (isinstance(number, int) or math.isfinite(number))


def usual_step(number: float, *, whole: bool = False) -> float:
    """Return a usual step: 0.01 for 0.35, 1 for 42 and for whole numbers, 0.001 for 0.01."""
    if whole:
        return 1.0
    if not number:
        return ZERO_STEP
    return 10.0 ** max(_LEAST_EXPONENT, math.floor(math.log10(abs(number))) - 1)


class NumberSteps:
    """Goes from a number by steps that stay as large as they were at first, so that it comes to 0 and beyond.

    Where it goes by is added up: the way back ends at the number that it began with, to the last digit.
    """

    def __init__(self, start: float, *, whole: bool = False) -> None:
        self.start, self._whole = start, whole
        self._step = usual_step(start, whole=whole)
        self._gone, self._finest = 0.0, 1.0

    def by_pixels(self, pixels: float, size: StepSize = StepSize.USUAL) -> float:
        """Go by so many pixels to the right, and return the number there."""
        return self.by_steps(pixels / PIXELS, size)

    def by_steps(self, steps: float, size: StepSize = StepSize.USUAL) -> float:
        """Go by so many steps up, and return the number there."""
        scale = self._scale(size)
        self._gone += steps * scale
        # Once it went finely, what was gained by that stays.
        self._finest = min(self._finest, scale)
        unit = self._finest * self._step
        # Towards the start: what is less than a step is not gone yet.
        count = math.trunc(round(self._gone / self._finest, 6))
        return self._at(self.start + count * unit, unit) if count else self.start

    def _scale(self, size: StepSize) -> float:
        return 1.0 if self._whole and size is StepSize.FINE else size.value

    def _at(self, number: float, unit: float) -> float:
        """Return a number with no more digits than a step has: 0.36 comes after 0.3512."""
        places = -math.floor(math.log10(unit) + 0.5)
        return round(number, places) if abs(places) < -_LEAST_EXPONENT else number
