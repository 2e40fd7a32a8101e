"""The data that a plan makes of a table: rows of numbers with the names of their columns."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import count

from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.rows import Rows
from chainrule.model.files.disk import exhaust
from chainrule.model.importing.outline import Fitting, ImportOutline, ImportPart, kept_cells, outline_of
from chainrule.model.importing.plan import ImportPlan, Missing
from chainrule.model.importing.table import ColumnTable, Tell, tell_nobody

# Rows of numbers, and the columns in them.
Made = tuple[Rows, tuple[DataColumn, ...]]


@dataclass(frozen=True, slots=True)
class ImportedData:
    """Rows that are ready, with their names, and what was done to get them."""

    outline: ImportOutline
    inputs: Rows
    targets: Rows
    names: DataNames


def made_data(
    table: ColumnTable, plan: ImportPlan, like: DataNames | None = None, fits: Fitting | None = None
) -> ImportedData:
    """Return the data that a plan makes of a table, as `outline_of` says."""
    return exhaust(making_data(outline_of(table, plan, like, fits), plan))


def making_data(
    outline: ImportOutline, plan: ImportPlan, tell: Tell = tell_nobody
) -> Generator[None, None, ImportedData]:
    """Make the data of an outline, a column at a time."""
    inputs, columns_in = yield from _told(_making(outline.inputs, outline, plan), len(outline.inputs), tell)
    targets, columns_out = yield from _making(outline.targets, outline, plan)
    return ImportedData(outline, inputs, targets, DataNames(columns_in, columns_out, outline.class_names))


def _told(work: Generator[None, None, Made], steps: int, tell: Tell) -> Generator[None, None, Made]:
    """Do work of so many steps, and tell how many are done."""
    for done in count(1):
        try:
            next(work)
        except StopIteration as end:
            made: Made = end.value
            return made
        tell(done / steps)
        yield
    raise AssertionError


def _making(parts: Sequence[ImportPart], outline: ImportOutline, plan: ImportPlan) -> Generator[None, None, Made]:
    if outline.is_large:
        from chainrule.model.importing.packed import making_packed_rows  # noqa: PLC0415 - loads numpy

        return (yield from making_packed_rows(parts, outline.kept, plan))
    columns, names = [], []
    for part in parts:
        numbers = numbers_of(part, outline.kept, plan)
        column, scaled = _standardized(part, numbers)
        names.append(column)
        columns.append(scaled)
        yield
    return Rows.of(zip(*columns, strict=True)), tuple(names)


def numbers_of(part: ImportPart, kept: Sequence[int], plan: ImportPlan) -> Sequence[float]:
    """Return the numbers of a part, in their own units, with what is missing filled in."""
    cells = kept_cells(part.source, kept)
    if part.numbers is not None:
        return [part.numbers[cell] for cell in cells]
    if part.value is not None:
        # Of text there is no mean: what is missing has none of its values.
        if plan.missing is Missing.FREQUENT:
            frequent = Counter(cell for cell in cells if cell is not None).most_common(1)[0][0]
            cells = [frequent if cell is None else cell for cell in cells]
        return [1.0 if cell == part.value else 0.0 for cell in cells]
    given = [cell for cell in cells if isinstance(cell, float)]
    filled = _filling(given, plan) if len(given) < len(cells) else 0.0
    return [cell if isinstance(cell, float) else filled for cell in cells]


def _standardized(part: ImportPart, numbers: Sequence[float]) -> tuple[DataColumn, Sequence[float]]:
    column = part.column
    if part.standardize and column.mean is None:
        mean, std = _mean_and_deviation(numbers)
        column = replace(column, mean=mean, std=std)
    if column.mean is None:
        return column, numbers
    mean, std = column.mean, column.std or 1.0
    return column, [(number - mean) / std for number in numbers]


def _mean_and_deviation(numbers: Sequence[float]) -> tuple[float, float]:
    """Return the mean of numbers and the deviation of the population, 1 where all are the same."""
    mean = math.fsum(number / len(numbers) for number in numbers)
    largest = max(abs(number - mean) for number in numbers)
    if not largest or not math.isfinite(largest):
        return mean, 1.0
    # Scaled, so that no square is too large or too small.
    return mean, largest * math.sqrt(math.fsum(((n - mean) / largest) ** 2 for n in numbers) / len(numbers))


def _filling(given: Sequence[float], plan: ImportPlan) -> float:
    match plan.missing:
        case Missing.MEAN:
            return math.fsum(number / len(given) for number in given)
        case Missing.MEDIAN:
            return statistics.median(given)
        case Missing.FREQUENT:
            return Counter(given).most_common(1)[0][0]
    return plan.fill
