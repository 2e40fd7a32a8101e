"""Numbers by iteration in bounded memory: the first and the newest in full, those between as plots show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]
# Rows that are kept one by one, at the start and (up to twice as many) at the end, and blocks of those between.
WHOLE = 2048
MOST_BLOCKS = 2048
# As many points as what is left at the end of a curve is drawn with.
FEW = 3


@dataclass(frozen=True, slots=True)
class Outline:
    """Rows of numbers, in pieces: the piece `i` stands for the rows from `begins[i]` up to where the next one begins.

    `low` and `high` (pieces, curves) are its extremes; those of a single row are its numbers. `length` is how many rows
    there are.
    """

    begins: Positions
    low: Floats
    high: Floats
    length: int

    @classmethod
    def of(cls, rows: Floats) -> Outline:
        """Return rows that are all known, (n, curves)."""
        return cls(np.arange(len(rows)), rows, rows, len(rows))

    @classmethod
    def joined(cls, parts: Sequence[Outline]) -> Outline:
        """Return one after the other."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(part.length for part in parts)])
        return cls(
            np.concatenate([part.begins + start for part, start in zip(parts, starts[:-1], strict=True)]),
            np.concatenate([part.low for part in parts]),
            np.concatenate([part.high for part in parts]),
            int(starts[-1]),
        )

    @classmethod
    def beside(cls, first: Outline, second: Outline) -> Outline:
        """Return the curves of two that have the same pieces."""
        low, high = np.hstack([first.low, second.low]), np.hstack([first.high, second.high])
        return cls(first.begins, low, high, first.length)

    def __len__(self) -> int:
        return self.length

    @property
    def curves(self) -> int:
        """How many numbers a row has."""
        return int(self.low.shape[1])

    def columns(self, wanted: Sequence[int]) -> Outline:
        """Return some of the curves."""
        return Outline(self.begins, self.low[:, wanted], self.high[:, wanted], self.length)

    def part(self, first: float, last: float) -> tuple[int, Outline]:
        """Return the pieces from row `first` to row `last`, with one more on each side, and the row that they begin
        with.
        """
        low = max(0, int(np.searchsorted(self.begins, first, side="right")) - 2)
        high = min(len(self.begins), int(np.searchsorted(self.begins, last, side="right")) + 1)
        start = int(self.begins[low])
        end = int(self.begins[high]) if high < len(self.begins) else self.length
        return start, Outline(self.begins[low:high] - start, self.low[low:high], self.high[low:high], end - start)

    def row(self, index: int) -> Floats | None:
        """Return the numbers of a row, (curves,); None where it is not known by itself."""
        piece = self.piece(index)
        end = self.begins[piece + 1] if piece + 1 < len(self.begins) else self.length
        return self.low[piece] if end - self.begins[piece] == 1 else None

    def range_of(self, index: int) -> tuple[float, float]:
        """Return the extremes of the first curve among the rows that a row's piece stands for."""
        piece = self.piece(index)
        return float(self.low[piece, 0]), float(self.high[piece, 0])

    def piece(self, index: int) -> int:
        """Return the piece that a row is in, or where it is in none the last one before it; -1 before the first."""
        return int(np.searchsorted(self.begins, index, side="right")) - 1

    def least(self) -> tuple[int, float] | None:
        """Return the row of the smallest finite number of the first curve, or where its piece begins, and the number;
        None where no number is finite.
        """
        low = np.where(np.isfinite(self.low[:, 0]), self.low[:, 0], np.inf)
        piece = int(np.argmin(low)) if len(low) else 0
        return (int(self.begins[piece]), float(low[piece])) if len(low) and np.isfinite(low[piece]) else None

    def rows(self) -> Floats:
        """Return all rows, (n, curves); what is not known by itself is the highest of its piece."""
        return np.repeat(self.high, np.diff(self.begins, append=self.length), axis=0)

    def thin_out(self, most: int) -> tuple[Floats, Floats]:
        """Return a curve in few points, two for each of at most `most` blocks of rows: where they are, and their
        values.

        Every extreme is kept, and where a block's two come in the order in which the curve goes on it stays smooth. Few
        numbers that are known by themselves stay where they are.
        """
        if self.length <= most or (self.low is self.high and len(self.begins) <= most):
            return self.begins.astype(np.float64), self.high
        block = 1 << ((self.length - 1) // most).bit_length()
        whole = int(np.searchsorted(self.begins, self.length // block * block))
        of_block = self.begins[:whole] // block
        first = np.flatnonzero(np.diff(of_block, prepend=-1))
        low, high = np.fmin.reduceat(self.low[:whole], first), np.fmax.reduceat(self.high[:whole], first)
        with np.errstate(invalid="ignore", over="ignore"):
            rises = np.diff(low / 2 + high / 2, axis=0, append=self.high[-1:]) >= 0
        values = np.empty((2 * len(low), self.curves))
        values[::2], values[1::2] = np.where(rises, low, high), np.where(rises, high, low)
        at = np.repeat(of_block[first] * float(block) + (block - 2) / 4, 2)
        at[1::2] += block / 2
        rest_at, rest = self._rest(whole)
        return np.concatenate([at, rest_at]), np.concatenate([values, rest])

    def _rest(self, first: int) -> tuple[Floats, Floats]:
        """Return points of the pieces that make no whole block: each, or the extremes and the last."""
        at, low, high = self.begins[first:].astype(np.float64), self.low[first:], self.high[first:]
        if len(at) <= FEW:
            return at, high
        lowest, highest, rises = np.fmin.reduce(low), np.fmax.reduce(high), high[-1] >= high[0]
        ends = [np.where(rises, lowest, highest), np.where(rises, highest, lowest), high[-1]]
        return at[[0, len(at) // 2, -1]], np.stack(ends)


@dataclass(frozen=True, slots=True, eq=False)
class SeriesParts:
    """All that a series holds: the first rows, blocks of those between, each of so many, and the newest."""

    length: int
    first: Floats
    block: int
    low: Floats
    high: Floats
    newest: Floats


class DownsampledSeries:
    """Rows of `width` float64 numbers that are only ever added. However many there are, a few thousand are held.

    When those between the first and the newest ones make too many blocks, each two become one.
    """

    def __init__(self, width: int, whole: int = WHOLE, most: int = MOST_BLOCKS) -> None:
        self._whole, self._most = whole, most
        self._first = np.empty((min(256, whole), width))
        self._newest = np.empty((0, width))
        self._low, self._high = np.empty((0, width)), np.empty((0, width))
        self._block = 1
        self._length = 0
        # Rows up to here are among the first, or in blocks.
        self._folded = whole

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(part.nbytes for part in (self._first, self._newest, self._low, self._high))

    @property
    def last(self) -> Floats:
        """The row that was added last, (width,)."""
        among_first = self._length <= self._whole
        found: Floats = self._first[self._length - 1] if among_first else self._newest[self._length - self._folded - 1]
        return found

    @property
    def width(self) -> int:
        """How many numbers a row has."""
        return int(self._first.shape[1])

    def parts(self) -> SeriesParts:
        """Return what is held, as it is now."""
        first, newest = self._first[: self._length], self._newest[: max(0, self._length - self._folded)]
        return SeriesParts(self._length, first.copy(), self._block, self._low, self._high, newest.copy())

    def restore(self, parts: SeriesParts) -> None:
        """Hold what another series of this width held. Raises `ValueError` where there can be no such series."""
        # An empty list of a file, where nobody can say how wide its rows would be.
        held = [
            self._low[:0] if part.shape == (0,) else part for part in (parts.first, parts.low, parts.high, parts.newest)
        ]
        first, low, high, newest = held
        if any(part.ndim != self._first.ndim or part.shape[1] != self.width for part in held):
            raise ValueError("rows of another width")
        blocks, count = max(0, parts.length - len(newest) - self._whole), len(newest)
        fits = (
            len(first) == min(parts.length, self._whole)
            and count <= min(2 * self._whole, max(0, parts.length - self._whole))
            and blocks % self._whole == 0
            and 1 <= parts.block <= 2**60
            and len(low) == len(high) == -(-blocks // parts.block) <= self._most
        )
        if not fits:
            raise ValueError(f"no series of {parts.length} rows")
        self._length, self._block, self._folded = parts.length, parts.block, self._whole + blocks
        self._first, self._newest = first.copy(), newest.copy()
        self._low, self._high = low, high

    def append(self, row: Floats | float) -> None:
        """Add one row."""
        self.extend(np.reshape(row, (1, -1)))

    def extend(self, rows: NDArray[np.floating]) -> None:
        """Add rows, (n, width)."""
        while len(rows):
            end = self._length + len(rows)
            if self._length < self._whole:
                taken = rows[: self._whole - self._length]
                self._first = _grown(self._first, min(end, self._whole), self._whole)
                self._first[self._length : self._length + len(taken)] = taken
            else:
                if self._length - self._folded == 2 * self._whole:
                    self._fold()
                at = self._length - self._folded
                taken = rows[: 2 * self._whole - at]
                self._newest = _grown(self._newest, at + len(taken), 2 * self._whole)
                self._newest[at : at + len(taken)] = taken
            self._length += len(taken)
            rows = rows[len(taken) :]

    def _fold(self) -> None:
        """Put the older half of the newest rows into blocks."""
        first, count = self._folded, self._whole
        while (first + count - 1 - self._whole) // self._block >= self._most:
            self._merge()
        rows, begin = self._newest[:count], (first - self._whole) // self._block
        end = (first - self._whole + count - 1) // self._block + 1
        starts = np.maximum(np.arange(begin, end) * self._block - (first - self._whole), 0)
        low, high = np.fmin.reduceat(rows, starts), np.fmax.reduceat(rows, starts)
        if begin < len(self._low):
            # The block that was begun by the rows before.
            low[0], high[0] = np.fmin(self._low[begin], low[0]), np.fmax(self._high[begin], high[0])
        self._low, self._high = np.concatenate([self._low[:begin], low]), np.concatenate([self._high[:begin], high])
        self._newest[:count] = self._newest[count:].copy()
        self._folded += count

    def _merge(self) -> None:
        odd = np.arange(0, len(self._low), 2)
        self._low, self._high = np.fmin.reduceat(self._low, odd), np.fmax.reduceat(self._high, odd)
        self._block *= 2

    def outline(self, length: int) -> Outline:
        """Return the first `length` rows, or as many as there are.

        Where they end within a block, whose extremes may be those of later rows, the piece before stands for them too.
        """
        length = min(length, self._length)
        first = self._first[: min(length, self._whole)]
        if length <= self._whole:
            return Outline.of(first)
        ends = np.minimum((np.arange(len(self._low)) + 1) * self._block + self._whole, self._folded)
        blocks = int(np.searchsorted(ends, length, side="right"))
        newest = self._newest[: max(0, length - self._folded)]
        begins = [np.arange(len(first)), np.arange(blocks) * self._block + self._whole]
        return Outline(
            np.concatenate([*begins, np.arange(len(newest)) + self._folded]),
            np.concatenate([first, self._low[:blocks], newest]),
            np.concatenate([first, self._high[:blocks], newest]),
            length,
        )


def _grown(rows: Floats, needed: int, most: int) -> Floats:
    """Return room for so many rows: doubled until there is, but not beyond the most."""
    if needed <= len(rows):
        return rows
    size = max(256, len(rows))
    while size < needed:
        size *= 2
    grown = np.empty((min(size, most), rows.shape[1]))
    grown[: len(rows)] = rows
    return grown
