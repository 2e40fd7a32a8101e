"""Numbers of a file: rows of the data, and those of parameters and of what training starts from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers, ParameterRows
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.spec import MAX_UNITS
from chainrule.model.files.converting import converted, json_kind
from chainrule.model.files.file_format import MOST_ROWS

# So many are converted at once.
NUMBERS_AT_ONCE = 100_000


def nested_numbers(value: Any, path: str) -> NestedNumbers:
    """Return numbers of any shape that a value can have: one, a row, or rows."""
    if isinstance(value, list):
        return parameter_numbers(value, 2 if value and isinstance(value[0], list) else 1, path)
    number: float = converted(value, float, path)
    return number


def parameter_numbers(value: Any, axes: int, path: str) -> NestedNumbers:
    """Return the numbers of a parameter: one, a row, or rows."""
    if axes > 1:
        return number_rows(value, path)
    if not axes:
        number: float = converted(value, float, path)
        return number
    check_count(value, MAX_UNITS, "numbers", path)
    row: Row = converted(value, Row, path)
    return row


def number_rows(raw: object, path: str) -> ParameterRows:
    """Return rows of numbers.

    What was parsed makes room as they are made: of short rows it takes twenty times the file.
    """
    if not isinstance(raw, list):
        raise SpecError(path, f"expected a list, got {json_kind(raw)}")
    check_count(raw, MOST_ROWS, "rows", path)
    for start, end in _parts(raw, path):
        try:
            raw[start:end] = msgspec.convert(raw[start:end], ParameterRows)
        except msgspec.ValidationError:
            # All together have the index of the one that is wrong.
            converted(raw, ParameterRows, path)
            raise
    return tuple(raw)


def _parts(raw: list[Any], path: str) -> Iterator[tuple[int, int]]:
    """Yield where parts of the rows begin and end that have about so many numbers, or so many rows, as are made at
    once.
    """
    start = size = 0
    for index, row in enumerate(raw):
        check_count(row, MAX_UNITS, "numbers", f"{path}[{index}]")
        size += 1 + len(row) if isinstance(row, list) else 1
        if size >= NUMBERS_AT_ONCE:
            yield start, index + 1
            start, size = index + 1, 0
    yield start, len(raw)


def check_count(items: object, most: int, what: str, path: str) -> None:
    """Refuse a list that is longer than any that is allowed there, before numbers are made of it."""
    if isinstance(items, list) and len(items) > most:
        raise SpecError(path, f"expected at most {most} {what}, got {len(items)}")
