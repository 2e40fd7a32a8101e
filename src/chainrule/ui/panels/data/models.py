"""The data as tables: one model for the inputs, one for the targets and, beside them, the outputs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from chainrule.catalog.experiment.data_names import DataColumn
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.data_names import column_of, data_lines
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.widgets.typed_numbers import full_text, parse_number

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
# How a column gets another name.
RENAMING = gettext_noop("Double-click, or press Shift+F2 in the column, to call it otherwise")
ItemDataRole = Qt.ItemDataRole


class DataModel(QAbstractTableModel):
    """One part of the data of a moment. Typed text is asked for with `number_edited` or refused in words."""

    number_edited = Signal(int, int, float)
    text_refused = Signal(int, int, str)
    # Before rows come or go: from that row on they are others.
    rows_moved = Signal(int)

    ref = refs.INPUT

    def __init__(self, moment: Moment, parent: QObject) -> None:
        super().__init__(parent)
        self._moment = moment
        self._notation = Notation.of(moment.experiment)
        self._rows = self._given(moment)
        self._own_units = False
        self._places: dict[int, int] = {}
        self._batch: tuple[int, ...] = ()
        self._held_back: frozenset[int] = frozenset()
        self._held_back_of: object = None
        self._shown = self._look(moment)
        self._take_batch()

    def show_moment(self, moment: Moment) -> bool:
        """Follow a moment; return whether the number of rows or columns changed."""
        if self._widths(moment) != self._widths(self._moment):
            rows = self._given(moment)
            if len(rows) != len(self._rows):
                self.rows_moved.emit(self._rows.first_other(rows))
            # Before anything is another: Qt asks for cells on the way, and an error in what it calls ends the process.
            self.beginResetModel()
            self._take_moment(moment)
            self._rows = rows
            self.endResetModel()
            return True
        before = self._moment
        batch_changed, looks_other = self._take_moment(moment)
        rows = self._given(moment)
        if moment.experiment.data.names != before.experiment.data.names:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)
            self._announce()
        if rows is not self._rows or moment.experiment.network is not before.experiment.network:
            return self._take_rows(rows)
        if batch_changed or looks_other:
            self._announce()
        return False

    def _take_moment(self, moment: Moment) -> tuple[bool, bool]:
        """Return whether the batch is another, and whether the cells' text is."""
        before, self._moment = self._moment, moment
        if moment.experiment.network is not before.experiment.network:
            self._notation = Notation.of(moment.experiment)
        batch_changed = self._take_batch()
        shown, self._shown = self._shown, self._look(moment)
        return batch_changed, shown != self._shown

    def place_of(self, row: int) -> int | None:
        """Return where a row is in the batch, or None where it is not in it."""
        return self._places.get(row)

    def is_held_back(self, row: int) -> bool:
        """Return whether a row is kept for the test; none is known to be before the engine is there."""
        return row in self._held_back

    @property
    def held_back(self) -> frozenset[int]:
        """The rows that are kept for the test."""
        return self._held_back

    def ref_of(self, column: int) -> tuple[ValueRef, int]:
        """Return the value that a column shows, and the unit in it."""
        return self.ref, column

    def editable_at(self, row: int, column: int) -> tuple[ValueRef, int] | None:
        """Return what a cell shows, as `ref_of` tells it; None where that cannot be edited."""
        inside = row < self.rowCount() and column < self.columnCount()
        return self.ref_of(column) if inside and self.number(row, column) is not None else None

    def editable_number(self, row: int, column: int) -> float | None:
        """Return the number of a cell; None where it cannot be edited."""
        return None if self.editable_at(row, column) is None else self.number(row, column)

    def ask_for(self, row: int, column: int, number: float) -> bool:
        """Ask for another number, and return whether it was accepted."""
        before = self.number(row, column)
        if number == before:
            return True
        self.number_edited.emit(row, column, number)
        return self.editable_at(row, column) is None or self.number(row, column) != before

    def number(self, row: int, column: int) -> float | None:
        """Return the number of a cell, or None where it is not known."""
        return self._rows.number(row, column)

    def is_by_hand(self, row: int, column: int) -> bool:
        """Return whether a computed number is set by hand."""
        place, (ref, unit) = self.place_of(row), self.ref_of(column)
        return place is not None and self._moment.is_overridden(ref, (place, unit))

    def text(self, row: int, column: int) -> str:
        """Return what a cell shows."""
        return format_short(self.in_units(column, self._rows.number(row, column)), self._moment.digits)

    def in_units(self, column: int, number: float) -> float:
        """Return a number of a column as it is shown: as the network has it, or in the column's own units."""
        original = self._column(column).original(number) if self._own_units else None
        return number if original is None else original

    def set_own_units(self, own: bool) -> None:
        """Show standardized columns in their own units, or as the network has them."""
        if own != self._own_units:
            self._own_units = own
            self._announce()

    @property
    def sample_row(self) -> int:
        """The row of the sample on the stage; -1 where there is none."""
        return self._moment.rows[self._moment.sample] if self._moment.rows else -1

    @property
    def selected(self) -> tuple[int, int] | None:
        """The cell of the session's selected number, if it is in this table."""
        selection = self._moment.selection
        if selection is None or len(selection.index) != 2:
            return None
        place, unit = selection.index
        for column in self._columns_of(selection.ref, unit):
            if place < len(self._moment.rows):
                return self._moment.rows[place], column
        return None

    def _columns_of(self, ref: ValueRef, unit: int) -> list[int]:
        return [unit] if ref == self.ref else []

    def _given(self, moment: Moment) -> Rows:
        return moment.experiment.data.inputs

    def _widths(self, moment: Moment) -> tuple[int, ...]:
        """Return how many columns there are of each kind."""
        return (moment.experiment.network.inputs,)

    def _look(self, moment: Moment) -> object:
        """Return what the cells' text depends on besides the data."""
        return moment.digits

    def _take_batch(self) -> bool:
        self._take_split()
        if self._moment.rows == self._batch:
            return False
        self._batch = self._moment.rows
        self._places = {row: place for place, row in enumerate(self._batch)}
        return True

    def _take_split(self) -> None:
        data = self._moment.experiment.data
        if self._moment.program is None or data is self._held_back_of:
            return
        self._held_back_of, self._held_back = data, frozenset(engine().split(data)[1])

    def _take_rows(self, rows: Rows) -> bool:
        before, count = len(self._rows), len(rows)
        if before != count:
            self.rows_moved.emit(self._rows.first_other(rows))
        # Rows come and go at the end, so that the current cell and the selection stay where they are.
        if count > before:
            self.beginInsertRows(_NO_INDEX, before, count - 1)
            self._rows = rows
            self.endInsertRows()
        elif count < before:
            self.beginRemoveRows(_NO_INDEX, count, before - 1)
            self._rows = rows
            self.endRemoveRows()
        self._rows = rows
        self._announce()
        return count != before

    def _announce(self) -> None:
        """Say that cells changed."""
        if self._rows:
            last = self.index(len(self._rows) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    # What Qt asks

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many rows the data have."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many numbers a row has."""
        return 0 if parent.isValid() else sum(self._widths(self._moment))

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        """Let numbers that are known be edited."""
        flags = super().flags(index)
        known = self.editable_at(index.row(), index.column()) is not None
        return flags | Qt.ItemFlag.ItemIsEditable if known else flags

    def data(self, index: AnyIndex, role: int = ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell; every digit to edit it, and in its tooltip."""
        row, column = index.row(), index.column()
        if role == ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role not in (ItemDataRole.EditRole, ItemDataRole.ToolTipRole, ItemDataRole.AccessibleTextRole):
            return None
        number = self.number(row, column)
        if role == ItemDataRole.EditRole:
            # Of what was worked out from rounded numbers the last digits mean nothing.
            shown = None if number is None else self.in_units(column, number)
            return "" if shown is None else full_text(number if shown == number else float(f"{shown:.15g}"))
        text = "" if number is None else format_number(number, None)
        called, name = self._column(column).name, self._name(column)
        name = f"{called} ({name})" if called and called != name else name
        batch = "" if row in self._places else "\nThis row is not in the batch of this iteration"
        if self.is_held_back(row):
            batch = "\nThis row is held back for the test: nothing is learned from it"
        by_hand = "\nSet by hand, in this iteration alone" if self.is_by_hand(row, column) else ""
        lines = "".join(f"\n{line}" for line in data_lines(self._moment.experiment, *self._number_at(row, column)))
        return f"{name} of row {row + 1} = {text or 'not computed yet'}{lines}{batch}{by_hand}"

    def _number_at(self, row: int, column: int) -> tuple[ValueRef, tuple[int, int], float | None]:
        """Return what a cell shows: its value, its place in it, and the number."""
        ref, unit = self.ref_of(column)
        return ref, (row, unit), self.number(row, column)

    def _column(self, column: int) -> DataColumn:
        """Return what the data know of a column."""
        ref, unit = self.ref_of(column)
        return column_of(self._moment.experiment, ref, (0, unit))

    def setData(self, index: AnyIndex, value: Any, role: int = ItemDataRole.EditRole) -> bool:
        """Ask for a typed number; return whether it was accepted."""
        if role != ItemDataRole.EditRole or not index.isValid() or not self.flags(index) & Qt.ItemFlag.ItemIsEditable:
            return False
        if self._own_units and str(value) == index.data(ItemDataRole.EditRole):
            # There and back it would be another number in its last digit.
            return True
        try:
            number = self._typed(str(value), index.column())
        except ValueError as error:
            self.text_refused.emit(index.row(), index.column(), str(error))
            return False
        return self.ask_for(index.row(), index.column(), number)

    def _typed(self, text: str, column: int) -> float:
        """Return the number that a text means in a column; `ValueError` says why it is none."""
        number = parse_number(text)
        return self._column(column).standardized(number) if self._own_units else number

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ItemDataRole.DisplayRole) -> Any:
        """Return names of columns, and numbers of rows from 1."""
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1) if role == ItemDataRole.DisplayRole else None
        if role == ItemDataRole.DisplayRole:
            return self._heading(section)
        if role != ItemDataRole.ToolTipRole:
            return None
        called, name = self._column(section).name, self._name(section)
        return f"{called}: {name}\n{gettext(RENAMING)}" if called and called != name else f"{name}\n{gettext(RENAMING)}"

    def _heading(self, column: int) -> str:
        """Return what stands above a column: its name, or its symbol."""
        return self._column(column).name or self._name(column)

    def _is_given(self, column: int) -> bool:
        return True

    def _name(self, column: int) -> str:
        return self._notation.text(self.ref, (0, column))


class InputsModel(DataModel):
    """The inputs, (rows, inputs)."""
