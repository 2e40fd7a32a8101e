"""Append-only numbers for the plots: one row an iteration, in one array that grows by doubling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Series:
    """Rows of `width` float64 numbers; appending costs constant time, and reading copies nothing."""

    def __init__(self, width: int) -> None:
        self._rows: Floats = np.empty((256, width))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, row: Floats | float) -> None:
        """Add one row."""
        self.extend(np.reshape(row, (1, -1)))

    def extend(self, rows: NDArray[np.floating]) -> None:
        """Add rows, (n, width)."""
        end = self._length + len(rows)
        while end > len(self._rows):
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._rows[self._length : end] = rows
        self._length = end

    def view(self, length: int) -> Floats:
        """The first `length` rows, (length, width), or fewer if there are not so many. Not to be written to."""
        return self._rows[: min(length, self._length)]
