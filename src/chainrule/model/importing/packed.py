"""Numbers of large tables: packed as they are read, in parts of some rows, each in the smallest type that holds them to
the bit; and the rows that an import makes of them, in the memory that they are then used in.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.data_names import DataColumn
from chainrule.catalog.experiment.rows import Rows
from chainrule.model.arrays.array_file import aligned_memory, array_bounds
from chainrule.model.importing.making import numbers_of
from chainrule.model.importing.outline import ImportPart
from chainrule.model.importing.plan import SOURCE, ImportPlan, Missing
from chainrule.model.importing.table import ColumnKind, TableColumn

PackedPart = NDArray[Any]
Doubles = NDArray[np.float64]


class PackedNumbers:
    """Columns of numbers that are filled part by part; NaN where one is missing, and nothing else that is not finite.

    `missing`, `least` and `most` are of each column; of an empty one the bounds are infinite.
    """

    def __init__(self, columns: int) -> None:
        self.parts: list[PackedPart] = []
        self.rows = 0
        self.missing: NDArray[np.int64] = np.zeros(columns, np.int64)
        self.least, self.most = np.full(columns, np.inf), np.full(columns, -np.inf)

    def add(self, part: PackedPart) -> None:
        """Add rows (rows, columns) of uint8, float32 or float64; what is not finite becomes missing in them."""
        if part.dtype != np.uint8:
            wrong = ~np.isfinite(part)
            if wrong.any():
                part[wrong] = np.nan
                self.missing += wrong.sum(axis=0)
        # `fmin` and `fmax` leave NaN out.
        self.least = np.fmin(self.least, np.fmin.reduce(part, axis=0))
        self.most = np.fmax(self.most, np.fmax.reduce(part, axis=0))
        self.parts.append(part)
        self.rows += len(part)

    def column(self, given: str, place: int, index: int) -> TableColumn:
        """Return one of the columns as that of a table, where it stands at a place and is called so."""
        kind = ColumnKind.EMPTY if self.missing[index] == self.rows else ColumnKind.NUMBER
        return TableColumn(given, place, kind, PackedCells(self, index))


class PackedCells(Sequence[float | None]):
    """The cells of one column of packed numbers; None where one is missing."""

    __slots__ = ("_ends", "_index", "_numbers")

    def __init__(self, numbers: PackedNumbers, index: int) -> None:
        self._numbers, self._index = numbers, index
        self._ends: tuple[int, ...] = ()

    def __len__(self) -> int:
        return self._numbers.rows

    @overload
    def __getitem__(self, index: int) -> float | None: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[float | None, ...]: ...

    def __getitem__(self, index: int | slice) -> float | tuple[float | None, ...] | None:
        if isinstance(index, slice):
            return tuple(self[row] for row in range(len(self))[index])
        row = range(len(self))[index]
        # Found anew where rows were added since.
        if not self._ends or self._ends[-1] != len(self):
            self._ends = tuple(accumulate(map(len, self._numbers.parts)))
        at = int(np.searchsorted(self._ends, row, "right"))
        part = self._numbers.parts[at]
        number = float(part[row - self._ends[at] + len(part), self._index])
        return None if number != number else number  # noqa: PLR0124 - NaN is what differs from itself

    def __iter__(self) -> Iterator[float | None]:
        numbers = self.numbers().tolist()
        return iter([None if each != each else each for each in numbers] if self.missing else numbers)  # noqa: PLR0124

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash((len(self), self._index))

    def count(self, value: object) -> int:
        """Return how often a value is there."""
        return self.missing if value is None else list(self).count(value)  # type: ignore[arg-type]

    @property
    def missing(self) -> int:
        """How many are missing."""
        return int(self._numbers.missing[self._index])

    @property
    def missing_rows(self) -> list[int]:
        """The rows, from 0, in which the number is missing."""
        return [int(row) for row in np.flatnonzero(np.isnan(self.numbers()))] if self.missing else []

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest number."""
        return float(self._numbers.least[self._index]), float(self._numbers.most[self._index])

    @property
    def is_single(self) -> bool:
        """Whether float32 holds every number as it is."""
        return all(part.dtype != np.float64 for part in self._numbers.parts)

    def numbers(self) -> Doubles:
        """Return the numbers (rows,), NaN where one is missing."""
        return np.concatenate([part[:, self._index] for part in self._numbers.parts], dtype=np.float64, casting="safe")


