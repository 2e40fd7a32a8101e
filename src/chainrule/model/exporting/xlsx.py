"""A workbook as an .xlsx file: the cells of `explain.sheet`, as they look, with the program's numbers kept in them.

A viewer that computes nothing shows these; Excel and LibreOffice work all formulas out when they open it.
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator
from threading import Thread
from typing import TYPE_CHECKING, Any

from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.sheet.spreadsheet import making_spreadsheet
from chainrule.explain.sheet.workbook import CellLook, Page, SheetCell, SheetChart, Spreadsheet, address

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# The light theme's, of the window.
PHASE_COLOURS = {"forward": "#186c7d", "loss": "#805c00", "backward": "#98296b", "update": "#34702a"}
TEXT, MUTED, INPUT, INPUT_BORDER = "#1b2330", "#4d5665", "#fff3c4", "#b08200"
# How much of a phase's hue is in the ground of its heading.
TINT = 0.15
FONT = {"font_name": "Calibri", "font_size": 11, "font_color": TEXT}
# What is shown of a number from a size on: four significant digits; what is larger or smaller has a power of ten.
SCIENTIFIC = "0.000E+00"
DIGITS = ((1e6, SCIENTIFIC), (1000, "0"), (100, "0.0"), (10, "0.00"), (1, "0.000"), (0.1, "0.0000"), (0.01, "0.00000"),
          (0.001, "0.000000"), (0.0001, "0.0000000"))  # fmt: skip
# The heading of a micro-step has a ground of so many columns, which its equation has room in.
LEAST_COLUMNS = 9
# So long the thread that writes is waited for each time.
WAIT_S = 0.01
PIECE = 1 << 16
_LOOKS: dict[CellLook, dict[str, Any]] = {
    CellLook.TITLE: {"bold": True, "font_size": 16},
    CellLook.WORDS: {"font_color": MUTED},
    CellLook.SECTION: {"bold": True, "bottom": 1},
    CellLook.HEADING: {"bold": True, "align": "left"},
    CellLook.EQUATION: {},
    CellLook.REF: {"font_color": MUTED, "font_size": 9, "font_name": "Consolas"},
    CellLook.LABEL: {"align": "right"},
    CellLook.COLUMN_LABEL: {"align": "right", "font_color": MUTED},
    CellLook.INPUT: {"bg_color": INPUT, "border": 1, "border_color": INPUT_BORDER, "align": "right"},
    CellLook.GIVEN: {"align": "right"},
    CellLook.LIVE: {"num_format": SCIENTIFIC},
    CellLook.ALL_DIGITS: {"num_format": "0.00000000000000E+00"},
    CellLook.DIFFERENCE: {"num_format": "0.0E+00"},
    CellLook.KEY: {"align": "right", "font_color": MUTED},
}


class _Exact(float):
    """A number that XlsxWriter writes with all of its digits: it asks for 16, and some need 17."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


def xlsx_of(experiment: Experiment, iterations: int) -> Iterator[bytes]:
    """Yield the file of an experiment's first iterations, piece by piece; the first ones are empty, while it is made.

    Raises `SheetError` where it cannot be made.
    """
    work = _empty_pieces(making_spreadsheet(experiment, iterations))
    spreadsheet = yield from work
    written = io.BytesIO()
    yield from _in_thread(spreadsheet, written)
    data = written.getvalue()
    for begin in range(0, len(data), PIECE):
        yield data[begin : begin + PIECE]


def _empty_pieces(work: Generator[None, None, Spreadsheet]) -> Generator[bytes, None, Spreadsheet]:
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Spreadsheet = end.value
            return found
        yield b""


def _in_thread(spreadsheet: Spreadsheet, file: io.BytesIO) -> Iterator[bytes]:
    """Write the file beside the window: it takes seconds where it is large, and cannot be done in pieces."""
    failed: list[Exception] = []

    def write() -> None:
        try:
            write_xlsx(spreadsheet, file)
        except Exception as error:
            failed.append(error)

    thread = Thread(target=write, name="xlsx")
    thread.start()
    try:
        while thread.is_alive():
            thread.join(WAIT_S)
            yield b""
    finally:
        thread.join()
    if failed:
        raise failed[0]


