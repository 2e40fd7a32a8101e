"""What a value of an optimizer has a number for. Free of torch: the window names values before torch is there."""

from __future__ import annotations

from enum import Enum


class Extent(Enum):
    """What shape a value of the optimizer has: its parameter's, one number, or one for each row or column."""

    ELEMENTS = "elements"
    SCALAR = "scalar"
    ROWS = "rows"
    COLUMNS = "columns"

    def shape(self, parameter: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that belongs to a parameter's: (out, in) gives (), (out, 1) or (1, in)."""
        if self is Extent.ELEMENTS:
            return parameter
        if self is Extent.SCALAR:
            return ()
        return (*parameter[:-1], 1) if self is Extent.ROWS else (*parameter[:-2], 1, parameter[-1])
