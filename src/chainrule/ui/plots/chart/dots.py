"""What is marked in a chart beside its curves: the cursor's line, and dots at the cursor and where the mouse is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from chainrule.ui.plots.chart.palette import Dot
from chainrule.ui.plots.chart.scales import Scale
from chainrule.ui.style.appearance import Appearance

# What stays free beside a line of reference, on a logarithmic axis.
BESIDE = 0.3


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """A value that curves are compared with, and what stands at its line."""

    value: float
    name: str


class Dots:
    """The line and the dots, in the `view` of a chart: a view box of pyqtgraph's."""

    def __init__(self, view: Any, appearance: Appearance) -> None:
        self._view, self._appearance = view, appearance
        self._scale = Scale()
        self._iteration = 0
        self._at_cursor: tuple[Dot, ...] = ()
        self._at_mouse: tuple[Dot, ...] = ()
        self.reference: ReferenceLine | None = None

    def set_scale(self, scale: Scale) -> None:
        """Take over the scale that the curves are drawn on."""
        self._scale = scale

    def widened(self, room: tuple[float, float] | None) -> tuple[float, float] | None:
        """Return the range of an axis, in places, with the line of reference in it."""
        if room is None or self.reference is None:
            return room
        at = self._scale.place(self.reference.value)
        return min(room[0], at - BESIDE), max(room[1], at + BESIDE)

    def show_cursor(self, iteration: int, dots: Sequence[Dot]) -> None:
        """Show a line at the cursor's iteration, and dots on it."""
        if (iteration, *dots) != (self._iteration, *self._at_cursor):
            self._iteration, self._at_cursor = iteration, tuple(dots)
            self.update()

    def show_mouse(self, dots: Sequence[Dot]) -> None:
        """Show dots where the mouse is."""
        if tuple(dots) != self._at_mouse:
            self._at_mouse = tuple(dots)
            self.update()

    @property
    def cursor_at(self) -> float:
        """The iteration at which the line stands."""
        return float(self._iteration)

    @property
    def places(self) -> list[tuple[float, float]]:
        """Iterations and places of the dots at the cursor."""
        return [(point.x(), point.y()) for point, _ in self._placed(self._at_cursor)]

    def update(self) -> None:
        """Have the chart painted anew."""
        # Through an item, with all that changes in the curves: a viewport that is told directly is painted twice where
        # there is another chart, since each scene has the whole window painted as soon as its own items are ready.
        self._view.update()

    def _placed(self, dots: Sequence[Dot]) -> Iterator[tuple[QPointF, Dot]]:
        """Yield where dots are, in iterations and places, without those that have no place, or are out of sight."""
        low, high = self._view.viewRange()[0]
        for dot in dots:
            place = self._scale.place(dot.value)
            if np.isfinite(place) and low <= dot.iteration <= high:
                yield QPointF(dot.iteration, place), dot

    def paint_line(self, painter: QPainter) -> None:
        """Paint the cursor's line, where it is in sight, and that of reference."""
        if self.reference is not None:
            self._paint_reference(painter, self.reference)
        area, theme = self._view.sceneBoundingRect(), self._appearance.theme
        x = self._view.mapViewToScene(QPointF(self._iteration, 0.0)).x()
        if area.left() <= x <= area.right():
            painter.setPen(QPen(theme.tint(theme.muted, 0.7), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_reference(self, painter: QPainter, line: ReferenceLine) -> None:
        """Paint a line across, and its name above it at the right."""
        look, area = self._appearance, self._view.sceneBoundingRect()
        y = self._view.mapViewToScene(QPointF(0.0, self._scale.place(line.value))).y()
        painter.setPen(QPen(QColor(look.theme.muted), 1.2, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setFont(look.font(11))
        height = painter.fontMetrics().height()
        top = y - height if y - height > area.top() else y
        rect = QRectF(area.left(), top, area.width() - 3, height)
        painter.drawText(rect, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, line.name)

    def paint(self, painter: QPainter) -> None:
        """Paint the dots."""
        painter.setPen(QPen(QColor(self._appearance.theme.surface), 1.5))
        for point, dot in self._placed((*self._at_cursor, *self._at_mouse)):
            painter.setBrush(QColor(dot.color))
            painter.drawEllipse(self._view.mapViewToScene(point), dot.size / 2, dot.size / 2)
