"""A table of texts in the window's colours: rows that are chosen, sorted by a click on a name, and copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from chainrule.ui.numbers.copying import TableCopy
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import paint_all_when_scrolled
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.scroll_area import table_bars
from chainrule.ui.window.keys import keep_keys

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
ItemDataRole = Qt.ItemDataRole
ROW, FONT, MARGIN = 24, 12.5, 8
# Rows that are measured for the width of a column, and how wide one is at most where another takes the rest.
MEASURED, WIDEST = 60, 300


class TextCell(NamedTuple):
    """What a cell shows, in one of the theme's colours; `order` is what rows are sorted by, the text where there is
    none.
    """

    text: str
    tip: str = ""
    color: str = "text"
    order: float | None = None


class TextColumn(NamedTuple):
    """A column's name, what it means, and whether its texts stand at the right, as numbers do."""

    name: str
    tip: str = ""
    is_number: bool = False


class TextTableModel(QAbstractTableModel):
    """Rows of texts. They keep their own places, which `place_of` tells, in whatever order they are shown."""

    def __init__(self, appearance: Appearance, parent: QObject) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self.columns: tuple[TextColumn, ...] = ()
        self._rows: tuple[tuple[TextCell, ...], ...] = ()
        self._order: list[int] = []

    def show_rows(self, columns: Sequence[TextColumn], rows: Sequence[Sequence[TextCell]]) -> None:
        """Show other rows, in their order."""
        self.beginResetModel()
        self.columns, self._rows = tuple(columns), tuple(map(tuple, rows))
        self._order = list(range(len(rows)))
        self.endResetModel()

    def cell(self, row: int, column: int) -> TextCell:
        """Return a cell as it is shown."""
        return self._rows[self._order[row]][column]

    def place_of(self, row: int) -> int:
        """Return the place of a row that is shown among those that were given."""
        return self._order[row]

    def copied(self, row: int, columns: Sequence[int]) -> list[str | float | None]:
        """Return a row as it is copied."""
        return [cell.text for cell in self._rows[self._order[row]]]

    # Qt's side

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the rows by a column; equal ones stay in their own order."""
        if not 0 <= column < len(self.columns):
            return
        self.layoutAboutToBeChanged.emit()
        cells = [row[column] for row in self._rows]

        def key(place: int) -> tuple[float, str]:
            cell = cells[place]
            return (0.0, cell.text.casefold()) if cell.order is None else (cell.order, "")

        before, known = self._order, self.persistentIndexList()
        self._order = sorted(range(len(cells)), key=key, reverse=order == Qt.SortOrder.DescendingOrder)
        # What is chosen stays so, wherever it is now.
        now = {place: row for row, place in enumerate(self._order)}
        moved = [self.index(now[before[each.row()]], each.column()) for each in known]
        self.changePersistentIndexList(known, moved)
        self.layoutChanged.emit()

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = ItemDataRole.DisplayRole) -> object:
        """Return the names of the columns, and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == ItemDataRole.DisplayRole:
            return column.name
        if role == ItemDataRole.ToolTipRole:
            return plain_tip(column.tip or column.name)
        return _side(column) if role == ItemDataRole.TextAlignmentRole else None

    def data(self, index: AnyIndex, role: int = ItemDataRole.DisplayRole) -> object:
        """Return a text, the whole of it in the tip, and its colour."""
        if not index.isValid():
            return None
        cell = self.cell(index.row(), index.column())
        if role in (ItemDataRole.DisplayRole, ItemDataRole.AccessibleTextRole):
            return cell.text
        if role == ItemDataRole.ToolTipRole:
            return plain_tip(cell.tip or cell.text)
        if role == ItemDataRole.ForegroundRole:
            return QColor(getattr(self._appearance.theme, cell.color))
        return _side(self.columns[index.column()]) if role == ItemDataRole.TextAlignmentRole else None


def _side(column: TextColumn) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignVCenter | (
        Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    )


