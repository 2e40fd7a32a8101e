"""What is marked in a chart beside its curves: the cursor's line, and dots at the cursor and where the mouse is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QPainter, QPen

from chainrule.ui.plots.chart.palette import Dot
from chainrule.ui.plots.chart.scales import Scale
from chainrule.ui.style.appearance import Appearance


class Dots:
    """The line and the dots, in the `view` of a chart: a view box of pyqtgraph's."""

    def __init__(self, view: Any, appearance: Appearance) -> None:
        self._view, self._appearance = view, appearance
        self._scale = Scale()
        self._iteration = 0
        self._at_cursor: tuple[Dot, ...] = ()
        self._at_mouse: tuple[Dot, ...] = ()

    def set_scale(self, scale: Scale) -> None:
        """Take over the scale that the curves are drawn on."""
        self._scale = scale

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
        """Yield where dots are, in iterations and places, without those that have no place."""
        for dot in dots:
            place = self._scale.place(dot.value)
            if np.isfinite(place):
                yield QPointF(dot.iteration, place), dot

    def paint_line(self, painter: QPainter) -> None:
        """Paint the cursor's line, where it is in sight."""
        area, theme = self._view.sceneBoundingRect(), self._appearance.theme
        x = self._view.mapViewToScene(QPointF(self._iteration, 0.0)).x()
        if area.left() <= x <= area.right():
            painter.setPen(QPen(theme.tint(theme.muted, 0.7), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def paint(self, painter: QPainter) -> None:
        """Paint the dots."""
        painter.setPen(QPen(QColor(self._appearance.theme.surface), 1.5))
        for point, dot in self._placed((*self._at_cursor, *self._at_mouse)):
            painter.setBrush(QColor(dot.color))
            painter.drawEllipse(self._view.mapViewToScene(point), dot.size / 2, dot.size / 2)