def write_xlsx(spreadsheet: Spreadsheet, file: io.BytesIO) -> None:
    """Write a workbook to a file that is open."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - not before it is needed

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    workbook = Workbook(file, options)
    formats: dict[tuple[CellLook, str], Format] = {}
    for page in spreadsheet.pages:
        _write_page(workbook, workbook.add_worksheet(page.name), page, formats)
    for name, cell in spreadsheet.names.items():
        workbook.define_name(name, f"={cell}")
    workbook.close()


def _write_page(workbook: Workbook, sheet: Worksheet, page: Page, formats: dict[tuple[CellLook, str], Format]) -> None:
    for column, width in enumerate(page.widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(*page.frozen)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    # A neighbour's formula is another one where the micro-step is, which Excel would mark in the corner of each cell.
    sheet.ignore_errors({"formula_differs": "A1:XFD1048576", "formula_range": "A1:XFD1048576"})
    live = [cell for cell in page.cells if cell.look is CellLook.LIVE]
    if live:
        _four_digits(workbook, sheet, live)
    headed = {cell.row: cell for cell in page.cells if cell.look is CellLook.HEADING}
    last = max(LEAST_COLUMNS, *(cell.column for cell in page.cells))
    for row, cell in headed.items():
        # The ground goes as far as the numbers below.
        for column in range(last + 1):
            sheet.write_blank(row, column, None, _format(workbook, formats, cell))
    for cell in page.cells:
        _write_cell(sheet, cell, _format(workbook, formats, cell))
    for chart in page.charts:
        _add_chart(workbook, sheet, page, chart)


def _write_cell(sheet: Worksheet, cell: SheetCell, look: Format) -> None:
    place = cell.row, cell.column
    if cell.formula:
        sheet.write_formula(*place, f"={cell.formula}", look, cell.content)
    elif isinstance(cell.content, str):
        sheet.write_string(*place, cell.content, look)
    else:
        sheet.write_number(*place, _Exact(cell.content), look)


def _format(workbook: Workbook, formats: dict[tuple[CellLook, str], Format], cell: SheetCell) -> Format:
    phase = cell.phase.value if cell.phase and cell.look in (CellLook.HEADING, CellLook.EQUATION) else ""
    key = cell.look, phase
    if key not in formats:
        ground = {"bg_color": tinted(PHASE_COLOURS[phase]), "font_color": PHASE_COLOURS[phase]} if phase else {}
        formats[key] = workbook.add_format(FONT | _LOOKS[cell.look] | ground)
    return formats[key]


def tinted(colour: str) -> str:
    """Return the ground that belongs to a colour: mixed with white."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(255 + (part - 255) * TINT):02x}" for part in parts)


def _four_digits(workbook: Workbook, sheet: Worksheet, live: list[SheetCell]) -> None:
    """Have numbers shown with four significant digits, however large they are; the cell keeps them all."""
    rows, columns = [cell.row for cell in live], [cell.column for cell in live]
    first, corners = address(min(rows), min(columns)), (min(rows), min(columns), max(rows), max(columns))
    rules = [(f"={first}=0", "0"), *((f"=ABS({first})>={least}", digits) for least, digits in DIGITS)]
    for formula, digits in rules:
        rule = {"type": "formula", "criteria": f"=AND(ISNUMBER({first}),{formula[1:]})", "stop_if_true": True}
        sheet.conditional_format(*corners, {**rule, "format": workbook.add_format({"num_format": digits})})


def _add_chart(workbook: Workbook, sheet: Worksheet, page: Page, chart: SheetChart) -> None:
    drawn = workbook.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    (first, last), (x, y) = chart.rows, chart.columns
    drawn.add_series(
        {
            "name": chart.title,
            "categories": [page.name, first, x, last, x],
            "values": [page.name, first, y, last, y],
            "line": {"color": PHASE_COLOURS["loss"], "width": 1.5},
            "marker": {"type": "circle", "size": 5, "fill": {"color": PHASE_COLOURS["loss"]}},
        }
    )
    drawn.set_title({"name": chart.title})
    drawn.set_x_axis(
        {"name": "iteration", "major_gridlines": {"visible": False}, "major_unit": max(1, (last - first) // 10)}
    )
    drawn.set_legend({"none": True})
    sheet.insert_chart(*chart.at, drawn)
