"""The data as tables: one model for the inputs, one for the targets and, beside them, the outputs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from chainrule.catalog.experiment.spec import Rows
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.moment import Moment
from chainrule.ui.widgets.typed_numbers import full_text, parse_number

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
# An output that is not computed yet.
UNKNOWN = "·"
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
                self.rows_moved.emit(_first_other(self._rows, rows))
            # Before anything is another: Qt asks for cells on the way, and an error in what it calls ends the process.
            self.beginResetModel()
            self._take_moment(moment)
            self._rows = rows
            self.endResetModel()
            return True
        before = self._moment
        batch_changed, looks_other = self._take_moment(moment)
        rows = self._given(moment)
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

    def number(self, row: int, column: int) -> float | None:
        """Return the number of a cell, or None where it is not known."""
        return self._rows[row][column]

    def is_by_hand(self, row: int, column: int) -> bool:
        """Return whether a computed number is set by hand."""
        place, (ref, unit) = self.place_of(row), self.ref_of(column)
        return place is not None and self._moment.is_overridden(ref, (place, unit))

    def text(self, row: int, column: int) -> str:
        """Return what a cell shows."""
        return format_short(self._rows[row][column], self._moment.digits)

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
            self.rows_moved.emit(_first_other(self._rows, rows))
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
            return "" if number is None else full_text(number)
        text = "" if number is None else format_number(number, None)
        name = self.headerData(column, Qt.Orientation.Horizontal)
        batch = "" if row in self._places else "\nThis row is not in the batch of this iteration"
        if self.is_held_back(row):
            batch = "\nThis row is held back for the test: nothing is learned from it"
        by_hand = "\nSet by hand, in this iteration alone" if self.is_by_hand(row, column) else ""
        return f"{name} of row {row + 1} = {text or 'not computed yet'}{batch}{by_hand}"

    def setData(self, index: AnyIndex, value: Any, role: int = ItemDataRole.EditRole) -> bool:
        """Ask for a typed number; return whether it was accepted."""
        if role != ItemDataRole.EditRole or not index.isValid() or not self.flags(index) & Qt.ItemFlag.ItemIsEditable:
            return False
        try:
            number = parse_number(str(value))
        except ValueError as error:
            self.text_refused.emit(index.row(), index.column(), str(error))
            return False
        before = self.number(index.row(), index.column())
        if number == before:
            return True
        self.number_edited.emit(index.row(), index.column(), number)
        return (
            self.editable_at(index.row(), index.column()) is None or self.number(index.row(), index.column()) != before
        )

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ItemDataRole.DisplayRole) -> Any:
        """Return names of columns, and numbers of rows from 1."""
        if role == ItemDataRole.DisplayRole:
            return str(section + 1) if orientation == Qt.Orientation.Vertical else self._name(section)
        return None

    def _is_given(self, column: int) -> bool:
        return True

    def _name(self, column: int) -> str:
        return self._notation.text(self.ref, (0, column))


class InputsModel(DataModel):
    """The inputs, (rows, inputs)."""


class TargetsModel(DataModel):
    """The targets, and behind them what the network puts out for each row where that is known."""

    ref = refs.TARGET

    @property
    def targets(self) -> int:
        """How many targets each row has: one for each output, or one class."""
        return _columns(self._moment)

    @property
    def outputs(self) -> int:
        """How many outputs each row has."""
        return self._moment.experiment.network.outputs

    def ref_of(self, column: int) -> tuple[ValueRef, int]:
        """Return the value that a column shows, and the unit in it."""
        return (self.ref, column) if self._is_given(column) else (self._output, column - self.targets)

    def number(self, row: int, column: int) -> float | None:
        """Return a target, or an output where it is known."""
        if self._is_given(column):
            return super().number(row, column)
        place = self.place_of(row)
        return None if place is None else self._moment.number(self._output, (place, column - self.targets))

    def text(self, row: int, column: int) -> str:
        """Return what a cell shows."""
        if self._is_given(column):
            return super().text(row, column)
        number = self.number(row, column)
        if number is None:
            return UNKNOWN if row in self._places else ""
        return format_number(number, self._moment.digits)

    @property
    def _output(self) -> ValueRef:
        return refs.activation(len(self._moment.experiment.network.layers) - 1)

    def _columns_of(self, ref: ValueRef, unit: int) -> list[int]:
        return [unit + self.targets] if ref == self._output else super()._columns_of(ref, unit)

    def _given(self, moment: Moment) -> Rows:
        return moment.experiment.data.targets

    def _widths(self, moment: Moment) -> tuple[int, ...]:
        return _columns(moment), moment.experiment.network.outputs

    def _look(self, moment: Moment) -> object:
        output = refs.activation(len(moment.experiment.network.layers) - 1)
        written = moment.cursor.element if moment.written == output else None
        return moment.digits, moment.numbers if moment.is_known(output) else None, written

    def _is_given(self, column: int) -> bool:
        return column < self.targets

    def _name(self, column: int) -> str:
        if not self._is_given(column):
            return self._notation.text(self._output, (0, column - self.targets))
        if self.targets == 1:
            return "target" if self.outputs == 1 else "class"
        return super()._name(column)


def _columns(moment: Moment) -> int:
    """Return how many targets each row has; a formula has no rows."""
    rows = moment.experiment.data.targets
    return len(rows[0]) if rows else 0


def _first_other(before: Rows, after: Rows) -> int:
    """Return the first row that is not what it was; rows that stay are the same objects, in nearly all cases."""
    pairs = enumerate(zip(before, after, strict=False))
    fewest = min(len(before), len(after))
    return next((row for row, (one, other) in pairs if one is not other and one != other), fewest)
