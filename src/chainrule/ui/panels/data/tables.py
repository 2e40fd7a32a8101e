"""Inputs and targets side by side: two tables that scroll, select and read as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, repeat

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext
from chainrule.ui.panels.data.models import DataModel, InputsModel
from chainrule.ui.panels.data.targets_model import TargetsModel
from chainrule.ui.panels.data.view import FONTS, HELD_BACK, LEFT, RIGHT, ROW, DataView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.scroll_area import INSET_BAR

# More rows and columns scroll.
MOST_ROWS = 6
# Rows and columns that are measured for the width of a column, and columns that may have widths of their own.
MEASURED_ROWS = 40
MEASURED_COLUMNS = 16
MOST_WIDTHS = 400
# So much of a column's name makes the column wider.
MOST_LETTERS = 9
GAP = 1
_SelectionFlag = QItemSelectionModel.SelectionFlag


@dataclass(frozen=True, slots=True)
class _Widths:
    """Pixels that the row numbers, one column of each kind, and both tables want."""

    numbers: int
    x: int
    t: int
    o: int
    inputs: int
    targets: int


class DataTables(QWidget):
    """The two tables. `cell_chosen` says that the user went to a cell: its table, row and column."""

    cell_chosen = Signal(object, int, int)

    def __init__(self, moment: Moment, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._moment = appearance, moment
        self._following = self._sharing = False
        self._output_length = 0
        self._fitted: object = None
        self.inputs_model, self.targets_model = InputsModel(moment, self), TargetsModel(moment, self)
        self.inputs = DataView(self.inputs_model, appearance, "inputs_table", self)
        self.inputs.setAccessibleName(gettext("Inputs"))
        self.targets = DataView(self.targets_model, appearance, "targets_table", self)
        self.targets.setAccessibleName(gettext("Targets and outputs"))
        self.views = (self.inputs, self.targets)
        self._pair()
        self._marks = self._look()
        appearance.changed.connect(self._restyle)
        self._restyle()
        self._follow_sample()

    def _pair(self) -> None:
        always_off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.inputs.setVerticalScrollBarPolicy(always_off)
        self.targets.verticalHeader().hide()
        for view, other in (self.views, self.views[::-1]):
            view.verticalScrollBar().valueChanged.connect(other.verticalScrollBar().setValue)
            view.entered.connect(self._follow_sample)
            selection = view.selectionModel()
            selection.selectionChanged.connect(lambda *_, v=view, o=other: self._share_selection(v, o))
            # A click on the current cell is no change, but the sample on the stage may be another one.
            view.pressed.connect(lambda current, v=view, o=other: self._go_to(v, o, current))
            selection.currentChanged.connect(lambda current, _, v=view, o=other: self._go_to(v, o, current))
            view.tabbed.connect(lambda way, v=view: self._tab(v, way))
            view.went_down.connect(lambda v=view: self._go_down(v))
        self.inputs.crossed.connect(lambda side: self._cross(self.targets, 0) if side > 0 else None)
        last = self.inputs_model.columnCount
        self.targets.crossed.connect(lambda side: self._cross(self.inputs, last() - 1) if side < 0 else None)

    # Following the session

    def show_moment(self, moment: Moment) -> None:
        """Follow a moment; a cell that is being edited keeps what is typed, as long as it is there."""
        before, self._moment = self._moment, moment
        # Where the current row goes Qt chooses another, in the middle of it: nobody is to be told of that.
        following, self._following = self._following, True
        sharing, self._sharing = self._sharing, True
        resized = self.inputs_model.show_moment(moment)
        resized = self.targets_model.show_moment(moment) or resized
        self._following, self._sharing = following, sharing
        for view in self.views:
            view.let_go_of_editor(if_gone=True)
        marks, self._marks = self._marks, self._look()
        if marks != self._marks:
            for view in self.views:
                view.viewport().update()
            self.inputs.verticalHeader().viewport().update()
        experiment = moment.experiment
        same = experiment.data is before.experiment.data and experiment.network is before.experiment.network
        if not same or before.digits != moment.digits:
            self._output_length = 0
            if before.digits != moment.digits or not _measures_same(before.experiment, experiment):
                self._fitted = None
        self._fit()
        # Where the rows under the sample change, as in a run over batches, the table stays still.
        if resized or before.sample != moment.sample:
            self._follow_sample()

    def show_own_units(self, own: bool) -> None:
        """Show standardized columns in their own units, or as the network has them."""
        self.let_go_of_editors()
        for view in self.views:
            view.rows_model().set_own_units(own)
        self._fit_anew()

    def show_predicted(self, predicted: bool) -> None:
        """Show beside each target the class that the outputs say, or the target alone."""
        self.let_go_of_editors()
        self.targets_model.set_says_classes(predicted)
        self._fit_anew()

    def _fit_anew(self) -> None:
        self._output_length, self._fitted = 0, None
        self._fit()

    def let_go_of_editors(self) -> None:
        """Close the field that is open, without taking what is typed."""
        for view in self.views:
            view.let_go_of_editor()

    def _look(self) -> object:
        """Return what rows and cells are marked."""
        inputs, targets = self.inputs_model, self.targets_model
        return inputs.sample_row, self._moment.rows, inputs.held_back, inputs.selected, targets.selected

    def _follow_sample(self) -> None:
        """Go to the row of the sample, unless that is what the user just did."""
        if self._following:
            return
        row = self.inputs_model.sample_row
        self._following = True
        for view in self.views:
            column = max(0, min(view.currentIndex().column(), view.rows_model().columnCount() - 1))
            index = view.rows_model().index(row, column)
            self._let_go_of_others(view, row)
            view.selectionModel().setCurrentIndex(index, _SelectionFlag.NoUpdate)
        self._following = False
        self.scroll_to(row)

    def _go_to(self, view: DataView, other: DataView, current: QModelIndex) -> None:
        if self._following or not current.isValid():
            return
        self._following = True
        column = max(0, other.currentIndex().column())
        index = other.rows_model().index(current.row(), column)
        other.selectionModel().setCurrentIndex(index, _SelectionFlag.NoUpdate)
        self.cell_chosen.emit(view, current.row(), current.column())
        self._following = False
        self.scroll_to(current.row())

    def _share_selection(self, view: DataView, other: DataView) -> None:
        if self._sharing:
            return
        self._sharing = True
        selection, model = QItemSelection(), other.rows_model()
        for first, last in _spans(view):
            selection.select(model.index(first, 0), model.index(last, model.columnCount() - 1))
        other.selectionModel().select(selection, _SelectionFlag.ClearAndSelect)
        self._sharing = False
        self.inputs.verticalHeader().viewport().update()

    def _cross(self, view: DataView, column: int) -> None:
        row = max(0, self.current_row())
        view.setFocus()
        view.setCurrentIndex(view.rows_model().index(row, column))

    def _tab(self, view: DataView, way: int) -> None:
        """Go to the next number that is given, row by row through both tables; beyond them to the next control."""
        inputs, targets = self.inputs_model.columnCount(), self.targets_model.targets
        row, column = view.currentIndex().row(), view.currentIndex().column()
        place = column if view is self.inputs else inputs + min(column, targets if way < 0 else targets - 1)
        place += max(0, row) * (inputs + targets) + way
        if not 0 <= place < self.inputs_model.rowCount() * (inputs + targets):
            self._leave(way)
            return
        row, column = divmod(place, inputs + targets)
        to, column = (self.inputs, column) if column < inputs else (self.targets, column - inputs)
        to.setFocus()
        to.setCurrentIndex(to.rows_model().index(row, column))

    def _leave(self, way: int) -> None:
        """Go to the control after both tables, or to the one before them."""
        (self.targets if way > 0 else self.inputs).setFocus()
        self.focusNextPrevChild(way > 0)

    def _go_down(self, view: DataView) -> None:
        index = view.currentIndex()
        if index.isValid() and index.row() + 1 < view.rows_model().rowCount():
            view.setCurrentIndex(view.rows_model().index(index.row() + 1, index.column()))

    # Rows

    def current_row(self) -> int:
        """Return the row that the keyboard is at."""
        return self.inputs.currentIndex().row()

    def selected_rows(self) -> list[int]:
        """Return the rows that the user selected, from top to bottom."""
        return sorted({row for first, last in _spans(self.inputs) for row in range(first, last + 1)})

    def choose_row(self, row: int) -> None:
        """Go to a row, as the user would."""
        view = self.targets if self.targets.hasFocus() else self.inputs
        column = max(0, view.currentIndex().column())
        self._let_go_of_others(view, row)
        view.selectionModel().setCurrentIndex(view.rows_model().index(row, column), _SelectionFlag.NoUpdate)

    def _let_go_of_others(self, view: DataView, row: int) -> None:
        """Keep no rows selected that the user has left: what removes, copies or pastes rows would take them."""
        if self.selected_rows() != [row]:
            view.clearSelection()

    def scroll_to(self, row: int) -> None:
        """Bring a row into view; the columns stay."""
        bar = self.targets.verticalScrollBar()
        shown = self._shown_rows()
        bar.setValue(max(row - shown + 1, min(bar.value(), row)))

    def _shown_rows(self) -> int:
        return min(MOST_ROWS, self.inputs_model.rowCount())

    # Sizes

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new width."""
        super().resizeEvent(event)
        self._fit()

    def _restyle(self) -> None:
        for view in self.views:
            view.restyle()
        self._output_length, self._fitted = 0, None
        self._fit()

    def _fit(self) -> None:
        """Give each column the width of its numbers, and the tables what they need or can have."""
        if not self.inputs_model.rowCount():
            # A formula has no data: the tables are out of sight until there is a network.
            return
        self._output_length = max(self._output_length, self._longest_output())
        marked = bool(self.inputs_model.held_back)
        key = (self.width(), self.inputs_model.rowCount(), self._output_length, marked)
        if key == self._fitted:
            return
        self._fitted = key
        rows, targets = self.inputs_model.rowCount(), self.targets_model.targets
        texts = {
            "numbers": {str(rows)},
            "x": _texts(self.inputs_model, range(self.inputs_model.columnCount())),
            "t": _texts(self.targets_model, range(targets)) | {self.targets_model.widest_verdict()},
            "o": {"0" * self._output_length, _name(self.targets_model, targets)[:MOST_LETTERS]},
        }
        bar = self._appearance.size(INSET_BAR)
        side = bar if rows > MOST_ROWS else 0
        for font in FONTS:
            wide = self._measure(font, texts)
            room = self.width() - GAP - wide.numbers - side
            if wide.inputs + wide.targets <= room:
                break
        inputs, targets_shown, outputs = self._columns()
        part = inputs / max(1, inputs + targets_shown + outputs)
        room_x, room_t, scrolls = _share(room, wide.inputs, wide.targets, part)
        for view in self.views:
            view.set_font_size(font)
        self._set_widths(wide, room_x, room_t)
        self.inputs.verticalHeader().setFixedWidth(wide.numbers)
        height = self._appearance.size(ROW - 2) + self._shown_rows() * self._appearance.size(ROW)
        height += bar if scrolls else 0
        self.setFixedHeight(height)
        self.inputs.setGeometry(0, 0, wide.numbers + room_x, height)
        self.targets.setGeometry(wide.numbers + room_x + GAP, 0, room_t + side, height)
        self._set_bars(side > 0, scrolls, (wide.inputs > room_x, wide.targets > room_t))
        for view in self.views:
            # Of another default width a header tells nobody: the table would scroll as far as the columns of before.
            view.updateGeometries()

    def _measure(self, font: float, texts: Mapping[str, set[str]]) -> _Widths:
        metrics = QFontMetrics(self._appearance.font(font, mono=True))
        # What is as wide as its room is cut all the same where a pixel is lost to rounding.
        margin = self._appearance.size(LEFT + RIGHT) + 1
        wide = {name: max(map(metrics.horizontalAdvance, some)) + margin for name, some in texts.items()}
        if self.inputs_model.held_back:
            wide["numbers"] += self._appearance.size(HELD_BACK + 2)
        inputs, targets, outputs = self._columns()
        return _Widths(**wide, inputs=inputs * wide["x"], targets=targets * wide["t"] + outputs * wide["o"])

    def _columns(self) -> tuple[int, int, int]:
        """Return how many inputs, targets and outputs a row has."""
        return self.inputs_model.columnCount(), self.targets_model.targets, self.targets_model.outputs

    def _set_widths(self, wide: _Widths, room_x: int, room_t: int) -> None:
        inputs, targets, outputs = self._columns()
        self.inputs.horizontalHeader().setDefaultSectionSize(wide.x + _spare(room_x, repeat(wide.x, inputs)))
        header = self.targets.horizontalHeader()
        many = targets + outputs > MOST_WIDTHS
        wide_t, wide_o = (max(wide.t, wide.o),) * 2 if many else (wide.t, wide.o)
        spare = 0 if many else _spare(room_t, chain(repeat(wide_t, targets), repeat(wide_o, outputs)))
        header.setDefaultSectionSize(wide_t + spare)
        # One by one: a column that had a width of its own, in the experiment before, keeps it otherwise.
        for column in range(min(MOST_WIDTHS, targets + outputs)):
            header.resizeSection(column, (wide_t if column < targets else wide_o) + spare)

    def _set_bars(self, vertical: bool, horizontal: bool, needed: tuple[bool, bool]) -> None:
        always_on, always_off = Qt.ScrollBarPolicy.ScrollBarAlwaysOn, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.targets.setVerticalScrollBarPolicy(always_on if vertical else always_off)
        for view, needs in zip(self.views, needed, strict=True):
            # Both or neither, so that the rows of both end at the same height.
            view.setHorizontalScrollBarPolicy(always_on if horizontal else always_off)
            bar = view.horizontalScrollBar()
            if bar.property("idle") != (not needs):
                bar.setProperty("idle", not needs)
                bar.style().unpolish(bar)
                bar.style().polish(bar)

    def _longest_output(self) -> int:
        """Return how many characters the longest output in view has.

        Before there are any, those of a number below ten.
        """
        digits, model = self._moment.digits, self.targets_model
        first = self.targets.verticalScrollBar().value()
        rows = range(first, min(first + MOST_ROWS, model.rowCount()))
        columns = range(model.targets, model.columnCount())[:MEASURED_COLUMNS]
        usual = 2 + (4 if digits is None else digits)
        return max([usual, *(len(model.text(row, column)) for row in rows for column in columns)])


