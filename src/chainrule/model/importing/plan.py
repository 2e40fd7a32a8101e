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
_TARGETS = ("target", "targets", "class", "label", "labels", "species", "output", "outcome", "klasse", "zielwert")
_ARRAYS = ("y_train", "train_y", "y_test", "train_labels", "labels_train")
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
    """Return the plan that is likeliest meant: the last column is the target, or the one that is called so, or all of
    an array of that name; what only numbers or names the rows is left out.
    """
    columns = table.columns
    out = {column.place for column in columns if why_of_no_use(column, table.rows)}
    left = [column for column in columns if column.place not in out]
    targets = _guessed_targets(left or list(columns))
    if not any(column.place not in targets for column in left):
        # What counts is then what there is to go by: the hour, the distance.
        out -= {column.place for column in columns if column.kind is ColumnKind.NUMBER and not column.is_constant}
    uses = tuple(
        Use.TARGET if column.place in targets else Use.LEFT_OUT if column.place in out else Use.INPUT
        for column in columns
    )
    inputs = [column for column, use in zip(columns, uses, strict=True) if use is Use.INPUT]
    # Bits, as of a truth table, are best left as they are.
    amounts = any(map(_has_large, inputs)) or any(map(_has_amounts, inputs))
    return with_target_kind(table, ImportPlan(uses, standardize=amounts))


def _guessed_targets(columns: Sequence[TableColumn]) -> set[int]:
    """Return the places of the columns that are likeliest what is to be learned."""
    names = [column.given.lower() for column in columns]
    for wanted in (_TARGETS, _ARRAYS, ("y",)):
        named = [place for place, name in enumerate(names) if name in wanted]
        # Beside an x, and with something behind it, y is where a point is.
        if wanted == ("y",) and "x" in names and named != [len(names) - 1]:
            named = []
        if named:
            return {columns[named[-1]].place}
        # An array of several columns, such as one with a column for each class, has one name and numbers behind it.
        for array in wanted:
            several = [column.place for column in columns if _is_of_array(column.given.lower(), array)]
            if several and len(several) < len(columns):
                return set(several)
    return {columns[-1].place}


def _is_of_array(name: str, array: str) -> bool:
    head, _, number = name.rpartition(" ")
    return head == array and number.isdecimal()


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


def why_of_no_use(column: TableColumn, rows: int) -> str:
    """Return why a column says nothing of its row but which it is, or nothing at all; empty where it says more."""
    if column.kind is ColumnKind.EMPTY:
        return "empty"
    if rows > 1 and column.is_constant:
        return "the same in every row"
    if column.kind is ColumnKind.TEXT:
        values = len(column.distinct())
        if values == rows and rows > ROWS_A_CLASS:
            return "text that is another one in every row"
        return f"text with {values} values" if values > MOST_CLASSES else ""
    is_id = column.given.lower() in _IDS or column.given.lower().endswith((" id", "_id"))
    # Whether they differ takes a while to see, of many columns.
    numbers = rows > 1 and (is_id or _counts(column.cells)) and len(column.distinct()) == rows
    return "it numbers the rows" if numbers else ""


def _counts(cells: Sequence[object]) -> bool:
    """Return whether cells are 0, 1, 2, ... or 1, 2, 3, ...; a few such numbers may be meant."""
    few = 2 * ROWS_A_CLASS + 1
    return len(cells) >= few and cells[0] in (0.0, 1.0) and _steps(cells[:few]) == {1.0} == _steps(cells)


def _steps(cells: Iterable[object]) -> set[float]:
    numbers = [cell for cell in cells if isinstance(cell, float)]
    return {after - before for before, after in pairwise(numbers)}
