"""Rows of numbers as an experiment has them: immutable, in blocks that experiments share.

An edit of one number, and a row that comes or goes, copies the block that it is in. What is asked of all numbers, such
as whether a dtype can hold them, is known of each block from its making.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain
from operator import eq, is_
from typing import overload

from chainrule.catalog.experiment.row_blocks import (
    DOUBLE,
    SINGLE,
    Bounds,
    Row,
    RowBlock,
    blocks_of,
    bounds_of,
    changed_block,
    fitting_rows,
    is_single,
)

# The pieces of which rows are made: rows of a block, from one up to another.
BlockPiece = tuple[RowBlock, int, int]
# A block that has less than this part of that joins its neighbour.
LEAST_PART = 2
# So many rows are written out where rows are shown to a programmer.
SHOWN_ROWS = 50


class Rows(Sequence[Row]):
    """A sequence of rows, each a tuple of floats, in blocks of numbers."""

    __slots__ = ("__weakref__", "_ends", "_nbytes", "blocks")

    def __init__(self, blocks: Iterable[RowBlock] = ()) -> None:
        self.blocks = tuple(blocks)
        self._ends = tuple(accumulate([block.count for block in self.blocks]))
        self._nbytes = -1

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Rows:
        """Return rows that are given as tuples; to the bit the same numbers."""
        return rows if isinstance(rows, Rows) else cls(blocks_of(rows))

    @classmethod
    def of_memory(cls, memory: memoryview, columns: int, bounds: Callable[[memoryview], Bounds] | None = None) -> Rows:
        """Return the rows whose finite numbers lie in flat memory of the format f or d, which nobody writes to.

        `bounds` tells the smallest and largest of some of them, where the caller has a fast way.
        """
        size, found, bounds = fitting_rows(columns) * columns, [], bounds or bounds_of
        for start in range(0, len(memory), size):
            part = memory[start : start + size]
            found.append(RowBlock(memory, start, len(part) // columns, columns, *bounds(part)))
        return cls(found)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(block.rows() for block in self.blocks)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> Rows: ...

    def __getitem__(self, index: int | slice) -> Row | Rows:
        if isinstance(index, slice):
            places = range(len(self))[index]
            return self if places == range(len(self)) else self.taken(places)
        block, place = self._find(index)
        return block.row(place)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Rows):
            return len(self) == len(other) and all(_same(*pair) for pair in _different(self, other))
        if isinstance(other, tuple):
            return len(self) == len(other) and all(map(eq, self, other))
        return NotImplemented

    def __hash__(self) -> int:
        return hash((len(self), self.columns))

    def __reduce__(self) -> tuple[Callable[[Iterable[Row]], Rows], tuple[tuple[Row, ...]]]:
        """Return how a copy is made: memory that is only looked at has none."""
        return Rows.of, (tuple(self),)

    def __repr__(self) -> str:
        if len(self) <= SHOWN_ROWS:
            return repr(tuple(self))
        return f"<{len(self)} rows, the first {self[0][:3]}...>"

    @property
    def columns(self) -> int:
        """How many numbers the first row has, and each where all are of one length; 0 where there is none."""
        return self.blocks[0].columns if self.blocks else 0

    @property
    def lengths(self) -> frozenset[int]:
        """How many numbers rows have: of what an experiment may be, one length."""
        refused = (len(row) for block in self.blocks for row in block.refused)
        return frozenset(chain((block.columns for block in self.blocks if not block.refused), refused))

    @property
    def nbytes(self) -> int:
        """How much memory the numbers take."""
        if self._nbytes < 0:
            self._nbytes = sum([block.nbytes for block in self.blocks])
        return self._nbytes

    def number(self, row: int, column: int) -> float:
        """Return one number."""
        block, place = self._find(row)
        if block.refused:
            return block.refused[place][column]
        if not 0 <= column < block.columns:
            raise IndexError(column)
        found: float = block.memory[block.start + place * block.columns + column]
        return found

    def _find(self, row: int) -> tuple[RowBlock, int]:
        """Return the block that a row is in, and its place there."""
        row = row + len(self) if row < 0 else row
        if not 0 <= row < len(self):
            raise IndexError(row)
        index = bisect_right(self._ends, row)
        block = self.blocks[index]
        return block, row - self._ends[index] + block.count

    def with_number(self, index: tuple[int, ...], value: float) -> Rows:
        """Return the rows with the number at a row and a column replaced."""
        row, column = index
        block, place = self._find(row)
        at = bisect_right(self._ends, row)
        changed = tuple(changed_block(block, place, column, value))
        found = Rows((*self.blocks[:at], *changed, *self.blocks[at + 1 :]))
        # Of thousands of blocks it takes a while to find.
        found._nbytes = self.nbytes - block.nbytes + sum(new.nbytes for new in changed)
        return found

    def spliced(self, first: int, end: int, rows: Iterable[Row] = ()) -> Rows:
        """Return these rows with others in the place of those from `first` up to `end`."""
        return _joined([*self._pieces(0, first), *_all_of(Rows.of(rows)), *self._pieces(end, len(self))])

    def taken(self, places: Iterable[int]) -> Rows:
        """Return the rows at some places, in that order."""
        return _joined(chain.from_iterable(self._pieces(first, end) for first, end in _runs(places)))

    def resized(self, columns: int, fill: float = 0.0) -> Rows:
        """Return the rows cut or filled up to a length."""
        blocks = (_resized(block, columns, fill) for block in self.blocks)
        return _joined(chain.from_iterable(map(_all_of, blocks)))

    def _pieces(self, first: int, end: int) -> Iterator[BlockPiece]:
        """Yield what lies from one row up to another."""
        index = bisect_right(self._ends, first)
        while first < end and index < len(self.blocks):
            block, stop = self.blocks[index], self._ends[index]
            begin = stop - block.count
            yield block, first - begin, min(end, stop) - begin
            first, index = stop, index + 1

    def beside(self, known: Rows) -> Iterator[tuple[int, RowBlock]]:
        """Yield the blocks that are none of the known rows', each with the place of its first row."""
        if self is known:
            return
        places: Sequence[int] = range(len(self.blocks))
        if len(self.blocks) == len(known.blocks):
            # An edit of one number leaves all others where they were.
            places = _other_places(self.blocks, known.blocks)
        seen = set(map(id, known.blocks)) if places else set()
        for place in places:
            if id(block := self.blocks[place]) not in seen:
                yield self._ends[place] - block.count, block

    def is_within(self, columns: int, least: float, most: float) -> bool:
        """Return whether all rows have so many numbers, and all of these lie between two."""
        blocks = self.blocks
        if {block.columns for block in blocks} != {columns}:
            return not blocks
        return least <= min([block.least for block in blocks]) and max([block.most for block in blocks]) <= most

    def first_other(self, other: Rows) -> int:
        """Return the first row that is not what it is in others; where there is none, the length of the shorter."""
        places, fewest = _other_places(self.blocks, other.blocks), min(len(self), len(other))
        row = (self._ends[places[0]] - self.blocks[places[0]].count) if places else fewest
        return next((place for place in range(row, fewest) if self[place] != other[place]), fewest)


