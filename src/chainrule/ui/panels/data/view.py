"""A table of data: plain headers, quiet cells, and fields that open in place."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events
from chainrule.ui.numbers.table_drag import TableDrag
from chainrule.ui.panels.data.models import DataModel
from chainrule.ui.panels.data.targets_model import TargetsModel
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import draw_number, paint_all_when_scrolled, painting_part
from chainrule.ui.widgets.cell_editor import NumberDelegate
from chainrule.ui.widgets.scroll_area import table_bars
from chainrule.ui.window.hints import BACK_TO_STAGE
from chainrule.ui.window.keys import keep_keys, let_go

AnyIndex = QModelIndex | QPersistentModelIndex
Key = Qt.Key
# Text sizes: the usual one, and the one for tables that would not fit.
FONTS = (12.5, 11.0)
ROW = 22
# The bar at the left edge of a row that is held back for the test.
HELD_BACK = 3
# Space left and right of a number in its cell.
LEFT, RIGHT = 1, 4
_TAB = (Key.Key_Tab, Key.Key_Backtab)
_TYPED = tuple(Qt.Key(code) for code in range(Key.Key_0, Key.Key_9 + 1))
_OWN_KEYS = (
    *(Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down, Key.Key_Home, Key.Key_End),
    *(Key.Key_PageUp, Key.Key_PageDown, Key.Key_Return, Key.Key_Enter, Key.Key_F2, Key.Key_Escape),
    *(Key.Key_Delete, Key.Key_Backspace, Key.Key_Minus, Key.Key_Plus, Key.Key_Period, Key.Key_Comma),
    *(Key.Key_ParenLeft, Key.Key_Equal),
    *_TYPED,
)


HINTS = (
    gettext_noop("→ ← ↑ ↓ another cell"),
    gettext_noop("type to change it"),
    gettext_noop("Tab the next"),
    gettext_noop("↵ down"),
    gettext_noop("Shift+Delete removes the row"),
    BACK_TO_STAGE,
)
EDITOR_HINTS = (
    gettext_noop("↵ takes it and goes down"),
    gettext_noop("Tab or an arrow takes it and goes on"),
    gettext_noop("Esc gives the old value back"),
)


class CellDelegate(NumberDelegate):
    """Paints cells, the shown sample's row tinted, and opens a field on the one that is edited."""

    hints = EDITOR_HINTS

    def __init__(self, appearance: Appearance, model: DataModel, parent: QObject) -> None:
        super().__init__(model.editable_at, parent)
        self._appearance = appearance

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one cell."""
        model, view = index.model(), self.parent()
        assert isinstance(model, DataModel)
        assert isinstance(view, DataView)
        with painting_part(painter, view, option.rect):
            theme, rect = self._appearance.theme, option.rect
            row, column = index.row(), index.column()
            painter.fillRect(rect, view.row_color(row))
            painter.setPen(theme.tint(theme.border, 0.6))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
            focused = view.hasFocus() and view.currentIndex() == index
            if focused or model.selected == (row, column):
                painter.setPen(QPen(QColor(theme.link if focused else theme.dimmed), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(rect.adjusted(0, 0, -1, -1))
            if model.is_by_hand(row, column):
                painter.setPen(theme.by_hand_pen())
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(rect.adjusted(1, 1, -2, -2))
            painter.setPen(self._text_color(model, row, column))
            painter.setFont(view.font())
            room = rect.adjusted(0, 0, -self._appearance.size(RIGHT), 0)
            text = painter.fontMetrics().elidedText(model.text(row, column), Qt.TextElideMode.ElideRight, room.width())
            draw_number(painter, QRectF(room), Qt.AlignmentFlag.AlignRight, text)

    def _text_color(self, model: DataModel, row: int, column: int) -> QColor:
        theme = self._appearance.theme
        if model.place_of(row) is None:
            return QColor(theme.dimmed)
        if isinstance(model, TargetsModel) and column >= model.targets:
            number = model.number(row, column)
            return QColor(theme.dimmed) if number is None else theme.signed(number)
        wrong = isinstance(model, TargetsModel) and model.is_wrong(row, column)
        return QColor(theme.error if wrong else theme.text)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        """Return a field that fills the cell."""
        table = self.parent()
        assert isinstance(table, DataView)
        spoken = str(index.data(Qt.ItemDataRole.ToolTipRole))
        return self.make_editor(parent, index, self._appearance, table.font(), "cell_editor", spoken)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Cover the cell, and no more: the numbers beside it are read while one types."""
        editor.setGeometry(option.rect)


