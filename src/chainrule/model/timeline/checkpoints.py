"""Checkpoints: states of training by iteration, each one flat array, thinned under a byte budget."""

from __future__ import annotations

from array import array
from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

BUDGET = 64 * 2**20
RECENT = 256
States = NDArray[np.floating]


class Checkpoints:
    """Remembers the states that were added most recently, and some of all.

    When the older ones outgrow half of the budget every other is dropped and the `stride` doubles, so that stepping
    back is immediate near the present and a replay of about `stride` iterations anywhere else.
    """

    def __init__(self, first: States, budget: int = BUDGET) -> None:
        rows = max(4, budget // 2 // max(1, first.nbytes))
        self._most = rows
        self._most_recent = min(RECENT, rows)
        self._recent = np.empty((0, first.size), first.dtype)
        self._recent_at = np.full(self._most_recent, -1)
        self._added = 0
        self._kept = np.empty((0, first.size), first.dtype)
        self._kept_at = array("q")
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

    def append(self, flat: States) -> None:
        """Add the state of the next iteration."""
        self.extend(self._latest + 1, flat[None])

    def extend(self, first: int, states: States) -> None:
        """Add the states of `first` and of the iterations after it, (n, carried), those that are not known yet."""
        known = max(0, self._latest + 1 - first)
        if known:
            self._look_back(first, states[:known])
        states, first = states[known:], max(first, self._latest + 1)
        count = len(states)
        self._add_recent(first, states)
        place = 0
        while place < count:
            due = self._kept_at[-1] + self._stride - first if self._kept_at else 0
            place = max(place, due)
            if place < count:
                self._keep(first + place, states[place :: self._stride])
        self._latest = max(self._latest, first + count - 1)

    def _add_recent(self, first: int, states: States) -> None:
        count, size = len(states), self._most_recent
        self._recent = _grown(self._recent, min(size, self._added + count), size)
        newest = np.arange(max(0, count - size), count)
        slots = (self._added + newest) % size
        self._recent[slots], self._recent_at[slots] = states[newest], first + newest
        self._added += count

    def _look_back(self, first: int, states: States) -> None:
        """Remember states that were let go, and were computed again: those before them are likely to be asked for."""
        last = first + len(states) - 1
        row = bisect_right(self._kept_at, last) - 1
        if not (row >= 0 and self._kept_at[row] == last) and last not in self._recent_at:
            self._add_recent(first, states)

    def _keep(self, iteration: int, states: States) -> None:
        """Make room, and keep as many of the states as there is room for, from an iteration on, each a stride later."""
        row = len(self._kept_at)
        if row == self._most:
            # The iteration may not be due any more.
            self._kept[: (row + 1) // 2] = self._kept[:row:2].copy()
            self._kept_at = self._kept_at[::2]
            self._stride *= 2
            return
        if row == len(self._kept):
            self._kept = _grown(self._kept, row + 1, self._most)
        end = min(row + len(states), len(self._kept))
        self._kept[row:end] = states[: end - row]
        self._kept_at.extend(range(iteration, iteration + (end - row) * self._stride, self._stride))

    def between(self, last: int, most: int) -> tuple[NDArray[np.int64], States]:
        """Return the iterations up to `last` that are remembered, about `most` of them evenly, and their states.

        The last one that is remembered is among them.
        """
        rows = bisect_right(self._kept_at, last)
        step = max(1, rows // max(1, most))
        at, states = np.array(self._kept_at[:rows:step], np.int64), self._kept[:rows:step]
        newer = np.flatnonzero((self._recent_at > (at[-1] if len(at) else -1)) & (self._recent_at <= last))
        # What was computed again may be there twice.
        newer = newer[np.unique(self._recent_at[newer], return_index=True)[1]]
        # Of those that came last the final one is wanted, and as few of the others as of the kept ones.
        newer = newer[::-1][:: step * self._stride][::-1]
        return np.concatenate([at, self._recent_at[newer]]), np.concatenate([states, self._recent[newer]])

    def condense(self, most: int) -> None:
        """Let go of all but `most` states, evenly from the first on; what is added later is kept as before."""
        step = max(1, -(-len(self._kept_at) // most))
        self._kept, self._kept_at = self._kept[: len(self._kept_at) : step].copy(), self._kept_at[::step]
        self._stride *= step
        self._recent, self._added = self._recent[:0].copy(), 0
        self._recent_at[:] = -1

    def clear(self) -> None:
        """Let go of all: what is added from now on may be of any iteration, and is kept as at first."""
        self.condense(1)
        self._kept, self._kept_at = self._kept[:0].copy(), array("q")
        self._stride, self._latest = 1, -1

    def nearest(self, iteration: int) -> tuple[int, States] | None:
        """Return the last remembered iteration that is not after `iteration`, and a copy of its state.

        None without any.
        """
        before = np.where(self._recent_at <= iteration, self._recent_at, -1)
        slot = int(before.argmax())
        row = bisect_right(self._kept_at, iteration) - 1
        if before[slot] >= (self._kept_at[row] if row >= 0 else 0):
            return int(before[slot]), self._recent[slot].copy()
        return (self._kept_at[row], self._kept[row].copy()) if row >= 0 else None


def _grown(rows: States, needed: int, most: int) -> States:
    """Return room for so many rows: a power of two, however they come, but not beyond the most."""
    if needed <= len(rows):
        return rows
    # Histories of a few iterations are many, and each takes little: nothing is asked for in advance.
    grown = np.empty((min(most, 1 << (needed - 1).bit_length()), rows.shape[1]), rows.dtype)
    grown[: len(rows)] = rows
    return grown
