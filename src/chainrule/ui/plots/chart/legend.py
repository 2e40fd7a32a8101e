"""The legend of a plot: what each hue and mark stands for. It is whole: what has no room is one click away."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPaintEvent, QPalette, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from chainrule.translation import gettext
from chainrule.ui.plots.chart.palette import Marker
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.widgets.plain_text import plain_tip

FONT = 11
LINE = 17
GAP = 10
# The piece of curve before a name.
SAMPLE = 18
# Two dashes, in widths of the line.
DASHES = (2.2, 1.2)
MOST_LINES = 2
POPUP = 340


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A colour and a mark, and what they stand for; or, in the place of a curve, an area with a pattern."""

    name: str
    color: QColor
    mark: Marker | None = None
    pattern: Qt.BrushStyle | None = None
    dashed: bool = False


class Legend(QWidget):
    """Pieces of curves with their names, on as many lines as it takes; beyond `most_lines` a button shows them all."""

    lines_changed = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget, most_lines: int = MOST_LINES) -> None:
        super().__init__(parent)
        self._appearance, self._most_lines = appearance, most_lines
        self.entries: tuple[LegendEntry, ...] = ()
        self._places: list[QPoint] = []
        self.lines = 1
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.more = LinkButton(appearance, "", gettext("Show all curves and their names"), "legend.more", self)
        self.more.clicked.connect(self.open_whole)
        self.setVisible(False)
        appearance.changed.connect(self._arrange)

    def set_entries(self, entries: tuple[LegendEntry, ...]) -> None:
        """Show these; none hides the legend."""
        if entries == self.entries:
            return
        named_anew = [entry.name for entry in entries] != [entry.name for entry in self.entries]
        self.entries = entries
        self.setVisible(bool(entries))
        if named_anew:
            self.setAccessibleName(gettext("Legend: {names}", names=", ".join(entry.name for entry in entries)))
            self._arrange()
        self.update()

    @property
    def shown(self) -> int:
        """How many entries there is room for; the button shows the others."""
        return len(self._places)

    def _name_in(self, entry: LegendEntry, width: int) -> str:
        """Return as much of a name as has room: its beginning, and its end, where a number stands."""
        metrics = QFontMetrics(self._appearance.font(FONT))
        # Places are given by whole pixels: Qt would leave out letters for a part of one.
        fits = metrics.horizontalAdvance(entry.name) <= width
        return entry.name if fits else metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, width)

    def sizeHint(self) -> QSize:
        """Return a size as high as its lines."""
        return QSize(self._appearance.size(120), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()

    def _arrange(self) -> None:
        """Give each entry its place, and the button the end of the last line where not all have one."""
        size, metrics = self._appearance.size, QFontMetrics(self._appearance.font(FONT))
        widths = [size(SAMPLE) + metrics.horizontalAdvance(entry.name) for entry in self.entries]
        self._places = self._flow(widths, [self.width()] * self._most_lines)
        hidden = len(widths) - len(self._places)
        self.more.setVisible(hidden > 0)
        if hidden:
            self.more.setText(gettext("all {widths}", widths=len(widths)))
            # The button's width is its text's.
            self.more.setFixedSize(self.more.wanted_size().width(), size(LINE))
            room = [self.width()] * (self._most_lines - 1) + [self.width() - self.more.width() - size(GAP)]
            self._places = self._flow(widths, room)
            self.more.move(self.width() - self.more.width(), (self._most_lines - 1) * size(LINE))
            self.more.setToolTip(plain_tip("\n".join(entry.name for entry in self.entries)))
        lines = self._most_lines if hidden else 1 + max((place.y() for place in self._places), default=0) // size(LINE)
        self.setFixedHeight(lines * size(LINE))
        self.update()
        if lines != self.lines:
            self.lines = lines
            self.lines_changed.emit()

    def _flow(self, widths: list[int], rooms: list[int]) -> list[QPoint]:
        """Return the places of as many entries as have room; one that is wider than a line has a line for itself."""
        size, places, x, line = self._appearance.size, [], 0, 0
        for width in widths:
            if x and x + width > rooms[line]:
                x, line = 0, line + 1
                if line == len(rooms):
                    break
            places.append(QPoint(x, line * size(LINE)))
            x += width + size(GAP)
        return places

    def open_whole(self) -> None:
        """Show every entry, in a window of its own that goes with the next click."""
        popup = _Whole(self._appearance, self.entries, self)
        popup.move(self.mapToGlobal(QPoint(0, self.height())))
        popup.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a piece of each curve, and its name."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self._appearance.font(FONT))
            for entry, place in zip(self.entries, self._places, strict=False):
                self._paint_entry(painter, entry, place)

    def _paint_entry(self, painter: QPainter, entry: LegendEntry, place: QPoint) -> None:
        size, theme = self._appearance.size, self._appearance.theme
        middle, sample = place.y() + size(LINE) / 2, size(SAMPLE - 5)
        pen = QPen(entry.color, 2.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        if entry.dashed:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern(DASHES)
        painter.setPen(pen)
        if entry.pattern is None:
            painter.drawLine(QPointF(place.x() + 1, middle), QPointF(place.x() + sample, middle))
        else:
            area = QRectF(place.x() + 1, place.y() + size(3), sample, size(LINE - 6))
            painter.fillRect(area, QBrush(entry.color, entry.pattern))
        if entry.mark is not None:
            at = QPointF(place.x() + (1 + sample) / 2, middle)
            entry.mark.paint(painter, at, entry.color, QColor(theme.surface), size(4))
        painter.setPen(QColor(theme.text))
        end = self.more.x() - size(GAP) if self._is_beside_button(place) else self.width()
        text = QRectF(place.x() + size(SAMPLE), place.y(), end - place.x() - size(SAMPLE), size(LINE))
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self._name_in(entry, int(text.width())))

    def _is_beside_button(self, place: QPoint) -> bool:
        return not self.more.isHidden() and place.y() == self.more.y()


class _Whole(QFrame):
    """All entries of a legend."""

    def __init__(self, appearance: Appearance, entries: tuple[LegendEntry, ...], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("legend.whole")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFrameShape(QFrame.Shape.Box)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        legend = Legend(appearance, self, most_lines=len(entries))
        column = QVBoxLayout(self)
        column.addWidget(legend)
        self.setFixedWidth(appearance.size(POPUP))
        legend.setFixedWidth(appearance.size(POPUP) - 2 * column.contentsMargins().left())
        legend.set_entries(entries)
        self.adjustSize()
