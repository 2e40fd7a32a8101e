"""Numbers of an experiment, and the check that each is one that its dtype can hold."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import is_
from typing import Any, TypeVar

from chainrule.catalog.arguments import describe
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec_error import expected, number_text, plural

# The numbers of a parameter (out, in).
ParameterRows = tuple[Row, ...]
# Of a parameter: rows, a row, or one number where it is a name of a formula.
NestedNumbers = float | Row | ParameterRows
T = TypeVar("T")
# So many rows are sooner looked at than looked up.
FEW = 8
# The dtypes, and the largest number that each can hold.
LARGEST = {"float64": sys.float_info.max, "float32": (2 - 2**-23) * 2.0**127}


def check_data_rows(rows: Rows, columns: int, path: str, dtype: str) -> None:
    """Check that rows have so many finite numbers each, naming the first place that differs."""
    row, largest = 0, LARGEST[dtype]
    if columns and rows.is_within(columns, -largest, largest):
        return
    for block in rows.blocks:
        if block.columns != columns or not block.is_within(-largest, largest):
            for place, numbers in enumerate(block.rows(), row):
                check_numbers(numbers, (columns,), f"{path}[{place}]", dtype)
        row += block.count


def check_number(number: object, path: str, dtype: str) -> None:
    """Check that a number is finite, and stays finite in the experiment's dtype."""
    if not isinstance(number, float) or not math.isfinite(number):
        raise expected(path, "a finite number", describe(number))
    if abs(number) > LARGEST[dtype]:
        raise expected(path, f"a number that {dtype} can hold", number_text(number))


def check_numbers(numbers: object, shape: Sequence[int], path: str, dtype: str, known: object = ()) -> None:
    """Check nested sequences of finite numbers against a shape, naming the first place that differs.

    Rows of `known` are right already: rows of the same shape that were checked before.
    """
    if not shape:
        check_number(numbers, path, dtype)
        return
    noun = "number" if len(shape) == 1 else "row"
    if not isinstance(numbers, tuple):
        raise expected(path, f"a list of {plural(shape[0], noun)}", describe(numbers))
    if len(numbers) != shape[0]:
        raise expected(path, plural(shape[0], noun), len(numbers))
    if numbers is known or (len(shape) == 1 and _are_numbers((numbers,), dtype)):
        return
    given = known if isinstance(known, tuple) and len(shape) > 1 else ()
    places = rows_beside(numbers, given)
    if len(shape) > 1 and _are_rows([item for _, item in places], shape[1], dtype):
        return
    for index, item in places:
        check_numbers(item, shape[1:], f"{path}[{index}]", dtype)


def rows_beside(rows: tuple[T, ...], known: tuple[T, ...]) -> Iterable[tuple[int, T]]:
    """Return the rows that are none of the known ones, with their places: an edit shares all rows that it does not
    touch.

    A few of the known ones may be among them, where they have moved.
    """
    if rows is known:
        return ()
    # By identity: to compare their numbers would be to look at each.
    places = [index for index, same in enumerate(map(is_, rows, known)) if not same]
    places += range(len(known), len(rows))
    if len(places) > FEW:
        seen = set(map(id, known))
        places = [index for index in places if id(rows[index]) not in seen]
    return [(index, rows[index]) for index in places]


def _are_rows(rows: Sequence[Any], columns: int, dtype: str) -> bool:
    """Return whether all rows are right: a fast answer for large data,
    of which each row is looked at in no other way.
    """
    return set(map(type, rows)) <= {tuple} and set(map(len, rows)) <= {columns} and _are_numbers(rows, dtype)


def _are_numbers(rows: Sequence[tuple[object, ...]], dtype: str) -> bool:
    """Return whether all that stands in rows is right."""
    numbers = chain.from_iterable
    # NaN compares false with every limit.
    return set(map(type, numbers(rows))) <= {float} and all(map(LARGEST[dtype].__ge__, map(abs, numbers(rows))))  # type: ignore[arg-type]
