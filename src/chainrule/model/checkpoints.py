"""Checkpoints: states of training by iteration, each one flat array, thinned under a byte budget."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BUDGET = 64 * 2**20
RECENT = 256


class Checkpoints:
    """Remembers each of the most recent states, and every `stride`-th of all.

    When the older ones outgrow half of the budget every other is dropped and the stride doubles, so that stepping back
    is immediate near the present and a replay of at most `stride` iterations anywhere else.
    """

    def __init__(self, first: NDArray[np.floating], budget: int = BUDGET) -> None:
        rows = max(4, budget // 2 // max(1, first.nbytes))
        self._most = rows
        self._recent = np.empty((min(RECENT, rows), first.size), first.dtype)
        self._kept = np.empty((min(16, rows), first.size), first.dtype)
        self._stride = 1
        self._latest = -1
        self.append(first)

    @property
    def latest(self) -> int:
        """The last iteration that was added."""
        return self._latest

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._recent.nbytes + self._kept.nbytes

    def append(self, flat: NDArray[np.floating]) -> None:
        """Add the state of the next iteration."""
        self._latest += 1
        self._recent[self._latest % len(self._recent)] = flat
        if self._latest % self._stride:
            return
        row = self._latest // self._stride
        if row == self._most:
            self._kept[: (row + 1) // 2] = self._kept[:row:2].copy()
            self._stride *= 2
            if self._latest % self._stride:
                return
            row = self._latest // self._stride
        if row >= len(self._kept):
            grown = np.empty((min(self._most, 2 * len(self._kept)), flat.size), flat.dtype)
            grown[: len(self._kept)] = self._kept
            self._kept = grown
        self._kept[row] = flat

    def nearest(self, iteration: int) -> tuple[int, NDArray[np.floating]]:
        """The last remembered iteration that is not after `iteration`, and a copy of its state."""
        found = min(iteration, self._latest)
        if found > self._latest - len(self._recent):
            return found, self._recent[found % len(self._recent)].copy()
        row = found // self._stride
        return row * self._stride, self._kept[row].copy()
