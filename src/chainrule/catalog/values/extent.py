"""What a value of an optimizer has a number for. Free of torch: the window names values before torch is there."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

T = TypeVar("T")


class Extent(Enum):
    """What shape a value of the optimizer has: its parameter's, one number, or one for each row or column."""

    ELEMENTS = "elements"
    SCALAR = "scalar"
    ROWS = "rows"
    COLUMNS = "columns"

    def shape(self, parameter: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape that belongs to a parameter's: (out, in) gives (), (out, 1) or (1, in)."""
        return self.along(parameter, 1)

    def along(self, axes: tuple[T, ...], one: T) -> tuple[T, ...]:
        """Return what belongs to a parameter's axes, whatever is said of each.

        `one` is said of an axis of one number.
        """
        if self is Extent.ELEMENTS:
            return axes
        if self is Extent.SCALAR:
            return ()
        return (*axes[:-1], one) if self is Extent.ROWS else (*axes[:-2], one, *axes[-1:])
