"""Painting what an activation does: f(z) above f'(z) or beside it, over z, with each sample of the batch on both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from chainrule.session.screen.neurons import NeuronFunction
from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, paint_focus, paint_message, ticks_down
from chainrule.ui.plots.chart.palette import Marker
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.window.keys import keep_standard_keys

if TYPE_CHECKING:
    from chainrule.model.curves.neuron import NeuronSamples
    from chainrule.model.timeline.downsampled_series import Floats

# How near to a dot the mouse has to be.
REACH = 9.0
DOT, HERE = 2.4, 5.0
# What stays free above a curve and below it.
ROOM = 0.08
# From so many samples on it is drawn how many have their z where, in a strip so high.
MANY, STRIP = 30, 16.0
# The tangent at the shown sample goes so far, of the width.
TANGENT = 0.12
# A chart that is less high has f' beside f.
LOW = 190
KINK = Marker(3, filled=False)


@dataclass(frozen=True, slots=True, eq=False)
class ActivationPicture:
    """What is drawn, with the names of the axes: of z, of f and of f'."""

    function: NeuronFunction
    sample: int
    names: tuple[str, str, str]


class ActivationChart(QWidget):
    """Draws a picture. `tell` gives the words of a sample, or of a place of z; `chosen` is a click on a sample."""

    chosen = Signal(int)
    copy_requested = Signal()

    def __init__(self, appearance: Appearance, tell: Callable[[float, int | None], str], parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("activation_view.chart")
        self._appearance, self._tell = appearance, tell
        self._picture: ActivationPicture | None = None
        self._message = ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keep_standard_keys(self, {QKeySequence.StandardKey.Copy: None})
        appearance.changed.connect(self.update)

    @property
    def picture(self) -> ActivationPicture | None:
        """What is drawn."""
        return self._picture

    def show_picture(self, picture: ActivationPicture | None, message: str = "") -> None:
        """Draw another picture, or write a message in its place."""
        self._picture, self._message = picture, message
        self.update()

    @property
    def frames(self) -> tuple[Frame, Frame] | None:
        """The axes of f and of f', below it or beside it; None where there is nothing to be placed in them."""
        found = self._picture
        ranges = None if found is None else [_range_of(found.function, row) for row in (1, 2)]
        if found is None or ranges is None or None in ranges:
            return None
        look, reach, (upper, lower) = self._appearance, found.function.curve.reach, self._areas(found)
        across = ChartAxis.linear(found.names[0], -reach, reach, max(4, int(upper.width() / look.size(36))))
        height = upper.height() - look.size(36 if self._is_low else 8)
        downs = [
            ChartAxis.linear(name, *ends, ticks_down(look, height))
            for name, ends in zip(found.names[1:], filter(None, ranges), strict=True)
        ]
        if self._is_low:
            return Frame(look, upper, across, downs[0]), Frame(look, lower, across, downs[1])
        left = max(Frame(look, upper, across, down).plot.left() - upper.left() for down in downs)
        return (
            Frame(look, upper, across, downs[0], has_foot=False, least_left=left),
            Frame(look, lower, across, downs[1], least_left=left),
        )

    @property
    def _is_low(self) -> bool:
        """Whether the panes stand beside each other: one above the other they would be too flat."""
        return self.height() < self._appearance.size(LOW)

    def _areas(self, found: ActivationPicture) -> tuple[QRectF, QRectF]:
        """Return where both panes are, with their axes."""
        area, size, strip = QRectF(self.rect()).adjusted(0, 0, -2, 0), self._appearance.size, self._strip_height(found)
        if self._is_low:
            half = area.width() / 2
            return area.adjusted(0, 0, -half - size(2), -strip), area.adjusted(half + size(2), 0, 0, -strip)
        height = max(2.0, (area.height() - size(36) - strip) / 2)
        return QRectF(area.topLeft(), QSizeF(area.width(), height)), area.adjusted(0, height + strip, 0, 0)

    def _strip_height(self, found: ActivationPicture) -> float:
        samples = found.function.samples
        is_many = samples is not None and samples.total >= MANY
        return self._appearance.size(STRIP) if is_many and not self._is_low else 0.0

    # Qt's events

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("Ctrl+C copies the numbers"),
            gettext_noop("Page Up, Page Down another sample"),
            gettext_noop("Esc back to the stage"),
        )

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
        frame = next((frame for frame in self.frames or () if frame.plot.contains(at)), None)
        if frame is None:
            return ""
        share = (at.x() - frame.plot.left()) / frame.plot.width()
        return self._tell(frame.across.low + share * (frame.across.high - frame.across.low), self.sample_at(at))

    def sample_at(self, position: QPointF) -> int | None:
        """Return which sample of the batch has the dot that is nearest to a point, within reach."""
        frames, found = self.frames, self._picture
        if frames is None or found is None or found.function.samples is None:
            return None
        samples = found.function.samples
        nearest, least = None, REACH * self._appearance.scale
        for frame, heights in zip(frames, (samples.a, samples.slopes), strict=True):
            places = _placed(frame, samples.z, heights)
            away = np.hypot(*(places - position.toTuple()).T)
            away[np.isnan(away)] = np.inf
            if away.min() < least:
                nearest, least = int(samples.places[away.argmin()]), float(away.min())
        return nearest

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the sample under the mouse."""
        sample = self.sample_at(event.position()) if event.button() == Qt.MouseButton.LeftButton else None
        if sample is not None:
            self.chosen.emit(sample)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint both curves, and the samples on them."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            look, found, frames = self._appearance, self._picture, self.frames
            if found is not None and frames is not None and all(frame.is_possible for frame in frames):
                for row, (frame, color) in enumerate(zip(frames, self._colors(), strict=True), start=1):
                    _Pane(painter, look, found, frame, row, color).paint()
                self._paint_strip(painter, found, frames)
            if self._message:
                paint_message(painter, look, QRectF(self.rect()), self._message)
            if self.hasFocus():
                paint_focus(painter, look, QRectF(self.rect()))

    def _colors(self) -> tuple[QColor, QColor]:
        theme = self._appearance.theme
        return QColor(theme.text), QColor(theme.backward)

    def _paint_strip(self, painter: QPainter, found: ActivationPicture, frames: tuple[Frame, Frame]) -> None:
        """Paint between both panes how many samples have their z where."""
        samples, strip = found.function.samples, self._strip_height(found)
        if samples is None or not strip or not samples.counts.any():
            return
        plot, bottom = frames[0].plot, frames[0].area.bottom() + strip - 2
        wide, most = plot.width() / len(samples.counts), float(samples.counts.max())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._appearance.theme.tint(self._appearance.theme.forward, 0.6))
        for place, count in enumerate(samples.counts.tolist()):
            if count:
                high = max(1.0, (strip - 4) * count / most)
                painter.drawRect(QRectF(plot.left() + place * wide, bottom - high, max(1.0, wide - 0.6), high))


class _Pane:
    """One painting of f (row 1 of the curve's numbers) or of f' (row 2)."""

    def __init__(
        self, painter: QPainter, look: Appearance, found: ActivationPicture, frame: Frame, row: int, color: QColor
    ) -> None:
        self._p, self._look, self._theme, self._found = painter, look, look.theme, found
        self._frame, self._row, self._color = frame, row, color
        self._function = found.function

    def paint(self) -> None:
        """Paint the axes, lines at 0, the curve, its kinks, and the samples."""
        p, frame = self._p, self._frame
        frame.paint(p)
        with saved(p):
            p.setClipRect(frame.plot.adjusted(-6, -6, 6, 6))
            p.setPen(QPen(QColor(self._theme.border), 1))
            p.drawLine(frame.at(0.0, frame.down.low), frame.at(0.0, frame.down.high))
            if frame.down.low < 0 < frame.down.high:
                p.drawLine(frame.at(frame.across.low, 0.0), frame.at(frame.across.high, 0.0))
            p.setPen(QPen(self._color, 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            for piece in self._function.curve.pieces:
                for part in _finite_parts(_placed(frame, piece[0], piece[self._row])):
                    p.drawPolyline(part)
            self._paint_kinks()
            if self._function.samples is not None:
                self._paint_samples(self._function.samples)

    def _paint_kinks(self) -> None:
        """Paint a dotted line down from each kink, and the slope that is taken there."""
        for kink in self._function.curve.kinks:
            height = kink.a if self._row == 1 else kink.taken
            self._p.setPen(QPen(QColor(self._theme.dimmed), 1, Qt.PenStyle.DotLine))
            at = self._frame.at(kink.z, self._frame.down.low)
            self._p.drawLine(at, self._frame.at(kink.z, self._frame.down.high))
            if isfinite(height):
                size = 4.2 * self._look.scale**0.5
                surface = QColor(self._theme.surface)
                KINK.paint(self._p, self._frame.at(kink.z, height), self._color, surface, size)

    def _paint_samples(self, samples: NeuronSamples) -> None:
        heights = samples.a if self._row == 1 else samples.slopes
        places, scale = _placed(self._frame, samples.z, heights), self._look.scale**0.5
        surface, hue = QColor(self._theme.surface), QColor(self._theme.forward)
        # Where other z have a say in a, the others are on curves of their own.
        mark = Marker(0, filled=self._function.is_alone)
        here: QPointF | None = None
        for place, (x, y) in zip(samples.places.tolist(), places.tolist(), strict=True):
            if not (isfinite(x) and isfinite(y)):
                continue
            if place == self._found.sample:
                here = QPointF(x, y)
            else:
                mark.paint(self._p, QPointF(x, y), hue, surface, DOT * scale)
        if here is not None:
            self._paint_here(here, hue, surface, HERE * scale)

    def _paint_here(self, here: QPointF, hue: QColor, surface: QColor, size: float) -> None:
        """Paint the shown sample: a line from its z, on f the tangent as steep as f' says, and a large dot."""
        p, frame, slope = self._p, self._frame, self._function.slope
        p.setPen(QPen(hue, 1.2, Qt.PenStyle.DotLine))
        p.drawLine(QPointF(here.x(), frame.plot.bottom()), here)
        if self._row == 1 and slope is not None and isfinite(slope):
            across, down = frame.across, frame.down
            rise = -slope * frame.plot.height() / (down.high - down.low) * (across.high - across.low)
            rise /= frame.plot.width()
            length = frame.plot.width() * TANGENT / max(1.0, (1 + rise * rise) ** 0.5)
            reach = QPointF(length, length * rise) if isfinite(rise * rise) else QPointF(0, frame.plot.height())
            p.setPen(QPen(QColor(self._theme.backward), 2.4))
            p.drawLine(here - reach, here + reach)
        Marker(0).paint(p, here, hue if self._row == 1 else self._color, surface, size)


def _range_of(function: NeuronFunction, row: int) -> tuple[float, float] | None:
    """Return the range of f (row 1) or f' (row 2), with 0 and the samples in it; None where it is not finite."""
    samples = function.samples
    of_samples = () if samples is None else (samples.a if row == 1 else samples.slopes)
    heights = np.concatenate([*(piece[row] for piece in function.curve.pieces), of_samples, [0.0]])
    finite = heights[np.isfinite(heights)]
    low, high = float(finite.min()), float(finite.max())
    room = ROOM * (high - low) or 0.5
    return (low - room, high + room) if isfinite((high - low) * 2) else None


def _placed(frame: Frame, z: Floats, heights: Floats) -> Floats:
    """Return places on both axes as pixels, (n, 2): what `frame.at` does, for many at once."""
    corner, far = frame.at(frame.across.low, frame.down.low), frame.at(frame.across.high, frame.down.high)
    x = (z - frame.across.low) / (frame.across.high - frame.across.low)
    y = (heights - frame.down.low) / (frame.down.high - frame.down.low)
    places: Floats = np.column_stack([x, y]) * (far - corner).toTuple() + corner.toTuple()
    return places


def _finite_parts(places: Floats) -> Iterator[QPolygonF]:
    """Yield the parts of a curve between those places that have no number."""
    missing = np.flatnonzero(~np.isfinite(places).all(axis=1)).tolist()
    for before, after in pairwise((-1, *missing, len(places))):
        if after - before > 1:
            yield QPolygonF([QPointF(*each) for each in places[before + 1 : after].tolist()])
