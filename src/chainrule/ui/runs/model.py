"""The list of runs as a table: which columns there are, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from chainrule.explain.writing.numbers import format_count, format_number
from chainrule.explain.writing.shares import percent
from chainrule.session.runs.listed import RunKind, RunPart, RunRow
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.plots.pinned_curves import NOW

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
ROLE = Qt.ItemDataRole
SAMPLE, RUN = 0, 1
ABSENT = "·"


@dataclass(frozen=True, slots=True)
class RunColumn:
    """A column: its heading, what that means, and what it has of a run: a number, or a number of a number."""

    heading: str
    tip: str
    number: Callable[[RunRow], float | None]
    part: Callable[[RunRow], RunPart | None] | None = None


def _training(row: RunRow) -> RunPart | None:
    return row.end.training if row.end else None


def _test(row: RunRow) -> RunPart | None:
    return row.end.test if row.end else None


def _loss_of(part: Callable[[RunRow], RunPart | None]) -> Callable[[RunRow], float | None]:
    def loss(row: RunRow) -> float | None:
        found = part(row)
        return found.loss if found else None

    return loss


def _accuracy_of(part: Callable[[RunRow], RunPart | None]) -> Callable[[RunRow], float | None]:
    def accuracy(row: RunRow) -> float | None:
        found = part(row)
        return found.right / found.count if found and found.right is not None else None

    return accuracy


ITERATIONS = RunColumn("iterations", "Iterations that have a loss", lambda row: row.run.iterations)
LEAST = RunColumn(
    "least loss",
    "The smallest loss: of an iteration's batch before its update, or at the end on all training rows",
    lambda row: row.least_loss,
)
LOSS = RunColumn("loss", "The loss on all training rows, under the last parameters", _loss_of(_training))
TEST_LOSS = RunColumn("test loss", "The loss on the test rows, under the last parameters", _loss_of(_test))
ACCURACY = RunColumn(
    "accuracy", "The share of the training rows whose class is told, at the end", _accuracy_of(_training), _training
)
TEST_ACCURACY = RunColumn(
    "test accuracy", "The share of the test rows whose class is told, at the end", _accuracy_of(_test), _test
)
# Those that are there only where a run has something to say there.
SOMETIMES = (TEST_LOSS, ACCURACY, TEST_ACCURACY)


class RunModel(QAbstractTableModel):
    """Lines of the list: what they are called, and their numbers."""

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self.rows: tuple[RunRow, ...] = ()
        self.columns: tuple[RunColumn, ...] = (LOSS, LEAST, ITERATIONS)
        self._digits: int | None = 4

    def show_rows(self, rows: tuple[RunRow, ...], digits: int | None) -> None:
        """Show other lines."""
        more = tuple(column for column in SOMETIMES if any(column.number(row) is not None for row in rows))
        columns = (LOSS, LEAST, *more, ITERATIONS)
        same = len(rows) == len(self.rows) and columns == self.columns
        if not same:
            self.beginResetModel()
        self.rows, self.columns, self._digits = rows, columns, digits
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, self.columnCount() - 1))

    def name(self, row: int) -> str:
        """Return what a run is called."""
        found = self.rows[row]
        run = found.run
        if found.kind is RunKind.PINNED:
            named = run.run.name if run.run else ""
            return f"{named}: {run.differs}" if named and run.differs else run.name
        words = NOW if found.kind is RunKind.NOW else found.kind.value
        return f"{words}, {run.differs}" if run.differs else words

    def text(self, row: int, column: int) -> str:
        """Return what a cell says."""
        if column <= RUN:
            return self.name(row) if column == RUN else ""
        found, of = self.rows[row], self.columns[column - RUN - 1]
        number = of.number(found)
        if number is None:
            return ABSENT
        part = of.part(found) if of.part else None
        if part is not None and part.right is not None:
            return percent(part.right, part.count)
        return format_count(int(number)) if of is ITERATIONS else format_number(number, self._digits)

    def copied(self, row: int, columns: Sequence[int]) -> list[CopiedCell]:
        """Return a row as it is copied: its name and its numbers, with every digit."""
        cells = [column.number(self.rows[row]) for column in self.columns]
        return [self.name(row), *(None if cell is None else float(cell) for cell in cells)]

    def headings(self) -> list[CopiedCell]:
        """Return the names of the columns that are copied."""
        return ["run", *(column.heading for column in self.columns)]

    # What Qt asks

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many runs there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many columns there are: a piece of the curve, the name, and the numbers."""
        return 0 if parent.isValid() else len(self.columns) + RUN + 1

    def data(self, index: AnyIndex, role: int = ROLE.DisplayRole) -> Any:
        """Return a cell's text."""
        row, column = index.row(), index.column()
        if role == ROLE.DisplayRole:
            return self.text(row, column)
        if role == ROLE.ToolTipRole and column > RUN:
            number = self.columns[column - RUN - 1].number(self.rows[row])
            return None if number is None else f"{self.columns[column - RUN - 1].heading} {format_number(number, None)}"
        if role == ROLE.ToolTipRole:
            return self.name(row)
        if role == ROLE.AccessibleTextRole and column == SAMPLE:
            found = self.rows[row]
            hidden = found.run.run is not None and not found.run.run.shown
            return f"{found.kind.value}{', hidden' if hidden else ''}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        """Return a heading, or what it means."""
        if orientation != Qt.Orientation.Horizontal or section <= RUN:
            return "run" if section == RUN and role == ROLE.DisplayRole else None
        column = self.columns[section - RUN - 1]
        return column.heading if role == ROLE.DisplayRole else column.tip if role == ROLE.ToolTipRole else None