class PlainHeader(QHeaderView):
    """Muted names, without boxes."""

    def __init__(self, orientation: Qt.Orientation, appearance: Appearance, parent: DataView) -> None:
        super().__init__(orientation, parent)
        self._appearance, self._view = appearance, parent
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        # The default keeps a section wide enough for Qt's own label.
        self.setMinimumSectionSize(1)

    def sizeHint(self) -> QSize:
        """Return the size that it was given: Qt would ask for the names of hundreds of columns."""
        return self.minimumSize()

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Paint one name, or the number of a row in the row's colour."""
        with painting_part(painter, self, rect):
            theme, model = self._appearance.theme, self.model()
            across = self.orientation() == Qt.Orientation.Horizontal
            painter.fillRect(rect, QColor(theme.surface) if across else self._view.row_color(logicalIndex))
            painter.setFont(self._appearance.font(self._view.font_size - 0.5))
            painter.setPen(QColor(theme.muted))
            if not across:
                painter.setPen(theme.tint(theme.border, 0.6))
                painter.drawLine(rect.bottomLeft(), rect.bottomRight())
                model_of_rows = self._view.rows_model()
                inside = model_of_rows.place_of(logicalIndex) is not None
                if model_of_rows.is_held_back(logicalIndex):
                    bar = QRect(rect.left(), rect.top() + 1, self._appearance.size(HELD_BACK), rect.height() - 3)
                    painter.fillRect(bar, QColor(theme.link))
                painter.setPen(QColor(theme.muted if inside else theme.dimmed))
            margin = self._appearance.size(RIGHT)
            text = str(model.headerData(logicalIndex, self.orientation()))
            room = rect.adjusted(0 if across else margin, 0, -margin if across else 0, 0)
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            side = Qt.AlignmentFlag.AlignRight if across else Qt.AlignmentFlag.AlignLeft
            painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, text)


