"""The table of conventions, painted like the window's other tables; the first number that differs is lit."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import TableCopy
from chainrule.ui.rules.model import AnyIndex, RulesModel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import draw_number, paint_all_when_scrolled, painting_part
from chainrule.ui.window.keys import keep_keys, let_go

Key = Qt.Key
ROW, FONT, MARGIN = 20, 11, 3
HINTS = (gettext_noop("← → another convention"), gettext_noop("Ctrl+C copies"), gettext_noop("Esc back to the stage"))
_RIGHT, _MIDDLE = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignVCenter


class RulesTable(QTableView):
    """A column is chosen by a click in it or on its name, or with the arrow keys."""

    picked = Signal(int)

    def __init__(self, model: RulesModel, appearance: Appearance, tell: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("rules_view.table")
        self.setAccessibleName(gettext("The number under each convention, by iteration"))
        self.rules, self.appearance = model, appearance
        # The convention that is chosen, counted from 1 as the columns are.
        self.chosen = 0
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        header = _Header(self)
        self.setHorizontalHeader(header)
        header.setSectionsClickable(True)
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
        keep_keys(self, (Key.Key_Up, Key.Key_Down, Key.Key_Left, Key.Key_Right, Key.Key_Escape))
        TableCopy(self, model.copied, tell)
        header.sectionClicked.connect(self.picked)
        self.selectionModel().currentChanged.connect(lambda current, _before: self.picked.emit(current.column()))
        appearance.changed.connect(self.restyle)
        self.restyle()

    def minimumSizeHint(self) -> QSize:
        """Return a few rows."""
        return QSize(140, 60)

    def sizeHint(self) -> QSize:
        """Return a size no larger than it must be: the card decides."""
        return QSize(200, 100)

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

    def choose(self, column: int) -> None:
        """Mark the column of a convention."""
        self.chosen = column
        self.viewport().update()
        self.horizontalHeader().viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Give each column the width of its widest text, and an equal part of what is left."""
        model, margin = self.rules, 2 * self.appearance.size(MARGIN)
        across = QFontMetrics(self.appearance.font(FONT, bold=True)).horizontalAdvance
        widths = [
            max(map(across, (model.heading(column), *(model.text(row, column) for row in range(len(model.rows))))))
            + margin
            for column in range(model.columnCount())
        ]
        spare = max(0, self.viewport().width() - sum(widths)) // max(1, len(widths) - 1)
        for column, width in enumerate(widths):
            self.horizontalHeader().resizeSection(column, width + (spare if column else 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back to the stage."""
        if event.key() == Key.Key_Escape:
            let_go(self)
        else:
            super().keyPressEvent(event)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return HINTS


class _Header(QHeaderView):
    """The names of the conventions, over their numbers."""

    def __init__(self, table: RulesTable) -> None:
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
            theme, margin = look.theme, look.size(MARGIN)
            is_chosen = logicalIndex > 0 and logicalIndex == self._table.chosen
            painter.fillRect(rect, QColor(theme.surface))
            if is_chosen:
                painter.fillRect(rect, theme.shown_row)
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            painter.setFont(look.font(FONT - 0.5, bold=is_chosen))
            painter.setPen(QColor(theme.text if is_chosen else theme.muted))
            text = self._table.rules.heading(logicalIndex)
            side = _RIGHT if logicalIndex else Qt.AlignmentFlag.AlignLeft
            painter.drawText(rect.adjusted(margin, 0, -margin, 0), side | _MIDDLE, text)


class _Delegate(QStyledItemDelegate):
    """Paints a cell; the first number that differs is bold, in another colour, and has a sign before it."""

    def __init__(self, table: RulesTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell."""
        with painting_part(painter, self._table, option.rect):
            table, look = self._table, self._table.appearance
            theme, row, column = look.theme, index.row(), index.column()
            parts = table.rules.parts(row, column)
            is_selected = table.selectionModel().isSelected(index)
            painter.fillRect(option.rect, QColor(theme.surface))
            if is_selected or (column and column == table.chosen):
                painter.fillRect(option.rect, theme.selected_row if is_selected else theme.shown_row)
            if parts:
                painter.fillRect(option.rect, theme.error_ground)
            painter.setPen(QColor(theme.error if parts else theme.text if column else theme.muted))
            painter.setFont(look.font(FONT, bold=parts))
            rect = QRectF(option.rect).adjusted(look.size(MARGIN), 0, -look.size(MARGIN), 0)
            side = _RIGHT if column else Qt.AlignmentFlag.AlignLeft
            draw_number(painter, rect, side, table.rules.text(row, column))
