"""Sums over all cells of values: of the numbers themselves, of their squares, of any formula of them."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.explain.sheet.workbook import CellBlock, SheetError
from chainrule.formula.tree import ONE, TWO, Call, Cases, Expr, Power, Symbol, walk
from chainrule.formula.writing.printing import Printed
from chainrule.formula.writing.spreadsheet import stable, to_sheet


def sum_over_all(blocks: Sequence[CellBlock], tree: Expr, name: str, page: str) -> str:
    """Return the sum of a formula of one element over every element of values."""
    return "+".join(sum_over_range(block.all(page), tree, name, block.rows * block.columns) for block in blocks)


def sum_over_range(cells: str, tree: Expr, name: str, count: int) -> str:
    """Return the sum of a formula of one element, over a range of so many cells."""
    if tree == Symbol(name):
        return f"SUM({cells})"
    if tree == Power(Symbol(name), TWO):
        return f"SUMSQ({cells})"
    if tree == Call("abs", (Symbol(name),)):
        return absolute_range(cells)
    if tree == ONE:
        return str(count)
    body = stable(tree)
    several = any(
        isinstance(part, Cases) or (isinstance(part, Call) and part.function in _SINGLE) for part in walk(body)
    )
    if several:
        raise SheetError("a spreadsheet cannot add up such a formula over a range of cells")
    return f"SUMPRODUCT({to_sheet(body, lambda found: Printed(cells))})"


def absolute_range(cells: str) -> str:
    """Return the sum of the sizes of numbers."""
    return f"SUMPRODUCT(ABS({cells}))"


# What makes one number of a whole range.
_SINGLE = ("min", "max", "erf", "Phi")
