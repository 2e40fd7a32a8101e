"""Curves over iterations, drawn by pyqtgraph. Importing this module imports pyqtgraph: it waits for the first curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.model.timeline.downsampled_series import Floats, Outline
from chainrule.ui.plots.chart.axes import IterationAxis, ValueAxis
from chainrule.ui.plots.chart.curve import ChartCurve, are_steep, marked_points
from chainrule.ui.plots.chart.dots import Dots
from chainrule.ui.plots.chart.end_names import paint_end_names
from chainrule.ui.plots.chart.palette import Behind, Stroke
from chainrule.ui.plots.chart.scales import MARGIN, Scale, blocks_across, parted, visible_range
from chainrule.ui.plots.chart.zoom import WHEEL, Zoom
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting_part

# Wide lines cost most when they are drawn in one go, ten times less piece by piece (but corners show), and thin ones
# ten times less again: each is for more points than the one before. Beyond the last they are not smoothed either.
MOST_WIDE = 800
MOST_SMOOTH = 15_000
# A curve is under the mouse within so many pixels.
REACH = 8.0
LEAST_HEIGHT = 90
RIGHT = 12
# The axis of iterations grows in steps: of a sixteenth of its length at most, and of one iteration at first.
STEP_BITS = 5
# So many blocks of iterations are enough for a curve behind the others.
FEWER = 4


class Chart(pg.PlotWidget):
    """Shows numbers by iteration as curves: all that was computed, or a part of it that was zoomed to.

    Ctrl with the wheel zooms, a drag moves the part; the axis of values fits what is in sight.
    """

    hovered = Signal(QPointF)
    left = Signal()
    clicked = Signal(QPointF)
    double_clicked = Signal(QPointF)
    # Other iterations are in sight.
    zoomed = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        axes: dict[str, Any] = {"bottom": IterationAxis("bottom"), "left": ValueAxis("left")}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        self._appearance, self._axes = appearance, axes
        self._curves: list[Any] = []
        self._value_name = ""
        self._strokes: list[Stroke] = []
        self._marked: dict[int, list[QPointF]] = {}
        self._points = self._blocks = 0
        self._range: tuple[float, ...] = ()
        self._fills: list[bool] = []
        self._start, self._values, self._scale = 0, Outline.of(np.empty((0, 0))), Scale()
        # The first iteration of all curves, and the one behind the last.
        self._ends = (0, 1)
        self._zero_at: float | None = None
        self.zoom = Zoom()
        # Draws what is shown once more, and where a drag began, and came to last.
        self._draw_again: Callable[[], bool] | None = None
        self._pressed_at: QPointF | None = None
        self._dragged_to: QPointF | None = None
        self.dots = Dots(self.getPlotItem().getViewBox(), appearance)
        self._keep_still()
        self.getPlotItem().getViewBox().sigResized.connect(self._follow_width)
        self.restyle()

    def _keep_still(self) -> None:
        """Take away pyqtgraph's zooming, panning, menus, buttons and the focus: the keys are the window's."""
        plot = self.getPlotItem()
        plot.hideButtons()
        # pyqtgraph makes its menu all the same, without a parent that takes it away.
        plot.ctrlMenu.setParent(self, plot.ctrlMenu.windowFlags())
        plot.setMouseEnabled(x=False, y=False)
        plot.getViewBox().disableAutoRange()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseTracking(True)
        # What is below and above the curves changes as often as they do.
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)
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
        self._axes["bottom"].setLabel("iteration", **self._label_style())
        if self._value_name:
            self._axes["left"].setLabel(self._value_name, **self._label_style())
        self._axes["bottom"].setHeight(look.size(33))
        self.setMinimumHeight(look.size(LEAST_HEIGHT))
        self.dots.update()

    # Curves

    def show_data(
        self,
        start: int,
        values: Outline,
        *,
        log: bool | Callable[[Floats], bool] = False,
        magnitudes: bool = False,
        from_zero: bool = False,
        begins: Sequence[int] = (),
        behind: Sequence[Behind] = (),
    ) -> bool:
        """Draw the curves of `values` from the iteration `start` on; `log` may be what decides on their points. At the
        rows `begins` they begin anew, and no line joins them to what was before. The last curves are those `behind`.

        Returns whether there is anything to draw: infinite and undefined values are left out. On a logarithmic axis are
        the `magnitudes`, or else no negative values.
        """
        self._draw_again = partial(
            self._show_part, (Behind(start, values, begins), *behind), log, magnitudes=magnitudes, from_zero=from_zero
        )
        ends = [(each.start, each.start + len(each.values)) for each in (Behind(start, values), *behind)]
        self._ends = min(first for first, _ in ends), max(end for _, end in ends)
        self.zoom.take(self._ends[0], max(self._ends[0], self._ends[1] - 1))
        if self._draw_again():
            return True
        # There may be something elsewhere.
        self.zoom.part = None
        return self._draw_again()

    def _show_part(
        self,
        curves: Sequence[Behind],
        log: bool | Callable[[Floats], bool],
        *,
        magnitudes: bool,
        from_zero: bool,
    ) -> bool:
        """Draw as much of the curves as is in sight; the first ones are those that the chart is about."""
        self._start, self._values = curves[0].start, curves[0].values
        self._blocks = blocks = blocks_across(self.getPlotItem().getViewBox().width())
        seen = [self._in_sight(each) for each in curves]
        points = [each.values.thin_out(max(2, blocks // FEWER) if place else blocks) for place, each in enumerate(seen)]
        log = log if isinstance(log, bool) else log(points[0][1])
        every = np.concatenate([part.reshape(-1) for _, part in points])
        self._scale = Scale.of(every, log=log, magnitudes=magnitudes)
        self.dots.set_scale(self._scale)
        room = self.dots.widened(visible_range(self._scale.places(every), from_zero=from_zero))
        if room is None:
            return False
        self._points = points[0][1].size
        self._marked.clear()
        if self._axes["left"].logMode != log:
            self._axes["left"].setLogMode(False, log)
        self._axes["left"].setScale(self._scale.unit)
        self._axes["left"].set_zero(self._scale.zero, self._scale.floor)
        self._zero_at = self._scale.zero if log else 0.0 if not from_zero and room[0] < 0 else None
        self._take_curves(sum(each.values.curves for each in curves))
        self._set_range(self._ends[0], max(1, self._ends[1] - self._ends[0] - 1), room)
        drawn = [(at, self._scale.places(found)) for at, found in points]
        view = self.getPlotItem().getViewBox()
        self._fills = [fills for _, places in drawn for fills in are_steep(places, room, view.width(), view.height())]
        self._draw(seen, drawn)
        return True

    def _follow_width(self) -> None:
        """Draw more finely where there is more room: in a picture, or over the network."""
        if self._draw_again is not None and blocks_across(self.getPlotItem().getViewBox().width()) > self._blocks:
            self._draw_again()

    def _in_sight(self, curves: Behind) -> Behind:
        """Return the part of curves that is in sight."""
        if self.zoom.part is None or not len(curves.values):
            return curves
        offset, seen = curves.values.part(*(each - curves.start for each in self.zoom.part))
        begins = [begin - offset for begin in curves.begins if offset < begin < offset + len(seen)]
        return Behind(curves.start + offset, seen, begins)

    def _draw(self, seen: Sequence[Behind], drawn: Sequence[tuple[Floats, Floats]]) -> None:
        """Draw what is in sight of curves; their points are given in iterations from their start, and in places."""
        smooth, curves = self._points <= MOST_SMOOTH, iter(range(len(self._curves)))
        for each, (at, places) in zip(seen, drawn, strict=True):
            length = max(1, len(each.values) - 1)
            where, columns = parted(at, places, each.begins, length) if each.begins else (at, places)
            for column, place in zip(columns.T, curves, strict=False):
                curve, stroke = self._curves[place], self._strokes[place]
                curve.setSegmentedLineMode(stroke.line_mode(self._points))
                pen = self._pen(stroke, self._fills[place])
                curve.setData(each.start + where, column, antialias=smooth, pen=pen, connect="finite")

    def _set_range(self, start: int, length: int, room: tuple[float, float]) -> None:
        """Make room for `length` iterations, and some: in most frames of a run the axes need not be drawn anew."""
        step = 1 << max(0, length.bit_length() - STEP_BITS)
        low, high = float(start), float(start + -(-length // step) * step)
        if self.zoom.part is not None:
            low, high = self.zoom.part
        if (low, high, *room) == self._range:
            return
        self._range = (low, high, *room)
        view, margin = self.getPlotItem().getViewBox(), MARGIN * (high - low)
        view.setRange(xRange=(low - margin, high + margin), yRange=room, padding=0)
        # Left for the next paint, it would tell every item to be painted once more.
        view.updateMatrix()

    def _take_curves(self, count: int) -> None:
        while len(self._curves) > count:
            self.removeItem(self._curves.pop())
        while len(self._curves) < count:
            # Not a PlotDataItem, which would thin the points out once more: these are few, and all in sight.
            curve = ChartCurve()
            self.addItem(curve, ignoreBounds=True)
            self._curves.append(curve)
        plain = Stroke(QColor(self._appearance.theme.muted))
        self._strokes = [*self._strokes[:count], *[plain] * (count - len(self._strokes))]

    def set_strokes(self, strokes: Sequence[Stroke]) -> None:
        """Set how each curve is drawn; only what changes is drawn anew."""
        for place, (before, stroke) in enumerate(zip(self._strokes, strokes, strict=True)):
            if stroke != before:
                self._strokes[place] = stroke
                self._curves[place].setPen(self._pen(stroke, self._fills[place]))
                self._curves[place].setZValue(stroke.level)
                self._curves[place].setSegmentedLineMode(stroke.line_mode(self._points))

    def _pen(self, stroke: Stroke, fills: bool) -> Any:
        return stroke.pen(wide=not fills and (self._points <= MOST_WIDE or stroke.level > 0))

    @property
    def is_log(self) -> bool:
        """Whether the axis of values is logarithmic."""
        return self._scale.log

    def name_values(self, name: str) -> None:
        """Write what the axis of values shows beside it."""
        if name != self._value_name:
            self._value_name = name
            self._axes["left"].setLabel(name, **self._label_style())

    def _label_style(self) -> dict[str, str]:
        look = self._appearance
        return {"font-size": f"{look.size(11)}px", "color": look.theme.muted}

    @property
    def curve_count(self) -> int:
        """How many curves there are."""
        return len(self._curves)

    def curve_data(self, curve: int) -> tuple[Floats, Floats]:
        """Return iterations and places of the points of a curve."""
        data: tuple[Floats, Floats] = self._curves[curve].getData()
        return data

    def stroke(self, curve: int) -> Stroke:
        """Return how a curve is drawn."""
        return self._strokes[curve]

    # What is below and above the curves

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Draw below the curves: the zero line, and the cursor's.

        As items of pyqtgraph they cost more than the curves.
        """
        super().drawBackground(painter, rect)
        with painting_part(painter, self, rect):
            if not self._curves:
                return
            view, theme = self.getPlotItem().getViewBox(), self._appearance.theme
            if self._zero_at is not None:
                area, y = view.sceneBoundingRect(), view.mapViewToScene(QPointF(0.0, self._zero_at)).y()
                painter.setPen(QPen(theme.tint(theme.dimmed, 0.75), 1))
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            self.dots.paint_line(painter)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Draw above the curves: their marks, and the dots."""
        with painting_part(painter, self, rect):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_marks(painter)
            self.dots.paint(painter)
            ends = ((stroke, *self.curve_data(place)) for place, stroke in enumerate(self._strokes) if stroke.name)
            paint_end_names(painter, self._appearance, self.getPlotItem().getViewBox(), ends)

    def _paint_marks(self, painter: QPainter) -> None:
        """Paint the marks that tell curves apart without their colours, those of the strongest curve last."""
        view, surface = self.getPlotItem().getViewBox(), QColor(self._appearance.theme.surface)
        # Asked of pyqtgraph for two places: for each mark it would take longer than painting it.
        corner = view.mapViewToScene(QPointF(0.0, 0.0))
        step = view.mapViewToScene(QPointF(1.0, 1.0)) - corner
        (left, top), (across, down) = corner.toTuple(), step.toTuple()
        for place in sorted(range(len(self._curves)), key=lambda place: self._strokes[place].level):
            stroke = self._strokes[place]
            if stroke.mark is not None:
                places = [QPointF(left + at.x() * across, top + at.y() * down) for at in self.marked(place)]
                stroke.mark.paint_each(painter, places, stroke.color, surface)

    def marked(self, curve: int) -> list[QPointF]:
        """Return where a curve has its marks, in iterations and places."""
        if curve not in self._marked:
            self._marked[curve] = marked_points(*self.curve_data(curve), curve, len(self._curves), self.zoom.part)
        return self._marked[curve]

    # The mouse

    def iteration_at(self, point: QPointF) -> int:
        """Return the iteration with a value that is nearest to a point in the chart."""
        first, end = self._ends
        return max(first, min(round(point.x()), end - 1))

    def curve_at(self, point: QPointF) -> int | None:
        """Return the curve under a point in the chart."""
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
        """Return where a value of an iteration is, in this widget's pixels."""
        point = QPointF(iteration, self._scale.place(value))
        return QPointF(self.mapFromScene(self.getPlotItem().getViewBox().mapViewToScene(point)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the part in sight where the button is down, else tell where the mouse is."""
        at = event.position()
        if self._pressed_at is not None and self.zoom.part is not None:
            far = abs(at.x() - self._pressed_at.x()) >= QApplication.startDragDistance()
            if self._dragged_to is not None or far:
                before = self._dragged_to or self._pressed_at
                self._dragged_to = at
                self.zoom.move((before.x() - at.x()) * self.getPlotItem().getViewBox().viewPixelSize()[0])
                self.draw_part()
            return
        self.hovered.emit(self._in_chart(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell of a click; of a part that can be moved once the button is up again."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at, self._dragged_to = event.position(), None
            if self.zoom.part is None:
                self.clicked.emit(self._in_chart(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag, or tell of the click that it was."""
        pressed, self._pressed_at = self._pressed_at, None
        if pressed is not None and self._dragged_to is None and self.zoom.part is not None:
            self.clicked.emit(self._in_chart(event))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Tell of a double click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(self._in_chart(event))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl around the mouse; alone the wheel is left to whatever the plot stands in."""
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or not event.angleDelta().y():
            event.ignore()
            return
        scene = self.mapToScene(event.position().toPoint())
        around = self.getPlotItem().getViewBox().mapSceneToView(scene).x()
        low, high = self.zoom.seen
        self.zoom.step(event.angleDelta().y() / WHEEL, min(max(around, low), high))
        self.draw_part()
        event.accept()

    def draw_part(self) -> None:
        """Draw the iterations that are in sight now."""
        if self._draw_again is not None:
            if not self._draw_again():
                # Nothing there is a finite number: the axes show what there is elsewhere.
                self._set_range(self._start, max(1, len(self._values) - 1), self._range[2:])  # type: ignore[arg-type]
            self.zoomed.emit()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the mouse has left."""
        super().leaveEvent(event)
        self.left.emit()
