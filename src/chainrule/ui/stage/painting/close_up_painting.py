"""Painting a neuron's close-up: the curve of its activation with its z on it, and the products that make its z."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from chainrule.catalog.values import refs
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.explain.writing.products import ProductLine, product_lines
from chainrule.session.screen.computing import computed_number, shown_activation_curve, shown_activation_slope
from chainrule.session.screen.moment import Moment
from chainrule.ui.stage.painting.close_up import INSIDE, LINE, CloseUp
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import saved

if TYPE_CHECKING:
    from chainrule.model.curves.activation import ActivationCurve

LETTERS = 11.0
# How much of the chart's width the tangent has to each side.
TANGENT = 0.22
_LEFT, _RIGHT, _CENTER = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter
_MIDDLE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


class CloseUpPainter:
    """Paints one close-up of a moment."""

    def __init__(self, painter: QPainter, moment: Moment, appearance: Appearance, close_up: CloseUp) -> None:
        self._p, self._moment, self._close_up = painter, moment, close_up
        self._theme, self._size = appearance.theme, close_up.size
        letters = LETTERS * close_up.size / appearance.scale
        self._small, self._mono = appearance.font(letters), appearance.font(letters, mono=True)

    def paint(self) -> None:
        """Paint what there is to be shown of the neuron."""
        close_up = self._close_up
        layer, unit = close_up.node.layer, close_up.node.unit
        if close_up.chart is not None:
            curve = shown_activation_curve(self._moment, layer, unit)
            if curve is not None:
                self._box(close_up.chart)
                self._paint_chart(close_up.chart, curve, layer, unit)
        if close_up.products is not None:
            z = self._computed_z(layer, unit)
            lines = [] if z is None else self._lines(layer, unit, z, close_up.lines)
            notation = Notation.of(self._moment.experiment)
            names = f"z of {notation.neuron(layer, unit)}", notation.text(refs.pre_activation(layer), (0, unit))
            for name in names:
                if z is not None and lines and self._paint_products(close_up.products, lines, name, z):
                    break

    def _box(self, rect: QRectF) -> None:
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._p.setPen(QPen(QColor(self._theme.border), 1.2))
        self._p.setBrush(QColor(self._theme.surface))
        self._p.drawRoundedRect(rect, 6 * self._size, 6 * self._size)

    def _text(self, rect: QRectF, text: str, color: QColor | str, font: QFont, align: Qt.AlignmentFlag) -> None:
        self._p.setFont(font)
        self._p.setPen(QColor(color))
        self._p.drawText(rect, align | _MIDDLE, text)

    # The curve

    def _paint_chart(self, rect: QRectF, curve: ActivationCurve, layer: int, unit: int) -> None:
        index = self._moment.sample, unit
        z, a, delta = (
            self._moment.number(ref, index)
            for ref in (refs.pre_activation(layer), refs.activation(layer), refs.grad(refs.pre_activation(layer)))
        )
        name = Notation.of(self._moment.experiment).neuron(layer, unit)
        chart = CloseUpScale(rect, curve, a, QFontMetricsF(self._small), self._size, f"a of {name}")
        self._paint_axes(chart)
        self._p.setPen(QPen(QColor(self._theme.text), 1.6 * self._size))
        self._p.setBrush(Qt.BrushStyle.NoBrush)
        for piece in chart.polygons(curve):
            self._p.drawPolyline(piece)
        if z is None:
            return
        slope = shown_activation_slope(self._moment, layer, unit) if delta is not None else None
        if slope is not None and a is not None:
            self._paint_tangent(chart, chart.at(z, a), slope)
        self._paint_point(chart, z, a)

    def _paint_axes(self, chart: CloseUpScale) -> None:
        """Paint both axes with their ends and their names, and light lines where z and a are 0."""
        area, theme = chart.area, self._theme
        self._p.setPen(QPen(QColor(theme.border), 1))
        self._p.drawLine(area.bottomLeft(), area.bottomRight())
        self._p.drawLine(area.topLeft(), area.bottomLeft())
        zero = chart.at(0.0, 0.0)
        self._p.drawLine(QPointF(zero.x(), area.top()), QPointF(zero.x(), area.bottom()))
        if area.top() <= zero.y() <= area.bottom():
            self._p.drawLine(QPointF(area.left(), zero.y()), QPointF(area.right(), zero.y()))
        for text, place, align in chart.ticks():
            self._text(place, text, theme.muted, self._small, align)

    def _paint_tangent(self, chart: CloseUpScale, here: QPointF, slope: float) -> None:
        area, color = chart.area, QColor(self._theme.backward)
        rise = chart.rise(slope)
        length = area.width() * TANGENT / (1 + rise * rise) ** 0.5
        reach = QPointF(length, length * rise)
        with saved(self._p):
            self._p.setClipRect(area)
            self._p.setPen(QPen(color, 2.2 * self._size))
            self._p.drawLine(here - reach, here + reach)
        text = f"f′(z) = {format_number(slope, self._moment.digits)}"
        needed = QFontMetricsF(self._small).horizontalAdvance(text) + LETTERS * self._size
        if needed + QFontMetricsF(self._small).horizontalAdvance(chart.name) <= chart.title.width():
            self._text(chart.title, text, color, self._small, _RIGHT)

    def _paint_point(self, chart: CloseUpScale, z: float, a: float | None) -> None:
        """Paint where the neuron is: a line up from its z, and a dot once it has an a."""
        known = a is not None and isfinite(a)
        here = chart.at(z, a if a is not None and known else 0.0)
        foot = QPointF(here.x(), chart.area.bottom())
        color = QColor(self._theme.forward)
        self._p.setPen(QPen(color, 1.2 * self._size, Qt.PenStyle.DotLine))
        self._p.drawLine(foot, here if known else QPointF(here.x(), chart.area.top()))
        if known:
            self._p.drawLine(QPointF(chart.area.left(), here.y()), here)
            self._p.setPen(QPen(QColor(self._theme.surface), 1.2))
            self._p.setBrush(color)
            self._p.drawEllipse(here, 4.2 * self._size, 4.2 * self._size)

    # The products

    def _computed_z(self, layer: int, unit: int) -> float | None:
        """Return what the products make, also where z was set by hand."""
        moment, ref, index = self._moment, refs.pre_activation(layer), (self._moment.sample, unit)
        by_hand = moment.is_overridden(ref, index)
        z = moment.number(ref, index)
        return computed_number(moment, ref, index) if z is not None and by_hand else z

    def _lines(self, layer: int, unit: int, z: float, most: int) -> list[ProductLine]:
        moment, sample = self._moment, self._moment.sample
        read = refs.INPUT if layer == 0 else refs.activation(layer - 1)
        inputs, weights = moment.lists(read), moment.lists(refs.weight(layer))
        if inputs is None or weights is None:
            return []
        bias = moment.number(refs.bias(layer), (unit,))
        # At an input the update has nothing to write: the weights are those that z was computed with.
        return product_lines(
            weights[unit], inputs[sample], bias, z, most, digits=moment.digits, are_data=read == refs.INPUT
        )

    def _paint_products(self, rect: QRectF, lines: list[ProductLine], name: str, z: float) -> bool:
        """Paint all lines, or none where one is too long: a number is never cut. Return whether they were painted."""
        lines = [(f"{name} =", lines[0][1]), *lines[1:]]
        advance, d = QFontMetricsF(self._mono).horizontalAdvance, self._size
        signs = max((advance(sign) for sign, _ in lines), default=0.0) + 5 * d
        room = rect.width() - 12 * d - signs
        if any(advance(text) > room for _, text in lines):
            return False
        whole = QRectF(rect.topLeft(), rect.size())
        whole.setHeight((len(lines) * LINE + INSIDE) * d)
        self._box(whole)
        y = rect.top() + INSIDE / 2 * d
        for place, (sign, text) in enumerate(lines):
            line = QRectF(rect.left() + 6 * d, y + place * LINE * d, rect.width() - 12 * d, LINE * d)
            is_sum = place == len(lines) - 1
            self._text(
                line.adjusted(0, 0, signs - 5 * d - line.width(), 0), sign, self._theme.muted, self._mono, _RIGHT
            )
            number = self._theme.signed(z) if isfinite(z) else self._theme.error
            color = number if is_sum else self._theme.muted
            self._text(line.adjusted(signs, 0, 0, 0), text, color, self._mono, _LEFT)
        return True


class CloseUpScale:
    """From z and a to pixels: the area of the curve, and the places of what is written around it."""

    def __init__(
        self, rect: QRectF, curve: ActivationCurve, a: float | None, metrics: QFontMetricsF, size: float, name: str
    ) -> None:
        self.name = name
        self._reach = curve.reach
        numbers = [0.0, curve.low, curve.high, *([a] if a is not None and isfinite(a) else ())]
        low, high = min(numbers), max(numbers)
        line, inside = metrics.height(), 5 * size
        self._texts = format_short(high, 2), format_short(low, 2)
        side = max(map(metrics.horizontalAdvance, self._texts)) + 4 * size
        self.title = QRectF(rect.left() + inside, rect.top() + 2 * size, rect.width() - 2 * inside, line)
        self.area = rect.adjusted(inside + side, line + 5 * size, -inside - 2 * size, -line - 3 * size)
        self._side, self._line = side, line
        self._ends = tuple(f"{sign}{format_short(self._reach, 2)}" for sign in ("−", ""))
        below = 2 * metrics.horizontalAdvance(self._ends[0]) + metrics.horizontalAdvance("  z  ")
        self._names_z = below <= self.area.width()
        self._across, self._up = self.area.width() / (2 * self._reach), self.area.height() / (high - low or 1.0)
        self._left, self._bottom = self.area.center().x(), self.area.bottom() + low * self._up

    def at(self, z: float, a: float) -> QPointF:
        """Return the place of a z and its a."""
        return QPointF(self._left + z * self._across, self._bottom - a * self._up)

    def polygons(self, curve: ActivationCurve) -> list[QPolygonF]:
        """Return the whole curve, in as many pieces as it has; as `at`, for all places in one go."""
        left, across, bottom, up = self._left, self._across, self._bottom, self._up
        return [QPolygonF([QPointF(left + z * across, bottom - a * up) for z, a in piece]) for piece in curve.pieces]

    def rise(self, slope: float) -> float:
        """Return how many pixels down a tangent goes for each one to the right."""
        origin, along = self.at(0.0, 0.0), self.at(self._reach, slope * self._reach)
        return (along.y() - origin.y()) / (along.x() - origin.x())

    def ticks(self) -> list[tuple[str, QRectF, Qt.AlignmentFlag]]:
        """Return what is written at the axes."""
        area, line = self.area, self._line
        side = QRectF(area.left() - self._side, area.top() - line / 4, self._side - 4, line)
        below = QRectF(area.left(), area.bottom() + 1, area.width(), line)
        # Between ends that are long there is no room for the axis's name.
        name = [("z", below, _CENTER)] if self._names_z else []
        return [
            (self.name, self.title, _LEFT),
            (self._texts[0], side, _RIGHT),
            # Not so low that it stands in the other axis's line.
            (self._texts[1], side.translated(0, area.height() - line * 0.6), _RIGHT),
            (self._ends[0], below, _LEFT),
            *name,
            (self._ends[1], below, _RIGHT),
        ]
