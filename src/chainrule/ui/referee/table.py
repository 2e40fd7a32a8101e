"""The table of the referee panel: painted like the window's other tables; a click chooses a row."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from chainrule.catalog.values.refs import ValueRef
from chainrule.translation import gettext
from chainrule.ui.referee.model import (
    COLUMNS,
    DIFFERENCES,
    REFEREE_COLUMNS,
    RUN,
    TOLERANCE,
    VERDICT,
    AnyIndex,
    RefereeModel,
)
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import draw_number, paint_all_when_scrolled, painting_part
from chainrule.ui.widgets.scroll_area import table_bars
from chainrule.ui.window.keys import keep_keys

ROW = 24
FONT = 12
MARGIN = 8
# What the first column needs at least; where the others leave it less, the table is scrolled sideways.
LEAST_NAME = "layer 10 · gradient of the activations"
# The widest text of each column that has a width of its own; the first takes what is left.
WIDEST = {
    **dict.fromkeys(REFEREE_COLUMNS, "8.8·10⁻¹⁸⁸  8.8·10⁻¹⁸⁸"),
    DIFFERENCES: "finite differences",
    RUN: "PyTorch on its own",
    TOLERANCE: "1·10⁻¹⁰  differences",
    VERDICT: "✗ differs first  ",
}
# What the numbers below a name are; several stand in columns of their own.
PARTS: dict[int, tuple[str, ...]] = {
    1: ("absolute", "relative"),
    DIFFERENCES: ("absolute",),
    RUN: ("absolute",),
    TOLERANCE: ("PyTorch", "differences"),
}
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class RefereeTable(QTableView):
    """Rows that can be chosen, by a click or with the arrow keys and Enter."""

    ref_chosen = Signal(str)

    def __init__(self, model: RefereeModel, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("referee_table")
        self.setAccessibleName(gettext("Largest differences, a row for each value"))
        self.report_model, self.appearance = model, appearance
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        header = _Header(self)
        self.setHorizontalHeader(header)
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        paint_all_when_scrolled(self)
        keep_keys(self, (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter))
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)
        appearance.changed.connect(self.restyle)
        self.restyle()

    def _choose(self, index: AnyIndex) -> None:
        self.ref_chosen.emit(self.report_model.row(index.row()).ref)

    def restyle(self) -> None:
        """Take the colours and the scale in use."""
        theme, size = self.appearance.theme, self.appearance.size
        self.setFont(self.appearance.font(FONT, mono=True))
        self.verticalHeader().setDefaultSectionSize(size(ROW))
        header = self.horizontalHeader()
        header.setFixedHeight(size(2 * ROW - 8))
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        for column, text in WIDEST.items():
            header.resizeSection(column, self.fontMetrics().horizontalAdvance(text) + 2 * size(MARGIN))
        self._give_rest()
        self.setStyleSheet(
            f"QTableView, QHeaderView {{ background: {theme.surface}; border: none; }}{table_bars(self.appearance)}"
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the first column what the others leave."""
        super().resizeEvent(event)
        self._give_rest()

    def _give_rest(self) -> None:
        header = self.horizontalHeader()
        least = self.fontMetrics().horizontalAdvance(LEAST_NAME) + 2 * self.appearance.size(MARGIN)
        header.resizeSection(0, max(least, self.viewport().width() - sum(map(header.sectionSize, WIDEST))))

    @property
    def chosen(self) -> ValueRef | None:
        """The ref of the current row."""
        index = self.currentIndex()
        return self.report_model.row(index.row()).ref if index.isValid() else None


def places_of(room: QRect, column: int) -> list[QRect]:
    """Return where the numbers of a column stand, in the room of its header or of a cell."""
    count = len(PARTS[column])
    width = room.width() // count
    return [QRect(room.left() + place * width, room.top(), width, room.height()) for place in range(count)]


class _Header(QHeaderView):
    """Muted names; under a name what its one or two numbers are."""

    def __init__(self, table: RefereeTable) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table
        self.setMinimumSectionSize(1)

    def sizeHint(self) -> QSize:
        """Return the height that it was given."""
        return self.minimumSize()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint one name."""
        with painting_part(painter, self, rect):
            appearance = self._table.appearance
            theme, margin = appearance.theme, appearance.size(MARGIN)
            painter.fillRect(rect, QColor(theme.surface))
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            room = rect.adjusted(margin, 0, -margin, -appearance.size(4))
            painter.setFont(appearance.font(FONT, bold=True))
            painter.setPen(QColor(theme.muted))
            if logicalIndex in PARTS:
                half = room.height() // 2
                painter.drawText(room.adjusted(0, 0, 0, -half), _MIDDLE, COLUMNS[logicalIndex])
                painter.setFont(appearance.font(FONT - 1))
                for place, part in zip(
                    places_of(room.adjusted(0, half, 0, 0), logicalIndex), PARTS[logicalIndex], strict=True
                ):
                    painter.drawText(place, _MIDDLE, part)
            else:
                painter.drawText(room, Qt.AlignmentFlag.AlignBottom, COLUMNS[logicalIndex])


class _Delegate(QStyledItemDelegate):
    """Paints a cell in the colour of its verdict."""

    def __init__(self, table: RefereeTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell."""
        with painting_part(painter, self._table, option.rect):
            appearance = self._table.appearance
            theme, rect, margin = appearance.theme, option.rect, appearance.size(MARGIN)
            model = self._table.report_model
            row, cell = model.row(index.row()), model.cell(index.row(), index.column())
            background = QColor(theme.surface) if row.agrees else theme.error_ground
            if self._table.currentIndex().row() == index.row() or self._table.selectionModel().isSelected(index):
                background = theme.shown_row
            painter.fillRect(rect, background)
            painter.setPen(theme.tint(theme.border, 0.6))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            differs = cell.good is False
            verdict = index.column() == VERDICT
            # The raised digits of a power of ten stand too far apart in the fixed pitch.
            mono = index.column() in (*REFEREE_COLUMNS, TOLERANCE) and "·10" not in cell.text
            painter.setFont(appearance.font(FONT, mono=mono, bold=differs))
            colors = {True: theme.good if verdict else theme.text, False: theme.error, None: theme.muted}
            plain = index.column() == 0 and not differs
            painter.setPen(QColor(theme.text if plain else colors[cell.good]))
            room = rect.adjusted(margin, 0, -margin, 0)
            parts = cell.text.split("  ") if index.column() in PARTS else [cell.text]
            places = places_of(room, index.column()) if len(parts) > 1 else [room]
            for place, part in zip(places, parts, strict=False):
                text = painter.fontMetrics().elidedText(part, Qt.TextElideMode.ElideMiddle, place.width())
                if index.column() in PARTS:
                    draw_number(painter, QRectF(place), Qt.AlignmentFlag.AlignLeft, text)
                else:
                    painter.drawText(place, _MIDDLE, text)
