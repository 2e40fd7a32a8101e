"""The first rows of a table that comes in; above each column what it is called, what it holds, and what it is for."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from chainrule.explain.writing.numbers import format_short
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.plan import Use
from chainrule.model.importing.table import ColumnKind, TableColumn
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting_part
from chainrule.ui.widgets.plain_text import plain_tip

AnyIndex = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
MOST_ROWS = 100
FONT = 12
ROW, LINE = 20, 17
WIDTH, WIDEST = 92, 190
MISSING_TEXT = "missing"
DIGITS = 6
# The keys that choose what the current column is for.
KEYS = {Qt.Key.Key_I: Use.INPUT, Qt.Key.Key_T: Use.TARGET, Qt.Key.Key_X: Use.LEFT_OUT}
HINTS = (
    gettext_noop("→ ← another column"),
    gettext_noop("I input"),
    gettext_noop("T target"),
    gettext_noop("X left out"),
    gettext_noop("Space choose from a list"),
    gettext_noop("↵ replaces the data"),
)
TIPS = {
    Use.INPUT: "The network is shown it",
    Use.TARGET: "The network is to answer it",
    Use.LEFT_OUT: "It is not imported",
}
SIGNS = {Use.INPUT: "→ input", Use.TARGET: "◎ target", Use.LEFT_OUT: "✕ left out"}


class PreviewModel(QAbstractTableModel):
    """The first rows, as they were read."""

    def __init__(self, draft: ImportDraft, appearance: Appearance, parent: QObject) -> None:
        super().__init__(parent)
        self.draft, self._appearance = draft, appearance

    def show_draft(self, draft: ImportDraft) -> None:
        """Show another draft."""
        self.beginResetModel()
        self.draft = draft
        self.endResetModel()

    def column(self, place: int) -> TableColumn:
        """Return a column of the table."""
        return self.draft.table.columns[place]

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many rows are shown."""
        return 0 if parent.isValid() else min(MOST_ROWS, self.draft.table.rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.draft.table.columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell as text; what is missing says so."""
        if role == Qt.ItemDataRole.DisplayRole:
            cell = self.column(index.column()).cells[index.row()]
            if cell is None:
                return MISSING_TEXT
            return cell if isinstance(cell, str) else format_short(cell, DIGITS)
        if role == Qt.ItemDataRole.ToolTipRole:
            column = self.column(index.column())
            cell = column.cells[index.row()]
            return f"{column.name} of row {index.row() + 1}: {MISSING_TEXT if cell is None else cell}"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_number = self.column(index.column()).kind is not ColumnKind.TEXT
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole:
            is_out = self.draft.plan.uses[index.column()] is Use.LEFT_OUT
            is_missing = self.column(index.column()).cells[index.row()] is None
            if not is_out and not is_missing:
                return None
            theme = self._appearance.theme
            return QColor(theme.dimmed if is_out else theme.error)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the names of columns with what they hold and are for, and the numbers of rows from 1."""
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        column, use = self.column(section), self.draft.plan.uses[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{column.name}: {self.holds(section)}, {use.value}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{column.name}: {self.holds(section)}\n{TIPS[use]}. Click to choose what the column is for"
        return None

    def holds(self, place: int) -> str:
        """Return what a column holds: `number, 3 missing`."""
        column = self.column(place)
        return f"{column.kind.value}, {column.missing:,} missing" if column.missing else column.kind.value


class UseHeader(QHeaderView):
    """Three lines above each column: its name, what it holds, and what it is for, in words and a sign."""

    def __init__(self, appearance: Appearance, parent: PreviewTable) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._appearance, self._table = appearance, parent
        self.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.setSectionsClickable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(appearance.size(3 * LINE + 4))

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint the three lines."""
        theme, size, model = self._appearance.theme, self._appearance.size, self._table.rows_model
        use = model.draft.plan.uses[logicalIndex]
        colors = {Use.INPUT: theme.positive, Use.TARGET: theme.negative, Use.LEFT_OUT: theme.dimmed}
        with painting_part(painter, self, rect):
            painter.fillRect(rect, QColor(theme.surface))
            painter.setPen(QColor(theme.border))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            muted = theme.dimmed if use is Use.LEFT_OUT else theme.muted
            lines = (
                (model.column(logicalIndex).name, theme.dimmed if use is Use.LEFT_OUT else theme.text, True),
                (model.holds(logicalIndex), muted, False),
                (f"{SIGNS[use]} ▾", colors[use], True),
            )
            for place, (text, color, bold) in enumerate(lines):
                painter.setFont(self._appearance.font(FONT - 0.5 * (not bold), bold=bold))
                painter.setPen(QColor(color))
                top = rect.top() + size(2 + place * LINE)
                line = QRect(rect.left() + size(5), top, rect.width() - size(8), size(LINE))
                cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
                painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, cut)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Offer the uses of the column that is clicked."""
        place = self.logicalIndexAt(event.position().toPoint())
        edge = abs(self.sectionViewportPosition(place) + self.sectionSize(place) - event.position().x())
        if place >= 0 and edge > self._appearance.size(4) and event.button() == Qt.MouseButton.LeftButton:
            self._table.offer_uses(place)
            return
        super().mousePressEvent(event)


class PreviewTable(QTableView):
    """The first rows. `use_chosen` says what a column is to be for."""

    use_chosen = Signal(int, object)

    def __init__(self, draft: ImportDraft, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("import_preview")
        self.setAccessibleName(gettext("First rows of the table; I, T and X choose what a column is for"))
        self._appearance = appearance
        self.rows_model = PreviewModel(draft, appearance, self)
        self.setModel(self.rows_model)
        self.setHorizontalHeader(UseHeader(appearance, self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setFont(appearance.font(FONT))
        self.verticalHeader().setDefaultSectionSize(appearance.size(ROW))
        flat = f"background: {appearance.theme.surface}; color: {appearance.theme.muted}; border: none; padding: 0 6px"
        self.verticalHeader().setStyleSheet(f"QHeaderView::section {{ {flat} }}")
        corner = f"QTableCornerButton::section {{ {flat} }}"
        self.setStyleSheet(f"QTableView {{ background: {appearance.theme.surface} }} {corner}")
        self.setCornerButtonEnabled(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.verticalHeader().setFont(appearance.font(FONT - 1))
        self._menu: QMenu | None = None
        self._fit()

    def show_draft(self, draft: ImportDraft) -> None:
        """Show another draft, at the same place."""
        before, at = self.rows_model.draft.table, self.currentIndex()
        place = (at.row(), at.column())
        bar = self.horizontalScrollBar().value()
        self.rows_model.show_draft(draft)
        if draft.table is not before:
            self._fit()
        self.setCurrentIndex(self.rows_model.index(*place) if at.isValid() else self.rows_model.index(0, 0))
        self.horizontalScrollBar().setValue(bar)

    def _fit(self) -> None:
        size, metrics = self._appearance.size, self.fontMetrics()
        self.horizontalHeader().setDefaultSectionSize(size(WIDTH))
        for place in range(min(self.rows_model.columnCount(), MOST_ROWS)):
            texts = (self.rows_model.column(place).name, self.rows_model.holds(place), "✕ left out ▾")
            wide = max(map(metrics.horizontalAdvance, texts)) + size(16)
            self.setColumnWidth(place, max(size(WIDTH), min(wide, size(WIDEST))))

    def offer_uses(self, place: int) -> None:
        """Let one choose what a column is for."""
        self.setCurrentIndex(self.rows_model.index(max(0, self.currentIndex().row()), place))
        menu = QMenu(self)
        menu.setObjectName("import_use_menu")
        menu.setToolTipsVisible(True)
        for use in Use:
            action = menu.addAction(use.value)
            action.setObjectName(f"import_use.{use.name.lower()}")
            action.setCheckable(True)
            action.setChecked(self.rows_model.draft.plan.uses[place] is use)
            action.setToolTip(plain_tip(TIPS[use]))
            action.triggered.connect(lambda _checked=False, use=use: self.use_chosen.emit(place, use))
        menu.aboutToHide.connect(menu.deleteLater)
        header = self.horizontalHeader()
        at = QPoint(max(0, header.sectionViewportPosition(place)), header.height())
        menu.popup(header.mapToGlobal(at))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose what the current column is for. Enter is left to the page, which replaces the data."""
        place = self.currentIndex().column()
        key = Qt.Key(event.key())
        if place >= 0 and key in KEYS:
            self.use_chosen.emit(place, KEYS[key])
        elif place >= 0 and key in (Qt.Key.Key_Space, Qt.Key.Key_F2):
            self.offer_uses(place)
        else:
            super().keyPressEvent(event)
