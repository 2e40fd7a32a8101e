"""Long curves in few points: the extremes of blocks of iterations, kept while training adds more. Imports NumPy."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Up to this many iterations each is drawn; beyond, blocks of them, of which there are never more.
MOST = 800
# A block is two points, and those closer than a pixel show nothing. A chart that is made a little wider is not computed
# anew: blocks come in such portions.
PORTION = 64


def blocks_across(width: float) -> int:
    """How many blocks are worth drawing on so many pixels."""
    return int(min(MOST, PORTION * max(2, math.ceil(width / 2 / PORTION))))


class Peaks:
    """Lowest and highest values of blocks of rows, (blocks, curves). Adding rows costs what the new ones cost.

    pyqtgraph thins curves out as well, but from all rows each time, which takes long where there are many curves.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._most = MOST
        self._reset(0)

    def _reset(self, curves: int) -> None:
        self._block, self._rows = 1, 0
        self._low = self._high = np.empty((0, curves))

    def thin_out(self, key: object, rows: Floats, most: int = MOST) -> tuple[Floats, Floats]:
        """Where in the rows the points are, (points,), and their values, (points, curves).

        `key` tells the series: rows of the same key begin with those that were given before. There are at most `most`
        blocks.
        """
        known = key == self._key and most <= self._most and rows.shape[1] == self._low.shape[1]
        if not known or len(rows) < self._rows:
            self._reset(rows.shape[1])
        self._key, self._most = key, most
        if len(rows) <= most:
            return np.arange(len(rows), dtype=np.float64), rows
        while len(rows) // self._block > most:
            self._merge()
        self._extend(rows)
        return self._points(rows)

    def _merge(self) -> None:
        """Make one block of each two; a last one that is alone is forgotten, and computed again."""
        pairs = len(self._low) // 2
        self._low = np.fmin(self._low[: 2 * pairs : 2], self._low[1 : 2 * pairs : 2])
        self._high = np.fmax(self._high[: 2 * pairs : 2], self._high[1 : 2 * pairs : 2])
        self._block *= 2
        self._rows = pairs * self._block

    def _extend(self, rows: Floats) -> None:
        end = len(rows) // self._block * self._block
        if end > self._rows:
            blocks = rows[self._rows : end].reshape(-1, self._block, rows.shape[1])
            self._low = np.concatenate([self._low, np.fmin.reduce(blocks, axis=1)])
            self._high = np.concatenate([self._high, np.fmax.reduce(blocks, axis=1)])
            self._rows = end

    def _points(self, rows: Floats) -> tuple[Floats, Floats]:
        """Two points a block, in the order in which the curve goes on, and the rows that make no whole block."""
        with np.errstate(invalid="ignore", over="ignore"):
            middle = self._low / 2 + self._high / 2
            rises = np.diff(middle, axis=0, append=rows[-1:]) >= 0
        values = np.empty((2 * len(middle), rows.shape[1]))
        values[::2] = np.where(rises, self._low, self._high)
        values[1::2] = np.where(rises, self._high, self._low)
        at = np.arange(2 * len(middle)) * (self._block / 2) + (self._block - 2) / 4
        rest = rows[self._rows :]
        left = self._rows + np.arange(len(rest), dtype=np.float64)
        if len(rest) > 3:
            low, high, rises = np.fmin.reduce(rest), np.fmax.reduce(rest), rest[-1] >= rest[0]
            rest = np.stack([np.where(rises, low, high), np.where(rises, high, low), rest[-1]])
            left = left[[0, len(left) // 2, -1]]
        return np.concatenate([at, left]), np.concatenate([values, rest])
