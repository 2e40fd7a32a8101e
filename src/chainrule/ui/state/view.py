"""The State tab: every number that the optimizer reads, keeps and computes for the parameter selected last."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QMargins,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyleOptionViewItem, QTableView, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.editing.repairs import Repair
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.screen.state_table import StateCell
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import TableCopy, selects_several
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.numbers.table_drag import TableDrag
from chainrule.ui.state.looks import color_of_cell, longer_half
from chainrule.ui.state.model import AFTER, BEFORE, NAME, SYMBOL, StateModel
from chainrule.ui.state.pasting import StatePaste
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import draw_number, paint_all_when_scrolled, painting_part
from chainrule.ui.widgets.cell_editor import NumberDelegate
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.offering import offer_repairs
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import table_bars
from chainrule.ui.window.hints import BACK_TO_STAGE
from chainrule.ui.window.keys import keep_keys, let_go

AnyIndex = QModelIndex | QPersistentModelIndex
Key = Qt.Key
ROW, HEADER = 19, 18
_HINTS = gettext_noop("→ ← ↑ ↓ another number"), gettext_noop("type or ↵ to change it")
HINTS = (*_HINTS, gettext_noop("Delete computes it again"), BACK_TO_STAGE)
# Text sizes with the lines that a name may take: the usual ones, then those for what would not fit. What does not fit
# even so is scrolled.
LOOKS = ((11.5, 1), (11.0, 1), (11.0, 2))
COLUMNS = (SYMBOL, NAME, BEFORE, AFTER)
NAME_FLAGS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
# The least that a number's column is made for, and the space at both sides of a text.
NUMBER, SIDES = "−0.0000", 9
# What room there is to spare goes to the name and the numbers; to the name alone where it is parted in two lines.
SPARE = {SYMBOL: 0.0, NAME: 0.4, BEFORE: 0.3, AFTER: 0.3}
SPARE_PARTED = {SYMBOL: 0.0, NAME: 1.0, BEFORE: 0.0, AFTER: 0.0}
_TYPED = (*(Qt.Key(code) for code in range(Key.Key_0, Key.Key_9 + 1)), Key.Key_Minus, Key.Key_Plus, Key.Key_Period,
          Key.Key_Comma, Key.Key_ParenLeft, Key.Key_Equal)  # fmt: skip
_OWN_KEYS = (*(Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down, Key.Key_Return, Key.Key_Enter), *_TYPED,
             *(Key.Key_F2, Key.Key_Escape, Key.Key_Delete))  # fmt: skip


class StateView(MomentCard):
    """A table that follows the cursor. A click selects a number, a double click or typing changes it."""

    looks_ahead = False
    _of_numbers = Change.NUMBERS | Change.BY_HAND | Change.ITERATION | Change.MICRO_STEP
    shows = _of_numbers | Change.EXPERIMENT | Change.PROGRAM | Change.SELECTION | Change.DIGITS
    about_to_edit = Signal()

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("state_view")
        self._session, self._refusals, self._moment = session, refusals, session.moment
        self.model = StateModel(session.moment, self)
        self.table = _Table(self.model, appearance, self)
        TableCopy(self.table, self.model.copied, session.signals.informed.emit)
        StatePaste(self.table, self.model, session.undo_stack, self._refuse)
        column = QVBoxLayout(self)
        self._around = QMargins(8, 2, 4, 4)
        column.setContentsMargins(self._around)
        column.addWidget(self.table)
        self.setMinimumSize(180, 130)
        session.signals.replaced.connect(self.table.delegate.let_go)
        self.table.chosen.connect(self._select)
        self.table.clear_requested.connect(self._clear)
        self.model.number_edited.connect(self._edit)
        self.model.text_refused.connect(self._refuse)
        appearance.changed.connect(self.table.restyle)
        self.table.restyle()
        self._describe()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Follow a moment; a field that is open keeps what is typed, as long as its number is there."""
        self._moment = moment
        self.model.show_moment(moment)
        self.table.fit()
        self.table.delegate.let_go_of_what_is_gone()
        self.table.bring_into_sight()
        self._describe()
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return each value with its names, before and after the update."""
        return self.model.numbers()

    def whole_size(self) -> QSize:
        """Return the size at which no row and no number is scrolled out of sight."""
        table, margins = self.table, self.contentsMargins() + self._around
        wide = max(table.horizontalHeader().length(), table.whole_width())
        high = table.horizontalHeader().height() + table.verticalHeader().length()
        return QSize(wide + margins.left() + margins.right(), high + margins.top() + margins.bottom())

    def _describe(self) -> None:
        self.table.setAccessibleName(gettext("Optimizer state of {heading}", heading=self.model.heading))

    def _select(self, row: int, column: int) -> None:
        cell = self.model.cell(row, column)
        if cell is not None:
            self._session.selector.select(cell.ref, cell.index)

    def _edit(self, row: int, column: int, value: float) -> None:
        cell = self.model.cell(row, column)
        assert cell is not None
        self.about_to_edit.emit()
        try:
            self._session.number_editor.edit_number(cell.ref, cell.index, value)
        except SpecError as error:
            reason = refusal_in_words(error, self._moment.experiment)
            # Whoever drags a number is not asked at each step.
            dragged = self._session.undo_stack.merging
            repairs = () if dragged else self._session.editor.repairs_of(cell.ref, cell.index, value)
            if repairs:
                offer_repairs(self.table, reason, repairs, self._apply_repair)
            else:
                self._refuse(row, column, reason)

    def _apply_repair(self, repair: Repair) -> None:
        self._session.editor.edit("Edit a setting", repair.edit, restart=repair.restart)

    def _clear(self, row: int, column: int) -> None:
        cell = self.model.cell(row, column)
        if cell is not None and cell.by_hand:
            self.about_to_edit.emit()
            self._session.number_editor.clear_override(cell.ref, cell.index)

    def _refuse(self, row: int, column: int, message: str) -> None:
        self._refusals.show(self.table, message, self.table.place(row, column))


class _Table(QTableView):
    """A table that knows what keys mean in it."""

    chosen = Signal(int, int)
    clear_requested = Signal(int, int)

    def __init__(self, model: StateModel, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("state_table")
        self._model, self._appearance = model, appearance
        self.font_size = LOOKS[0][0]
        self._fonts: object = None
        # The longest texts since the rows were last others, for the columns to stand still from step to step.
        self._longest: dict[int, str] = {}
        # The longest line of the names where each is parted in two.
        self._half = ""
        self._rows: object = None
        self.setModel(model)
        self.delegate = _Delegate(appearance, model, self)
        self.setItemDelegate(self.delegate)
        self.delegate.ended.connect(self._go_on)
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setMinimumSectionSize(1)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setSectionsClickable(False)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        paint_all_when_scrolled(self)
        trigger = QAbstractItemView.EditTrigger
        self.setEditTriggers(trigger.DoubleClicked | trigger.EditKeyPressed | trigger.AnyKeyPressed)
        keep_keys(self, _OWN_KEYS)
        TableDrag(self, model.editable_number, model.ask_for)
        self.pressed.connect(lambda index: self.chosen.emit(index.row(), index.column()))

    def sizeHint(self) -> QSize:
        """Return a size no larger than it must be: the card decides."""
        return QSize(200, 100)

    def minimumSizeHint(self) -> QSize:
        """Return a few rows."""
        return QSize(160, 90)

    def place(self, row: int, column: int) -> QRect:
        """Return where a cell is in the table."""
        return self.visualRect(self._model.index(row, column)).translated(self.viewport().pos())

    def bring_into_sight(self) -> None:
        """Scroll to the number that is selected or was just written; not while the keyboard is in the table."""
        if self.hasFocus():
            return
        for row in range(self._model.rowCount()):
            for column in (BEFORE, AFTER):
                cell = self._model.cell(row, column)
                if cell is not None and (cell.selected or cell.written):
                    self.scrollTo(self._model.index(row, column))

    def restyle(self) -> None:
        """Take the colours and the scale in use."""
        size, theme = self._appearance.size, self._appearance.theme
        self.horizontalHeader().setFont(self._appearance.font(11))
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(size(ROW))
        self.horizontalHeader().setFixedHeight(size(HEADER))
        self.setStyleSheet(
            f"QTableView, QHeaderView, QHeaderView::section {{ background: {theme.surface}; border: none;"
            f" color: {theme.muted}; padding-right: {size(3)}px; }}"
            f"{table_bars(self._appearance, inset=True)}"
            f"QTableView::corner {{ background: {theme.surface}; border: none; }}"
        )
        self.fit()

    def resizeEvent(self, event: object) -> None:
        """Share the width anew; what was out of sight while the tab was hidden is brought into it."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self.fit()
        self.bring_into_sight()

    def fit(self) -> None:
        """Give each column the width of its longest text: a number is never cut, nor written with fewer digits."""
        self._measure()
        room = self.viewport().width()
        for size, lines in LOOKS:
            widths = {column: self._width(column, size, lines) for column in COLUMNS}
            if sum(widths.values()) <= room:
                break
        spare = max(0, room - sum(widths.values()))
        if (size, self._appearance.scale) != self._fonts:
            self.font_size, self._fonts = size, (size, self._appearance.scale)
            self.setFont(self._appearance.font(size, mono=True))
        shares = SPARE if lines == 1 else SPARE_PARTED
        for column, width in widths.items():
            self.horizontalHeader().resizeSection(column, width + int(spare * shares[column]))
        self._give_heights(lines)

    def whole_width(self) -> int:
        """Return the width at which every column has the width of its longest text in the usual letters."""
        return sum(self._width(column, *LOOKS[0]) for column in COLUMNS)

    def _give_heights(self, lines: int) -> None:
        """Make rows higher whose name takes a second line."""
        size, metrics = self._appearance.size, QFontMetrics(self._appearance.font(self.font_size))
        room = self.columnWidth(NAME) - size(SIDES)
        for row in range(self._model.rowCount()):
            is_parted = lines > 1 and metrics.horizontalAdvance(self._model.text(row, NAME)) > room
            high = size(ROW) + is_parted * metrics.lineSpacing()
            if self.rowHeight(row) != high:
                self.verticalHeader().resizeSection(row, high)

    def _measure(self) -> None:
        model, longest = self._model, self._longest
        rows = (model.heading, model.digits, [model.row(row).name for row in range(model.rowCount())])
        if rows != self._rows:
            self._rows = rows
            longest.update({SYMBOL: "", NAME: model.heading, BEFORE: NUMBER, AFTER: NUMBER})
            # Letters are not of one width: momentum buffer is wider than gradient of data.
            across = QFontMetrics(self._appearance.font(LOOKS[0][0])).horizontalAdvance
            for column in (SYMBOL, NAME):
                texts = (model.text(row, column) for row in range(model.rowCount()))
                longest[column] = max((longest[column], *texts), key=across)
            halves = (longer_half(model.text(row, NAME), across) for row in range(model.rowCount()))
            self._half = max((model.heading, *halves), key=across)
        for row in range(model.rowCount()):
            for column in (BEFORE, AFTER):
                text = model.text(row, column)
                if len(text) > len(longest[column]):
                    longest[column] = text

    def _width(self, column: int, size: float, lines: int) -> int:
        mono = column in (BEFORE, AFTER)
        font = self._appearance.font(size, bold=column != NAME, mono=mono)
        text = self._half if column == NAME and lines > 1 else self._longest[column]
        return QFontMetrics(font).horizontalAdvance(text) + self._appearance.size(SIDES)

    def _go_on(self, key: Qt.Key) -> None:
        """Go on from the number whose editor that key has ended: to another one by an arrow, else to the stage."""
        if key in (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down):
            self.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))
        else:
            let_go(self)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return HINTS

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter edits, Delete computes again, Escape lets go of the table; arrows go to another number."""
        key, current = event.key(), self.currentIndex()
        if self.state() == QAbstractItemView.State.EditingState:
            event.ignore()
        elif key == Key.Key_Delete and current.isValid():
            self.clear_requested.emit(current.row(), current.column())
        elif key in (Key.Key_Return, Key.Key_Enter) and current.isValid():
            # Qt would warn of a cell that cannot be edited.
            if current.flags() & Qt.ItemFlag.ItemIsEditable:
                self.edit(current)
        elif key == Key.Key_Escape:
            let_go(self)
        else:
            with self.delegate.typing():
                super().keyPressEvent(event)
            if self.currentIndex() != current and self.currentIndex().isValid():
                self.chosen.emit(self.currentIndex().row(), self.currentIndex().column())


class _Delegate(NumberDelegate):
    """Paints a place in the stage's colours, and opens a field on the number that is edited."""

    def __init__(self, appearance: Appearance, model: StateModel, parent: QObject) -> None:
        super().__init__(model.editable_at, parent)
        self._appearance, self._model = appearance, model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Paint one place."""
        view = self.parent()
        assert isinstance(view, _Table)
        with painting_part(painter, view, option.rect):
            rect, theme, row, column = QRectF(option.rect), self._appearance.theme, index.row(), index.column()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            cell = self._model.cell(row, column)
            inside = rect.adjusted(3, 0, -4, 0)
            if selects_several(view) and view.selectionModel().isSelected(index):
                painter.fillRect(option.rect, theme.selected_row)
            if cell is None:
                painter.setFont(self._appearance.font(view.font_size, bold=column == SYMBOL))
                painter.setPen(QColor(theme.text if column == SYMBOL else theme.muted))
                painter.drawText(inside, NAME_FLAGS, self._name_text(painter, row, column, inside.width()))
            else:
                focused = view.hasFocus() and view.currentIndex() == index
                self._paint_frame(painter, rect.adjusted(1, 0.5, -0.5, -1), cell, focused=focused)
                painter.setFont(self._appearance.font(view.font_size, bold=cell.written, mono=True))
                painter.setPen(color_of_cell(theme, cell))
                draw_number(painter, inside, Qt.AlignmentFlag.AlignRight, self._model.text(row, column))

    def _paint_frame(self, painter: QPainter, rect: QRectF, cell: StateCell, *, focused: bool) -> None:
        theme = self._appearance.theme
        phase = theme.phase(cell.phase.value)
        if cell.selected or focused:
            color = phase if cell.written else QColor(theme.link)
            painter.setPen(QPen(color, 1.3))
            painter.setBrush(theme.focus_ground(color))
        elif cell.written:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.written_ground(phase))
        elif cell.read:
            painter.setPen(QPen(QColor(theme.read_border), 1.2))
            painter.setBrush(QColor(theme.read))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, 3, 3)
        if cell.by_hand:
            painter.setPen(theme.by_hand_pen())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 3, 3)

    def _name_text(self, painter: QPainter, row: int, column: int, width: float) -> str:
        """Return the symbol, or the name: with torch's behind it where there is room."""
        full = self._model.full_name(row)
        # As it is painted: by its advance alone a text can fit that is broken in two for a part of a pixel.
        painted = painter.boundingRect(QRectF(0, 0, width, ROW), NAME_FLAGS, full)
        is_whole = painted.height() < 1.5 * painter.fontMetrics().height()
        return full if column == NAME and is_whole else self._model.text(row, column)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> QWidget:
        """Return a field that fills the place."""
        spoken = str(index.data(Qt.ItemDataRole.ToolTipRole))
        view = self.parent()
        assert isinstance(view, _Table)
        return self.make_editor(parent, index, self._appearance, view.font(), "state_editor", spoken)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        """Cover the place, and no more: the numbers beside it are read while one types."""
        editor.setGeometry(option.rect)
