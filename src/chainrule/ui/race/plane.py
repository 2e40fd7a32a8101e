"""Painting a race over two quantities: the loss of each pair as a colour, and patterns where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chainrule.model.timeline.downsampled_series import Floats
from chainrule.session.race_quantities import RacePlane, RaceRange
from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, paint_focus, paint_message, ticks_down
from chainrule.ui.plots.chart.ground import Ground, paint_scale, room_beside
from chainrule.ui.plots.chart.ticks import linear_ticks, power_texts, tick_texts
from chainrule.ui.plots.subject import LOSS, Subject
from chainrule.ui.race.loss_scale import LossScale
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.surface.ground import ground, heights
from chainrule.ui.window.keys import keep_keys, keep_standard_keys

# The patterns of pairs without a number, and of those whose losses are far above the first ones.
LOST, BEYOND = Qt.BrushStyle.DiagCrossPattern, Qt.BrushStyle.BDiagPattern
# A drag over less than so many pixels is a click.
LEAST_DRAG = 6
# A key looks at so many times less around the chosen pair.
CLOSER = 4.0
# An axis of fewer such numbers has evenly spaced ones.
FEWEST_TICKS = 3
_WAYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_CLOSER, _BACK = (Qt.Key.Key_Plus, Qt.Key.Key_Equal), (Qt.Key.Key_Minus, Qt.Key.Key_Backspace)


@dataclass(frozen=True, slots=True, eq=False)
class PlanePicture:
    """What is drawn: `losses` of each pair, (up, across), NaN where there is none, and where runs are `lost`.

    Losses above `most` are beyond the scale: the others would not be told apart.
    """

    plane: RacePlane
    losses: Floats
    lost: np.ndarray[tuple[int, int], np.dtype[np.bool_]]
    most: float
    chosen: int | None
    subject: Subject = LOSS

    @property
    def is_beyond(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Where losses are beyond the scale."""
        return np.nan_to_num(self.losses, nan=-np.inf) > self.most

    @property
    def scale(self) -> LossScale:
        """The scale of the losses."""
        return LossScale.of(self.losses, self.subject.short)

    def on_scale(self) -> Floats:
        """Return the losses on the scale; 0 where it has no logarithm is as good as the best of the others."""
        shown = np.where(self.is_beyond, np.nan, self.losses)
        if not self.scale.is_log:
            return shown
        above = shown[np.nan_to_num(shown) > 0]
        return np.where(shown == 0, above.min() if above.size else 1.0, shown)


