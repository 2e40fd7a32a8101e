"""The loss along the selected weight: the gradient as a slope, and where the update goes."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number
from chainrule.model.elements import Index
from chainrule.session.screen.change import Change
from chainrule.session.screen.computing import batch_loss_slice
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, ticks_down
from chainrule.ui.plots.chart.header import PlotHeader
from chainrule.ui.plots.subject import LOSS, Subject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.widgets.moment_card import MomentCard

if TYPE_CHECKING:
    from chainrule.model.curves.loss_slice import LossSlice

# The curve costs a forward pass for each of its points: it is drawn so long after what it shows, and where it takes
# long so many times as long as that, up to the most. It is never put off: in a run the next moment comes sooner.
IDLE_MS, MOST_MS = 50, 500
PAUSE = 5
RING = "○ after the step"
_MIDDLE = Qt.AlignmentFlag.AlignCenter
# The part of the losses' range that stays free above and below them.
ROOM = 0.06
NOT_FINITE = "The {noun} along it is not finite"
# How much of the width the tangent has.
TANGENT = 0.17


class SlopePlot(MomentCard):
    """Follows the parameter that was selected last; until one is, the first weight."""

    shows = (
        Change.EXPERIMENT
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.BY_HAND
        | Change.MICRO_STEP
        | Change.SELECTION
        | Change.DIGITS
    )

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("slope_plot")
        self._moment = session.moment
        self._shown: object = None
        self.header = PlotHeader(appearance, "", self)
        self.curve = _Curve(appearance, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 2, 13, 7)
        column.setSpacing(2)
        column.addWidget(self.header)
        column.addWidget(self.curve, 1)
        self.setMinimumSize(180, 130)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MS)
        self._clock = QElapsedTimer()
        self._timer.timeout.connect(self.draw)

    @property
    def parameter(self) -> tuple[ValueRef, Index]:
        """The parameter and the element along which the loss is drawn."""
        assert self._moment.parameter is not None, "there is a parameter in any experiment"
        return self._moment.parameter

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Follow the selection now, and draw when nothing else is to be done."""
        self._moment = moment
        self._follow()

    def _follow(self) -> None:
        moment = self._moment
        if moment.program is not None and self._state() != self._shown and not self._timer.isActive():
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing that is not looked at."""
        super().hideEvent(event)
        self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was new when it went out of sight."""
        super().showEvent(event)
        self._follow()

    def draw(self) -> None:
        """Compute the curve and show it."""
        if not self._moment.is_ready:
            return
        self._timer.stop()
        self._clock.start()
        ref, index = self.parameter
        found = batch_loss_slice(self._moment, ref, index)
        name = Notation.of(self._moment.experiment).text(ref, index)
        slope = self._moment.number(refs.grad(ref), index)
        text = "" if slope is None else format_number(slope, self._moment.digits)
        self.header.set_texts(f"at {name}", "", text)
        known = refs.next_value(ref)
        stepped = self._moment.number(known, index) is not None
        subject = Subject.of(self._moment.experiment)
        self.curve.show_slice(found, name, tangent=slope is not None, stepped=stepped, subject=subject)
        self._shown = self._state()
        self._timer.setInterval(max(IDLE_MS, min(MOST_MS, PAUSE * self._clock.elapsed())))
        self.setAccessibleName(f"{subject.title} along {name}, slope {text or 'not computed yet'}")

    def _state(self) -> object:
        ref, index = self.parameter
        known = (self._moment.number(refs.grad(ref), index), self._moment.latest(ref), self._moment.digits)
        return self._moment.numbers, ref, index, known


class _Curve(QWidget):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._slice: LossSlice | None = None
        self._tangent = self._stepped = False
        self._name, self._subject = "", LOSS
        appearance.changed.connect(self.update)

    def show_slice(
        self, loss_slice: LossSlice, name: str, *, tangent: bool, stepped: bool, subject: Subject = LOSS
    ) -> None:
        self._name, self._subject = name, subject
        self._slice, self._tangent, self._stepped = loss_slice, tangent, stepped
        self.update()

    @property
    def slice(self) -> LossSlice | None:
        """What is shown."""
        return self._slice

    @property
    def frame(self) -> Frame | None:
        """The axes; None near the largest number of all, where a range overflows and nothing can be placed in it."""
        found = self._slice
        span = None if found is None else found.span()
        if found is None or span is None or not isfinite(found.places[-1] - found.places[0]):
            return None
        return _frame(self._appearance, QRectF(self.rect()), found, span, (self._name, self._subject.short))

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            found, look = self._slice, self._appearance
            painter.setFont(look.font(11))
            if found is None:
                return
            frame = self.frame
            if frame is None:
                painter.setPen(QColor(look.theme.muted))
                painter.drawText(self.rect(), _MIDDLE, NOT_FINITE.format(noun=self._subject.noun))
            elif frame.is_possible:
                _Drawing(painter, look, found, frame).paint(tangent=self._tangent, stepped=self._stepped)


