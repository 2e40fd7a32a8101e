"""A workbook of the program, worked out cell by cell by the tests' own reader of formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping

from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.sheet.spreadsheet import making_spreadsheet
from chainrule.explain.sheet.workbook import CellLook, Spreadsheet, address
from chainrule.model.files.disk import exhaust
from tests.spreadsheet_arithmetic import Sheets

# What is left of two numbers that cancel out.
ROUNDING = 1e-12


def contents(spreadsheet: Spreadsheet, changed: Mapping[tuple[str, str], float] | None = None) -> Sheets:
    """The workbook with all that it computes, where some cells were changed, by page and address."""
    cells: dict[str, dict[str, float | str]] = {}
    for page in spreadsheet.pages:
        here = cells.setdefault(page.name, {})
        for cell in page.cells:
            where = address(cell.row, cell.column)
            assert where not in here, f"two cells at {page.name}!{where}: {here[where]} and {cell}"
            here[where] = f"={cell.formula}" if cell.formula else cell.content
    for (name, where), value in (changed or {}).items():
        assert isinstance(cells[name][where], float), "what is changed is a number that was typed"
        cells[name][where] = value
    return Sheets(cells, spreadsheet.names)


def disagreements(spreadsheet: Spreadsheet, tolerance: float = 1e-9) -> list[str]:
    """The cells whose formulas do not give the number that is kept with them."""
    return differing(contents(spreadsheet), spreadsheet, tolerance)


def differing(sheets: Sheets, expected: Spreadsheet, tolerance: float = 1e-9) -> list[str]:
    """The cells of iterations that are not as another workbook has them."""
    found = []
    for page in expected.pages:
        if not page.name.startswith(("Iteration", "Course")):
            continue
        for cell in page.cells:
            if not cell.formula or isinstance(cell.content, str) or cell.look is CellLook.DIFFERENCE:
                continue
            where = address(cell.row, cell.column)
            value = sheets.value(page.name, where)
            if not close_to(value, cell.content, tolerance):
                found.append(f"{page.name}!{where}: {value} for {cell.content} by {cell.formula}")
    return found


def close_to(value: float, expected: float, tolerance: float = 1e-9) -> bool:
    """Equal but for rounding."""
    return math.isclose(value, expected, rel_tol=tolerance, abs_tol=ROUNDING)


def spreadsheet_of(experiment: Experiment, iterations: int = 1) -> Spreadsheet:
    """The workbook of the first iterations, made in one go."""
    return exhaust(making_spreadsheet(experiment, iterations))