class _OwnColors(QStyledItemDelegate):
    """Leaves a text its own colour where its row is chosen."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: AnyIndex) -> None:  # noqa: N802 - Qt's
        """Take the colour of the cell for both."""
        super().initStyleOption(option, index)
        color = index.data(ItemDataRole.ForegroundRole)
        if isinstance(color, QColor):
            option.palette.setColor(QPalette.ColorRole.HighlightedText, color)


class TextTable(QTableView):
    """Rows that can be chosen by a click or the arrow keys: `chosen` tells the place of the row, -1 for none.

    The last column takes the width that the others leave. With `wraps` it takes as many lines as it needs; without,
    rows can be sorted, and one is chosen at all times.
    """

    chosen = Signal(int)

    def __init__(
        self,
        name: str,
        called: str,
        appearance: Appearance,
        tell: Callable[[str], None],
        parent: QWidget,
        *,
        wraps: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(called)
        self.appearance, self._wraps = appearance, wraps
        self.texts = TextTableModel(appearance, self)
        self.setModel(self.texts)
        self.setItemDelegate(_OwnColors(self))
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(wraps)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setHighlightSections(False)
        paint_all_when_scrolled(self)
        keep_keys(self, (Qt.Key.Key_Up, Qt.Key.Key_Down))
        TableCopy(self, self.texts.copied, tell)
        if not wraps:
            # Until somebody asks, the rows stand as they came.
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
            self.setSortingEnabled(True)
        self.selectionModel().currentRowChanged.connect(self._tell_chosen)
        appearance.changed.connect(self.restyle)
        self.restyle()

    def show_rows(self, columns: Sequence[TextColumn], rows: Sequence[Sequence[TextCell]]) -> None:
        """Show other rows; the row that was chosen stays so, if there is one at its place."""
        chosen = self.currentIndex().row()
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.texts.show_rows(columns, rows)
        self.fit()
        if rows and not self._wraps:
            self.selectRow(min(max(chosen, 0), len(rows) - 1))

    @property
    def place(self) -> int:
        """The place of the row that is chosen; -1 for none."""
        row = self.currentIndex().row()
        return self.texts.place_of(row) if 0 <= row < self.texts.rowCount() else -1

    def _tell_chosen(self) -> None:
        self.chosen.emit(self.place)

    def sizeHint(self) -> QSize:
        """Return a size no larger than it must be: what is around it decides."""
        return QSize(200, 100)

    def minimumSizeHint(self) -> QSize:
        """Return a few rows."""
        return QSize(160, 3 * self.appearance.size(ROW))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the last column what the others leave."""
        super().resizeEvent(event)
        self._give_rest()

    def restyle(self) -> None:
        """Take the colours and the scale in use."""
        theme, size = self.appearance.theme, self.appearance.size
        self.setFont(self.appearance.font(FONT))
        self.horizontalHeader().setFont(self.appearance.font(FONT, bold=True))
        self.verticalHeader().setMinimumSectionSize(size(ROW))
        self.verticalHeader().setDefaultSectionSize(size(ROW))
        self.setStyleSheet(
            f"QTableView, QHeaderView {{ background: {theme.surface}; color: {theme.text}; border: none; }}"
            f"QTableView::item {{ border-bottom: 1px solid {theme.border}; padding: 0 {size(MARGIN) // 2}px; }}"
            f"QTableView::item:selected {{ background: {theme.shown_row.name()}; }}"
            f"QHeaderView::section {{ background: {theme.surface}; color: {theme.muted}; border: none;"
            f" border-bottom: 1px solid {theme.border}; padding: {size(3)}px {size(MARGIN) // 2}px; }}"
            f"{table_bars(self.appearance)}"
        )
        self.fit()

    def fit(self) -> None:
        """Give each column the width of its widest text, and the last one what is left."""
        model, header, size = self.texts, self.horizontalHeader(), self.appearance.size
        heads = QFontMetrics(self.appearance.font(FONT, bold=True)).horizontalAdvance
        across = QFontMetrics(self.appearance.font(FONT)).horizontalAdvance
        room = 2 * size(MARGIN) + size(6)
        for column, named in enumerate(model.columns):
            rows = range(min(model.rowCount(), MEASURED))
            widest = max((across(model.cell(row, column).text) for row in rows), default=0)
            # The arrow of what is sorted stands beside a name.
            width = max(heads(named.name) + size(14), min(widest, size(WIDEST))) + room
            header.resizeSection(column, width)
        self._give_rest()

    def _give_rest(self) -> None:
        header, last = self.horizontalHeader(), len(self.texts.columns) - 1
        if last < 0:
            return
        others = sum(header.sectionSize(column) for column in range(last))
        least = self.appearance.size(WIDEST) if self._wraps else header.sectionSizeHint(last)
        header.resizeSection(last, max(least, self.viewport().width() - others))
        if self._wraps:
            self.resizeRowsToContents()