def _frame(
    look: Appearance, area: QRectF, found: LossSlice, span: tuple[float, float], names: tuple[str, str]
) -> Frame:
    """Return the axes: of the parameter, and of the loss with some room around the curve."""
    name, output = names
    across = ChartAxis.linear(name, found.places[0], found.places[-1], max(2, int(area.width() / look.size(72))))
    room = ROOM * (span[1] - span[0])
    down = ChartAxis.linear(output, span[0] - room, span[1] + room, ticks_down(look, area.height() - look.size(52)))
    return Frame(look, area.adjusted(0, 0, -2, 0), across, down)


class _Drawing:
    """One painting of a slice: the marks in their frame."""

    def __init__(self, painter: QPainter, appearance: Appearance, found: LossSlice, frame: Frame) -> None:
        self._p, self._appearance, self._theme, self._slice = painter, appearance, appearance.theme, found
        self._frame = frame

    def paint(self, *, tangent: bool, stepped: bool) -> None:
        """Paint the axes, the curve, the tangent, and the points before and after the step."""
        p, theme, found = self._p, self._theme, self._slice
        self._frame.paint(p)
        with saved(p):
            p.setClipRect(self._frame.plot.adjusted(-6, -6, 6, 6))
            p.setPen(QPen(QColor(theme.text), 2))
            p.setBrush(Qt.BrushStyle.NoBrush)
            for part in _finite_parts(found):
                p.drawPolyline(QPolygonF([self._frame.at(place, loss) for place, loss in part]))
            here = self._frame.at(found.value, found.loss)
            if tangent and found.slope is not None:
                self._paint_tangent(here, found.slope)
            self._paint_dot(here, QColor(theme.backward), filled=True)
            if stepped and found.following is not None and found.following_loss is not None:
                there = self._frame.at(found.following, found.following_loss)
                if isfinite(there.x()) and isfinite(there.y()):
                    self._paint_dot(there, QColor(theme.update), filled=False)
        if stepped:
            self._tell_ring()

    def _paint_tangent(self, here: QPointF, slope: float) -> None:
        plot, across, down = self._frame.plot, self._frame.across, self._frame.down
        per_place, per_loss = plot.width() / (across.high - across.low), plot.height() / (down.high - down.low)
        rise = -slope * per_loss / per_place
        # Of one length, however steep: an overflowed slope is drawn upright.
        length = plot.width() * TANGENT / max(1.0, (1 + rise * rise) ** 0.5)
        reach = QPointF(length, length * rise) if isfinite(rise * rise) else QPointF(0, plot.width() * TANGENT)
        self._p.setPen(QPen(QColor(self._theme.backward), 2.5))
        self._p.drawLine(here - reach, here + reach)

    def _paint_dot(self, at: QPointF, color: QColor, *, filled: bool) -> None:
        self._p.setPen(QPen(color, 2.2))
        self._p.setBrush(color if filled else QColor(self._theme.surface))
        self._p.drawEllipse(at, 5, 5)

    def _tell_ring(self) -> None:
        """Say what the ring means: in that corner where most is free."""
        self._p.setFont(self._appearance.font(11))
        self._p.setPen(QColor(self._theme.update))
        plot, metrics = self._frame.plot.adjusted(6, 0, 0, -2), self._p.fontMetrics()
        rect = QRectF(0, 0, metrics.horizontalAdvance(RING) + 2, metrics.height())
        corners = []
        for left in (plot.right() - rect.width(), plot.left()):
            corners += [rect.translated(left, top) for top in (plot.top(), plot.bottom() - rect.height())]
        pairs = zip(self._slice.places, self._slice.losses, strict=True)
        points = [self._frame.at(place, loss) for place, loss in pairs if isfinite(loss)]
        room = min(corners, key=lambda corner: sum(corner.adjusted(-8, -8, 8, 8).contains(point) for point in points))
        self._p.drawText(room, _MIDDLE, RING)


def _finite_parts(found: LossSlice) -> list[list[tuple[float, float]]]:
    """Return the curve in pieces: where the loss has no number there is a gap."""
    parts: list[list[tuple[float, float]]] = [[]]
    for place, loss in zip(found.places, found.losses, strict=True):
        if isfinite(loss):
            parts[-1].append((place, loss))
        elif parts[-1]:
            parts.append([])
    return parts
