"""Curves over iterations, drawn by pyqtgraph. Importing this module imports pyqtgraph: it waits for the first curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.plots.axes import IterationAxis, ValueAxis
from chainrule.ui.plots.palette import Dot, Stroke
from chainrule.ui.plots.peaks import Peaks
from chainrule.ui.plots.scales import Floats, Scale, visible_range

# Wide lines cost most when they are drawn in one go, ten times less piece by piece (but corners show), and thin ones
# ten times less again: each is for more points than the one before. Beyond the last they are not smoothed either.
# A curve that is emphasized stays wide.
MOST_WHOLE = 500
MOST_WIDE = 1500
MOST_SMOOTH = 15_000
# A curve is under the mouse within so many pixels.
REACH = 8.0
LEAST_HEIGHT = 90
RIGHT = 12
# The part of the width that stays free at both ends.
MARGIN = 0.02


class Chart(pg.PlotWidget):
    """Shows the columns of an array as curves. It neither zooms nor pans: all that was computed is always in sight."""

    hovered = Signal(QPointF)
    left = Signal()
    clicked = Signal(QPointF)
    double_clicked = Signal(QPointF)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        axes: dict[str, Any] = {"bottom": IterationAxis("bottom"), "left": ValueAxis("left")}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        self._appearance, self._axes = appearance, axes
        self._curves: list[Any] = []
        self._strokes: list[Stroke] = []
        self._peaks, self._points = Peaks(), 0
        self._start, self._values, self._scale = 0, np.empty((0, 0)), Scale()
        self._cursor_state: object = None
        self._zero = pg.InfiniteLine(pos=0, angle=0)
        self._cursor = pg.InfiniteLine(angle=90)
        self._dots = pg.ScatterPlotItem()
        self._hover_dot = pg.ScatterPlotItem()
        for item, level in ((self._zero, -10), (self._cursor, -5), (self._dots, 50), (self._hover_dot, 60)):
            item.setZValue(level)
            self.addItem(item, ignoreBounds=True)
        self._keep_still()
        self.restyle()

    def _keep_still(self) -> None:
        """No zooming, panning, menus or buttons, and no focus: the keys are the window's."""
        plot = self.getPlotItem()
        plot.hideButtons()
        # pyqtgraph makes its menu all the same, without a parent that takes it away.
        plot.ctrlMenu.setParent(self, plot.ctrlMenu.windowFlags())
        plot.setMouseEnabled(x=False, y=False)
        plot.getViewBox().disableAutoRange()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setFrameShape(self.Shape.NoFrame)
        for axis in self._axes.values():
            axis.enableAutoSIPrefix(False)
            # An axis that shrinks again and again would make the curves jump while training.
            axis.setStyle(maxTickLevel=0, tickLength=-4, autoReduceTextSpace=False, hideOverlappingLabels=RIGHT)
        # Room for half of the last iteration's number.
        plot.layout.setContentsMargins(0, 4, RIGHT, 0)

    def restyle(self) -> None:
        """Take on the theme and the text size."""
        look, theme = self._appearance, self._appearance.theme
        self.setBackground(QColor(theme.surface))
        for axis in self._axes.values():
            axis.setPen(QColor(theme.dimmed))
            axis.setTextPen(QColor(theme.muted))
            axis.setStyle(tickFont=look.font(11))
        size = {"font-size": f"{look.size(11)}px", "color": theme.muted}
        self._axes["bottom"].setLabel("iteration", **size)
        self._axes["bottom"].setHeight(look.size(36))
        self._zero.setPen(pg.mkPen(QColor(theme.border), width=1))
        self._cursor.setPen(pg.mkPen(theme.tint(theme.muted, 0.55), width=1))
        self._cursor_state = None

    # Curves

    def show_data(self, key: object, start: int, values: Floats, *, log: bool = False, from_zero: bool = False) -> bool:
        """Draw the columns of `values`, (n, curves), from the iteration `start` on.

        Values of the same `key` go on from those that were given before. Returns whether there is anything to draw:
        infinite and undefined values are left out, and on a logarithmic axis those that are not positive.
        """
        at, points = self._peaks.thin_out(key, values)
        self._scale = Scale.of(points, log=log)
        places = self._scale.places(points)
        room = visible_range(places, from_zero=from_zero)
        if room is None:
            return False
        self._start, self._values, self._points = start, values, points.size
        self._axes["left"].setLogMode(False, log)
        self._axes["left"].setScale(self._scale.unit)
        self._zero.setVisible(not log and not from_zero and room[0] < 0)
        self._take_curves(values.shape[1])
        length = max(1, len(values) - 1)
        view = self.getPlotItem().getViewBox()
        view.setRange(xRange=(start - MARGIN * length, start + (1 + MARGIN) * length), yRange=room, padding=0)
        smooth = self._points <= MOST_SMOOTH
        for curve, column, stroke in zip(self._curves, places.T, self._strokes, strict=True):
            curve.setSegmentedLineMode("off" if self._points <= MOST_WHOLE else "on")
            curve.setData(start + at, column, antialias=smooth, pen=self._pen(stroke), connect="finite")
        self._cursor_state = None
        return True

    def _take_curves(self, count: int) -> None:
        while len(self._curves) > count:
            self.removeItem(self._curves.pop())
        while len(self._curves) < count:
            # Not a PlotDataItem, which would thin the points out once more: these are few, and all in sight.
            curve = pg.PlotCurveItem()
            self.addItem(curve, ignoreBounds=True)
            self._curves.append(curve)
        plain = Stroke(QColor(self._appearance.theme.muted))
        self._strokes = [*self._strokes[:count], *[plain] * (count - len(self._strokes))]

    def set_strokes(self, strokes: Sequence[Stroke]) -> None:
        """How each curve is drawn; only what changes is drawn anew."""
        for place, (before, stroke) in enumerate(zip(self._strokes, strokes, strict=True)):
            if stroke != before:
                self._strokes[place] = stroke
                self._curves[place].setPen(self._pen(stroke))
                self._curves[place].setZValue(stroke.level)

    def _pen(self, stroke: Stroke) -> Any:
        wide = self._points <= MOST_WIDE or stroke.level > 0
        pen = pg.mkPen(stroke.color, width=stroke.width if wide else 1)
        # Square ends of the pieces would overlap and show as beads.
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

    @property
    def curve_count(self) -> int:
        """How many curves there are."""
        return len(self._curves)

    def curve_data(self, curve: int) -> tuple[Floats, Floats]:
        """Iterations and places of the points of a curve."""
        data: tuple[Floats, Floats] = self._curves[curve].getData()
        return data

    def stroke(self, curve: int) -> Stroke:
        """How a curve is drawn."""
        return self._strokes[curve]

    # What is marked

    def show_cursor(self, iteration: int, dots: Sequence[Dot]) -> None:
        """A line at the cursor's iteration, and dots on it."""
        state = (iteration, *dots)
        if state == self._cursor_state:
            return
        self._cursor_state = state
        self._cursor.setValue(iteration)
        self._put(self._dots, dots)

    @property
    def cursor_at(self) -> float:
        """The iteration at which the line stands."""
        return float(self._cursor.value())

    @property
    def dots(self) -> list[tuple[float, float]]:
        """Iterations and places of the dots at the cursor."""
        return list(zip(*(part.tolist() for part in self._dots.getData()), strict=True))

    def mark(self, dots: Sequence[Dot]) -> None:
        """Dots where the mouse is."""
        self._put(self._hover_dot, dots)

    def _put(self, item: Any, dots: Sequence[Dot]) -> None:
        edge = pg.mkPen(QColor(self._appearance.theme.surface), width=1.5)
        spots = [
            {"pos": (dot.iteration, place), "size": dot.size, "brush": pg.mkBrush(dot.color), "pen": edge}
            for dot in dots
            if np.isfinite(place := self._scale.place(dot.value))
        ]
        item.setData(spots)

    # The mouse

    def iteration_at(self, point: QPointF) -> int:
        """The iteration with a value that is nearest to a point in the chart."""
        return max(self._start, min(round(point.x()), self._start + len(self._values) - 1))

    def curve_at(self, point: QPointF) -> int | None:
        """The curve under a point in the chart."""
        width, height = self.getPlotItem().getViewBox().viewPixelSize()
        reach = REACH * width / 2
        near, level = self._scale.distances(self._values, self._start, (point.x(), point.y()), reach)
        within = near <= REACH * height
        if not within.any():
            return None
        # Where several cross, the one whose height at this iteration is nearest.
        return int(np.nanargmin(np.where(within, near + level * 1e-3, np.nan)))

    def _in_chart(self, event: QMouseEvent) -> QPointF:
        scene = self.mapToScene(event.position().toPoint())
        point: QPointF = self.getPlotItem().getViewBox().mapSceneToView(scene)
        return point

    def to_widget(self, iteration: float, value: float) -> QPointF:
        """Where a value of an iteration is, in this widget's pixels."""
        point = QPointF(iteration, self._scale.place(value))
        return QPointF(self.mapFromScene(self.getPlotItem().getViewBox().mapViewToScene(point)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Tell where the mouse is; pyqtgraph's own dragging is not wanted."""
        self.hovered.emit(self._in_chart(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Tell of a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self._in_chart(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """The click was told when the button went down."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Tell of a double click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(self._in_chart(event))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """The wheel belongs to whatever the plot stands in."""
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Tell that the mouse has left."""
        super().leaveEvent(event)
        self.left.emit()
