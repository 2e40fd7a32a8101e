"""The numbers of conventions as a table: a row for each iteration, a column for each convention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from chainrule.explain.writing.numbers import format_number
from chainrule.session.conventions import ConventionRow, ConventionTable
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.rules.words import difference_in_words, heading_of, sentence_of

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
ROLE = Qt.ItemDataRole
AFTER, START, ABSENT = "after", "start", "·"
# Stands before the first number that differs: the colour and the weight are not all that says so.
PARTS = "≠ "


class RulesModel(QAbstractTableModel):
    """What stands in the cells; None before anything is computed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.table: ConventionTable | None = None
        self.rows: tuple[ConventionRow, ...] = ()
        self._digits: int | None = 4

    def show_table(self, table: ConventionTable | None, digits: int | None) -> None:
        """Show what is computed so far."""
        rows = table.rows() if table else ()
        columns = len(table.columns) if table else 0
        same = len(rows) == len(self.rows) and columns == self.columnCount() - 1
        if not same:
            self.beginResetModel()
        self.table, self.rows, self._digits = table, rows, digits
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, columns))
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, columns)

    def parts(self, row: int, column: int) -> bool:
        """Return whether a cell has the first number of its convention that differs from the first convention's."""
        if self.table is None or not column or not self.table.parts:
            return False
        return self.table.parts[column - 1] == row

    def text(self, row: int, column: int) -> str:
        """Return what a cell says."""
        found = self.rows[row]
        if not column:
            return START if found.iteration is None else str(found.iteration)
        number = found.numbers[column - 1]
        if number is None:
            return ABSENT
        return f"{PARTS if self.parts(row, column) else ''}{format_number(number, self._digits)}"

    def heading(self, column: int) -> str:
        """Return what stands above a column."""
        if not column or self.table is None:
            return AFTER
        of = self.table.columns[column - 1]
        return heading_of(of.name, is_used=of.is_used)

    def copied(self, row: int, columns: Sequence[int] = ()) -> list[CopiedCell]:
        """Return a row as it is copied, with every digit."""
        found = self.rows[row]
        after = START if found.iteration is None else str(found.iteration)
        return [after, *found.numbers]

    def copied_headings(self) -> list[CopiedCell]:
        """Return the names of the columns that are copied."""
        columns = self.table.columns if self.table else ()
        return [f"{AFTER} iteration", *(column.name for column in columns)]

    # What Qt asks

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many rows there are: the start, and one for each iteration."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many columns there are: the iteration, and one for each convention."""
        return 0 if parent.isValid() or self.table is None else len(self.table.columns) + 1

    def data(self, index: AnyIndex, role: int = ROLE.DisplayRole) -> Any:
        """Return a cell's text, or all digits of it."""
        row, column = index.row(), index.column()
        if role == ROLE.DisplayRole:
            return self.text(row, column)
        if role == ROLE.ToolTipRole and column and self.table is not None:
            return difference_in_words(self.table, row, column - 1) or None
        if role == ROLE.AccessibleTextRole and self.parts(row, column):
            return f"{self.text(row, column)}, the first number that differs"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ROLE.DisplayRole) -> Any:
        """Return a heading, or whose convention it is and where it parts."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == ROLE.DisplayRole:
            return self.heading(section)
        if role == ROLE.ToolTipRole:
            if not section or self.table is None:
                return "The iteration whose update has been done"
            column = self.table.columns[section - 1]
            return "\n".join((column.source, *column.lines, sentence_of(self.table, section - 1)))
        return None
