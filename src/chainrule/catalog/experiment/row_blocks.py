"""Blocks of rows: some rows of one length, whose numbers lie side by side and are never written to."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

Row = tuple[float, ...]
# The smallest and the largest of some numbers.
Bounds = tuple[float, float]
# About so many numbers, and at most so many rows, are in a block.
BLOCK_NUMBERS = 2**14
BLOCK_ROWS = 1024
SINGLE, DOUBLE = "f", "d"
NOTHING = memoryview(array(DOUBLE))


@dataclass(frozen=True, slots=True, eq=False)
class RowBlock:
    """Some rows of one length: `count` * `columns` finite numbers of `memory`, from its number `start` on.

    `memory` is flat, of the format f (float32) or d (float64), and nobody writes to it; it may be larger than the
    block. `least` and `most` are the bounds of the numbers. Rows that are no rows of finite floats are kept as they
    came, in `refused`, for a check to say what is wrong: then both bounds are NaN, and `columns` is 0.
    """

    memory: memoryview
    start: int
    count: int
    columns: int
    least: float
    most: float
    refused: tuple[Row, ...] = ()

    @property
    def numbers(self) -> memoryview:
        """The numbers, row by row."""
        return self.memory[self.start : self.start + self.count * self.columns]

    @property
    def nbytes(self) -> int:
        """How much memory the numbers take."""
        return self.count * self.columns * self.memory.itemsize

    def rows(self) -> Iterator[Row]:
        """Return the rows, one by one."""
        return iter(self.refused) if self.refused else _cut(self.numbers.tolist(), self.columns)

    def row(self, place: int) -> Row:
        """Return one row."""
        if self.refused:
            return self.refused[place]
        first = self.start + place * self.columns
        return tuple(self.memory[first : first + self.columns].tolist())

    def has(self, number: float) -> bool:
        """Return whether a number lies within the bounds, so that it is worth looking for."""
        return self.least <= number <= self.most

    def is_within(self, least: float, most: float) -> bool:
        """Return whether every number is one, and lies between two."""
        return least <= self.least and self.most <= most


def fitting_rows(columns: int) -> int:
    """Return how many rows of a length are in a block."""
    return max(1, min(BLOCK_ROWS, BLOCK_NUMBERS // max(1, columns)))


def bounds_of(numbers: memoryview) -> Bounds:
    """Return the smallest and the largest of some numbers."""
    flat = numbers.tolist()
    return min(flat), max(flat)


def _cut(flat: Sequence[float], columns: int) -> Iterator[Row]:
    """Return numbers as rows."""
    return zip(*[iter(flat)] * columns, strict=True)


def blocks_of(rows: Iterable[Row]) -> Iterator[RowBlock]:
    """Yield rows in blocks: those of one length that follow each other."""
    pending: list[Row] = []
    columns, most = 0, 0
    for row in rows:
        length = len(row) if type(row) is tuple else 0
        if length != columns or len(pending) >= most:
            yield from _block_of(pending, columns)
            pending, columns, most = [], length, fitting_rows(length)
        pending.append(row)
    yield from _block_of(pending, columns)


def _block_of(rows: list[Row], columns: int) -> Iterator[RowBlock]:
    if not rows:
        return
    flat = list(chain.from_iterable(rows)) if columns else []
    if flat and all(issubclass(kind, float) for kind in set(map(type, flat))) and all(map(math.isfinite, flat)):
        yield RowBlock(memoryview(array(DOUBLE, flat)), 0, len(rows), columns, min(flat), max(flat))
    else:
        yield RowBlock(NOTHING, 0, len(rows), 0, math.nan, math.nan, tuple(rows))


def changed_block(block: RowBlock, place: int, column: int, value: Any) -> Iterable[RowBlock]:
    """Return a block with another number in it."""
    if block.refused or column >= block.columns or not isinstance(value, float) or not math.isfinite(value):
        # For a check to refuse.
        rows = list(block.rows())
        rows[place] = (*rows[place][:column], value, *rows[place][column + 1 :])
        return blocks_of(rows)
    numbers: array[float] = array(block.memory.format, block.numbers.tobytes())
    if numbers.typecode == SINGLE and not is_single(value):
        numbers = array(DOUBLE, numbers)
    index = place * block.columns + column
    before, numbers[index] = numbers[index], value
    least, most = block.least, block.most
    # Of the others nothing is known where the smallest or the largest goes.
    least = min(numbers) if before == least else min(least, value)
    most = max(numbers) if before == most else max(most, value)
    return (RowBlock(memoryview(numbers), 0, block.count, block.columns, least, most),)


def is_single(value: float) -> bool:
    """Return whether float32 holds a number exactly."""
    try:
        found: float = struct.unpack(SINGLE, struct.pack(SINGLE, value))[0]
    except OverflowError:
        return False
    return found == value
