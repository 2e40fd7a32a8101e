"""The State tab's rows as a table: symbol, name, the number that was found, and the one that is computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.meanings import meaning
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.model.elements import Index
from chainrule.session.screen.computing import computed_number
from chainrule.session.screen.moment import Moment, is_editable
from chainrule.session.screen.state_table import StateCell, StateRow, state_rows
from chainrule.translation import gettext
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.widgets.typed_numbers import parse_number

AnyIndex = QModelIndex | QPersistentModelIndex
ItemDataRole = Qt.ItemDataRole
_NO_INDEX = QModelIndex()
SYMBOL, NAME, BEFORE, AFTER = range(4)
HEADINGS = ("", "", "before", "after")
UNKNOWN = "·"


class StateModel(QAbstractTableModel):
    """Follows a moment and the parameter that was selected last. A typed number is asked for, or refused in words."""

    number_edited = Signal(int, int, float)
    text_refused = Signal(int, int, str)

    def __init__(self, moment: Moment, parent: QObject) -> None:
        super().__init__(parent)
        self._moment = moment
        self._rows = state_rows(moment, *self.parameter)

    def show_moment(self, moment: Moment) -> None:
        """Follow a moment."""
        self._moment = moment
        rows, before = state_rows(moment, *self.parameter), self._rows
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, NAME, NAME)
        if [row.name for row in rows] != [row.name for row in before]:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
        elif rows:
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, AFTER))

    @property
    def parameter(self) -> tuple[ValueRef, Index]:
        """The element of a parameter that the rows are about."""
        assert self._moment.parameter is not None, "there is a parameter in any experiment"
        return self._moment.parameter

    @property
    def digits(self) -> int | None:
        """Significant digits to show; None for all."""
        return self._moment.digits

    @property
    def heading(self) -> str:
        """The element of the parameter: w₁₂⁽¹⁾."""
        return Notation.of(self._moment.experiment).text(*self.parameter)

    def row(self, row: int) -> StateRow:
        """Return a row."""
        return self._rows[row]

    def cell(self, row: int, column: int) -> StateCell | None:
        """Return the number of a place, or None where it has none."""
        found = self._rows[row]
        return {BEFORE: found.before, AFTER: found.after}.get(column)

    def editable_at(self, row: int, column: int) -> tuple[ValueRef, Index] | None:
        """Return which number a place shows; None where it has none that can be edited: none is known, or it counts."""
        cell = self.cell(row, column) if row < len(self._rows) else None
        known = cell is not None and cell.number is not None and is_editable(self._moment, cell.ref)
        return (cell.ref, cell.index) if cell is not None and known else None

    def editable_number(self, row: int, column: int) -> float | None:
        """Return the number of a place; None where it has none that can be edited."""
        cell = None if self.editable_at(row, column) is None else self.cell(row, column)
        return None if cell is None else cell.number

    def ask_for(self, row: int, column: int, number: float) -> bool:
        """Ask for another number, and return whether it was accepted."""
        before = self.editable_number(row, column)
        if number != before:
            self.number_edited.emit(row, column, number)
        return number == before or self.editable_number(row, column) != before

    def text(self, row: int, column: int) -> str:
        """Return what a place shows."""
        found = self._rows[row]
        if column in (SYMBOL, NAME):
            return found.symbol if column == SYMBOL else found.name
        cell = self.cell(row, column)
        if cell is None:
            return ""
        if cell.number is None:
            return UNKNOWN
        # Settings and counters, which are one number for all elements, without zeros that say nothing.
        write = format_number if cell.index else format_short
        return write(cell.number, self._moment.digits)

    def copied(self, row: int, columns: Sequence[int]) -> list[CopiedCell]:
        """Return what is copied of a row: the numbers of these columns, of both of them with the names before."""
        cells = [self.cell(row, column) for column in columns]
        names = [self._rows[row].symbol, self.full_name(row)] if len(columns) > 1 else []
        return [*names, *(None if cell is None else cell.number for cell in cells)]

    def numbers(self) -> NumbersTable | None:
        """Return all that there is, as it is copied."""
        rows = (self.copied(row, (BEFORE, AFTER)) for row in range(len(self._rows)))
        return NumbersTable.of_rows([("symbol", "name", "before", "after"), *rows])

    def full_name(self, row: int) -> str:
        """Return a value's name, and behind it torch's where that is another: `average gradient (exp_avg)`."""
        found = self._rows[row]
        return f"{found.name} ({found.torch_name})" if found.torch_name else found.name

    # What Qt asks

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many values there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return 4: symbol, name and two numbers."""
        return 0 if parent.isValid() else len(HEADINGS)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Let numbers that are known be edited, unless they count."""
        cell = self.cell(index.row(), index.column())
        if cell is None:
            return Qt.ItemFlag.ItemIsEnabled
        flags = super().flags(index)
        known = self.editable_at(index.row(), index.column()) is not None
        return flags | Qt.ItemFlag.ItemIsEditable if known else flags

    def data(self, index: AnyIndex, role: int = ItemDataRole.DisplayRole) -> Any:
        """Return the text of a place; every digit to edit it, and in its tooltip."""
        row, column = index.row(), index.column()
        if role == ItemDataRole.DisplayRole:
            return self.text(row, column)
        cell = self.cell(row, column)
        if role == ItemDataRole.EditRole:
            return "" if cell is None or cell.number is None else format_number(cell.number, None)
        if role in (ItemDataRole.ToolTipRole, ItemDataRole.AccessibleTextRole):
            return self.full_name(row) if cell is None else self._tip(cell)
        return None

    def _tip(self, cell: StateCell) -> str:
        experiment = self._moment.experiment
        means = meaning(experiment, cell.ref, cell.index)
        if cell.number is None:
            return gettext("{means}\nNot computed yet", means=means)
        lines = [means, f"{Notation.of(experiment).text(cell.ref, cell.index)} = {format_number(cell.number, None)}"]
        if cell.by_hand:
            computed = format_number(computed_number(self._moment, cell.ref, cell.index), None)
            lines.append(
                gettext("Set by hand; computed, it would be {computed}. Delete computes it again", computed=computed)
            )
        if is_editable(self._moment, cell.ref):
            lines.append(gettext("Drag it, or double-click, to change it"))
        return "\n".join(lines)

    def setData(self, index: AnyIndex, value: Any, role: int = ItemDataRole.EditRole) -> bool:
        """Ask for a typed number; return whether it was one."""
        if role != ItemDataRole.EditRole or not self.flags(index) & Qt.ItemFlag.ItemIsEditable:
            return False
        try:
            number = parse_number(str(value))
        except ValueError as error:
            self.text_refused.emit(index.row(), index.column(), str(error))
            return False
        self.number_edited.emit(index.row(), index.column(), number)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ItemDataRole.DisplayRole) -> Any:
        """Return whose rows they are, and the names of the two columns of numbers."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == NAME else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role != ItemDataRole.DisplayRole:
            return None
        return self.heading if section == NAME else HEADINGS[section]
