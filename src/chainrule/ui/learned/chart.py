"""Painting what was learned: the output as a picture or a curve between two axes, with the data on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, QDataStream, QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from chainrule.model.timeline.downsampled_series import Floats, Positions
from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.learned.groups import PointGroup
from chainrule.ui.learned.remembered import Remembered
from chainrule.ui.plots.chart.axes_chart import AxesChart
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, paint_focus, paint_message, ticks_down
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import drawing, painting, saved
from chainrule.ui.window.hints import BACK_TO_STAGE
from chainrule.ui.window.keys import keep_standard_keys

# How near to a point the mouse has to be.
REACH = 9.0
# More points are painted once, into a picture of their own.
MANY = 60
MARK, SMALL_MARK, HALO = 3.6, 2.3, 1.2
# What stands at the end of an axis reaches so many pixels beyond it: the ring around a row does most.
BEYOND = 10.0
COPYING = gettext_noop("Ctrl+C copies the numbers")
HINTS = (COPYING, gettext_noop("I the same in each neuron"), BACK_TO_STAGE)
NOTHING = gettext_noop("The outputs are not numbers (NaN) here")
TOO_LARGE = gettext_noop("The numbers are too large to be drawn")


@dataclass(frozen=True, slots=True, eq=False)
class MarkedPoints:
    """Rows at their places (n, 2), with the group of each, and whether it is held back; `rows` are their numbers."""

    rows: Positions
    places: Floats
    groups: tuple[PointGroup, ...]
    of: Positions
    is_test: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class GridCurve:
    """A piece of a line of a grid, (n, 2), in its colour."""

    places: Floats
    color: QColor


@dataclass(frozen=True, slots=True, eq=False)
class LearnedPicture:
    """What is drawn, in the units of the axes: of two inputs an `image` and `lines` (n, 2, 2) on it; of one a curve.

    `lines` part what is on different sides, `level` is a height that a curve is held against, and `here` is the place
    of the shown row. An `is_empty` one has no number anywhere. Of an image that `is_smooth` no pixel is seen. Of a
    plane that is bent there is the `grid`, and `straight` are lines (n, 2, 2) that belong to the axes.
    """

    names: tuple[str, str]
    across: tuple[float, float]
    up: tuple[float, float]
    points: MarkedPoints
    image: QImage | None = None
    lines: Floats | None = None
    curve: tuple[Floats, Floats] | None = None
    level: float | None = None
    here: tuple[float, float] | None = None
    is_empty: bool = False
    is_smooth: bool = True
    grid: tuple[GridCurve, ...] = ()
    straight: Floats | None = None


class LearnedChart(AxesChart):
    """Draws a picture. `tell` gives the words of a place, or of a row there; `chosen` is a click on a row."""

    chosen = Signal(int)
    copy_requested = Signal()

    def __init__(
        self,
        appearance: Appearance,
        tell: Callable[[tuple[float, float], int | None], str],
        parent: QWidget,
        object_name: str = "learned_view.chart",
        hints: tuple[str, ...] = HINTS,
    ) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName(object_name)
        self._hints = hints
        self._appearance, self._tell = appearance, tell
        self._picture: LearnedPicture | None = None
        self._message = ""
        # The picture of many points.
        self._layer: Remembered[QPixmap] = Remembered()
        # The picture of the axes, and the axes themselves.
        self._axes: Remembered[QPixmap | None] = Remembered()
        self._frame: Remembered[Frame] = Remembered()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_standard_keys(self, {QKeySequence.StandardKey.Copy: None})
        appearance.changed.connect(self.update)

    @property
    def picture(self) -> LearnedPicture | None:
        """What is drawn."""
        return self._picture

    @property
    def frame(self) -> Frame | None:
        """The axes, and where points are in them; None where there is no range."""
        found, look, area = self._picture, self._appearance, QRectF(self.rect())
        if found is None or not all(isfinite(high - low) and low < high for low, high in (found.across, found.up)):
            return None

        def make() -> Frame:
            across = ChartAxis.linear(found.names[0], *found.across, max(2, int(area.width() / look.size(48))))
            up = ChartAxis.linear(found.names[1], *found.up, ticks_down(look, area.height() - look.size(52)))
            return Frame(look, area.adjusted(0, 0, -2, 0), across, up)

        key = (area.getRect(), found.names, found.across, found.up, look.scale)
        return self._frame.get((look.theme, key), make)

    def show_picture(self, picture: LearnedPicture | None, message: str = "") -> None:
        """Draw another picture; or write a message, across it where there is one."""
        self._picture, self._message = picture, message
        self.update()

    def say(self, message: str) -> None:
        """Write a message across what is drawn."""
        if message != self._message:
            self._message = message
            self.update()

    def row_at(self, position: QPointF) -> int | None:
        """Return the row of the data whose mark is nearest to a point, within reach."""
        frame, found = self.frame, self._picture
        if frame is None or found is None or not len(found.points.rows):
            return None
        places = _placed(frame, found.points.places)
        away = np.hypot(*(places - position.toTuple()).T)
        plot = frame.plot.adjusted(-BEYOND, -BEYOND, BEYOND, BEYOND)
        ends = np.array([[plot.left(), plot.top()], [plot.right(), plot.bottom()]])
        # What is drawn alone: a row without a place is nowhere.
        away[~((ends[0] <= places) & (places <= ends[1])).all(axis=1)] = np.inf
        nearest = int(away.argmin())
        return int(found.points.rows[nearest]) if away[nearest] <= REACH * self._appearance.scale else None

    # Qt's events

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return self._hints

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask for the numbers to be copied."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        else:
            super().keyPressEvent(event)

    def _take_event(self, event: QEvent) -> bool:
        """Say what is under the mouse; show where the keyboard is."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return shows_tip(event, self, lambda at: self._tip_at(QPointF(at)))

    def _tip_at(self, at: QPointF) -> str:
        place = self.place_at(at)
        return "" if place is None else self._tell(place, self.row_at(at))

    def click(self, at: QPointF) -> None:
        """Choose the row that is there."""
        row = self.row_at(at)
        if row is not None:
            self.chosen.emit(row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the output, the axes, and the data."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            look, found, frame = self._appearance, self._picture, self.frame
            if found is not None and frame is not None and frame.is_possible:
                with saved(painter):
                    painter.setClipRect(frame.plot.adjusted(-1, 0, 0, 1))
                    self._paint_output(painter, frame, found)
                self._paint_axes(painter, frame, is_quick=not found.is_smooth)
                with saved(painter):
                    painter.setClipRect(frame.plot.adjusted(-BEYOND, -BEYOND, BEYOND, BEYOND))
                    self._paint_points(painter, frame, found.points)
                    self._paint_here(painter, frame, found)
            if self._message:
                paint_message(painter, look, QRectF(self.rect()), self._message)
            if self.hasFocus():
                paint_focus(painter, look, QRectF(self.rect()))

    # The output

    def _paint_output(self, painter: QPainter, frame: Frame, found: LearnedPicture) -> None:
        theme, plot = self._appearance.theme, frame.plot
        if found.image is not None:
            # Each pixel around the place that it is of: those at the edges stand half beyond them.
            half = QPointF(plot.width() / (found.image.width() - 1) / 2, plot.height() / (found.image.height() - 1) / 2)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, found.is_smooth)
            painter.drawImage(plot.adjusted(-half.x(), -half.y(), half.x(), half.y()), found.image)
        # Smooth lines take twice the time.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, found.is_smooth)
        for curve in found.grid:
            painter.setPen(QPen(curve.color, 1))
            places = _placed(frame, curve.places)
            painter.drawPolyline(QPolygonF([QPointF(*each) for each in places.tolist()]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if found.straight is not None:
            self._paint_lines(painter, frame, found.straight, QPen(QColor(theme.link), 2.6))
        if found.lines is not None:
            # Round ends take more time than all else.
            cap = Qt.PenCapStyle.RoundCap if found.is_smooth else Qt.PenCapStyle.FlatCap
            self._paint_lines(painter, frame, found.lines, QPen(QColor(theme.text), 1.8, Qt.PenStyle.SolidLine, cap))
        if found.level is not None and found.up[0] < found.level < found.up[1]:
            painter.setPen(QPen(QColor(theme.dimmed), 1, Qt.PenStyle.DashLine))
            painter.drawLine(frame.at(found.across[0], found.level), frame.at(found.across[1], found.level))
        if found.curve is not None:
            painter.setPen(QPen(QColor(theme.text), 2))
            places = _placed(frame, np.column_stack(found.curve))
            gaps = np.flatnonzero(~np.isfinite(places).all(axis=1))
            for part in np.split(places, gaps):
                painter.drawPolyline(
                    QPolygonF([QPointF(*each) for each in part[np.isfinite(part).all(axis=1)].tolist()])
                )

    def _paint_lines(self, painter: QPainter, frame: Frame, lines: Floats, pen: QPen) -> None:
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path_of_lines(_placed(frame, lines.reshape(-1, 2))))

    # The data

    def _paint_points(self, painter: QPainter, frame: Frame, points: MarkedPoints) -> None:
        if len(points.rows) <= MANY:
            self._paint_marks(painter, frame, points, MARK)
            return
        ends = (frame.across.low, frame.across.high, frame.down.low, frame.down.high)
        key = (self.size().toTuple(), self.devicePixelRatioF(), frame.plot.getRect(), ends)

        def paint() -> QPixmap:
            return self._picture_of(lambda on: self._paint_marks(on, frame, points, SMALL_MARK))

        painter.drawPixmap(0, 0, self._layer.get((points, self._appearance.theme, key), paint))

    def _paint_axes(self, painter: QPainter, frame: Frame, *, is_quick: bool) -> None:
        """Paint the axes: from a picture in frames that follow so quickly that nobody sees a shade of its rounding."""
        of = (frame, (self.size().toTuple(), self.devicePixelRatioF()))
        if is_quick and self._axes.is_of(of):
            picture = self._axes.value or self._picture_of(frame.paint)
            self._axes.keep(of, picture)
            painter.drawPixmap(0, 0, picture)
            return
        # Made where it is needed again: axes that are new in each frame do not wait for it.
        if is_quick:
            self._axes.keep(of, None)
        frame.paint(painter)

    def _picture_of(self, paint: Callable[[QPainter], None]) -> QPixmap:
        """Return a picture of the whole chart with what is painted, and nothing around it."""
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with drawing(picture) as on:
            on.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint(on)
        return picture

    def _paint_marks(self, painter: QPainter, frame: Frame, points: MarkedPoints, size: float) -> None:
        size, surface = size * self._appearance.scale**0.5, QColor(self._appearance.theme.surface)
        marks = [[group.mark(is_test=held) for held in (False, True)] for group in points.groups]
        places = _placed(frame, points.places).tolist()
        rows = [
            (QPointF(x, y), marks[of][held], points.groups[of].color, held)
            for (x, y), of, held in zip(places, points.of.tolist(), points.is_test.tolist(), strict=True)
            if isfinite(x) and isfinite(y)
        ]
        # Below all of them, what sets them off from the ground: none lies on another's mark.
        for at, mark, _, _ in rows:
            mark.paint(painter, at, surface, surface, size + HALO)
        for at, mark, color, held in rows:
            mark.paint(painter, at, color, surface if held else color, size)

    def _paint_here(self, painter: QPainter, frame: Frame, found: LearnedPicture) -> None:
        """Paint a ring around the row that is shown everywhere else."""
        if found.here is None or not all(map(isfinite, found.here)):
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((self._appearance.theme.surface, 4.0), (self._appearance.theme.text, 1.8)):
            painter.setPen(QPen(QColor(color), width))
            painter.drawEllipse(frame.at(*found.here), 8.0, 8.0)


def path_of_lines(ends: Floats) -> QPainterPath:
    """Return lines as a path: each pair of points, (2 n, 2), is one.

    It is read from bytes, as Qt writes a path: one line after the other takes four times as long.
    """
    points = np.empty(len(ends), [("is_end", ">i4"), ("x", ">f8"), ("y", ">f8")])
    points["is_end"], points["x"], points["y"] = np.arange(len(ends)) % 2, ends[:, 0], ends[:, 1]
    path = QPainterPath()
    # How many points there are stands before them, and behind them two numbers of which both may be 0.
    QDataStream(QByteArray(len(ends).to_bytes(4, "big") + points.tobytes() + bytes(8))) >> path
    return path


def _placed(frame: Frame, places: Floats) -> Floats:
    """Return places of the axes, (n, 2), as pixels: what `frame.at` does, for many at once."""
    corner, far = frame.at(frame.across.low, frame.down.low), frame.at(frame.across.high, frame.down.high)
    low = np.array([frame.across.low, frame.down.low])
    spans = np.array([frame.across.high, frame.down.high]) - low
    begin, size = np.array(corner.toTuple()), np.array((far - corner).toTuple())
    found: Floats = begin + (places - low) / spans * size
    return found
