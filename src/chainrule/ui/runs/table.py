"""The table of runs: painted like the window's other tables, with a piece of each run's curve before its name."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from chainrule.session.runs.listed import RunKind, RunRow
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.plots.pinned_curves import look_of
from chainrule.ui.runs.model import RUN, SAMPLE, AnyIndex, RunModel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import draw_number, paint_all_when_scrolled, painting_part
from chainrule.ui.window.keys import keep_keys, let_go

Key = Qt.Key
ROW, FONT, MARGIN, PIECE = 22, 12, 6, 26
# What stays free beside each text, in turn, until all columns have room.
MARGINS = (MARGIN, 4, 2)
MOST_NAME = 104
LEAST_HEIGHT = 44
HINTS = (
    gettext_noop("↑ ↓ another run"),
    gettext_noop("Space shows or hides it"),
    gettext_noop("F2 renames it"),
    gettext_noop("Delete removes it"),
    gettext_noop("Ctrl+C copies"),
)
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class RunTable(QTableView):
    """Runs that can be chosen, by a click or with the arrow keys; a click on a piece of a curve shows or hides it."""

    chosen_changed = Signal()
    toggle_asked = Signal()
    remove_asked = Signal()
    rename_asked = Signal()

    def __init__(self, model: RunModel, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("runs_view.table")
        self.setAccessibleName(gettext("Runs"))
        self.runs, self.appearance, self.margin = model, appearance, MARGIN
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setHorizontalHeader(_Header(self))
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        paint_all_when_scrolled(self)
        keep_keys(self, (Key.Key_Up, Key.Key_Down, Key.Key_Space, Key.Key_Delete, Key.Key_F2))
        self.clicked.connect(self._click)
        self.selectionModel().currentRowChanged.connect(self._tell_chosen)
        model.modelReset.connect(self.fit)
        model.dataChanged.connect(self.fit)
        appearance.changed.connect(self.restyle)
        self.restyle()

    @property
    def chosen(self) -> int:
        """The row that is chosen; that of the run on the screen where none is."""
        row = self.currentIndex().row()
        return row if 0 <= row < len(self.runs.rows) else 0

    def _tell_chosen(self) -> None:
        self.chosen_changed.emit()

    def _click(self, index: AnyIndex) -> None:
        if index.column() == SAMPLE:
            self.toggle_asked.emit()

    def restyle(self) -> None:
        """Take the colours and the scale in use."""
        theme, size = self.appearance.theme, self.appearance.size
        self.setFont(self.appearance.font(FONT))
        self.verticalHeader().setDefaultSectionSize(size(ROW))
        self.horizontalHeader().setFixedHeight(size(ROW))
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        bar = size(8)
        self.setStyleSheet(
            f"QTableView, QHeaderView {{ background: {theme.surface}; border: none; }}"
            f"QScrollBar {{ background: transparent; width: {bar}px; height: {bar}px; }}"
            f"QScrollBar::handle {{ background: {theme.border}; border-radius: 3px;"
            f" min-height: {3 * bar}px; min-width: {3 * bar}px; }}"
            "QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }"
            "QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }"
        )
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the names what the numbers leave."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Give each column of numbers the width of its widest, and the names the rest.

        Where a few pixels are missing the texts stand closer; what has no room even so is scrolled.
        """
        header, size = self.horizontalHeader(), self.appearance.size
        header.resizeSection(SAMPLE, size(PIECE))
        room = self.viewport().width() - size(PIECE)
        name, widths = self._text_widths()

        def room_of_names(beside: int) -> int:
            # What is as wide as its room is cut all the same where a pixel is lost to rounding.
            return min(name + beside + 2, size(MOST_NAME))

        for self.margin in MARGINS:
            beside = 2 * size(self.margin)
            left = room - sum(widths.values()) - beside * len(widths)
            if room_of_names(beside) <= left:
                break
        for column, width in widths.items():
            header.resizeSection(column, width + beside)
        header.resizeSection(RUN, max(left, room_of_names(beside)))

    def _text_widths(self) -> tuple[int, dict[int, int]]:
        """Return how wide the longest name is, and the widest text of each column of numbers."""
        model = self.runs
        across = QFontMetrics(self.appearance.font(FONT, mono=True)).horizontalAdvance
        heads = QFontMetrics(self.appearance.font(FONT - 1, bold=True)).horizontalAdvance
        widths = {}
        for column in range(RUN + 1, model.columnCount()):
            texts = [across(model.text(row, column)) for row in range(len(model.rows))]
            widths[column] = max([heads(model.columns[column - RUN - 1].heading), *texts])
        # The run on the screen is written in bold.
        names = QFontMetrics(self.appearance.font(FONT, bold=True)).horizontalAdvance
        return max((names(model.name(row)) for row in range(len(model.rows))), default=0), widths

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return HINTS

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show or hide, rename or remove the chosen run; Escape lets go of the table."""
        asked = {
            Key.Key_Space: self.toggle_asked,
            Key.Key_Delete: self.remove_asked,
            Key.Key_F2: self.rename_asked,
        }.get(Key(event.key()))
        if asked is not None:
            asked.emit()
        elif event.key() == Key.Key_Escape:
            let_go(self)
        else:
            super().keyPressEvent(event)


class _Header(QHeaderView):
    """Muted names, those of numbers at the right."""

    def __init__(self, table: RunTable) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table
        self.setMinimumSectionSize(1)

    def sizeHint(self) -> QSize:
        """Return the height that it was given."""
        return self.minimumSize()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint one name."""
        with painting_part(painter, self, rect):
            look = self._table.appearance
            theme, margin = look.theme, look.size(self._table.margin)
            painter.fillRect(rect, QColor(theme.surface))
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            painter.setFont(look.font(FONT - 1, bold=True))
            painter.setPen(QColor(theme.muted))
            side = Qt.AlignmentFlag.AlignRight if logicalIndex > RUN else Qt.AlignmentFlag.AlignLeft
            text = self.model().headerData(logicalIndex, Qt.Orientation.Horizontal) or ""
            painter.drawText(rect.adjusted(margin, 0, -margin, 0), side | _MIDDLE, text)


