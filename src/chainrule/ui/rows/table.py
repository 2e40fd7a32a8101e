"""The table of the view Rows: painted like the window's other tables; a click or Enter shows a row on the stage."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from chainrule.catalog.experiment.input_picture import InputPicture
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.curves.pixels import row_image
from chainrule.translation import gettext
from chainrule.ui.numbers.copying import TableCopy
from chainrule.ui.rows.model import INPUTS, LOSS, PREDICTION, ROW, TARGET, VERDICT, AnyIndex, RowsModel
from chainrule.ui.rows.words import MOST_WRITTEN
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import draw_number, paint_all_when_scrolled, painting_part
from chainrule.ui.widgets.scroll_area import table_bars
from chainrule.ui.window.keys import keep_keys, let_go

Key = Qt.Key
FONT, HEIGHT, PICTURE_HEIGHT, HEADER, MARGIN = 11.5, 21, 30, 20, 4
# The bar at the left edge of a row that is held back for the test, as in the tables of the data.
HELD_BACK = 3
# Rows whose texts are measured for the widths of the columns, and pictures that are kept.
MEASURED, MOST_PICTURES = 40, 256
_OWN_KEYS = (Key.Key_Up, Key.Key_Down, Key.Key_PageUp, Key.Key_PageDown, Key.Key_Home, Key.Key_End, Key.Key_Return,
             Key.Key_Enter, Key.Key_Escape)  # fmt: skip
HINTS = ("↑ ↓ another row", "↵ shows it on the stage", "Ctrl+C copies", "Esc back to the stage")
# From the longest to the shortest: whether signs stand for words, how many numbers are written, and what stays free
# beside each text.
NARROW = 2
WAYS_TO_WRITE = (
    (False, MOST_WRITTEN, MARGIN),
    (True, MOST_WRITTEN, MARGIN),
    (True, 2, MARGIN),
    (True, 1, MARGIN),
    (True, 1, NARROW),
)
_RIGHT_SIDE = (LOSS,)
# Pictures stand beside the numbers of their rows, other inputs behind what is said of them.
WITH_PICTURES = (ROW, INPUTS, TARGET, PREDICTION, VERDICT, LOSS)
WITH_NUMBERS = (ROW, TARGET, PREDICTION, VERDICT, LOSS, INPUTS)


class RowsTable(QTableView):
    """Rows that can be chosen: `chosen` tells the number of the row."""

    chosen = Signal(int)

    def __init__(self, model: RowsModel, appearance: Appearance, tell: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("rows_table")
        self.setAccessibleName(gettext("What the network says of each row"))
        self.rows_model, self.appearance, self.margin = model, appearance, MARGIN
        self.pictures = _Pictures()
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        header = _Header(self)
        self.setHorizontalHeader(header)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(1)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        paint_all_when_scrolled(self)
        keep_keys(self, _OWN_KEYS)
        TableCopy(self, model.copied, tell)
        self.clicked.connect(lambda index: self.chosen.emit(model.row_of(index.row())))
        appearance.changed.connect(self.restyle)
        self.restyle()

    def sizeHint(self) -> QSize:
        """Return a size no larger than it must be: the card decides."""
        return QSize(200, 100)

    def minimumSizeHint(self) -> QSize:
        """Return a few rows."""
        return QSize(160, 60)

    def restyle(self) -> None:
        """Take the colours and the scale in use."""
        theme, size = self.appearance.theme, self.appearance.size
        self.setFont(self.appearance.font(FONT))
        self.horizontalHeader().setFixedHeight(size(HEADER))
        self.setStyleSheet(
            f"QTableView, QHeaderView {{ background: {theme.surface}; border: none; }}"
            f"{table_bars(self.appearance, inset=True)}"
        )
        self.fit()

    def fit(self) -> None:
        """Give the columns the widths of their texts, and the inputs what is left, if that is enough.

        Where there is little room signs stand for words, fewer numbers are written, and at last the texts stand closer;
        what has none even so is scrolled.
        """
        model, size, header = self.rows_model, self.appearance.size, self.horizontalHeader()
        side = model.picture is not None
        self.verticalHeader().setDefaultSectionSize(size(PICTURE_HEIGHT if side else HEIGHT))
        for place, column in enumerate(WITH_PICTURES if side else WITH_NUMBERS):
            header.moveSection(header.visualIndex(column), place)
        header.setSectionHidden(VERDICT, not model.has_verdicts)
        room = self.viewport().width()
        for model.is_short, model.most_written, self.margin in WAYS_TO_WRITE:
            widths = {column: self._width(column) for column in (ROW, TARGET, PREDICTION, LOSS, VERDICT)}
            if not model.has_verdicts:
                widths[VERDICT] = 0
            least = size(PICTURE_HEIGHT + 2 * self.margin) if side else 0
            if sum(widths.values()) + least <= room:
                break
        left = room - sum(widths.values())
        inputs = least if side else left
        # A number or two say nothing: they are in the tip of the row, and in the tables of the data.
        is_seen = side or left >= size(2 * PICTURE_HEIGHT)
        header.setSectionHidden(INPUTS, not is_seen)
        spare = max(0, left - inputs * is_seen)
        for column, width in (*widths.items(), (INPUTS, inputs)):
            header.resizeSection(column, width + (spare if column == PREDICTION else 0))

    def _width(self, column: int) -> int:
        model, first = self.rows_model, self.verticalScrollBar().value()
        across = QFontMetrics(self.appearance.font(FONT)).horizontalAdvance
        texts = (model.text(place, column) for place in range(first, min(first + MEASURED, model.rowCount())))
        widest = max(map(across, (str(model.headerData(column, Qt.Orientation.Horizontal) or ""), *texts)))
        # What is as wide as its room is cut all the same where a pixel is lost to rounding.
        return widest + self.appearance.size(2 * self.margin + (HELD_BACK if column == ROW else 0)) + 2

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self.fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows the row on the stage, Escape goes back there."""
        if event.key() in (Key.Key_Return, Key.Key_Enter) and self.currentIndex().isValid():
            self.chosen.emit(self.rows_model.row_of(self.currentIndex().row()))
        elif event.key() == Key.Key_Escape:
            self.clearSelection()
            let_go(self)
        else:
            super().keyPressEvent(event)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return HINTS