def _other_places(one: Sequence[RowBlock], two: Sequence[RowBlock]) -> list[int]:
    """Return at which places two have not the same block, up to the end of the shorter."""
    same, places, place = list(map(is_, one, two)), list[int](), -1
    for _ in range(same.count(False)):
        place = same.index(False, place + 1)
        places.append(place)
    return places


def _all_of(rows: Rows) -> Iterator[BlockPiece]:
    return ((block, 0, block.count) for block in rows.blocks)


def _runs(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield where places that follow each other begin and end."""
    first = end = 0
    for place in places:
        if place != end:
            if first < end:
                yield first, end
            first = place
        end = place + 1
    if first < end:
        yield first, end


def _joined(pieces: Iterable[BlockPiece]) -> Rows:
    """Return pieces as rows: whole blocks as they are, what is smaller together."""
    blocks: list[RowBlock] = []
    pending: list[BlockPiece] = []
    held = 0
    for piece in pieces:
        block, first, end = piece
        most, whole = fitting_rows(block.columns), first == 0 and end == block.count
        large = bool(block.refused) or LEAST_PART * block.count >= most
        if pending and (pending[-1][0].columns != block.columns or (whole and large) or held + end - first > 2 * most):
            blocks += _merged(pending)
            pending, held = [], 0
        if whole and large:
            blocks.append(block)
        else:
            pending.append(piece)
            held += end - first
    return Rows((*blocks, *_merged(pending)))


def _merged(pieces: list[BlockPiece]) -> Iterable[RowBlock]:
    """Return pieces of rows of one length as new blocks; a whole one as it is."""
    if not pieces:
        return ()
    block, first, end = pieces[0]
    if len(pieces) == 1 and (first, end) == (0, block.count):
        return (block,)
    columns = block.columns
    if not columns:
        return blocks_of(chain.from_iterable(block.refused[first:end] for block, first, end in pieces))
    parts = [block.numbers[first * columns : end * columns] for block, first, end in pieces]
    formats = {part.format for part in parts}
    if len(formats) == 1:
        return Rows.of_memory(memoryview(array(formats.pop(), b"".join(parts))), columns).blocks
    numbers: array[float] = array(DOUBLE)
    for part in parts:
        numbers.extend(part)
    # A few that are put among many that came as float32.
    if all(map(is_single, numbers)):
        numbers = array(SINGLE, numbers)
    return Rows.of_memory(memoryview(numbers), columns).blocks


def _resized(block: RowBlock, columns: int, fill: float) -> Rows:
    if block.refused or not columns or not is_single(fill):
        return Rows.of(row[:columns] + (fill,) * (columns - len(row)) for row in block.rows())
    old, kept = block.columns, min(block.columns, columns)
    added = array(block.memory.format, [fill] * (columns - kept)).tobytes()
    numbers = block.numbers
    parts = [numbers[place : place + kept] for place in range(0, len(numbers), old)]
    flat = array(block.memory.format, added.join(parts) + added)
    return Rows.of_memory(memoryview(flat), columns)


def _different(one: Rows, two: Rows) -> Iterator[tuple[BlockPiece, BlockPiece]]:
    """Yield the pieces that two do not share, side by side: of two that an edit made of one, a block or two."""
    pairs = [(one.blocks[place], two.blocks[place]) for place in _other_places(one.blocks, two.blocks)]
    if len(one.blocks) == len(two.blocks) and all(this.count == other.count for this, other in pairs):
        return (((this, 0, this.count), (other, 0, other.count)) for this, other in pairs)
    return _side_by_side(one, two)


def _side_by_side(one: Rows, two: Rows) -> Iterator[tuple[BlockPiece, BlockPiece]]:
    """Yield the pieces of two that are the same rows by their places, where there are as many."""
    row, ends = 0, sorted({*accumulate(b.count for b in one.blocks), *accumulate(b.count for b in two.blocks)})
    for end in ends:
        (piece,), (other,) = one._pieces(row, end), two._pieces(row, end)
        yield piece, other
        row = end


def _same(piece: BlockPiece, other: BlockPiece) -> bool:
    """Return whether two pieces have the same numbers."""
    (one, first, end), (two, begin, _) = piece, other
    if one is two and first == begin:
        return True
    if one.refused or two.refused:
        return all(map(eq, map(one.row, range(first, end)), map(two.row, range(begin, begin + end - first))))
    if one.columns != two.columns:
        return False
    numbers, others = one.numbers[first * one.columns : end * one.columns], two.numbers[begin * two.columns :]
    others = others[: len(numbers)]
    # Of two formats each number would be unpacked by itself.
    return numbers == others if numbers.format == others.format else numbers.tolist() == others.tolist()