class _Delegate(QStyledItemDelegate):
    """Paints a cell: a piece of the curve, a name, or a number."""

    def __init__(self, table: RunTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell."""
        with painting_part(painter, self._table, option.rect):
            table, look = self._table, self._table.appearance
            theme, row = look.theme, table.runs.rows[index.row()]
            chosen = table.chosen == index.row() or table.selectionModel().isSelected(index)
            painter.fillRect(option.rect, QColor(theme.shown_row if chosen else theme.surface))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            margin = look.size(table.margin)
            rect = QRectF(option.rect).adjusted(margin, 0, -margin, 0)
            is_pale = row.kind is RunKind.ASIDE or (row.run.run is not None and not row.run.run.shown)
            painter.setPen(QColor(theme.muted if is_pale else theme.text))
            if index.column() == SAMPLE:
                self._paint_piece(painter, QRectF(option.rect), row)
            elif index.column() == RUN:
                painter.setFont(look.font(FONT, bold=row.kind is RunKind.NOW))
                text = table.runs.name(index.row())
                text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(rect.width()))
                painter.drawText(rect, _MIDDLE, text)
            else:
                text = table.runs.text(index.row(), index.column())
                painter.setFont(look.font(FONT, mono="·10" not in text))
                draw_number(painter, rect, Qt.AlignmentFlag.AlignRight, text)

    def _paint_piece(self, painter: QPainter, rect: QRectF, row: RunRow) -> None:
        """Paint a piece of the run's curve as the plot draws it; an empty ring where it is in no plot."""
        look = self._table.appearance
        theme, middle, half = look.theme, rect.center(), look.size(9)
        if row.kind is RunKind.ASIDE or (row.run.run is not None and not row.run.run.shown):
            painter.setPen(QPen(QColor(theme.dimmed), 1.2))
            painter.drawEllipse(middle, look.size(3), look.size(3))
            return
        color, mark = QColor(theme.loss), None
        if row.kind is RunKind.PINNED:
            color, mark = look_of(look, row.run.place)
        pen = QPen(color, 2)
        if mark is not None:
            pen.setDashPattern([1.8, 1.2])
        painter.setPen(pen)
        painter.drawLine(middle - QPointF(half, 0), middle + QPointF(half, 0))
        if mark is not None:
            mark.paint(painter, middle, color, QColor(theme.surface), look.size(4))
