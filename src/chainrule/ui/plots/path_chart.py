"""Painting the way that training takes: on a curve, among contour lines or over a coloured ground, with axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from chainrule.model.timeline.downsampled_series import Floats, Positions
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.axes_chart import AxesChart
from chainrule.ui.plots.chart.contours import levels, segments
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, ticks_down
from chainrule.ui.plots.chart.ground import Ground, paint_ground, room_beside
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved

# So many contour lines at most; the faintest has so much of its colour, the strongest all.
MOST_LINES, FAINTEST = 12, 0.35
# Up to so many iterations each has a dot.
MOST_DOTS = 80
# How near to a point of the path the mouse has to be.
REACH = 12.0
# What stays free above a curve and below it, of its range; and so many pixels beyond an axis marks at its end are seen.
ROOM, BEYOND = 0.06, 6.0
NOTHING = gettext_noop("There is no finite number to be drawn here")
_MIDDLE = Qt.AlignmentFlag.AlignCenter


# How much of the text the lines on a ground have.
ON_GROUND = 0.55


@dataclass(frozen=True, slots=True, eq=False)
class OtherPath:
    """A way that another optimizer takes, (n, 2)."""

    points: Floats
    color: QColor
    style: Qt.PenStyle
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What is drawn: `across` and `up` are the places of a grid, `values` the output there; of a curve `up` is None.

    `iterations` and `points` are the path, (n, 2), as far as it is remembered, and `here` is where training is now.
    """

    names: tuple[str, str]
    across: Floats
    up: Floats | None
    values: Floats
    iterations: Positions
    points: Floats
    here: tuple[float, float]
    ground: Ground | None = None
    others: tuple[OtherPath, ...] = ()

    def numbers(self, name: str, values: Floats) -> NumbersTable:
        """Return where training is, the way to there, other ways, and the ground below them, whose numbers have a name.

        `values` are those of the grid; of a curve they are its height.
        """
        over = self.names[:1] if self.up is None else self.names
        rows: list[tuple[CopiedCell, ...]] = [("what", "iteration", *over, name)]

        def row(what: str, iteration: int | None, point: Sequence[float]) -> tuple[CopiedCell, ...]:
            return (what, iteration, *point) if self.up is None else (what, iteration, *point, None)

        rows.append(row("here", None, self.here))
        points = zip(self.iterations.tolist(), self.points.tolist(), strict=True)
        rows += [row("way", iteration, point) for iteration, point in points]
        rows += [
            row(other.name, step, point) for other in self.others for step, point in enumerate(other.points.tolist())
        ]
        across = self.across.tolist()
        if self.up is None:
            rows += [("curve", None, x, value) for x, value in zip(across, values.tolist(), strict=True)]
        else:
            grid = zip(self.up.tolist(), values.tolist(), strict=True)
            rows += [("ground", None, x, y, value) for y, line in grid for x, value in zip(across, line, strict=True)]
        found = NumbersTable.of_rows(rows)
        assert found is not None
        return found

    def range_up(self) -> tuple[float, float]:
        """Return the range of the axis that goes up."""
        if self.up is not None:
            return float(self.up[0]), float(self.up[-1])
        # The path as far as it is in sight.
        path = np.vstack([self.points, self.here])
        path = path[(path[:, 0] >= self.across[0]) & (path[:, 0] <= self.across[-1])]
        heights = np.concatenate([self.values, path[:, 1]])
        finite = heights[np.isfinite(heights)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        if low == high:
            low, high = low - 0.5, high + 0.5
        return low - ROOM * (high - low), high + ROOM * (high - low)


class PathChart(AxesChart):
    """Draws a picture. `tell` gives the words of an iteration for its tip, and `tell_place` those of any other place.

    `chosen` is a double click on an iteration. Where places can be told they can be chosen, too: by one click.
    """

    chosen = Signal(int)
    placed = Signal(float, float)

    def __init__(
        self,
        appearance: Appearance,
        tell: Callable[[int], str],
        parent: QWidget,
        tell_place: Callable[[float, float], str] | None = None,
    ) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self._tell_place = tell_place
        self._appearance, self._tell = appearance, tell
        self._picture: Picture | None = None
        self._lines: list[tuple[float, list[QLineF]]] = []
        self._lines_for: object = None
        appearance.changed.connect(self.update)

    @property
    def picture(self) -> Picture | None:
        """What is drawn."""
        return self._picture

    @property
    def frame(self) -> Frame | None:
        """The axes, and where points are in them; None where there is no range."""
        found, look = self._picture, self._appearance
        if found is None:
            return None
        area, (low, high) = QRectF(self.rect()).adjusted(0, 0, -room_beside(look, found.ground), 0), found.range_up()
        left, right = float(found.across[0]), float(found.across[-1])
        if not (isfinite(right - left) and isfinite(high - low) and left < right and low < high):
            return None
        across = ChartAxis.linear(found.names[0], left, right, max(2, int(area.width() / look.size(72))))
        up = ChartAxis.linear(found.names[1], low, high, ticks_down(look, area.height() - look.size(52)))
        return Frame(look, area.adjusted(0, 0, -2, 0), across, up)

    def show_picture(self, picture: Picture | None) -> None:
        """Draw another picture, or none."""
        self._picture = picture
        self.update()

    def iteration_at(self, position: QPointF) -> int | None:
        """Return the iteration whose point is nearest to a place, within reach."""
        frame, found = self.frame, self._picture
        if frame is None or found is None:
            return None
        placed = _placed(frame, found)
        near = [(QLineF(position, at).length(), iteration) for iteration, at in placed if frame.shows(at, BEYOND)]
        distance, iteration = min(near, default=(REACH * self._appearance.scale + 1, -1))
        return iteration if distance <= REACH * self._appearance.scale else None

    # Qt's events

    def _take_event(self, event: QEvent) -> bool:
        """Say which iteration is under the mouse."""
        return shows_tip(event, self, lambda at: self._tip_at(QPointF(at)))

    def _tip_at(self, at: QPointF) -> str:
        iteration, place = self.iteration_at(at), self.place_at(at)
        if iteration is not None:
            return self._tell(iteration)
        return "" if place is None or self._tell_place is None else self._tell_place(*place)

    def click(self, at: QPointF) -> None:
        """Choose a place; not one of the path, which a double click goes to."""
        place = None if self._tell_place is None else self.place_at(at)
        if place is not None and self.iteration_at(at) is None:
            self.placed.emit(*place)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Go to the iteration under the mouse."""
        iteration = self.iteration_at(event.position())
        if iteration is not None:
            self.chosen.emit(iteration)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the curve or the contour lines, and the path."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            look, found, frame = self._appearance, self._picture, self.frame
            if found is None:
                return
            if frame is None or not np.isfinite(found.values).any():
                painter.setFont(look.font(12))
                painter.setPen(QColor(look.theme.muted))
                painter.drawText(self.rect(), _MIDDLE | Qt.TextFlag.TextWordWrap, gettext(NOTHING))
            elif frame.is_possible:
                if found.ground is not None:
                    paint_ground(painter, look, frame, found.ground, QRectF(self.rect()))
                frame.paint(painter)
                with saved(painter):
                    painter.setClipRect(frame.plot.adjusted(-BEYOND, -BEYOND, BEYOND, BEYOND))
                    if found.up is None:
                        self._paint_curve(painter, frame, found)
                    else:
                        self._paint_lines(painter, frame, found)
                    for other in found.others:
                        self._paint_other(painter, frame, other)
                    self._paint_path(painter, frame, found)

    def _paint_other(self, painter: QPainter, frame: Frame, other: OtherPath) -> None:
        finite = other.points[np.isfinite(other.points).all(axis=1)]
        line = QPolygonF([frame.at(x, y) for x, y in finite.tolist()])
        for color, width, style in (
            (QColor(self._appearance.theme.surface), 3.6, Qt.PenStyle.SolidLine),
            (other.color, 1.8, other.style),
        ):
            painter.setPen(QPen(color, width, style, Qt.PenCapStyle.FlatCap))
            painter.drawPolyline(line)

    def _paint_curve(self, painter: QPainter, frame: Frame, found: Picture) -> None:
        painter.setPen(QPen(QColor(self._appearance.theme.text), 2))
        part: list[QPointF] = []
        for x, y in zip(found.across, found.values, strict=True):
            if isfinite(y):
                part.append(frame.at(float(x), float(y)))
            elif part:
                # Where the output has no number there is a gap.
                painter.drawPolyline(QPolygonF(part))
                part = []
        painter.drawPolyline(QPolygonF(part))

    def _paint_lines(self, painter: QPainter, frame: Frame, found: Picture) -> None:
        """Paint the contour lines in the colour of their sign, the higher the stronger."""
        theme = self._appearance.theme
        drawn = self._contours(frame, found)
        for place, (level, lines) in enumerate(drawn):
            share = (place + 1) / len(drawn)
            color = theme.tint(theme.signed(level), FAINTEST + (1 - FAINTEST) * share)
            if found.ground is not None:
                color = theme.tint(theme.text, ON_GROUND)
            painter.setPen(QPen(color, 1.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLines(lines)

    def _contours(self, frame: Frame, found: Picture) -> list[tuple[float, list[QLineF]]]:
        """Return the contour lines in pixels; they are looked for once for a surface and a size."""
        key = (id(found.values), frame.plot.getRect(), *found.range_up(), found.across[0], found.across[-1])
        if key != self._lines_for and found.up is not None:
            self._lines_for, self._lines = key, []
            # What `frame.at` does, for thousands of points at once.
            first, last = (frame.at(found.across[place], found.up[place]) for place in (0, -1))
            spans = found.across[-1] - found.across[0], found.up[-1] - found.up[0]
            scale = np.array([(last.x() - first.x()) / spans[0], (last.y() - first.y()) / spans[1]])
            corner = np.array(first.toTuple()) - scale * [found.across[0], found.up[0]]
            for level in levels(found.values, MOST_LINES):
                pieces = segments(found.across, found.up, found.values, float(level))
                lines = [QLineF(*ends) for ends in (pieces * scale + corner).reshape(-1, 4).tolist()]
                self._lines.append((float(level), lines))
        return self._lines

    def _paint_path(self, painter: QPainter, frame: Frame, found: Picture) -> None:
        """Paint a line from point to point with a ring at the start, and a dot where training is."""
        theme = self._appearance.theme
        hue, points = QColor(theme.update), [at for _, at in _placed(frame, found)]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if found.ground is not None:
            painter.setPen(QPen(QColor(theme.surface), 4))
            painter.drawPolyline(QPolygonF(points))
        painter.setPen(QPen(hue, 1.6))
        painter.drawPolyline(QPolygonF(points))
        if points:
            painter.setBrush(QColor(theme.surface))
            painter.drawEllipse(points[0], 4.5, 4.5)
        painter.setBrush(hue)
        for point in points[1:] if len(points) <= MOST_DOTS else ():
            painter.drawEllipse(point, 2.2, 2.2)
        if all(map(isfinite, found.here)):
            painter.setPen(QPen(QColor(theme.surface), 1.5))
            painter.setBrush(QColor(theme.backward))
            painter.drawEllipse(frame.at(*found.here), 5.5, 5.5)


def _placed(frame: Frame, found: Picture) -> list[tuple[int, QPointF]]:
    """Return the points of the path that have a place."""
    finite = np.isfinite(found.points).all(axis=1)
    pairs = zip(found.iterations[finite], found.points[finite], strict=True)
    return [(int(iteration), frame.at(float(x), float(y))) for iteration, (x, y) in pairs]
