"""Rows of numbers as text: what spreadsheets, CSV files and people put on the clipboard."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.explain.sentences.refusals import not_a
from chainrule.formula.evaluate import CONSTANTS
from chainrule.model.files.file_format import MAX_BYTES, MOST_ROWS, size_in_words
from chainrule.model.files.file_size import check_rows, check_total, too_large
from chainrule.ui.widgets.typed_numbers import is_formula, is_not_finite, is_number, parse_number

# So many lines tell whether there is a column of text.
LOOKED_AT = 50
# Where `splitlines` ends a line.
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Of these Python makes the same numbers as `parse_number`.
_PLAIN = re.compile(r"[0-9eE+. -]*")
# A formula is worked out in a tenth of a millisecond.
MOST_FORMULAS = 10_000
# What would be worked out as one, and is none.
_DATE = re.compile(r"\s*(\d{4}([-/])\d{1,2}\2\d{1,2}|\d{1,2}([-/])\d{1,2}\3\d{4})\s*")


def parse_rows(text: str, first_row: int, inputs: int) -> list[Row]:
    """Return numbers between tabs, semicolons, commas or blanks, one row a line.

    Rows may be of any length, and the first may be the names of the columns, which are skipped. A cell that holds no
    number is a `SpecError` at the place in the data where it would come to be: row `first_row` and on, the first
    `inputs` numbers of each to the inputs, the rest to the targets. So is what no file can hold, before it is read.
    """
    if len(text) > MAX_BYTES:
        # Before it is taken apart, which takes much more.
        raise too_large(f"rows of {size_in_words(len(text))}")
    if (count := sum(map(text.count, _BREAKS)) - text.count("\r\n")) > 2 * MOST_ROWS:
        # Some blank lines are passed over, but not millions.
        check_rows(count)
    lines = [line for _, line in _numbered(text)]
    if not lines:
        raise SpecError("clipboard", "there is no text on the clipboard; rows of numbers are needed")
    separator = _separator(lines)
    # The first may be names.
    check_rows(len(lines) - 1)
    check_total(sum(line.count(separator or " ") + 1 for line in lines), rows=2 * len(lines))
    table = [line.strip(" ").split(separator) for line in lines]
    if _has_names(lines, separator):
        del table[0]
    check_formulas(cell for cells in table for cell in cells)
    rows: list[Row] = []
    for row, cells in enumerate(table, start=first_row):
        rows.append(_plain_row(cells) or tuple(_number(cell, row, column, inputs) for column, cell in enumerate(cells)))
    return rows


def check_formulas(cells: Iterable[str]) -> None:
    """Refuse more formulas of numbers than are worked out at once."""
    found = (cell for cell in cells if _PLAIN.fullmatch(cell) is None and is_formula(cell))
    if sum(1 for _ in islice(found, MOST_FORMULAS + 1)) > MOST_FORMULAS:
        message = f"at most {MOST_FORMULAS:,} of the numbers can be formulas, such as 1/3; copy the others as numbers"
        raise SpecError("clipboard", message)


def line_of(text: str, row: int) -> int | None:
    """Return in which line of a text, counted from 1, a row stands that `parse_rows` reads, counted from 0.

    None where there are not so many rows.
    """
    lines = list(_numbered(text))
    named = _has_names([line for _, line in lines[:2]], _separator([line for _, line in lines]))
    return lines[row + named][0] if row + named < len(lines) else None


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """Return the lines that are not blank, each with its number."""
    return ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _separator(lines: Iterable[str]) -> str | None:
    return next((mark for mark in "\t;," if any(mark in line for line in lines)), None)


def _has_names(lines: Sequence[str], separator: str | None) -> bool:
    """Return whether the first line holds the names of the columns: there is another one, and no number in it."""
    if not lines[1:]:
        return False
    cells = [cell.strip() for cell in lines[0].strip(" ").split(separator)]
    # A column may be called e, but not each of them by a number's name.
    return all(_is_name(cell) or cell in CONSTANTS for cell in cells) and any(map(_is_name, cells))


def _plain_row(cells: list[str]) -> Row | None:
    """Return a row of numbers as programs write them, ten times as fast as one by one.

    None where there is any other.
    """
    if _PLAIN.fullmatch("".join(cells)) is None:
        return None
    try:
        row = tuple(map(float, cells))
    except ValueError:
        return None
    return row if all(map(math.isfinite, row)) else None


def _is_name(cell: str) -> bool:
    """Return whether a cell can only be the name of a column: there is text in it that is no number, not even NaN."""
    text = cell.strip()
    return bool(text) and not is_number(text) and not is_not_finite(text)


def _number(cell: str, row: int, column: int, inputs: int) -> float:
    try:
        if _DATE.fullmatch(cell):
            raise ValueError(not_a("a number", cell))
        return parse_number(cell)
    except ValueError as error:
        place = f"inputs[{row}][{column}]" if column < inputs else f"targets[{row}][{column - inputs}]"
        raise SpecError(f"$.data.{place}", str(error)) from None


def has_text_column(text: str) -> bool:
    """Return whether a column of a table has a text in every row, as names of classes are."""
    lines = [line for _, line in islice(_numbered(text), LOOKED_AT)]
    separator = _separator(lines)
    rows = [line.strip(" ").split(separator) for line in lines[_has_names(lines, separator) :]]
    return len(rows) > 1 and any(all(map(_is_name, column)) for column in zip(*rows, strict=False))
