"""The plan of an import: which columns are inputs and which are targets, and what is done with what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import pairwise

from chainrule.model.importing.table import ColumnKind, ColumnTable, TableColumn

# A text with more values than that is no class and no choice; whole numbers with more are amounts.
MOST_CLASSES = 50
MOST_NUMBERED_CLASSES = 12
# Rows that each class has on average, at least, where whole numbers are taken for classes.
ROWS_A_CLASS = 4
# Targets up to that are near enough to what an untrained network answers.
SMALL = 3.0
_TARGETS = ("target", "targets", "class", "label", "labels", "species", "y", "output", "outcome")
_IDS = ("id", "index", "no", "nr", "row", "#", "number", "unnamed: 0")
SOURCE = "source"


class Use(Enum):
    """What a column is for."""

    INPUT = "input"
    TARGET = "target"
    LEFT_OUT = "left out"


class Missing(Enum):
    """What is done with a row in which a number is missing, or with the number."""

    DROP = "drop the rows"
    MEAN = "fill in the mean"
    MEDIAN = "fill in the median"
    FREQUENT = "fill in the most frequent"
    NUMBER = "fill in a number"


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What is made of a table: a use for each column, and how its cells become numbers.

    `classes` takes a single target column for classes; text that is an input becomes a column of 0 and 1 for each
    value. With `append` the rows are added to those that are there. Classes are numbered as their names come in
    `class_order`, and behind those in the order of the alphabet, or of their numbers.
    """

    uses: tuple[Use, ...]
    missing: Missing = Missing.DROP
    fill: float = 0.0
    standardize: bool = True
    standardize_targets: bool = False
    classes: bool = False
    append: bool = False
    class_order: tuple[str, ...] = ()

    def places(self, use: Use) -> list[int]:
        """Return the columns of one use."""
        return [place for place, each in enumerate(self.uses) if each is use]

    def with_use(self, place: int, use: Use) -> ImportPlan:
        """Return the plan with another use of one column."""
        return replace(self, uses=(*self.uses[:place], use, *self.uses[place + 1 :]))


def guessed_plan(table: ColumnTable) -> ImportPlan:
    """Return the plan that is likeliest meant: the last column is the target, or the one that is called so; what only
    numbers or names the rows is left out.
    """
    columns = table.columns
    out = {column.place for column in columns if _is_of_no_use(column, table.rows)}
    left = [column for column in columns if column.place not in out]
    named = [column for column in left if column.given.lower() in _TARGETS]
    target = (named or left or list(columns))[-1].place
    uses = tuple(
        Use.TARGET if column.place == target else Use.LEFT_OUT if column.place in out else Use.INPUT
        for column in columns
    )
    inputs = [column for column, use in zip(columns, uses, strict=True) if use is Use.INPUT]
    # Bits, as of a truth table, are best left as they are.
    amounts = any(map(_has_large, inputs)) or any(map(_has_amounts, inputs))
    return with_target_kind(table, ImportPlan(uses, standardize=amounts))


def with_target_kind(table: ColumnTable, plan: ImportPlan) -> ImportPlan:
    """Return the plan with its targets taken for classes or for numbers, as they look. Large numbers are standardized:
    from its first weights a network comes to them slowly, or not at all.
    """
    targets = [table.columns[place] for place in plan.places(Use.TARGET)]
    classes = len(targets) == 1 and looks_like_classes(targets[0], table.rows)
    large = any(_has_large(column, SMALL) for column in targets)
    return replace(plan, classes=classes, standardize_targets=large and not classes)


def looks_like_classes(column: TableColumn, rows: int) -> bool:
    """Return whether a column names classes: by text, or by a few whole numbers that come again and again."""
    if column.kind is ColumnKind.TEXT:
        return True
    values = column.distinct()
    whole = all(isinstance(value, float) and value.is_integer() for value in values)
    return whole and 1 < len(values) <= min(MOST_NUMBERED_CLASSES, rows // ROWS_A_CLASS)


def _has_large(column: TableColumn, size: float = 1.0) -> bool:
    """Return whether a number is larger than that; of text there is none."""
    least, most = column.bounds
    return least < -size or size < most


def _has_amounts(column: TableColumn) -> bool:
    return any(isinstance(cell, float) and cell not in (-1.0, 0.0, 1.0) for cell in column.cells)


def _is_of_no_use(column: TableColumn, rows: int) -> bool:
    """Return whether a column says nothing of its row but which it is, or nothing at all."""
    if column.kind is ColumnKind.EMPTY or (rows > 1 and column.is_constant):
        return True
    if column.kind is ColumnKind.TEXT:
        values = column.distinct()
        return len(values) > MOST_CLASSES or (len(values) == rows and rows > ROWS_A_CLASS)
    is_id = column.given.lower() in _IDS or column.given.lower().endswith((" id", "_id"))
    # Whether they differ takes a while to see, of many columns.
    return rows > 1 and (is_id or _counts(column.cells)) and len(column.distinct()) == rows


def _counts(cells: Sequence[object]) -> bool:
    """Return whether cells are 0, 1, 2, ... or 1, 2, 3, ...; a few such numbers may be meant."""
    few = 2 * ROWS_A_CLASS + 1
    return len(cells) >= few and cells[0] in (0.0, 1.0) and _steps(cells[:few]) == {1.0} == _steps(cells)


def _steps(cells: Iterable[object]) -> set[float]:
    numbers = [cell for cell in cells if isinstance(cell, float)]
    return {after - before for before, after in pairwise(numbers)}
