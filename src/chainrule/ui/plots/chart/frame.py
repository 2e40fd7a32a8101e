"""Two axes around a plot that is painted here: their ticks, the numbers at them, and the names of what they show."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from chainrule.ui.plots.chart.ticks import decade_ticks, linear_ticks, power_texts, tick_texts
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import saved

FONT = 11
TICK = 4
GAP = 3
# Pixels between two numbers of an axis, at least.
APART_DOWN = 26
_CENTER = Qt.AlignmentFlag.AlignCenter


def paint_message(painter: QPainter, look: Appearance, rect: QRectF, message: str) -> None:
    """Write a message in the middle of a chart."""
    painter.setFont(look.font(12))
    painter.setPen(QColor(look.theme.muted))
    painter.drawText(rect, _CENTER | Qt.TextFlag.TextWordWrap, message)


def paint_focus(painter: QPainter, look: Appearance, rect: QRectF) -> None:
    """Show that a chart has the keyboard."""
    painter.setPen(QPen(QColor(look.theme.link), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


@dataclass(frozen=True, slots=True)
class ChartAxis:
    """What an axis shows: its name, its range, and its ticks with their texts."""

    name: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    @classmethod
    def linear(cls, name: str, low: float, high: float, most: int) -> ChartAxis:
        """Return at most `most` round numbers."""
        values, spacing = linear_ticks(low, high, most)
        return cls(name, low, high, tuple(zip(values, tick_texts(values, spacing or 1.0), strict=True)))

    @classmethod
    def decades(cls, name: str, low: float, high: float, most: int) -> ChartAxis:
        """Return powers of ten; the range is of their exponents."""
        values = decade_ticks(low, high, most)
        return cls(name, low, high, tuple(zip(values, power_texts(values), strict=True)))

    def share(self, value: float) -> float:
        """Return where a value is between the ends, which are 0 and 1."""
        return (value - self.low) / (self.high - self.low)

    def place(self, share: float) -> float:
        """Return which value is at a share of the way from end to end."""
        return self.low + share * (self.high - self.low)


class Frame:
    """The place inside two axes; `paint` draws them.

    Of two that stand on each other the upper one has no `foot`, the numbers and the name below, and both begin with the
    same `least_left`.
    """

    def __init__(
        self,
        appearance: Appearance,
        area: QRectF,
        across: ChartAxis,
        down: ChartAxis,
        *,
        has_foot: bool = True,
        least_left: float = 0.0,
    ) -> None:
        self._appearance, self.across, self.down = appearance, across, down
        self._metrics = QFontMetricsF(appearance.font(FONT))
        line, gap = self._metrics.height(), appearance.size(GAP)
        widest = max((self._metrics.horizontalAdvance(text) for _, text in down.ticks), default=0.0)
        left = max(least_left, line + gap + widest + gap + TICK)
        bottom = 2 * line + gap + TICK if has_foot else TICK
        # The last number across stands half beyond the end.
        last = self._metrics.horizontalAdvance(across.ticks[-1][1]) / 2 if across.ticks else 0.0
        right = max(6.0, last * (across.share(across.ticks[-1][0]) > 0.9) if across.ticks else 6.0)
        self._has_foot = has_foot
        self.area, self.plot = area, area.adjusted(left, line / 2 + 1, -right, -bottom)

    @property
    def is_possible(self) -> bool:
        """Whether there is room for anything."""
        return self.plot.width() > 1 and self.plot.height() > 1

    def at(self, across: float, down: float) -> QPointF:
        """Return the place of a point."""
        plot = self.plot
        x = plot.left() + self.across.share(across) * plot.width()
        return QPointF(x, plot.bottom() - self.down.share(down) * plot.height())

    def shares_at(self, position: QPointF) -> tuple[float, float]:
        """Return where a point is between the ends of both axes, which are 0 and 1."""
        plot = self.plot
        return (position.x() - plot.left()) / plot.width(), (plot.bottom() - position.y()) / plot.height()

    def shows(self, position: QPointF, room: float = 0.0) -> bool:
        """Return whether a point is between the axes, or as near to there as a mark at an end reaches."""
        return self.plot.adjusted(-room, -room, room, room).contains(position)

    def paint(self, painter: QPainter) -> None:
        """Paint the lines, the ticks, the numbers and the names."""
        theme, plot = self._appearance.theme, self.plot
        painter.setFont(self._appearance.font(FONT))
        painter.setPen(QPen(QColor(theme.dimmed), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        painter.drawLine(plot.topLeft(), plot.bottomLeft())
        for place, _ in self.across.ticks:
            foot = self.at(place, self.down.low)
            painter.drawLine(foot, foot + QPointF(0, TICK))
        for place, _ in self.down.ticks:
            foot = self.at(self.across.low, place)
            painter.drawLine(foot, foot - QPointF(TICK, 0))
        painter.setPen(QColor(theme.muted))
        self._write_numbers(painter)
        self._write_names(painter)

    def _write_numbers(self, painter: QPainter) -> None:
        line, gap = self._metrics.height(), self._appearance.size(GAP)
        widest = max((self._metrics.horizontalAdvance(text) + 2 for _, text in self.across.ticks), default=0.0)
        between = self.plot.width() / max(1, len(self.across.ticks))
        # Every number, or every second, third, ...: as many as do not touch.
        every = max(1, ceil((widest + gap) / between))
        for place, text in self.across.ticks[::every] if self._has_foot else ():
            foot = self.at(place, self.down.low)
            painter.drawText(QRectF(foot.x() - widest / 2, foot.y() + TICK, widest, line), _CENTER, text)
        for place, text in self.down.ticks:
            foot = self.at(self.across.low, place)
            rect = QRectF(self.area.left(), foot.y() - line / 2, foot.x() - TICK - gap - self.area.left(), line)
            painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _write_names(self, painter: QPainter) -> None:
        line, plot = self._metrics.height(), self.plot
        if self._has_foot:
            below = QRectF(plot.left(), self.area.bottom() - line, plot.width(), line)
            painter.drawText(below, _CENTER, self._fitting(self.across.name, below.width()))
        name = self._fitting(self.down.name, self.area.height())
        long = self._metrics.horizontalAdvance(name) + 2
        with saved(painter):
            # In the middle of its axis, or of all there is.
            middle = plot.center().y() if long <= plot.height() else self.area.center().y()
            painter.translate(self.area.left() + line / 2, middle)
            painter.rotate(-90)
            painter.drawText(QRectF(-long / 2, -line / 2, long, line), _CENTER, name)

    def _fitting(self, name: str, room: float) -> str:
        """Return as much of a name as there is room for: all, or without what is in brackets behind it, or a part."""
        ways = (name, name.partition(" (")[0])
        fits = (way for way in ways if self._metrics.horizontalAdvance(way) + 2 <= room)
        return next(fits, None) or self._metrics.elidedText(ways[1], Qt.TextElideMode.ElideRight, room - 2)


def ticks_down(appearance: Appearance, height: float) -> int:
    """Return how many numbers there is room for beside a height."""
    return max(2, int(height / appearance.size(APART_DOWN)))
