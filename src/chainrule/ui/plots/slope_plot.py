"""The loss along the selected weight: the gradient as a slope, and where the update goes."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.engine import refs
from chainrule.engine.refs import ValueRef
from chainrule.explain.notation import Notation
from chainrule.explain.numbers import format_number, format_short
from chainrule.model.elements import Index
from chainrule.session.moment import Moment
from chainrule.session.session import Session
from chainrule.session.state_table import followed
from chainrule.ui.appearance import Appearance
from chainrule.ui.card import Card
from chainrule.ui.painting import painting
from chainrule.ui.plots.header import PlotHeader

if TYPE_CHECKING:
    from chainrule.model.slope import LossSlice

# The curve waits until the keys are still: it costs a forward pass for each of its points.
IDLE_MS = 50
NOT_FINITE = "The loss along it is not finite"
# How much of the width the tangent has.
TANGENT = 0.17


class SlopePlot(Card):
    """Follows the parameter that was selected last; until one is, the first weight."""

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("slope_plot")
        self._session, self._moment = session, session.moment
        self._parameter: tuple[ValueRef, Index] = (refs.weight(0), (0, 0))
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
        self._timer.timeout.connect(self.draw)

    @property
    def parameter(self) -> tuple[ValueRef, Index]:
        """The parameter and the element along which the loss is drawn."""
        return self._parameter

    def show_moment(self, moment: Moment) -> None:
        """Follow the selection now, and draw when nothing else is to be done."""
        self._moment = moment
        self._parameter = followed(moment, self._parameter)
        if moment.program is not None and self._state() != self._shown:
            self._timer.start()

    def draw(self) -> None:
        """Compute the curve and show it."""
        if not self._session.is_ready:
            return
        self._timer.stop()
        # Since it was to be drawn the parameter may have gone, out of this view's sight.
        self._moment = self._session.moment
        ref, index = self._parameter = followed(self._moment, self._parameter)
        found = self._session.loss_slice(ref, index)
        name = Notation(self._moment.experiment.network).text(ref, index)
        slope = self._moment.number(refs.grad(ref), index)
        text = "" if slope is None else format_number(slope, self._moment.digits)
        self.header.set_texts(f"at {name}", "", text)
        known = refs.next_value(ref)
        follows = self._moment.program is not None and known in self._moment.program.index
        stepped = follows and self._moment.number(known, index) is not None
        self.curve.show_slice(found, tangent=slope is not None, stepped=stepped)
        self._shown = self._state()
        self.setAccessibleName(f"Loss along {name}, slope {text or 'not computed yet'}")

    def _state(self) -> object:
        ref, index = self._parameter
        known = (self._moment.number(refs.grad(ref), index), self._moment.latest(ref), self._moment.digits)
        return self._moment.values, ref, index, known


class _Curve(QWidget):
    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._slice: LossSlice | None = None
        self._tangent = self._stepped = False
        appearance.changed.connect(self.update)

    def show_slice(self, loss_slice: LossSlice, *, tangent: bool, stepped: bool) -> None:
        self._slice, self._tangent, self._stepped = loss_slice, tangent, stepped
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            found, theme = self._slice, self._appearance.theme
            painter.setFont(self._appearance.font(11))
            if found is None:
                return
            finite = [loss for loss in found.losses if isfinite(loss)]
            # Numbers near the largest of all: a range of them overflows, and nothing can be placed in it.
            ranges = found.places[-1] - found.places[0], max(finite, default=0.0) - min(finite, default=0.0)
            if not finite or not all(map(isfinite, (found.loss, *ranges))):
                painter.setPen(QColor(theme.muted))
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, NOT_FINITE)
                return
            _Drawing(painter, self._appearance, found, QRectF(self.rect()), min(finite), max(finite)).paint(
                tangent=self._tangent, stepped=self._stepped
            )


class _Drawing:
    """One painting of a slice: from values to pixels, and the marks."""

    def __init__(
        self, painter: QPainter, appearance: Appearance, found: LossSlice, area: QRectF, low: float, high: float
    ) -> None:
        self._p, self._appearance, self._theme, self._slice = painter, appearance, appearance.theme, found
        label = appearance.size(18)
        self._plot = area.adjusted(6, 8, -6, -label - 8)
        self._label = QRectF(area.left(), area.bottom() - label, area.width(), label)
        self._low, self._range = low, (high - low) or 1.0

    def _at(self, place: float, loss: float) -> QPointF:
        left, right = self._slice.places[0], self._slice.places[-1]
        x = self._plot.left() + (place - left) / (right - left) * self._plot.width()
        return QPointF(x, self._plot.bottom() - (loss - self._low) / self._range * self._plot.height())

    def paint(self, *, tangent: bool, stepped: bool) -> None:
        """The axis, the curve, the tangent, and the points before and after the step."""
        p, theme, found = self._p, self._theme, self._slice
        if self._plot.isEmpty():
            return
        p.setPen(QPen(QColor(theme.dimmed), 1))
        p.drawLine(self._plot.bottomLeft() + QPointF(0, 4), self._plot.bottomRight() + QPointF(0, 4))
        p.setPen(QPen(QColor(theme.text), 2))
        pairs = zip(found.places, found.losses, strict=True)
        p.drawPolyline(QPolygonF([self._at(place, loss) for place, loss in pairs if isfinite(loss)]))
        here = self._at(found.value, found.loss)
        if tangent and found.slope is not None:
            self._paint_tangent(here, found.slope)
        self._paint_dot(here, QColor(theme.backward), filled=True)
        if stepped and found.following is not None and found.following_loss is not None:
            there = self._at(found.following, found.following_loss)
            if there.y() - there.y() == 0:
                self._paint_dot(there, QColor(theme.update), filled=False)
        self._paint_ends(stepped=stepped)

    def _paint_tangent(self, here: QPointF, slope: float) -> None:
        per_place = self._plot.width() / (self._slice.places[-1] - self._slice.places[0])
        rise = -slope * self._plot.height() / self._range / per_place
        # Of one length, however steep: an overflowed slope is drawn upright.
        length = self._plot.width() * TANGENT / max(1.0, (1 + rise * rise) ** 0.5)
        reach = QPointF(length, length * rise) if rise - rise == 0 else QPointF(0, self._plot.width() * TANGENT)
        self._p.setPen(QPen(QColor(self._theme.backward), 2.5))
        self._p.drawLine(here - reach, here + reach)

    def _paint_dot(self, at: QPointF, color: QColor, *, filled: bool) -> None:
        self._p.setPen(QPen(color, 2.2))
        self._p.setBrush(color if filled else QColor(self._theme.surface))
        self._p.drawEllipse(at, 5, 5)

    def _paint_ends(self, *, stepped: bool) -> None:
        """The range at both ends, and what the ring means."""
        align = Qt.AlignmentFlag.AlignVCenter
        self._p.setPen(QColor(self._theme.muted))
        ends = (
            (self._slice.places[0], Qt.AlignmentFlag.AlignLeft),
            (self._slice.places[-1], Qt.AlignmentFlag.AlignRight),
        )
        for place, side in ends:
            self._p.drawText(self._label, align | side, format_short(place, 2))
        if stepped:
            self._p.setPen(QColor(self._theme.update))
            self._p.drawText(self._label, align | Qt.AlignmentFlag.AlignHCenter, "○ after the step")
