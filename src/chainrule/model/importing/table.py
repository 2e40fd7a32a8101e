"""A table as it was read: named columns of numbers or of text, with what is missing in them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.data_names import LONGEST_NAME
from chainrule.model.files.disk import exhaust
from chainrule.model.files.file_format import MOST_NUMBERS, MOST_ROWS

# More columns nobody chooses from.
MOST_COLUMNS = 10_000
MOST_CELLS = MOST_NUMBERS
# Of numbers that are packed: room for the 60,000 images of MNIST, with what they show.
MOST_PACKED = 50_000_000
# What programs write where there is nothing.
MISSING = frozenset(("", "na", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "none", "?", "-", "--", "–", "—", "."))
# What a German writes, and what spreadsheets leave where a formula failed.
MISSING |= frozenset(("k.a.", "k. a.", "keine angabe", "#nv", "#wert!", "#bezug!", "#zahl!"))
MISSING |= frozenset(("#div/0!", "#value!", "#ref!", "#num!", "#name?"))
# An infinite number is no measurement, in a text no more than in a sheet or an array.
_INFINITE = re.compile(r"[+-]?(inf|infinity|∞)", re.IGNORECASE)
# Of what is told by row so many are named.
MOST_NAMED = 10
CellValue = float | str | None
# Is told which share of some work is done.
Tell = Callable[[float], None]
# With the decimal point; thousands are split by the other sign, or by a blank.
_NUMBERS = {
    point: re.compile(
        rf"[+-]?(\d+|\d{{1,3}}(?:[{other} ]\d{{3}})+(?=[{point}]|$))?([{point}]\d*)?(?:[eE][+-]?\d+)?", re.ASCII
    )
    for point, other in ((".", ","), (",", "."))
}
_AMBIGUOUS = {".": re.compile(r"[+-]?\d{1,3},\d{3}"), ",": re.compile(r"[+-]?\d{1,3}\.\d{3}")}


class ColumnKind(Enum):
    """What stands in a column."""

    NUMBER = "number"
    TEXT = "text"
    EMPTY = "empty"


@runtime_checkable
class NumberCells(Protocol):
    """Cells of which all that is there is numbers, and which know more of them than each one."""

    @property
    def missing_rows(self) -> Sequence[int]:
        """The rows in which one is missing."""

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest number."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: numbers, or text, and None where a cell is missing. `given` is its name, empty where it has none."""

    given: str
    place: int
    kind: ColumnKind
    cells: Sequence[CellValue]

    @property
    def name(self) -> str:
        """What it is called: its own name, or its number from 1."""
        return self.given or f"column {self.place + 1}"

    @property
    def missing(self) -> int:
        """How many cells are missing."""
        return self.cells.count(None)

    @property
    def missing_rows(self) -> Sequence[int]:
        """The rows, from 0, in which the cell is missing."""
        if isinstance(self.cells, NumberCells):
            return self.cells.missing_rows
        return [row for row, cell in enumerate(self.cells) if cell is None] if self.missing else ()

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest number; infinite, in the other order, where there is none."""
        if isinstance(self.cells, NumberCells):
            return self.cells.bounds
        numbers = [cell for cell in self.cells if isinstance(cell, float)]
        return min(numbers, default=math.inf), max(numbers, default=-math.inf)

    @property
    def is_constant(self) -> bool:
        """Whether all that is there is one value."""
        if self.kind is ColumnKind.NUMBER:
            least, most = self.bounds
            return least == most
        return len(self.distinct()) == 1

    def distinct(self) -> list[CellValue]:
        """Return each value that is there once, in the order in which they come."""
        return list(dict.fromkeys(cell for cell in self.cells if cell is not None))


@dataclass(frozen=True, slots=True)
class ColumnTable:
    """Columns of one length; rows are counted from 1 below the header, as they are shown.

    `aside` are arrays of the file that have other rows, to test with.
    """

    columns: tuple[TableColumn, ...]
    aside: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.columns[0].cells) if self.columns else 0


def tell_nobody(_share: float) -> None:
    """Do nothing with what is told."""


def check_extent(rows: int, columns: int, path: str, most: int = MOST_CELLS) -> None:
    """Refuse a table that is too large to be held, before it is made; `most` is how many cells it may have."""
    if columns > MOST_COLUMNS:
        raise SpecError(path, f"expected at most {MOST_COLUMNS} columns, got {columns}")
    if rows > MOST_ROWS:
        raise SpecError(path, f"expected at most {MOST_ROWS} rows, got {rows}")
    if rows * columns > most:
        raise SpecError(path, f"expected at most {most} cells, got {rows} rows of {columns}")


def parsed_number(text: str, decimal: str) -> float | None:
    """Return the finite number that a cell holds with that decimal sign; None where it is none."""
    number = _number_or_infinite(text, decimal)
    return number if number is not None and math.isfinite(number) else None


def cell_number(text: str, decimal: str) -> float | None:
    """Return the number that a cell of a text holds, NaN where it says that there is nothing or is infinite; None where
    it is neither.
    """
    if is_missing(text):
        return math.nan
    number = _number_or_infinite(text, decimal)
    return math.nan if number is not None and not math.isfinite(number) else number


def _number_or_infinite(text: str, decimal: str) -> float | None:
    text = text.strip().replace("−", "-").replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    found = _NUMBERS[decimal].fullmatch(text)
    if found is None or not (found[1] or (found[2] or "")[1:]):
        return None
    other = "," if decimal == "." else "."
    return float(text.replace(other, "").replace(" ", "").replace(decimal, "."))


def is_ambiguous(text: str, decimal: str) -> bool:
    """Return whether a cell is a whole number of thousands with one decimal sign, and a fraction with the other."""
    return _AMBIGUOUS[decimal].fullmatch(text.strip()) is not None


def is_missing(text: str) -> bool:
    """Return whether a cell says that there is nothing."""
    text = text.strip()
    return text.lower() in MISSING or _INFINITE.fullmatch(text) is not None


def typed_table(rows: Sequence[Sequence[str | float | None]], *, header: bool, decimal: str, path: str) -> ColumnTable:
    """Return a table of cells, row by row; a short row misses what it lacks. `SpecError` for a row that is too long,
    and where there is nothing.
    """
    return exhaust(typing_table(rows, header=header, decimal=decimal, path=path))


def typing_table(
    rows: Sequence[Sequence[str | float | None]], *, header: bool, decimal: str, path: str
) -> Generator[None, None, ColumnTable]:
    """Do the same, a column at a time."""
    names = [column_name(cell) for cell in rows[0]] if header and rows else []
    body = rows[1:] if header else rows
    if not body:
        raise SpecError(path, "there are no rows below the names of the columns" if header else "there are no rows")
    width = len(names) or len(body[0])
    for number, row in enumerate(body, 1):
        if len(row) > width:
            raise SpecError(path, f"row {number} has {len(row)} cells, more than the {width} of the first line")
    check_extent(len(body), width, path)
    columns = []
    for place in range(width):
        columns.append(_column(body, place, names[place] if names else "", decimal))
        yield
    return ColumnTable(tuple(columns))


def column_name(cell: str | float | None) -> str:
    """Return a cell as a name: on one line, of signs that can be seen, and not too long."""
    text = f"{cell:g}" if isinstance(cell, float) else (cell or "")
    return "".join(each if each.isprintable() else " " for each in " ".join(text.split()))[:LONGEST_NAME].strip()


def _column(body: Sequence[Sequence[str | float | None]], place: int, name: str, decimal: str) -> TableColumn:
    raw = [row[place] if place < len(row) else None for row in body]
    cells = [None if _is_nothing(cell) else cell for cell in raw]
    numbers = list(_numbers(cells, decimal))
    if len(numbers) == len(cells):
        kind = ColumnKind.NUMBER if any(number is not None for number in numbers) else ColumnKind.EMPTY
        return TableColumn(name, place, kind, tuple(numbers))
    texts = (None if cell is None else column_name(cell) or None for cell in cells)
    return TableColumn(name, place, ColumnKind.TEXT, tuple(texts))


def _is_nothing(cell: str | float | None) -> bool:
    if isinstance(cell, float):
        return not math.isfinite(cell)
    return cell is None or is_missing(cell)


def _numbers(cells: Iterable[str | float | None], decimal: str) -> Iterator[float | None]:
    """Yield the cells as numbers, up to the first that is none; of one that is infinite, that it is missing."""
    for cell in cells:
        number = cell_number(cell, decimal) if isinstance(cell, str) else cell
        if number is None and cell is not None:
            return
        yield None if number is None or math.isnan(number) else number


def rows_in_words(rows: Sequence[int]) -> str:
    """Return rows, counted from 0, as people count them: `row 4`, `rows 4, 17 and 80`; of many the first."""
    names = [f"{row + 1:,}" for row in rows[:MOST_NAMED]]
    if len(rows) == 1:
        return f"row {names[0]}"
    if len(rows) > MOST_NAMED:
        return f"rows {', '.join(names)} and {len(rows) - MOST_NAMED:,} more"
    return f"rows {', '.join(names[:-1])} and {names[-1]}"