class DataView(QTableView):
    """A table that knows what keys mean in it."""

    remove_requested = Signal()
    copy_requested = Signal()
    paste_requested = Signal()
    # A column is to be called otherwise.
    rename_requested = Signal(int)
    # The user went past the first (-1) or the last (1) column.
    crossed = Signal(int)
    # To the next number that is given (1) or to the one before (-1), and a row down, from the current cell.
    tabbed = Signal(int)
    went_down = Signal()
    # The Tab key brought the focus.
    entered = Signal()

    def __init__(self, model: DataModel, appearance: Appearance, object_name: str, parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName(object_name)
        self._appearance, self._rows_model = appearance, model
        self.font_size = FONTS[0]
        self.setModel(model)
        self._delegate = CellDelegate(appearance, model, self)
        self.setItemDelegate(self._delegate)
        self._delegate.ended.connect(self._go_on)
        model.rows_moved.connect(self._delegate.let_go_of_what_is_gone)
        self.setHorizontalHeader(PlainHeader(Qt.Orientation.Horizontal, appearance, self))
        self.horizontalHeader().sectionDoubleClicked.connect(self.rename_requested)
        self.setVerticalHeader(PlainHeader(Qt.Orientation.Vertical, appearance, self))
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        paint_all_when_scrolled(self)
        trigger = QAbstractItemView.EditTrigger
        self.setEditTriggers(trigger.DoubleClicked | trigger.EditKeyPressed | trigger.AnyKeyPressed)
        keep_keys(self, _OWN_KEYS)
        TableDrag(self, model.editable_number, model.ask_for)

    def rows_model(self) -> DataModel:
        """Return the model."""
        return self._rows_model

    def row_color(self, row: int) -> QColor:
        """Return the background of a row: tinted for the shown sample, and for what is selected."""
        theme, model = self._appearance.theme, self._rows_model
        if row == model.sample_row:
            return theme.shown_row
        selection = self.selectionModel()
        # Whether a row is selected Qt finds out by asking for the flags of each of its cells.
        if selection.hasSelection() and selection.isRowSelected(row, QModelIndex()):
            return theme.selected_row
        return QColor(theme.surface)

    def let_go_of_editor(self, *, if_gone: bool = False) -> None:
        """Close the field that is open; where asked, only if the number that is typed in it is there no more."""
        if if_gone:
            self._delegate.let_go_of_what_is_gone()
        else:
            self._delegate.let_go()

    def set_font_size(self, pixels: float) -> None:
        """Write the numbers in one of the sizes."""
        self.font_size = pixels
        self.setFont(self._appearance.font(pixels, mono=True))

    def restyle(self) -> None:
        """Take the colours and the scale in use."""
        size, theme = self._appearance.size, self._appearance.theme
        self.verticalHeader().setDefaultSectionSize(size(ROW))
        self.horizontalHeader().setFixedHeight(size(ROW - 2))
        self.setStyleSheet(
            f"QTableView, QHeaderView {{ background: {theme.surface}; border: none; }}"
            f"QTableCornerButton::section, QTableView::corner {{ background: {theme.surface}; border: none; }}"
            f"{table_bars(self._appearance, inset=True)}"
            "QScrollBar[idle='true']::handle { background: transparent; }"
        )

    def row_rect(self, row: int, column: int) -> QRect:
        """Return where a cell is in the table; its header where the cell is scrolled away."""
        rect = self.visualRect(self._rows_model.index(row, column)).translated(self.viewport().pos())
        inside = rect.intersected(self.rect())
        return self.horizontalHeader().geometry() if inside.isEmpty() else inside

    # Qt's events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete empties a cell for typing, Enter goes down, Escape lets go of the rows and of the table."""
        key, current = event.key(), self.currentIndex()
        if self.state() == QAbstractItemView.State.EditingState:
            # Enter in the field of a cell ends up here too.
            event.ignore()
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier and key in (Key.Key_Up, Key.Key_Down):
            # To another section of the panel.
            event.ignore()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_requested.emit()
        elif key in (Key.Key_Delete, Key.Key_Backspace):
            self._delete(event, current)
        elif key in (Key.Key_Return, Key.Key_Enter):
            self.went_down.emit()
        elif key == Key.Key_F2:
            self._begin(event, current)
        elif key == Key.Key_Escape:
            self.clearSelection()
            let_go(self)
        elif key == Key.Key_Left and current.column() == 0:
            self.crossed.emit(-1)
        elif key == Key.Key_Right and current.column() == self._rows_model.columnCount() - 1:
            self.crossed.emit(1)
        else:
            with self._delegate.typing():
                super().keyPressEvent(event)

    def _begin(self, event: QKeyEvent, cell: QModelIndex) -> None:
        """Open the field of a cell, or with Shift that of its column's name."""
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.rename_requested.emit(max(0, cell.column()))
        elif cell.flags() & Qt.ItemFlag.ItemIsEditable:
            # Without a current cell Qt would warn.
            self.edit(cell)

    def _delete(self, event: QKeyEvent, cell: QModelIndex) -> None:
        """Open a cell's field with nothing in it, its number is there until another is taken; or remove rows."""
        if event.key() == Key.Key_Delete and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.remove_requested.emit()
        elif cell.flags() & Qt.ItemFlag.ItemIsEditable:
            self.edit(cell)
            self._delegate.empty()

    def _go_on(self, key: Qt.Key) -> None:
        """Go on from the cell whose editor that key has ended."""
        if key in (Key.Key_Return, Key.Key_Enter):
            self.went_down.emit()
        elif key in _TAB:
            self.tabbed.emit(-1 if key == Key.Key_Backtab else 1)
        else:
            self.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return HINTS

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say that the keyboard came in."""
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.entered.emit()
        super().focusInEvent(event)

    def _take_event(self, event: QEvent) -> bool:
        """Keep copying and pasting from the window's shortcuts, and the Tab key in the tables."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _TAB:
            self.tabbed.emit(-1 if event.key() == Key.Key_Backtab else 1)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            standard = QKeySequence.StandardKey
            if any(map(event.matches, (standard.Copy, standard.Paste, standard.SelectAll))):
                event.accept()
                return True
        return False
