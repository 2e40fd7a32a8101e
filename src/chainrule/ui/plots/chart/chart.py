"""Curves over iterations, drawn by pyqtgraph. Importing this module imports pyqtgraph: it waits for the first curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from chainrule.model.timeline.downsampled_series import Floats, Outline
from chainrule.ui.plots.chart.axes import IterationAxis, ValueAxis
from chainrule.ui.plots.chart.dots import Dots
from chainrule.ui.plots.chart.palette import Stroke
from chainrule.ui.plots.chart.scales import MARGIN, Scale, blocks_across, parted, visible_range
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting_part

# Wide lines cost most when they are drawn in one go, ten times less piece by piece (but corners show), and thin ones
# ten times less again: each is for more points than the one before. Beyond the last they are not smoothed either.
# A curve that is emphasized stays wide, unless it goes up and down by more than so many pixels for each to the right.
STEEP = 4
MOST_WHOLE = 60
MOST_WIDE = 800
MOST_SMOOTH = 15_000
# A curve is under the mouse within so many pixels.
REACH = 8.0
LEAST_HEIGHT = 90
RIGHT = 12
# So many marks are on all curves together, and on each; a short curve has one at each of its points.
MOST_MARKS, MARKS_EACH = 90, 6
# No two of a few multiples of it are near the same fraction.
GOLDEN = 0.618
# The axis of iterations grows in steps: of a sixteenth of its length at most, and of one iteration at first.
STEP_BITS = 5


class Chart(pg.PlotWidget):
    """Shows numbers by iteration as curves. It neither zooms nor pans: all that was computed is always in sight."""

    hovered = Signal(QPointF)
    left = Signal()
    clicked = Signal(QPointF)
    double_clicked = Signal(QPointF)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        axes: dict[str, Any] = {"bottom": IterationAxis("bottom"), "left": ValueAxis("left")}
        super().__init__(parent, axisItems=axes, enableMenu=False)
        self._appearance, self._axes = appearance, axes
        self._curves: list[Any] = []
        self._value_name = ""
        self._strokes: list[Stroke] = []
        self._marked: dict[int, list[QPointF]] = {}
        self._points = 0
        self._range: tuple[float, ...] = ()
        self._fills: list[bool] = []
        self._start, self._values, self._scale = 0, Outline.of(np.empty((0, 0))), Scale()
        self._zero_at: float | None = None
        self.dots = Dots(self.getPlotItem().getViewBox(), appearance)
        self._keep_still()
        self.restyle()

    def _keep_still(self) -> None:
        """Take away zooming, panning, menus, buttons and the focus: the keys are the window's."""
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
    ) -> bool:
        """Draw the curves of `values` from the iteration `start` on; `log` may be what decides on their points. At the
        rows `begins` they begin anew, and no line joins them to what was before.

        Returns whether there is anything to draw: infinite and undefined values are left out. On a logarithmic axis are
        the `magnitudes`, or else no negative values.
        """
        at, points = values.thin_out(blocks_across(self.getPlotItem().getViewBox().width()))
        log = log if isinstance(log, bool) else log(points)
        self._scale = Scale.of(points, log=log, magnitudes=magnitudes)
        self.dots.set_scale(self._scale)
        places = self._scale.places(points)
        room = visible_range(places, from_zero=from_zero)
        if room is None:
            return False
        self._start, self._values, self._points = start, values, points.size
        self._marked.clear()
        if self._axes["left"].logMode != log:
            self._axes["left"].setLogMode(False, log)
        self._axes["left"].setScale(self._scale.unit)
        self._axes["left"].set_zero(self._scale.zero, self._scale.floor)
        self._zero_at = self._scale.zero if log else 0.0 if not from_zero and room[0] < 0 else None
        self._take_curves(values.curves)
        length = max(1, len(values) - 1)
        self._set_range(start, length, room)
        self._fills = self._find_fills(places, room)
        smooth = self._points <= MOST_SMOOTH
        if begins:
            at, places = parted(at, places, begins, length)
        for curve, column, stroke, fills in zip(self._curves, places.T, self._strokes, self._fills, strict=True):
            curve.setSegmentedLineMode("off" if self._points <= MOST_WHOLE else "on")
            curve.setData(start + at, column, antialias=smooth, pen=self._pen(stroke, fills), connect="finite")
        return True

    def _set_range(self, start: int, length: int, room: tuple[float, float]) -> None:
        """Make room for `length` iterations, and some: in most frames of a run the axes need not be drawn anew."""
        step = 1 << max(0, length.bit_length() - STEP_BITS)
        end = -(-length // step) * step
        if (start, end, *room) == self._range:
            return
        self._range = (start, end, *room)
        view = self.getPlotItem().getViewBox()
        view.setRange(xRange=(start - MARGIN * end, start + (1 + MARGIN) * end), yRange=room, padding=0)
        # Left for the next paint, it would tell every item to be painted once more.
        view.updateMatrix()

    def _find_fills(self, places: Floats, room: tuple[float, float]) -> list[bool]:
        """Return which curves are so steep that they fill an area: a wide pen takes long there and adds nothing."""
        view = self.getPlotItem().getViewBox()
        way = np.nansum(np.abs(np.diff(places, axis=0)), axis=0) * view.height() / (room[1] - room[0])
        found: list[bool] = (way > STEEP * view.width()).tolist()
        return found

    def _take_curves(self, count: int) -> None:
        while len(self._curves) > count:
            self.removeItem(self._curves.pop())
        while len(self._curves) < count:
            # Not a PlotDataItem, which would thin the points out once more: these are few, and all in sight.
            curve = _Curve()
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

    def _pen(self, stroke: Stroke, fills: bool) -> Any:
        wide = not fills and (self._points <= MOST_WIDE or stroke.level > 0)
        pen = pg.mkPen(stroke.color, width=stroke.width if wide else 1)
        # Square ends of the pieces would overlap and show as beads.
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        return pen

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

    def _paint_marks(self, painter: QPainter) -> None:
        """Paint the marks that tell curves apart without their colours, those of the strongest curve last."""
        surface, to_scene = QColor(self._appearance.theme.surface), self.getPlotItem().getViewBox().mapViewToScene
        for place in sorted(range(len(self._curves)), key=lambda place: self._strokes[place].level):
            stroke = self._strokes[place]
            if stroke.mark is not None:
                for point in self.marked(place):
                    stroke.mark.paint(painter, to_scene(point), stroke.color, surface)

    def marked(self, curve: int) -> list[QPointF]:
        """Return where a curve has its marks, in iterations and places."""
        if curve not in self._marked:
            self._marked[curve] = self._find_marked(curve)
        return self._marked[curve]

    def _find_marked(self, curve: int) -> list[QPointF]:
        at, column = self.curve_data(curve)
        number = max(1, min(MARKS_EACH, MOST_MARKS // max(1, len(self._curves))))
        if len(at) > number:
            # Those of one curve lie between those of the next ones, so that two close curves are seen to be two.
            steps = (np.arange(number) + (curve * GOLDEN) % 1.0) / number
            wanted = at[0] + steps * (at[-1] - at[0])
            nearest = np.unique(np.clip(np.searchsorted(at, wanted), 0, len(at) - 1))
            at, column = at[nearest], column[nearest]
        return [QPointF(x, y) for x, y in zip(at, column, strict=True) if np.isfinite(y)]

    # The mouse

    def iteration_at(self, point: QPointF) -> int:
        """Return the iteration with a value that is nearest to a point in the chart."""
        return max(self._start, min(round(point.x()), self._start + len(self._values) - 1))

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
        """Tell where the mouse is; pyqtgraph's own dragging is not wanted."""
        self.hovered.emit(self._in_chart(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell of a click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self._in_chart(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Do nothing: the click was told when the button went down."""

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Tell of a double click."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(self._in_chart(event))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to whatever the plot stands in."""
        event.ignore()

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the mouse has left."""
        super().leaveEvent(event)
        self.left.emit()


class _Curve(pg.PlotCurveItem):
    # What fails in its painting pyqtgraph warns of by itself.
    def boundingRect(self) -> QRectF:
        """Return all that can be seen. pyqtgraph asks each curve for its extremes,
        again and again while one is drawn.
        """
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:
        """Say that something else is seen, or Qt takes the curve to be where it was, and leaves it out.

        PlotCurveItem's own forgets to forget the rectangle that `viewRect` has kept.
        """
        self.prepareGeometryChange()
        self._cachedView = None
        super().viewTransformChanged()