class PlaneChart(QWidget):
    """Draws a picture. `tell` gives the words of a run; `chosen` is a click on one, or the arrows.

    `zoomed` is a rectangle that is drawn with the mouse, as the ranges in it; `left` asks for the way back.
    """

    chosen = Signal(int)
    zoomed = Signal(object, object)
    left = Signal()
    copy_requested = Signal()

    def __init__(self, appearance: Appearance, tell: Callable[[int], str], parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("race_view.plane")
        self._appearance, self._tell = appearance, tell
        self._picture: PlanePicture | None = None
        self._ground: Ground | None = None
        self._message = ""
        self._from: QPointF | None = None
        self._to: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_keys(self, (*_WAYS, *_CLOSER, *_BACK))
        keep_standard_keys(self, {QKeySequence.StandardKey.Copy: None})
        appearance.changed.connect(self._shade)

    @property
    def picture(self) -> PlanePicture | None:
        """What is drawn."""
        return self._picture

    def show_picture(self, picture: PlanePicture | None, message: str = "") -> None:
        """Draw another picture, or write a message."""
        self._picture, self._message = picture, message
        self._shade()

    def _shade(self) -> None:
        found = self._picture
        theme = self._appearance.theme
        if found is None:
            self._ground = None
        else:
            log = found.scale.is_log
            self._ground = ground(heights(found.on_scale(), log=log), theme, found.subject.short, log=log)
        self.update()

    @property
    def frame(self) -> Frame | None:
        """The axes, around the middles of the pairs at the edges."""
        found, look = self._picture, self._appearance
        if found is None:
            return None
        area = QRectF(self.rect()).adjusted(0, 0, -2 - room_beside(look, self._ground), 0)
        across = _axis(found.plane.across, found.plane.side, max(2, int(area.width() / look.size(56))))
        up = _axis(found.plane.up, found.plane.side, ticks_down(look, area.height() - look.size(52)))
        return Frame(look, area, across, up)

    def cell(self, frame: Frame, run: int) -> QRectF:
        """Return the place of a run."""
        assert self._picture is not None
        side, plot = self._picture.plane.side, frame.plot
        up, across = divmod(run, side)
        width, height = plot.width() / side, plot.height() / side
        return QRectF(plot.left() + across * width, plot.bottom() - (up + 1) * height, width, height)

    def run_at(self, position: QPointF) -> int | None:
        """Return the run under a place."""
        frame, found = self.frame, self._picture
        if frame is None or found is None or not frame.is_possible or not frame.plot.contains(position):
            return None
        side, plot = found.plane.side, frame.plot
        across = int((position.x() - plot.left()) / plot.width() * side)
        up = int((plot.bottom() - position.y()) / plot.height() * side)
        return min(up, side - 1) * side + min(across, side - 1)

    def _zoom(self, frame: Frame, part: QRectF) -> None:
        """Ask for the ranges in a part of the plot."""
        assert self._picture is not None
        plane, plot = self._picture.plane, frame.plot
        part = part.intersected(plot)
        shares = [(part.left() - plot.left()) / plot.width(), (part.right() - plot.left()) / plot.width()]
        ups = [(plot.bottom() - part.bottom()) / plot.height(), (plot.bottom() - part.top()) / plot.height()]
        self.zoomed.emit(_part(plane.across, frame.across, shares), _part(plane.up, frame.down, ups))

    # Qt's events

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("← ↑ → ↓ another run"),
            gettext_noop("+ closer"),
            gettext_noop("− back"),
            gettext_noop("Ctrl+C copies the numbers"),
            gettext_noop("Esc back to the stage"),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a run beside the chosen one, look closer at it, or go back."""
        found, key = self._picture, event.key()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        elif key in _BACK:
            self.left.emit()
        elif found is not None and key in _WAYS:
            self._choose_beside(found, *_WAYS[Qt.Key(key)])
        elif found is not None and key in _CLOSER:
            self._look_closer(found)
        else:
            super().keyPressEvent(event)

    def _choose_beside(self, found: PlanePicture, right: int, up: int) -> None:
        side = found.plane.side
        row, column = divmod(found.chosen or 0, side)
        row, column = (max(0, min(side - 1, place)) for place in (row + up, column + right))
        self.chosen.emit(row * side + column)

    def _look_closer(self, found: PlanePicture) -> None:
        frame = self.frame
        if frame is not None and frame.is_possible:
            middle = self.cell(frame, found.chosen or 0).center()
            half = QPointF(frame.plot.width(), frame.plot.height()) / (2 * CLOSER)
            self._zoom(frame, QRectF(middle - half, middle + half))

    def _take_event(self, event: QEvent) -> bool:
        """Say what is under the mouse; show where the keyboard is."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return shows_tip(event, self, self._tip_at)

    def _tip_at(self, at: QPoint) -> str:
        run = self.run_at(QPointF(at))
        return "" if run is None else self._tell(run)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a rectangle, or a click."""
        if event.button() == Qt.MouseButton.LeftButton and self.run_at(event.position()) is not None:
            self._from = self._to = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the rectangle."""
        if self._from is not None:
            self._to = event.position()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Look at what is in the rectangle; after a click choose the run under the mouse."""
        begin, self._from, self._to, frame = self._from, None, None, self.frame
        self.update()
        if begin is None or frame is None:
            return
        part = QRectF(begin, event.position()).normalized().intersected(frame.plot)
        if min(part.width(), part.height()) >= LEAST_DRAG:
            self._zoom(frame, part)
        elif (run := self.run_at(event.position())) is not None:
            self.chosen.emit(run)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pairs, the axes, the scale, and frames around the chosen pair and what is being drawn."""
        with painting(self) as painter:
            look, found, frame = self._appearance, self._picture, self.frame
            if found is not None and frame is not None and frame.is_possible:
                self._paint_pairs(painter, frame, found)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                if self._ground is not None:
                    paint_scale(painter, look, frame.plot, self._ground, QRectF(self.rect()))
                frame.paint(painter)
                self._paint_frames(painter, frame, found)
            if self._message:
                paint_message(painter, look, QRectF(self.rect()), self._message)
            if self.hasFocus():
                paint_focus(painter, look, QRectF(self.rect()))

    def _paint_pairs(self, painter: QPainter, frame: Frame, found: PlanePicture) -> None:
        theme = self._appearance.theme
        if self._ground is not None:
            painter.drawImage(frame.plot, self._ground.image)
        for places, color, pattern in ((found.lost, theme.error, LOST), (found.is_beyond, theme.muted, BEYOND)):
            brush = QBrush(QColor(color), pattern)
            for run in np.flatnonzero(places).tolist():
                painter.fillRect(self.cell(frame, run), brush)

    def _paint_frames(self, painter: QPainter, frame: Frame, found: PlanePicture) -> None:
        theme = self._appearance.theme
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if found.chosen is not None:
            # In two colours: it is seen on any shade.
            around = self.cell(frame, found.chosen).adjusted(-1.5, -1.5, 1.5, 1.5)
            for color, width in ((theme.surface, 4.0), (theme.text, 2.0)):
                painter.setPen(QPen(QColor(color), width))
                painter.drawRect(around)
        if self._from is not None and self._to is not None:
            with saved(painter):
                painter.setClipRect(frame.plot)
                painter.setPen(QPen(QColor(theme.link), 2.0, Qt.PenStyle.DashLine))
                painter.drawRect(QRectF(self._from, self._to).normalized())


def _axis(found: RaceRange, side: int, most: int) -> ChartAxis:
    """Return the axis of a range: half a step wider at both ends."""
    low, high = found.place(found.low), found.place(found.high)
    half = (high - low) / (side - 1) / 2
    if found.is_log and high - low >= 2:
        return ChartAxis.decades(found.name, low - half, high + half, most)
    ends = (low - half, high + half)
    if found.is_log and len(exponents := _one_two_five(*ends)) >= FEWEST_TICKS:
        step = -(-len(exponents) // most)
        exponents = exponents[::step]
        return ChartAxis(found.name, *ends, tuple(zip(exponents, power_texts(exponents), strict=True)))
    values, spacing = linear_ticks(found.low, found.high, most)
    texts = tick_texts(values, spacing or 1.0)
    ticks = tuple((log10(value) if found.is_log else value, text) for value, text in zip(values, texts, strict=True))
    return ChartAxis(found.name, *ends, ticks)


def _one_two_five(low: float, high: float) -> list[float]:
    """Return where 1, 2 and 5 times powers of ten are between two exponents."""
    powers = range(floor(low), ceil(high) + 1)
    return [place for power in powers for part in (1, 2, 5) if low <= (place := power + log10(part)) <= high]


def _part(found: RaceRange, axis: ChartAxis, shares: list[float]) -> RaceRange:
    """Return the range between two shares of an axis."""
    low, high = (found.at(axis.low + share * (axis.high - axis.low)) for share in shares)
    return RaceRange(found.name, low, high)
