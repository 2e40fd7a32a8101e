"""Rendering: JSON to read and to compare line by line, with one line a row of numbers, in pieces of bounded length."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers, ParameterRows
from chainrule.catalog.experiment.rows import Rows

WIDTH = 100
INDENT = "  "
# Numbers in one piece of text: about a millisecond's work.
PIECE_NUMBERS = 1024
# From here on Python writes whole numbers with a point, and rows are looked at number by number.
_LARGE = 2.0**53
_POINT_ZERO = re.compile(r"\.0(?=[,)])(?<!-0\.0)")


@dataclass(frozen=True, slots=True)
class NumberLines:
    """Many numbers, whose text is made as it is needed: rows, or one long row."""

    numbers: NestedNumbers | Rows


def listed(numbers: NestedNumbers | Rows) -> object:
    """Return numbers as `rendered` takes them: many as `NumberLines`, a few as a list that may share its line."""
    if isinstance(numbers, float):
        return _tidy(numbers)
    if isinstance(numbers, Rows) or not numbers or isinstance(numbers[0], tuple) or len(numbers) > WIDTH:
        return NumberLines(numbers)
    return [_tidy(number) for number in numbers]


def rendered(value: object, indent: str = "") -> Iterator[str]:
    """Yield the text of a value, piece by piece: short objects and rows of numbers take one line each.

    `SpecError` where there is a number that JSON does not have.
    """
    if isinstance(value, NumberLines):
        yield from _rows(value.numbers, indent)
        return
    if _is_flat(value):
        line = _flat(value)
        if not isinstance(value, dict) or len(indent) + len(line) <= WIDTH:
            yield line
            return
    inner = indent + INDENT
    if isinstance(value, dict):
        for place, (key, item) in enumerate(value.items()):
            yield f"{',' if place else '{'}\n{inner}{_scalar(key)}: "
            yield from rendered(item, inner)
        yield f"\n{indent}}}"
        return
    assert isinstance(value, list | tuple)
    for place, item in enumerate(value):
        yield f"{',' if place else '['}\n{inner}"
        yield from rendered(item, inner)
    yield f"\n{indent}]"


def _rows(numbers: Any, indent: str) -> Iterator[str]:
    """Yield rows on a line each, or one row."""
    if not numbers or not isinstance(numbers[0], tuple):
        yield "["
        for first in range(0, len(numbers), PIECE_NUMBERS):
            text = _text((numbers[first : first + PIECE_NUMBERS],), "")
            yield f", {text}" if first else text
        yield "]"
        return
    inner = indent + INDENT
    opening, between = f"[\n{inner}", f",\n{inner}"
    if len(numbers[0]) > PIECE_NUMBERS:
        for row in numbers:
            yield opening
            yield from _rows(row, inner)
            opening = between
    else:
        count = max(1, PIECE_NUMBERS // max(1, len(numbers[0])))
        rows = iter(numbers)
        while part := tuple(islice(rows, count)):
            yield f"{opening}[{_text(part, f']{between}[')}]"
            opening = between
    yield f"\n{indent}]"


def _text(rows: ParameterRows, between: str) -> str:
    """Return rows one after the other, without the outer brackets.

    The whole of it at the speed of Python's own `repr`.
    """
    # Rows of a spoiled file may have no numbers.
    if all(rows) and (max(map(max, rows)) >= _LARGE or min(map(min, rows)) <= -_LARGE):
        return between.join(", ".join(map(_scalar, map(_tidy, row))) for row in rows)
    text = str(list(rows)).replace(",)", ")")
    if "n" in text:
        raise _no_number(next(number for number in chain.from_iterable(rows) if not math.isfinite(number)))
    # Whole numbers without a fraction, but -0.0 keeps its sign.
    text = _POINT_ZERO.sub("", text) if "-0.0" in text else text.replace(".0,", ",").replace(".0)", ")")
    return text[2:-2].replace("), (", between)


def length_of(rows: ParameterRows | Rows) -> int:
    """Return how many bytes rows of one length take in a file, each on its line in a list of the data or of the
    parameters.
    """
    count, size, left = max(1, PIECE_NUMBERS // max(1, len(rows[0]))), 0, iter(rows)
    while part := tuple(islice(left, count)):
        size += len(_text(part, ""))
    return size + len(rows) * len(f"{3 * INDENT}[],\n")


def _tidy(number: float) -> float:
    """Return a whole number without a fraction, so that a row reads `[1, 2]`; the value stays the same."""
    # -0.0 would lose its sign; above 2^53 an exponent is shorter.
    whole = number.is_integer() and abs(number) < _LARGE and str(number) != "-0.0"
    return int(number) if whole else number


def _is_flat(value: object) -> bool:
    if isinstance(value, dict):
        return all(_is_flat(item) for item in value.values())
    if isinstance(value, list | tuple):
        return not any(isinstance(item, list | tuple | dict | NumberLines) for item in value)
    return not isinstance(value, NumberLines)


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flat(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_scalar, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if not isinstance(value, float):
        return json.dumps(value, ensure_ascii=False)
    if not math.isfinite(value):
        raise _no_number(value)
    return repr(value)


def _no_number(value: float) -> SpecError:
    return SpecError("$", f"{value} is not a number that a file can hold")
