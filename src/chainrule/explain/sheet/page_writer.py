"""A page while it is filled, from top to bottom: headings, words, and values as blocks with their labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from math import prod

from chainrule.catalog.values.step_kinds import Phase
from chainrule.explain.sheet.workbook import MOST_COLUMNS, CellBlock, CellLook, Index, SheetCell, SheetError

# The formula of an element and its number now; an empty formula is a number that is given.
ElementOf = Callable[[Index], tuple[str, float]]


class PageWriter:
    """Collects the cells of a page; `row` is the next free one. Numbers stand from the column `first` on."""

    def __init__(self, name: str, first: int) -> None:
        self.name, self.first, self.row = name, first, 0
        self.cells = list[SheetCell]()

    def put(
        self, column: int, content: str | float, look: CellLook, phase: Phase | None = None, formula: str = ""
    ) -> None:
        """Write a cell of the row that is free now."""
        self.cells.append(SheetCell(self.row, column, content, look, formula, phase))

    def line(self, *contents: tuple[int, str | float, CellLook]) -> None:
        """Write a row of cells, and go on to the next."""
        for column, content, look in contents:
            self.put(column, content, look)
        self.row += 1

    def block(
        self,
        shape: tuple[int, ...],
        element: ElementOf,
        look: CellLook,
        rows: Sequence[str],
        columns: Sequence[str],
        phase: Phase | None = None,
        beside: str = "",
    ) -> CellBlock:
        """Write a value with the labels of its rows and columns; `beside` stands in front of the columns' labels.

        What has one row and one column has no labels: `beside` is its own.
        """
        if self.first + (shape[-1] if shape else 1) > MOST_COLUMNS:
            raise SheetError(f"a value has {shape[-1]} columns, and a spreadsheet {MOST_COLUMNS} at most")
        label = self.first - 1
        if beside:
            self.put(label, beside, CellLook.WORDS if " " in beside else CellLook.REF, phase)
        for place, text in enumerate(columns):
            self.put(self.first + place, text, CellLook.COLUMN_LABEL, phase)
        # What has no rows and columns has its own label beside it.
        self.row += bool(rows or columns)
        found = CellBlock(self.name, self.row, self.first, shape)
        for place, text in enumerate(rows):
            if text:
                self.cells.append(SheetCell(self.row + place, label, text, CellLook.LABEL, "", phase))
        for index in product(*map(range, shape)):
            formula, value = element(index)
            self.cells.append(SheetCell(*found.place(index), value, look, formula, phase))
        self.row += found.rows
        return found


def count_of(shape: tuple[int, ...]) -> int:
    """Return how many numbers a value of a shape has."""
    return prod(shape)