class _Pictures:
    """The inputs of rows as pictures, those that were painted last."""

    def __init__(self) -> None:
        self._made: OrderedDict[int, QImage] = OrderedDict()
        self._of: object = None

    def of(self, experiment: Experiment, row: int, picture: InputPicture) -> QImage:
        """Return the picture of a row."""
        if self._of is not experiment.data:
            self._made.clear()
            self._of = experiment.data
        if row not in self._made:
            image = row_image(experiment, picture, row)
            dark, light = float(image.min()), float(image.max())
            grey = np.rint(255 * (image - dark) / (light - dark if light > dark else 1.0)).astype(np.uint8).tobytes()
            width, height = picture.width, picture.height
            self._made[row] = QImage(grey, width, height, width, QImage.Format.Format_Grayscale8).copy()
            if len(self._made) > MOST_PICTURES:
                self._made.popitem(last=False)
        return self._made[row]


class _Header(QHeaderView):
    """Muted names, without boxes."""

    def __init__(self, table: RowsTable) -> None:
        super().__init__(Qt.Orientation.Horizontal, table)
        self._table = table
        self.setMinimumSectionSize(1)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def sizeHint(self) -> QSize:
        """Return the height that it was given."""
        return self.minimumSize()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint one name."""
        with painting_part(painter, self, rect):
            look = self._table.appearance
            margin = look.size(self._table.margin)
            painter.fillRect(rect, QColor(look.theme.surface))
            painter.setFont(look.font(FONT - 0.5))
            painter.setPen(QColor(look.theme.muted))
            room = rect.adjusted(margin, 0, -margin, 0)
            side = Qt.AlignmentFlag.AlignRight if logicalIndex in _RIGHT_SIDE else Qt.AlignmentFlag.AlignLeft
            text = str(self._table.rows_model.headerData(logicalIndex, Qt.Orientation.Horizontal) or "")
            painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, text)


class _Delegate(QStyledItemDelegate):
    """Paints a cell; what is wrong is red, and says so."""

    def __init__(self, table: RowsTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell."""
        table, model, rect = self._table, self._table.rows_model, option.rect
        with painting_part(painter, table, rect):
            look, theme = table.appearance, table.appearance.theme
            place, column = index.row(), index.column()
            is_selected = table.selectionModel().isRowSelected(place, index.parent())
            ground = theme.selected_row if is_selected else QColor(theme.surface)
            painter.fillRect(rect, theme.shown_row if model.row_of(place) == model.shown_row else ground)
            painter.setPen(theme.tint(theme.border, 0.6))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            if table.hasFocus() and table.currentIndex().row() == place:
                painter.setPen(QPen(QColor(theme.link), 1))
                painter.drawLine(rect.topLeft(), rect.topRight())
                painter.drawLine(rect.left(), rect.bottom() - 1, rect.right(), rect.bottom() - 1)
            if column == ROW and model.is_test(place):
                bar = QRect(rect.left(), rect.top() + 1, look.size(HELD_BACK), rect.height() - 3)
                painter.fillRect(bar, QColor(theme.link))
            margin = look.size(table.margin)
            room = rect.adjusted(margin, 0, -margin, 0)
            if column == ROW:
                room.adjust(look.size(HELD_BACK), 0, 0, 0)
            if column == INPUTS and model.picture is not None and model.words is not None:
                picture = table.pictures.of(model.words.experiment, model.row_of(place), model.picture)
                self._paint_picture(painter, room, picture)
                return
            is_wrong = model.is_wrong(place) and column in (PREDICTION, VERDICT)
            muted = column in (ROW, INPUTS)
            painter.setPen(QColor(theme.error if is_wrong else theme.muted if muted else theme.text))
            painter.setFont(look.font(FONT))
            end = Qt.AlignmentFlag.AlignRight if column in _RIGHT_SIDE else Qt.AlignmentFlag.AlignLeft
            text = painter.fontMetrics().elidedText(
                model.text(place, column), Qt.TextElideMode.ElideRight, room.width() + 1
            )
            draw_number(painter, QRectF(room), end, text)

    def _paint_picture(self, painter: QPainter, room: QRect, picture: QImage) -> None:
        side = room.height() - 3
        painter.drawImage(QRectF(room.left(), room.top() + 1, side, side), picture)
