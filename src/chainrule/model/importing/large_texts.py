"""Texts with more cells than Python has room for: read in pieces, and kept as packed numbers.

NumPy reads what is all numbers, as Python's own `float` does; whatever else there is goes by the same rules as in a
small table.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain
from typing import IO

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.arguments import SpecError
from chainrule.model.importing.packed import PackedNumbers, packed
from chainrule.model.importing.table import (
    MOST_CELLS,
    MOST_PACKED,
    ColumnKind,
    ColumnTable,
    TableColumn,
    cell_number,
    check_extent,
    column_name,
    is_missing,
)
from chainrule.model.importing.text_tables import TextFormat, TextLines, split_rows

# Characters that are read at once: some milliseconds' work.
PIECE = 2**19
# The first piece tells columns of text, cell by cell.
FIRST_PIECE = 2**15
# Numbers that are looked up where they come again, as the brightness of pixels does.
MOST_KNOWN = 2**14
CellRows = list[list[str]]


class _Reading:
    """A table that grows by pieces of a text."""

    def __init__(self, width: int, names: list[str], text_format: TextFormat, path: str) -> None:
        self._width, self._names, self._format, self._path = width, names, text_format, path
        self._rows = 0
        self._texts: dict[int, list[str | None]] = {}
        self._places: list[int] = []
        self._numbers = PackedNumbers(0)
        self._known: dict[str, float] = {}

    def add(self, lines: list[str], rows: CellRows | None) -> None:
        """Add the rows of a piece, which are known where they had to be split to find its end."""
        if all(map(str.isspace, lines)):
            return
        first = not self._rows
        numbers = None if first else self._all_numbers(lines, rows)
        if numbers is None or self._texts or rows is not None:
            rows = list(split_rows(iter(lines), self._format.delimiter, self._path)) if rows is None else rows
            self._check_widths(rows)
            if first:
                self._begin(rows)
            if numbers is None or len(numbers) != len(rows):
                numbers = self._some_numbers(rows)
            for place, texts in self._texts.items():
                texts.extend(None if is_missing(cell) else column_name(cell) or None for cell in _cells(rows, place))
        self._rows += len(numbers)
        self._check_extent()
        if len(numbers):
            self._numbers.add(packed(numbers))

    def _check_extent(self) -> None:
        check_extent(self._rows, self._width, self._path, MOST_PACKED)
        if self._rows * len(self._texts) > MOST_CELLS:
            raise SpecError(self._path, f"expected at most {MOST_CELLS} cells of text, got more")

    def _check_widths(self, rows: CellRows) -> None:
        for number, row in enumerate(rows, self._rows + 1):
            if len(row) > self._width:
                more = f"more than the {self._width} of the first line"
                raise SpecError(self._path, f"row {number} has {len(row)} cells, {more}")

    def _begin(self, rows: CellRows) -> None:
        """Tell the columns that begin with text from those of numbers."""
        self._places, self._texts = [], {}
        for place in range(self._width):
            if all(self._number(cell) is not None for cell in _cells(rows, place)):
                self._places.append(place)
            else:
                self._texts[place] = []
        self._numbers = PackedNumbers(len(self._places))

    def _all_numbers(self, lines: list[str], rows: CellRows | None) -> NDArray[np.float64] | None:
        """Return the numbers of a piece (rows, columns) where it is all numbers, as most are; None where it is not."""
        delimiter, decimal = self._format.delimiter, self._format.decimal
        if delimiter == " " and any("\t" in line for line in lines):
            return None
        if decimal == ",":
            # A point would stand between thousands.
            if any("." in line for line in lines):
                return None
            lines = [line.replace(",", ".") for line in lines]
        is_quoted = rows is not None
        try:
            found: NDArray[np.float64] = np.loadtxt(
                lines,
                delimiter=None if delimiter == " " else delimiter,
                comments=None,
                quotechar='"' if is_quoted else None,
                usecols=self._places if self._texts else None,
                ndmin=2,
            )
        except ValueError:
            return None
        fits = found.shape[1] == len(self._places)
        return found if fits and np.isfinite(found).all() else None

    def _some_numbers(self, rows: CellRows) -> NDArray[np.float64]:
        """Return the numbers of rows, NaN where one is missing; what is neither is refused."""
        found = np.empty((len(rows), len(self._places)))
        for index, place in enumerate(self._places):
            numbers = [self._number(cell) for cell in _cells(rows, place)]
            if None in numbers:
                row = numbers.index(None)
                self._refuse(self._rows + row + 1, place, rows[row][place])
            found[:, index] = numbers
        return found

    def _refuse(self, row: int, place: int, cell: str) -> None:
        name = (self._names[place] if self._names else "") or f"column {place + 1}"
        few = f"a table of more than {MOST_CELLS:,} cells can have text only in columns that begin with it"
        raise SpecError(self._path, f"“{column_name(cell)}” in row {row:,} of {name} is no number; {few}")

    def _number(self, cell: str) -> float | None:
        """Return the number in a cell, NaN where it is missing, None where there is something else."""
        found = self._known.get(cell)
        if found is None:
            found = cell_number(cell, self._format.decimal)
            if found is not None and len(self._known) < MOST_KNOWN:
                self._known[cell] = found
        return found

    def table(self) -> ColumnTable:
        """Return what was read."""
        if not self._rows:
            said = "there are no rows below the names of the columns" if self._names else "there are no rows"
            raise SpecError(self._path, said)
        indices = {place: index for index, place in enumerate(self._places)}
        columns = []
        for place in range(self._width):
            given = self._names[place] if self._names else ""
            if place in indices:
                columns.append(self._numbers.column(given, place, indices[place]))
            else:
                columns.append(TableColumn(given, place, ColumnKind.TEXT, tuple(self._texts[place])))
        return ColumnTable(tuple(columns))


def reading_large_text(file: IO[bytes], text_format: TextFormat, path: str) -> Generator[None, None, ColumnTable]:
    """Read a text piece by piece; return its table. `SpecError` where it is too large, or no table."""
    lines = TextLines(file, text_format.encoding, path)
    rows = split_rows(lines, text_format.delimiter, path)
    first = next(rows, None)
    if first is None:
        raise SpecError(path, "the file is empty")
    check_extent(1, len(first), path)
    names = [column_name(cell) for cell in first] if text_format.header else []
    reading = _Reading(len(first), names, text_format, path)
    pending = [] if names else list(lines.given)
    length = FIRST_PIECE
    while piece := [*pending, *lines.piece(length)]:
        pending, found, length = [], None, PIECE
        if any('"' in line for line in piece):
            piece, found = _whole(piece, lines, text_format, path)
        reading.add(piece, found)
        yield
    return reading.table()


def _whole(piece: list[str], lines: TextLines, text_format: TextFormat, path: str) -> tuple[list[str], CellRows]:
    """Return a piece with the lines in which its last cell goes on, and its rows."""
    rows: CellRows = []
    lines.given = []
    counted = _Counted(piece, lines)
    for row in split_rows(counted, text_format.delimiter, path):
        rows.append(row)
        if counted.taken >= len(piece):
            break
    return [*piece, *lines.given], rows


class _Counted:
    """The lines of a piece and those after it; `taken` of them were asked for."""

    def __init__(self, piece: list[str], after: Iterator[str]) -> None:
        self._lines, self.taken = chain(piece, after), 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken += 1
        return line


def _cells(rows: CellRows, place: int) -> Iterator[str]:
    """Return the cells of a column; a short row misses what it lacks."""
    return (row[place] if place < len(row) else "" for row in rows)
