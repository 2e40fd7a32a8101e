"""Painting how runs came out: the loss of each over its learning rate or its seed, on logarithmic axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, isnan, log10

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, paint_focus, paint_message, ticks_down
from chainrule.ui.plots.chart.palette import Marker
from chainrule.ui.plots.subject import LOSS, Subject
from chainrule.ui.race.loss_scale import LossScale
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.window.keys import keep_keys, keep_standard_keys

# How near to a run's mark the mouse has to be.
REACH = 14.0
# Half a mark's size; of very many they are smaller.
MARK, SMALL_MARK, MANY = 3.4, 2.2, 150
# What stays free above and below the losses, in powers of ten, and at both ends of an axis of seeds.
ROOM, BESIDE = 0.25, 0.7
# The same as a share of the axis.
SHARE = 0.06
# What has no loss, or one beyond the axis, stands in a row above all others, so high.
ABOVE = 16
# A cross: the mark of a run without a loss; and a hollow triangle, that of a loss beyond the axis.
LOST, BEYOND = Marker(6), Marker(2, filled=False)


@dataclass(frozen=True, slots=True)
class RacePoint:
    """A run: its place across, and its loss, None where it has none. `group` is which colour and mark it has."""

    run: int
    across: float
    loss: float | None
    group: int


@dataclass(frozen=True, slots=True)
class RacePicture:
    """What is drawn. `groups` have a colour and a mark each; a line joins the losses of a group where it `joins`.

    Losses above `most` are beyond the axis: the others would not be told apart.
    """

    name: str
    is_log: bool
    points: tuple[RacePoint, ...]
    groups: tuple[tuple[QColor, Marker], ...]
    chosen: int | None = None
    joins: bool = True
    most: float = inf
    subject: Subject = LOSS

    def is_above(self, point: RacePoint) -> bool:
        """Return whether a run stands in the row above the axes."""
        return point.loss is None or point.loss > self.most

    def place(self, across: float) -> float:
        """Return where a rate or a seed stands on its axis."""
        return log10(across) if self.is_log else across


class RaceChart(QWidget):
    """Draws a picture. `tell` gives the words of a run; `chosen` is a click on one, or the arrows."""

    chosen = Signal(int)
    copy_requested = Signal()

    def __init__(self, appearance: Appearance, tell: Callable[[int], str], parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("race_view.chart")
        self._appearance, self._tell = appearance, tell
        self._picture: RacePicture | None = None
        self._message, self._scale = "", LossScale()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_keys(self, (Qt.Key.Key_Left, Qt.Key.Key_Right))
        keep_standard_keys(self, {QKeySequence.StandardKey.Copy: None})
        appearance.changed.connect(self.update)

    @property
    def picture(self) -> RacePicture | None:
        """What is drawn."""
        return self._picture

    @property
    def message(self) -> str:
        """What is written in the place of a picture."""
        return self._message

    def show_picture(self, picture: RacePicture | None, message: str = "") -> None:
        """Draw another picture, or write a message."""
        self._picture, self._message = picture, message
        losses = [] if picture is None else [point.loss for point in picture.points if point.loss is not None]
        self._scale = LossScale.of(np.array(losses, float), LOSS.short if picture is None else picture.subject.short)
        self.update()

    @property
    def frame(self) -> Frame | None:
        """The axes, below the row of those that diverged; None where there is nothing on them."""
        found, look = self._picture, self._appearance
        if found is None or not found.points:
            return None
        places = [found.place(point.across) for point in found.points]
        beside = 0.04 * (max(places) - min(places)) or BESIDE
        shown = [point.loss for point in found.points if point.loss is not None and not found.is_above(point)]
        heights = self._scale.heights(np.array(shown))
        heights = heights[~np.isnan(heights)]
        low, high = (float(heights.min()), float(heights.max())) if heights.size else (-1.0, 0.0)
        above = look.size(ABOVE) if any(map(found.is_above, found.points)) else 0
        area = QRectF(self.rect()).adjusted(0, above, -2, 0)
        most = max(2, int(area.width() / look.size(48)))
        ends = (min(places) - beside, max(places) + beside)
        across = ChartAxis.decades(found.name, *ends, most) if found.is_log else _of_whole(found.name, *ends, most)
        lines = ticks_down(look, area.height() - look.size(52))
        down = self._scale.axis(low, high, lines, decades=ROOM, share=SHARE)
        return Frame(look, area, across, down)

    def at(self, frame: Frame, point: RacePoint) -> QPointF:
        """Return where a run stands: above the axes where it has no loss; a loss of 0 stands at the bottom."""
        assert self._picture is not None
        across = self._picture.place(point.across)
        if point.loss is None or self._picture.is_above(point):
            return QPointF(frame.at(across, frame.down.high).x(), self._appearance.size(ABOVE) / 2)
        height = float(self._scale.heights(np.array(point.loss)))
        return frame.at(across, frame.down.low if isnan(height) else height)

    def run_at(self, position: QPointF) -> int | None:
        """Return the run whose mark is nearest to a place, within reach."""
        frame, found = self.frame, self._picture
        if frame is None or found is None:
            return None
        near = [(QLineF(position, self.at(frame, point)).length(), point.run) for point in found.points]
        away, run = min(near)
        return run if away <= REACH * self._appearance.scale else None

    # Qt's events

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("← → another run"),
            gettext_noop("Ctrl+C copies the numbers"),
            gettext_noop("Esc back to the stage"),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the next run, or ask for the numbers to be copied."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._picture is not None and self._picture.points:
            runs = [point.run for point in self._picture.points]
            now = runs.index(self._picture.chosen) if self._picture.chosen in runs else 0
            way = 1 if event.key() == Qt.Key.Key_Right else -1
            self.chosen.emit(runs[max(0, min(len(runs) - 1, now + way))])
        else:
            super().keyPressEvent(event)

    def _take_event(self, event: QEvent) -> bool:
        """Say what is under the mouse; show where the keyboard is."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return shows_tip(event, self, self._tip_at)

    def _tip_at(self, at: QPoint) -> str:
        run = self.run_at(QPointF(at))
        return "" if run is None else self._tell(run)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the run under the mouse."""
        run = self.run_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if run is not None:
            self.chosen.emit(run)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, the lines, the marks, and a ring around the chosen one."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            look, found, frame = self._appearance, self._picture, self.frame
            if found is not None and frame is not None and frame.is_possible:
                frame.paint(painter)
                self._paint_runs(painter, frame, found)
            if self._message:
                paint_message(painter, look, QRectF(self.rect()), self._message)
            if self.hasFocus():
                paint_focus(painter, look, QRectF(self.rect()))

    def _paint_runs(self, painter: QPainter, frame: Frame, found: RacePicture) -> None:
        theme, size = self._appearance.theme, MARK if len(found.points) <= MANY else SMALL_MARK
        places = [self.at(frame, point) for point in found.points]
        surface = QColor(theme.surface)
        if found.joins:
            with saved(painter):
                painter.setClipRect(frame.plot.adjusted(-6, 0, 6, 6))
                self._paint_lines(painter, found, places)
        for point, at in zip(found.points, places, strict=True):
            color, mark = found.groups[point.group]
            if point.loss is None:
                color, mark = QColor(theme.error), LOST
            elif found.is_above(point):
                mark = BEYOND
            mark.paint(painter, at, color, surface, size)
        for point, at in zip(found.points, places, strict=True):
            if point.run == found.chosen:
                painter.setPen(QPen(QColor(theme.text), 1.8))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(at, 7.5, 7.5)

    def _paint_lines(self, painter: QPainter, found: RacePicture, places: list[QPointF]) -> None:
        for group, (color, _) in enumerate(found.groups):
            painter.setPen(QPen(color, 1.4))
            part: list[QPointF] = []
            for point, at in zip(found.points, places, strict=True):
                if point.group != group:
                    continue
                if not found.is_above(point) and isfinite(at.y()):
                    part.append(at)
                elif part:
                    painter.drawPolyline(QPolygonF(part))
                    part = []
            painter.drawPolyline(QPolygonF(part))


def _of_whole(name: str, low: float, high: float, most: int) -> ChartAxis:
    """Return an axis of whole numbers: no seed is between two."""
    found = ChartAxis.linear(name, low, high, most)
    return ChartAxis(name, low, high, tuple(tick for tick in found.ticks if tick[0] == round(tick[0])))