def packed(numbers: PackedPart) -> PackedPart:
    """Return numbers of uint8, float32 or float64 in the smallest of these that holds all of them to the bit."""
    with np.errstate(over="ignore", invalid="ignore"):
        single = numbers.astype(np.float32, copy=False)
        if numbers.dtype == np.float64 and not np.array_equal(single, numbers, equal_nan=True):
            return numbers
        small = numbers.astype(np.uint8, copy=False)
    # Zero has a sign, which whole numbers lack.
    return small if np.array_equal(small, single) and not np.signbit(single).any() else single


def as_packable(array: PackedPart) -> PackedPart:
    """Return an array of numbers of any type as uint8, float32 or float64; as it is where that can be."""
    native = array.dtype.newbyteorder("=")
    for kind in (np.uint8, np.float32, np.float64):
        if np.can_cast(native, kind):
            return array.astype(kind, copy=False)
    with np.errstate(over="ignore"):
        return array.astype(np.float64)


def making_packed_rows(
    parts: Sequence[ImportPart], kept: Sequence[int], plan: ImportPlan
) -> Generator[None, None, tuple[Rows, tuple[DataColumn, ...]]]:
    """Make the rows of some columns, in float32; what is added to other rows keeps every digit. Return them with what
    is known of the columns.
    """
    single = not plan.append or all(map(_is_single, parts))
    kind = np.dtype(np.float32 if single else np.float64)
    rows: NDArray[np.float32 | np.float64] = aligned_memory(len(kept) * len(parts) * kind.itemsize).view(kind)
    by_row = rows.reshape(len(kept), len(parts))
    columns = []
    for place, part in enumerate(parts):
        column, numbers = _standardized(part, _numbers(part, kept, plan))
        with np.errstate(over="ignore"):
            by_row[:, place] = numbers
        if not np.isfinite(by_row[:, place]).all():
            raise SpecError(SOURCE, f"“{column.name}” has numbers that {kind.name} cannot hold: leave it out")
        columns.append(column)
        yield
    return Rows.of_memory(rows.data, len(parts), array_bounds), tuple(columns)


def _is_single(part: ImportPart) -> bool:
    """Return whether float32 holds every number of a part as it is."""
    cells = part.source.cells
    is_given = isinstance(cells, PackedCells) and cells.is_single and not cells.missing
    return part.column.mean is None and (is_given or part.value is not None or part.numbers is not None)


def _numbers(part: ImportPart, kept: Sequence[int], plan: ImportPlan) -> Doubles:
    cells = part.source.cells
    if part.numbers is not None or not isinstance(cells, PackedCells):
        return np.array(numbers_of(part, kept, plan))
    found = cells.numbers()
    if len(kept) < len(found):
        found = found[np.array(kept)]
    lacks = np.isnan(found) if cells.missing else np.zeros(0, np.bool_)
    if lacks.any():
        found[lacks] = _filling(found[~lacks], plan)
    return found


def _filling(given: Doubles, plan: ImportPlan) -> float:
    match plan.missing:
        case Missing.MEAN:
            return float((given / len(given)).sum())
        case Missing.MEDIAN:
            return float(np.median(given))
        case Missing.FREQUENT:
            values, places, counts = np.unique(given, return_index=True, return_counts=True)
            # Of those that come as often, the first one.
            often = counts == counts.max()
            return float(values[often][places[often].argmin()])
    return plan.fill


def _standardized(part: ImportPart, numbers: Doubles) -> tuple[DataColumn, Doubles]:
    column = part.column
    with np.errstate(over="ignore", invalid="ignore"):
        if part.standardize and column.mean is None:
            mean = float((numbers / len(numbers)).sum())
            away = numbers - mean
            largest = float(np.abs(away).max())
            std = 1.0
            if largest and math.isfinite(largest):
                away /= largest
                std = largest * math.sqrt(float(away @ away) / len(numbers))
            column = replace(column, mean=mean, std=std)
        if column.mean is None:
            return column, numbers
        return column, (numbers - column.mean) / (column.std or 1.0)