def _measures_same(before: Experiment, after: Experiment) -> bool:
    """Return whether the rows and names that the widths of columns are measured by are those of before."""
    old, new = before.data, after.data
    if before.network is not after.network or old.names != new.names or len(old.inputs) != len(new.inputs):
        return False
    parts = ((old.inputs, new.inputs), (old.targets, new.targets))
    return all(rows.columns == others.columns and rows.first_other(others) >= MEASURED_ROWS for rows, others in parts)


def _texts(model: DataModel, columns: range) -> set[str]:
    """Return what the first cells and the last header of some columns show."""
    rows, measured = range(min(MEASURED_ROWS, model.rowCount())), columns[:MEASURED_COLUMNS]
    texts = {model.text(row, column) for row in rows for column in measured}
    return texts | {_name(model, column)[:MOST_LETTERS] for column in (*measured, columns[-1])}


def _name(model: DataModel, column: int) -> str:
    return str(model.headerData(column, Qt.Orientation.Horizontal))


def _spans(view: DataView) -> list[tuple[int, int]]:
    """Return the first and last rows of what is selected."""
    selection = view.selectionModel().selection()
    return [(selection.at(place).top(), selection.at(place).bottom()) for place in range(selection.count())]


def _spare(room: int, widths: Iterable[int]) -> int:
    """Return the pixels to widen each column by, so that whole ones fill the room: a digit that is cut looks like
    another.
    """
    count = 0
    for width in widths:
        if width > room:
            break
        room -= width
        count += 1
    return room // max(1, count)


def _share(room: int, wanted_x: int, wanted_t: int, part: float) -> tuple[int, int, bool]:
    """Return the widths of the inputs and of the targets, and whether one of them has to scroll. `part` of what is not
    needed goes to the inputs: each column gets as much, for a number to be typed in it.
    """
    if wanted_x + wanted_t <= room:
        spare = int((room - wanted_x - wanted_t) * part)
        return wanted_x + spare, room - wanted_x - spare, False
    half = room // 2
    if wanted_t <= half:
        return room - wanted_t, wanted_t, True
    if wanted_x <= half:
        return wanted_x, room - wanted_x, True
    return half, room - half, True
