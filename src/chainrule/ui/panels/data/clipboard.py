"""Rows of numbers as text: what spreadsheets, CSV files and people put on the clipboard."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Row, Rows
from chainrule.model.files.file_format import MAX_BYTES, MOST_ROWS, size_in_words
from chainrule.model.files.file_size import check_rows, check_total, too_large
from chainrule.ui.widgets.typed_numbers import full_text, is_not_finite, parse_number

# Where `splitlines` ends a line.
_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Of these Python makes the same numbers as `parse_number`.
_PLAIN = re.compile(r"[0-9eE+. -]*")


def parse_rows(text: str, first_row: int, inputs: int) -> Rows:
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
    rows = []
    for row, cells in enumerate(table, start=first_row):
        rows.append(_plain_row(cells) or tuple(_number(cell, row, column, inputs) for column, cell in enumerate(cells)))
    return tuple(rows)


def line_of(text: str, row: int) -> int:
    """Return in which line of a text, counted from 1, a row stands that `parse_rows` reads, counted from 0."""
    lines = list(_numbered(text))
    named = _has_names([line for _, line in lines[:2]], _separator([line for _, line in lines]))
    return lines[row + named][0]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """Return the lines that are not blank, each with its number."""
    return ((number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _separator(lines: Iterable[str]) -> str | None:
    return next((mark for mark in "\t;," if any(mark in line for line in lines)), None)


def _has_names(lines: Sequence[str], separator: str | None) -> bool:
    """Return whether the first line holds the names of the columns: there is another one, and no number in it."""
    return len(lines) > 1 and all(map(_is_name, lines[0].strip(" ").split(separator)))


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
        return parse_number(cell)
    except ValueError as error:
        place = f"inputs[{row}][{column}]" if column < inputs else f"targets[{row}][{column - inputs}]"
        raise SpecError(f"$.data.{place}", str(error)) from None


def is_number(text: str) -> bool:
    """Return whether a text is one number; `0,25` is, and a row of two as well."""
    try:
        parse_number(text)
    except ValueError:
        return False
    return True


def rows_text(rows: Iterable[Iterable[float]]) -> str:
    """Return rows as spreadsheets read them: tabs between numbers, every digit."""
    return "".join("\t".join(map(full_text, row)) + "\n" for row in rows)
