"""What a plan makes of a table, before any of its numbers is made: which rows and columns come, and what they mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.data_names import LONGEST_NAME, DataColumn, DataNames
from chainrule.model.files.file_size import check_rows, too_large
from chainrule.model.importing.plan import MOST_CLASSES, SOURCE, ImportPlan, Missing, Use, why_of_no_use
from chainrule.model.importing.table import (
    MOST_CELLS,
    MOST_PACKED,
    CellValue,
    ColumnKind,
    ColumnTable,
    TableColumn,
    rows_in_words,
)

LEAST_CLASSES = 2


@dataclass(frozen=True, slots=True)
class ImportPart:
    """A column of numbers that a column of the table becomes, and what is known of it.

    Of text it is 1 where the `value` stands, and 0 elsewhere; of classes it is their `numbers`. A column that has a
    mean already is standardized by that, with `standardize` by its own.
    """

    source: TableColumn
    column: DataColumn
    standardize: bool = False
    value: str | None = None
    numbers: Mapping[CellValue, float] | None = None


@dataclass(frozen=True, slots=True)
class RowShape:
    """How many inputs and targets the rows of a plan have, whether the targets are classes, and the name of the column
    whose text tells them.
    """

    inputs: int
    targets: int
    classes: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class ImportOutline:
    """What will be made; `kept`, `dropped` and `filled` are rows of the table, from 0. `aside` are arrays to test with,
    which do not come.
    """

    kept: Sequence[int]
    inputs: tuple[ImportPart, ...]
    targets: tuple[ImportPart, ...]
    classes: bool
    class_names: tuple[str, ...] = ()
    dropped: tuple[int, ...] = ()
    filled: tuple[int, ...] = ()
    left_out: tuple[TableColumn, ...] = ()
    aside: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """How many outputs a network needs for it."""
        return max(LEAST_CLASSES, len(self.class_names)) if self.classes else len(self.targets)

    @property
    def is_large(self) -> bool:
        """Whether it is more than Python has room for, and is therefore packed."""
        return len(self.kept) * (len(self.inputs) + len(self.targets)) > MOST_CELLS


# Refuses with `SpecError` what does not fit the rows that it is added to.
Fitting = Callable[[RowShape], None]


def outline_of(
    table: ColumnTable, plan: ImportPlan, like: DataNames | None = None, fits: Fitting | None = None
) -> ImportOutline:
    """Return what a plan makes of a table. `SpecError` in words where it makes nothing.

    `like` are the names of data that rows are added to: columns are standardized as those were, and classes have the
    numbers that they have there. `fits` is asked about them before anything else is said.
    """
    inputs, targets = _columns(table, plan, Use.INPUT), _columns(table, plan, Use.TARGET)
    if not inputs:
        raise SpecError(SOURCE, f"no column is an input: choose at least one{_no_use_in_words(table, plan)}")
    if not targets:
        raise SpecError(SOURCE, "no column is a target: choose at least one")
    if plan.classes and len(targets) > 1:
        raise SpecError(SOURCE, "classes stand in one column: choose one target, or take the targets for numbers")
    lacking = _lacking([*inputs, *targets])
    # What the network should answer is not made up.
    dropped = lacking if plan.missing is Missing.DROP else _lacking(targets)
    kept: Sequence[int] = range(table.rows)
    if dropped:
        out = set(dropped)
        kept = [row for row in kept if row not in out]
    if not kept:
        raise SpecError(SOURCE, "every row lacks something: fill in what is missing, or leave out columns")
    like = like or DataNames()
    # What is added to other rows is standardized as they were.
    alone = not plan.append
    parts_in = [part for column in inputs for part in _parts(column, kept, plan.standardize and alone)]
    check_rows(len(kept))
    numbers = len(kept) * (len(parts_in) + len(targets))
    if numbers > MOST_PACKED:
        raise too_large(f"{numbers} numbers", f"{MOST_PACKED} numbers")
    if fits is not None:
        text = targets[0].name if plan.classes and targets[0].kind is ColumnKind.TEXT else ""
        fits(RowShape(len(parts_in), len(targets), plan.classes, text))
    class_names: tuple[str, ...] = ()
    if plan.classes:
        class_names, part = _classes(targets[0], kept, plan, like)
        parts_out = [part]
    else:
        parts_out = [part for column in targets for part in _parts(column, kept, plan.standardize_targets and alone)]
        parts_out = _aligned(parts_out, like.targets)
    filled = tuple(sorted(set(lacking) - set(dropped)))
    parts = tuple(_aligned(parts_in, like.inputs)), tuple(parts_out)
    left_out = tuple(_columns(table, plan, Use.LEFT_OUT))
    return ImportOutline(kept, *parts, plan.classes, class_names, dropped, filled, left_out, table.aside)


def _columns(table: ColumnTable, plan: ImportPlan, use: Use) -> list[TableColumn]:
    return [table.columns[place] for place in plan.places(use)]


def _no_use_in_words(table: ColumnTable, plan: ImportPlan) -> str:
    """Return why columns are left out that say nothing: ` (name: text with 80 values)`."""
    words = left_out_in_words(_columns(table, plan, Use.LEFT_OUT))
    return f"; {words}" if words else ""


def left_out_in_words(columns: Sequence[TableColumn]) -> str:
    """Return which columns are left out, and why those that say nothing: `left out: id (it numbers the rows)`. Empty
    where all columns come.
    """
    reasons: dict[str, list[str]] = {}
    for column in columns:
        reasons.setdefault(why_of_no_use(column, len(column.cells)), []).append(f"“{column.name}”")
    said = [few_in_words(names) + (f" ({why})" if why else "") for why, names in reasons.items()]
    return f"left out: {'; '.join(said)}" if said else ""


def few_in_words(names: Sequence[str]) -> str:
    """Return names, of more than four the first and how many there are more."""
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3:,} more"  # noqa: PLR2004


def _lacking(columns: Sequence[TableColumn]) -> tuple[int, ...]:
    """Return the rows that lack something in one of some columns."""
    return tuple(sorted({row for column in columns for row in column.missing_rows}))


def kept_cells(column: TableColumn, kept: Sequence[int]) -> Sequence[CellValue]:
    """Return the cells of those rows that are kept."""
    cells = tuple(column.cells)
    return cells if len(kept) == len(cells) else [cells[row] for row in kept]


def _parts(column: TableColumn, kept: Sequence[int], standardize: bool) -> Iterator[ImportPart]:
    """Yield the columns of numbers that one of the table becomes: of text one for each value."""
    if column.kind is ColumnKind.EMPTY:
        raise SpecError(SOURCE, f"“{column.name}” is empty: leave it out")
    if column.kind is ColumnKind.NUMBER:
        yield ImportPart(column, DataColumn(column.name), standardize)
        return
    there = set(kept_cells(column, kept))
    values = [value for value in column.distinct() if value in there]
    if len(values) > MOST_CLASSES:
        raise SpecError(SOURCE, f"“{column.name}” is text with {len(values)} values: leave it out")
    for value in values:
        yield ImportPart(column, DataColumn(f"{column.name} = {value}"[:LONGEST_NAME]), value=str(value))


def _classes(
    column: TableColumn, kept: Sequence[int], plan: ImportPlan, like: DataNames
) -> tuple[tuple[str, ...], ImportPart]:
    """Return the names of classes, and the class of each row by its number: in the plan's order, and where that says
    nothing text in the order of the alphabet, numbers in their own.
    """
    named = like.targets[0] if like.targets else DataColumn(column.name)
    known, order = like.classes, {name: place for place, name in enumerate(plan.class_order)}
    values = sorted(
        set(kept_cells(column, kept)),
        key=lambda value: (order.get(_class_name(value), len(order)), isinstance(value, str), value),
    )
    names = tuple(map(_class_name, values))
    if known:
        unknown = [name for name in names if name not in known]
        if unknown:
            row = next(row for row in kept if _class_name(column.cells[row]) == unknown[0])
            wanted = ", ".join(known[:MOST_CLASSES])
            raise SpecError(SOURCE, f"“{unknown[0]}” in {rows_in_words([row])} is none of the classes there: {wanted}")
        return known, ImportPart(
            column, named, numbers={value: float(known.index(_class_name(value))) for value in values}
        )
    if len(values) > MOST_CLASSES * 20:
        raise SpecError(SOURCE, f"“{column.name}” has {len(values)} values, too many for classes")
    if len(values) < LEAST_CLASSES:
        raise SpecError(SOURCE, f"“{column.name}” has only one class, {names[0]}: there is nothing to tell apart")
    if plan.append:
        return (), ImportPart(column, named, numbers={value: value for value in values if isinstance(value, float)})
    return names, ImportPart(column, named, numbers={value: float(place) for place, value in enumerate(values)})


def _class_name(value: CellValue) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _aligned(parts: list[ImportPart], like: Sequence[DataColumn]) -> list[ImportPart]:
    """Return columns standardized as those that they are added to; without any to go by, as they are."""
    if not like:
        return parts
    if len(parts) != len(like):
        raise SpecError(SOURCE, f"there are {len(like)} columns to add to, and the plan makes {len(parts)}")
    return [replace(part, column=column) for part, column in zip(parts, like, strict=True)]
