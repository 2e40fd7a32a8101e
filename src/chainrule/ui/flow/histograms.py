"""Histograms of the layers side by side, a row for each kind of number: all of a row are on one axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chainrule.explain.writing.numbers import format_short, superscript
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.plots.chart.frame import paint_focus
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.window.keys import keep_keys, keep_standard_keys

if TYPE_CHECKING:
    from chainrule.model.flow.histograms import Histogram

FONT = 11
# What a column takes at least, what is left free between two, and before the first for the names of the rows.
LEAST_WIDTH, BETWEEN, LEFT = 74, 10, 52
LEAST_HEIGHT = 44
# Lines of text above a column: the layer, its activation, and its two shares.
HEADING = 4


@dataclass(frozen=True, slots=True)
class LayerColumn:
    """A layer: its name, what stands under it, whether something is wrong with it, and its histograms by their rows."""

    name: str
    lines: tuple[str, ...]
    is_troubled: bool
    histograms: tuple[Histogram | None, ...]


class LayerHistograms(QWidget):
    """Draws columns. `tell` gives the words of a layer and a row; `picked` is a click on one, or Enter."""

    picked = Signal(int, int)
    copy_requested = Signal()

    def __init__(self, appearance: Appearance, tell: Callable[[int, int | None], str], parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("flow_view.histograms")
        self.setAccessibleName(gettext("Histograms of the layers"))
        self._appearance, self._tell = appearance, tell
        self._columns: tuple[LayerColumn, ...] = ()
        self._rows: tuple[tuple[str, bool], ...] = ()
        self._at = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)
        keep_keys(self, (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return))
        keep_standard_keys(self, {QKeySequence.StandardKey.Copy: None})
        appearance.changed.connect(self._restyle)

    def show_columns(self, columns: tuple[LayerColumn, ...], rows: tuple[tuple[str, bool], ...]) -> None:
        """Draw layers; `rows` are the names of the kinds of numbers, and whether their axis is of powers of ten."""
        self._columns, self._rows = columns, rows
        self._at = min(self._at[0], max(0, len(columns) - 1)), min(self._at[1], max(0, len(rows) - 1))
        self.setAccessibleDescription("; ".join(f"{each.name}: {', '.join(each.lines)}" for each in columns))
        self._restyle()

    @property
    def columns(self) -> tuple[LayerColumn, ...]:
        """What is drawn."""
        return self._columns

    def _restyle(self) -> None:
        self.setMinimumSize(self.minimumSizeHint())
        self.updateGeometry()
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Return room for all columns as narrow as they can be read."""
        size, line = self._appearance.size, self._line
        height = HEADING * line + len(self._rows) * (size(LEAST_HEIGHT) + line)
        return QSize(size(LEFT) + len(self._columns) * size(LEAST_WIDTH), round(height))

    @property
    def _line(self) -> float:
        return QFontMetricsF(self._appearance.font(FONT)).height()

    # Places

    def cell(self, column: int, row: int) -> QRectF:
        """Return where a histogram stands, without the numbers of its axis below it."""
        left, between = self._appearance.size(LEFT), self._appearance.size(BETWEEN)
        width = (self.width() - left) / max(1, len(self._columns))
        top = HEADING * self._line
        height = (self.height() - top) / max(1, len(self._rows))
        return QRectF(left + column * width, top + row * height + 3, width - between, height - self._line - 5)

    def place_at(self, at: QPointF) -> tuple[int, int | None] | None:
        """Return the layer under a place, and its row, None above the first one."""
        left = self._appearance.size(LEFT)
        if not self._columns or not self._rows or at.x() < left:
            return None
        column = int((at.x() - left) / ((self.width() - left) / len(self._columns)))
        top = HEADING * self._line
        row = int((at.y() - top) / ((self.height() - top) / len(self._rows))) if at.y() >= top else None
        return min(column, len(self._columns) - 1), None if row is None else min(row, len(self._rows) - 1)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what is in sight of the columns."""
        with painting(self) as painter:
            theme = self._appearance.theme
            painter.setFont(self._appearance.font(FONT))
            for row, (name, _) in enumerate(self._rows):
                if self._columns:
                    cell = self.cell(0, row)
                    rect = QRectF(0, cell.top(), self._appearance.size(LEFT) - 6, cell.height())
                    painter.setPen(QColor(theme.muted))
                    painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, name)
            for place, column in enumerate(self._columns):
                whole = self.cell(place, 0)
                if whole.right() >= event.rect().left() and whole.left() <= event.rect().right():
                    self._paint_column(painter, place, column)
            if self.hasFocus() and self._columns and self._rows:
                paint_focus(painter, self._appearance, self.cell(*self._at).adjusted(-3, -2, 3, 2))

    def _paint_column(self, painter: QPainter, place: int, column: LayerColumn) -> None:
        theme, line = self._appearance.theme, self._line
        left, width = self.cell(place, 0).left(), self.cell(place, 0).width()
        metrics = painter.fontMetrics()
        for at, text in enumerate((column.name, *column.lines)):
            color = theme.error if column.is_troubled and at != 1 else theme.text if at == 0 else theme.muted
            painter.setPen(QColor(color))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(width + 8))
            painter.drawText(QRectF(left, at * line, width + 8, line), Qt.AlignmentFlag.AlignVCenter, shown)
        for row, found in enumerate(column.histograms):
            self._paint_cell(painter, self.cell(place, row), found, log=self._rows[row][1])

    def _paint_cell(self, painter: QPainter, cell: QRectF, found: Histogram | None, *, log: bool) -> None:
        theme = self._appearance.theme
        painter.setPen(QPen(QColor(theme.dimmed), 1))
        painter.drawLine(cell.bottomLeft(), cell.bottomRight())
        if found is None:
            painter.setPen(QColor(theme.muted))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, "–")
            return
        if not log and found.low < 0 < found.high:
            zero = cell.left() + cell.width() * (-found.low / (found.high - found.low))
            painter.drawLine(QPointF(zero, cell.top()), QPointF(zero, cell.bottom()))
        self._paint_bars(painter, cell, found, QColor(theme.backward if log else theme.forward))
        painter.setPen(QColor(theme.muted))
        ends = [f"10{superscript(round(end))}" if log else format_short(end) for end in (found.low, found.high)]
        below = QRectF(cell.left(), cell.bottom() + 1, cell.width(), self._line)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, ends[0])
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, ends[1])

    def _paint_bars(self, painter: QPainter, cell: QRectF, found: Histogram, color: QColor) -> None:
        most, width = max(*found.counts, 1), cell.width() / len(found.counts)
        for place, count in enumerate(found.counts):
            if count:
                height = max(1.5, (cell.height() - self._line) * count / most)
                left = cell.left() + place * width
                painter.fillRect(QRectF(left, cell.bottom() - height, max(1.0, width - 0.7), height), color)
        # What the highest bar counts, and what has no place among the bars.
        painter.setPen(QColor(self._appearance.theme.muted))
        text = f"{max(found.counts):,}"
        text += f", {found.zeros:,} are 0" if found.zeros else ""
        text += f", {found.not_finite:,} not finite" if found.not_finite else ""
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(cell.width()))
        painter.drawText(cell, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, shown)

    # The mouse and the keyboard

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("← → layer"),
            gettext_noop("↑ ↓ row"),
            gettext_noop("↵ select"),
            gettext_noop("Ctrl+C copies the counts"),
            gettext_noop("Esc back to the stage"),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from one histogram to the next, select what it is of, or ask for the counts to be copied."""
        ways = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._columns:
            self.picked.emit(*self._at)
        elif (way := ways.get(Qt.Key(event.key()))) is not None:
            column, row = self._at[0] + way[0], self._at[1] + way[1]
            most = len(self._columns) - 1, len(self._rows) - 1
            self._at = max(0, min(column, most[0])), max(0, min(row, most[1]))
            self.update()
        else:
            super().keyPressEvent(event)

    def _take_event(self, event: QEvent) -> bool:
        """Say what is under the mouse; show where the keyboard is."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return shows_tip(event, self, self._tip_at)

    def _tip_at(self, at: QPoint) -> str:
        found = self.place_at(QPointF(at))
        return "" if found is None else self._tell_bar(found, at)

    def _tell_bar(self, place: tuple[int, int | None], at: QPoint) -> str:
        column, row = place
        text = self._tell(column, row)
        found = None if row is None else self._columns[column].histograms[row]
        if row is None or found is None:
            return text
        cell, log = self.cell(column, row), self._rows[row][1]
        bar = int((at.x() - cell.left()) / cell.width() * len(found.counts))
        if not 0 <= bar < len(found.counts):
            return text
        ends = [format_short(10.0**end if log else end) for end in found.bin_range(bar)]
        return f"{text}\n{found.counts[bar]:,} from {ends[0]} to {ends[1]}"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick the histogram under the mouse."""
        found = self.place_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if found is not None:
            self._at = found[0], found[1] or 0
            self.picked.emit(*self._at)
