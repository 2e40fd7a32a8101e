"""The rows as a table: what came out for those that are shown is written when they are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from chainrule.catalog.experiment.input_picture import InputPicture, input_picture
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.rows.words import MOST_WRITTEN, RIGHT, WRONG, RowWords

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Positions

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
ROW, INPUTS, TARGET, PREDICTION, LOSS, VERDICT = range(6)
HEADINGS = ("row", "inputs", "target", "prediction", "loss", "")
TIPS = (
    gettext_noop("The row's number in the data, and whether it is held back for the test"),
    gettext_noop("The first inputs of the row, in the units of their columns"),
    gettext_noop("What the row's answer is"),
    gettext_noop("What the network says: a class, with its probability, or numbers in the units of their columns"),
    gettext_noop("The loss of this row alone, before the reduction; penalties are of no row"),
    gettext_noop("Whether the prediction is right, or the residual: how much the target is more than the prediction"),
)
ItemDataRole = Qt.ItemDataRole


class RowsModel(QAbstractTableModel):
    """Rows of the data in some order. `words` writes them; None before anything is known."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.words: RowWords | None = None
        self.order: Sequence[int] | Positions = ()
        self.shown_row = -1
        # How the inputs are the pixels of a picture; None where they are none.
        self.picture: InputPicture | None = None
        # Whether signs stand for words where there are some.
        self.is_short = False
        # How many numbers of a target and of a prediction are written.
        self.most_written = MOST_WRITTEN

    def show_rows(self, words: RowWords | None, order: Sequence[int] | Positions) -> None:
        """Show rows in an order."""
        if words is not None and (self.words is None or words.experiment is not self.words.experiment):
            self.picture = input_picture(words.experiment)
        if len(order) != len(self.order):
            # Before anything is another: Qt asks for cells on the way.
            self.beginResetModel()
            self.words, self.order = words, order
            self.endResetModel()
            return
        self.words, self.order = words, order
        if len(order):
            self.dataChanged.emit(self.index(0, 0), self.index(len(order) - 1, len(HEADINGS) - 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(HEADINGS) - 1)

    def row_of(self, place: int) -> int:
        """Return the number of the row that stands at a place."""
        return int(self.order[place])

    def place_of(self, row: int) -> int | None:
        """Return where a row stands; None where it is not shown."""
        found = np.flatnonzero(np.asarray(self.order) == row)
        return int(found[0]) if len(found) else None

    def is_wrong(self, place: int) -> bool:
        """Return whether the row at a place has a wrong answer."""
        return self.words is not None and bool(self.words.table.wrong[self.row_of(place)] > 0)

    def is_test(self, place: int) -> bool:
        """Return whether the row at a place is held back for the test."""
        return self.words is not None and bool(self.words.table.is_test[self.row_of(place)])

    @property
    def has_verdicts(self) -> bool:
        """Whether there is anything to be said of each row: right or wrong, or a residual."""
        words = self.words
        return words is not None and (words.table.answer is not None or words.has_residual)

    def text(self, place: int, column: int) -> str:
        """Return what a cell shows."""
        words = self.words
        if words is None:
            return ""
        row = self.row_of(place)
        if column == ROW:
            # The bar of a row that is held back says so, too.
            return f"{row + 1:,}" + " test" * (self.is_test(place) and not self.is_short)
        if column == INPUTS:
            return "" if self.picture else words.inputs(row)
        if column == TARGET:
            return words.target(row, most=self.most_written)
        if column == PREDICTION:
            return words.prediction(row, most=self.most_written)
        if column == LOSS:
            return words.loss(row, words.digits)
        verdict = words.verdict(row)
        return verdict[:1] if self.is_short and verdict.startswith((RIGHT, WRONG)) else verdict

    def copied(self, place: int, columns: Sequence[int]) -> list[CopiedCell]:
        """Return all of a row for the clipboard."""
        return [] if self.words is None else self.words.copied(self.row_of(place))

    def numbers(self) -> NumbersTable | None:
        """Return the rows as a table of all numbers, in the order in which they are shown; None where none is read."""
        if self.words is None or not self.rowCount():
            return None
        names = self.words.copied_names()
        return NumbersTable(names, tuple(_CopiedColumn(self.words, self.order, place) for place in range(len(names))))

    # What Qt asks

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many rows are shown."""
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return 6."""
        return 0 if parent.isValid() else len(HEADINGS)

    def data(self, index: AnyIndex, role: int = ItemDataRole.DisplayRole) -> Any:
        """Return the text of a cell, and all of its row in the tooltip."""
        if self.words is None or not index.isValid():
            return None
        if role == ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        if role in (ItemDataRole.ToolTipRole, ItemDataRole.AccessibleTextRole):
            return self.words.tip(self.row_of(index.row()))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ItemDataRole.DisplayRole) -> Any:
        """Return the names of the columns, and what they say."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == ItemDataRole.ToolTipRole:
            return gettext(TIPS[section])
        if role != ItemDataRole.DisplayRole:
            return None
        is_number = section == VERDICT and self.words is not None and self.words.has_residual
        return "residual" if is_number else HEADINGS[section]


class _CopiedColumn(Sequence[CopiedCell]):
    """A column of what is copied of the rows: worked out where it is looked at, as there may be 60,000."""

    def __init__(self, words: RowWords, order: Sequence[int] | Positions, column: int) -> None:
        self._words, self._order, self._column = words, order, column

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, place: int) -> CopiedCell: ...

    @overload
    def __getitem__(self, place: slice) -> list[CopiedCell]: ...

    def __getitem__(self, place: int | slice) -> CopiedCell | list[CopiedCell]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return self._words.copied(int(self._order[place]))[self._column]
