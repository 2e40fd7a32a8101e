"""Painting how the losses of the runs went: a curve each over the iterations, the chosen one in front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from chainrule.explain.writing.numbers import format_number
from chainrule.model.timeline.downsampled_series import Floats
from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.plots.chart.frame import FONT, ChartAxis, Frame, paint_focus, paint_message, ticks_down
from chainrule.ui.plots.chart.palette import Marker, receding
from chainrule.ui.plots.subject import LOSS, Subject
from chainrule.ui.race.loss_scale import LossScale
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.window.keys import keep_keys, keep_standard_keys

# How near to a curve the mouse has to be.
REACH = 10.0
# The part of the points that may lie below the axis.
LUCKY = 0.01
# What stays free above and below the losses, in powers of ten.
ROOM = 0.12
# The same as a share of the axis.
SHARE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class CurvesPicture:
    """What is drawn: losses of some runs, (points, runs), NaN where there is none, at every so many iterations.

    `runs` are their places in the race, the best one first, `looks` their colours and marks, and `name` is what the
    chosen one is called. Losses above `most` are beyond the axis: the others would not be told apart.
    """

    runs: tuple[int, ...]
    losses: Floats
    every: int
    looks: tuple[tuple[QColor, Marker], ...]
    chosen: int | None
    name: str
    most: float
    subject: Subject = LOSS


class CurvesChart(QWidget):
    """Draws a picture. `tell` gives the words of a run; `chosen` is a click on its curve, or the arrows."""

    chosen = Signal(int)
    copy_requested = Signal()

    def __init__(self, appearance: Appearance, tell: Callable[[int], str], parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("race_view.curves")
        self._appearance, self._tell = appearance, tell
        self._picture: CurvesPicture | None = None
        self._scale, self._heights = LossScale(), np.empty((0, 0))
        self._message, self._hovered = "", -1
        self._curves: dict[int, QPolygonF] = {}
        self._curves_for: object = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_keys(self, (Qt.Key.Key_Up, Qt.Key.Key_Down))
        keep_standard_keys(self, {QKeySequence.StandardKey.Copy: None})
        appearance.changed.connect(self.update)

    @property
    def picture(self) -> CurvesPicture | None:
        """What is drawn."""
        return self._picture

    def show_picture(self, picture: CurvesPicture | None, message: str = "") -> None:
        """Draw another picture, or write a message."""
        self._picture, self._message, self._hovered = picture, message, -1
        self._curves_for = None
        if picture is not None:
            self._scale = LossScale.of(picture.losses, picture.subject.short)
            self._heights = self._scale.heights(picture.losses)
        self.update()

    @property
    def frame(self) -> Frame | None:
        """The axes; None where no run has a loss."""
        found, look = self._picture, self._appearance
        if found is None:
            return None
        seen = self._heights[~np.isnan(self._heights) & (np.nan_to_num(found.losses) <= found.most)]
        if not seen.size:
            return None
        area = QRectF(self.rect()).adjusted(0, 0, -2, 0)
        last = max(1, (len(found.losses) - 1) * found.every)
        across = ChartAxis.linear("iteration", 0, last, max(2, int(area.width() / look.size(56))))
        across = ChartAxis(across.name, 0, last, tuple(tick for tick in across.ticks if tick[0] == round(tick[0])))
        # The loss of a lucky batch is next to nothing, and does not take the room of all others.
        low, high = float(np.quantile(seen, LUCKY)), float(seen.max())
        lines = ticks_down(look, area.height() - look.size(52))
        down = self._scale.axis(low, high, lines, decades=ROOM, share=SHARE)
        return Frame(look, area, across, down)

    def point_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return which curve is nearest to a place, within reach, as its place in the picture and that of the point."""
        frame, found = self.frame, self._picture
        if frame is None or found is None or not frame.plot.adjusted(-2, -2, 2, 2).contains(position):
            return None
        share = (position.x() - frame.plot.left()) / max(1.0, frame.plot.width())
        point = max(0, min(len(self._heights) - 1, round(share * (len(self._heights) - 1))))
        heights = frame.plot.bottom() - (self._heights[point] - frame.down.low) * (
            frame.plot.height() / (frame.down.high - frame.down.low)
        )
        away = np.abs(heights - position.y())
        if np.isnan(away).all():
            return None
        nearest = int(np.nanargmin(away))
        return (nearest, point) if away[nearest] <= REACH * self._appearance.scale else None

    # Qt's events

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("↑ a better run"),
            gettext_noop("↓ a worse one"),
            gettext_noop("Ctrl+C copies the numbers"),
            gettext_noop("Esc back to the stage"),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a better or a worse run, or ask for the numbers to be copied."""
        found = self._picture
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        elif found is not None and found.runs and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            now = found.runs.index(found.chosen) if found.chosen in found.runs else 0
            way = 1 if event.key() == Qt.Key.Key_Down else -1
            self.chosen.emit(found.runs[max(0, min(len(found.runs) - 1, now + way))])
        else:
            super().keyPressEvent(event)

    def _take_event(self, event: QEvent) -> bool:
        """Say what is under the mouse; show where the keyboard is."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        if event.type() == QEvent.Type.Leave:
            self._hover(-1)
        return shows_tip(event, self, self._tip_at)

    def _tip_at(self, at: QPoint) -> str:
        found, near = self._picture, self.point_at(QPointF(at))
        if found is None or near is None:
            return ""
        place, point = near
        loss = format_number(float(found.losses[point, place]), None)
        return f"{self._tell(found.runs[place])}\niteration {point * found.every:,}: {found.subject.short} {loss}"

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Bring the curve under the mouse to the front."""
        near = self.point_at(event.position())
        self._hover(-1 if near is None else near[0])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the run under the mouse."""
        near = self.point_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if near is not None and self._picture is not None:
            self.chosen.emit(self._picture.runs[near[0]])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes and the curves: the hovered and the chosen one last."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            look, found, frame = self._appearance, self._picture, self.frame
            if found is not None and frame is not None and frame.is_possible:
                frame.paint(painter)
                self._paint_curves(painter, frame, found)
            if self._message:
                paint_message(painter, look, QRectF(self.rect()), self._message)
            if self.hasFocus():
                paint_focus(painter, look, QRectF(self.rect()))

    def _paint_curves(self, painter: QPainter, frame: Frame, found: CurvesPicture) -> None:
        look = self._appearance
        front = [place for place, run in enumerate(found.runs) if run == found.chosen]
        front += [self._hovered] if self._hovered >= 0 else []
        with saved(painter):
            painter.setClipRect(frame.plot.adjusted(-1, -1, 1, 1))
            for place in range(len(found.runs) - 1, -1, -1):
                if place not in front:
                    painter.setPen(QPen(receding(look, found.looks[place][0]), 1.0))
                    self._paint_curve(painter, self._curve(frame, place))
            for place in front:
                painter.setPen(QPen(found.looks[place][0], 2.6))
                self._paint_curve(painter, self._curve(frame, place))
        for place in front:
            color, mark = found.looks[place]
            curve = self._curve(frame, place)
            if curve.size() and frame.plot.adjusted(-4, -4, 4, 4).contains(end := curve.at(curve.size() - 1)):
                mark.paint(painter, end, color, QColor(look.theme.surface))
        if front and found.name and found.runs[front[0]] == found.chosen:
            self._write_name(painter, frame, found, front[0])

    def _curve(self, frame: Frame, place: int) -> QPolygonF:
        """Return the points of a curve; they are found once for a picture and a size."""
        key = (frame.plot.getCoords(), frame.down.low, frame.down.high)
        if key != self._curves_for:
            self._curves_for, self._curves = key, {}
        if place not in self._curves:
            heights = self._heights[:, place]
            known, plot = np.flatnonzero(~np.isnan(heights)), frame.plot
            x = plot.left() + plot.width() * known / max(1, len(heights) - 1)
            y = plot.bottom() - (heights[known] - frame.down.low) * (plot.height() / (frame.down.high - frame.down.low))
            self._curves[place] = QPolygonF([QPointF(*at) for at in zip(x.tolist(), y.tolist(), strict=True)])
        return self._curves[place]

    def _paint_curve(self, painter: QPainter, curve: QPolygonF) -> None:
        if curve.size() == 1:
            painter.drawPoint(curve.at(0))
        painter.drawPolyline(curve)

    def _write_name(self, painter: QPainter, frame: Frame, found: CurvesPicture, place: int) -> None:
        """Write what the chosen run is called at the end of its curve, on a surface of its own."""
        curve, look = self._curve(frame, place), self._appearance
        if not curve.size():
            return
        font = look.font(FONT)
        metrics = QFontMetricsF(font)
        text = QRectF(0, 0, metrics.horizontalAdvance(found.name) + 6, metrics.height())
        end = curve.at(curve.size() - 1) - QPointF(text.width() + 6, text.height() + 6)
        text.moveTo(max(frame.plot.left(), end.x()), max(frame.plot.top(), end.y()))
        painter.setFont(font)
        painter.fillRect(text, QColor(look.theme.surface))
        painter.setPen(QColor(look.theme.text))
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter, found.name)
