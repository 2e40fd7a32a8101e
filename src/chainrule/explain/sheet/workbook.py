"""A workbook as data: pages of cells, and the names of some."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from chainrule.catalog.values.step_kinds import Phase
from chainrule.formula.writing.printing import Level, Printed

Index = tuple[int, ...]
# So many columns a sheet has.
MOST_COLUMNS = 16384
_LETTERS = 26
# What stands for a number that is infinite before anything is computed: the best loss, before there is one.
NO_LOSS_YET = 1e300


class CellLook(Enum):
    """What a cell is to its reader; how that looks is the writer's."""

    TITLE = "title"
    WORDS = "words"
    SECTION = "section"
    HEADING = "heading"
    EQUATION = "equation"
    REF = "ref"
    LABEL = "label"
    COLUMN_LABEL = "column label"
    # A number to be changed, one that stands as it is, one that a formula gives, one to be compared, and a difference.
    INPUT = "input"
    GIVEN = "given"
    LIVE = "live"
    ALL_DIGITS = "all digits"
    DIFFERENCE = "difference"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One cell, from row and column 0: a text, a number, or a `formula`, without its =, whose number is `content`."""

    row: int
    column: int
    content: str | float
    look: CellLook
    formula: str = ""
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class SheetChart:
    """A curve of one page's numbers: the rows from one to another of two columns, below a row of titles."""

    title: str
    rows: tuple[int, int]
    columns: tuple[int, int]
    at: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet of the workbook: its cells, the widths of its columns, and how many rows and columns stay in sight."""

    name: str
    cells: tuple[SheetCell, ...]
    widths: tuple[float, ...]
    frozen: tuple[int, int]
    charts: tuple[SheetChart, ...] = ()


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """All pages, in their order, and the cells that have names."""

    pages: tuple[Page, ...]
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellBlock:
    """Where a value stands: its first cell, and its shape. A vector is a row, a matrix has its rows as they are."""

    page: str
    row: int
    column: int
    shape: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.shape[0] if len(self.shape) > 1 else 1

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return self.shape[-1] if self.shape else 1

    def place(self, index: Index) -> tuple[int, int]:
        """Return row and column of an element; an index that is too short is that of a row's first element."""
        whole = (*index, *(0 for _ in self.shape[len(index) :]))
        row, column = (0, 0, *whole)[-2:]
        return self.row + row, self.column + column

    def cell(self, index: Index, page: str) -> str:
        """Return the address of an element, as a formula on a page has it."""
        return self._on(page) + address(*self.place(index))

    def range(self, first: Index, last: Index, page: str) -> str:
        """Return the addresses of a row, a column or more, from one element to another."""
        return f"{self._on(page)}{address(*self.place(first))}:{address(*self.place(last))}"

    def all(self, page: str) -> str:
        """Return the addresses of all of it."""
        last = tuple(size - 1 for size in self.shape)
        return self.range((0,) * len(last), last, page)

    def aligned(self, index: Index) -> Index:
        """Return the element that goes with an element of another value: of what is one for all, the one."""
        own = index[len(index) - len(self.shape) :]
        return tuple(min(place, size - 1) for place, size in zip(own, self.shape, strict=True))

    def _on(self, page: str) -> str:
        return "" if page == self.page else sheet_prefix(self.page)


def sheet_prefix(page: str) -> str:
    """Return how a formula names a page in front of an address."""
    return f"{page}!" if page.isalnum() else f"'{page}'!"


def address(row: int, column: int) -> str:
    """Return the address of a cell: A1 is that of row 0 and column 0."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, _LETTERS)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


@dataclass(frozen=True, slots=True)
class Named:
    """A number that formulas read: how it is written there, and what it is now."""

    text: str
    number: float

    @property
    def printed(self) -> Printed:
        """How it stands among other parts of a formula."""
        return Printed(self.text, Level.ATOM)


def finite(value: float) -> float:
    """Return a number that a cell can hold: infinite is the best loss before there is one."""
    return value if math.isfinite(value) else math.copysign(NO_LOSS_YET, value)


class SheetError(ValueError):
    """Why an experiment does not become a spreadsheet, in a person's words."""
