"""The activation of each neuron, as a small picture in it: its curve, with the z of the samples on it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number
from chainrule.session.screen.computing import shown_activation_slope
from chainrule.session.screen.moment import Moment
from chainrule.session.screen.neurons import SmallFunction, small_functions
from chainrule.translation import gettext
from chainrule.ui.learned.remembered import Remembered
from chainrule.ui.stage.layout.geometry import NodeCard
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import drawing

if TYPE_CHECKING:
    from chainrule.model.curves.neuron import NeuronCurve

# The part of the side that stays free around a curve.
ROOM = 0.1
# The dots of the samples, and of the shown one: of the side, but neither too small to be seen.
DOT, HERE = 3.0, 0.11
LEAST_HERE = 2.2
# Curves are painted once, into pictures: most neurons have the same one. More are not kept.
MOST_KEPT = 400


class ActivationPictures:
    """Paints them; the numbers are asked for anew when others are on the screen."""

    def __init__(self) -> None:
        self._functions: Remembered[dict[tuple[int, int], SmallFunction]] = Remembered()
        self._curves: dict[object, tuple[NeuronCurve, QPixmap]] = {}

    def suit(self, experiment: Experiment) -> bool:
        """Return whether there are neurons."""
        return not experiment.network.formula

    def tip(self, moment: Moment, layer: int, unit: int) -> str:
        """Return what the picture in a neuron is, in words."""
        name = Notation.of(moment.experiment).named_neuron(layer, unit)
        function = moment.experiment.network.layers[layer].function
        lines = [
            gettext(
                "{function} of {name}, over z around 0, with the samples on it: the large dot is that on the stage",
                function=function,
                name=name,
            )
        ]
        slope = shown_activation_slope(moment, layer, unit)
        if slope is not None:
            lines.append(f"f′(z) = {format_number(slope, None)}")
        return "\n".join(lines)

    def paint(self, painter: QPainter, moment: Moment, nodes: Sequence[NodeCard], look: Appearance) -> None:
        """Paint the pictures of those neurons that have room for one."""
        there = [(node, node.picture) for node in nodes if node.picture is not None]
        wanted = tuple((node.layer, node.unit) for node, _ in there)
        of = (moment.numbers, moment.overrides, (moment.sample, moment.cursor.position, moment.cursor.element, wanted))
        functions = self._functions.get(of, lambda: _functions(moment, wanted))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for node, rect in there:
            function = functions.get((node.layer, node.unit))
            if function is not None:
                self._paint_one(painter, rect, function, look)
            painter.setPen(QPen(QColor(look.theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect)

    def _paint_one(self, painter: QPainter, rect: QRectF, function: SmallFunction, look: Appearance) -> None:
        curve = function.curve
        painter.drawPixmap(rect.topLeft(), self._curve(curve, rect, look, painter.device().devicePixelRatioF()))
        place = _Places(rect, curve)
        points = [place.at(z, a) for z, a in function.points if isfinite(z) and isfinite(a)]
        color = QColor(look.theme.forward)
        painter.setPen(QPen(color, DOT, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(QPolygonF(points))
        if function.here is not None and all(map(isfinite, function.here)):
            size = max(LEAST_HERE, HERE * rect.width())
            painter.setPen(QPen(QColor(look.theme.surface), 1))
            painter.setBrush(color)
            painter.drawEllipse(place.at(*function.here), size, size)

    def _curve(self, curve: NeuronCurve, rect: QRectF, look: Appearance, ratio: float) -> QPixmap:
        """Return the picture of a curve, painted once for all neurons that have the same."""
        key = (id(curve), rect.size().toTuple(), look.theme, ratio)
        if key not in self._curves:
            if len(self._curves) >= MOST_KEPT:
                self._curves.clear()
            # With the curve, so that no other one has its id.
            self._curves[key] = curve, _painted(curve, rect, look, ratio)
        return self._curves[key][1]


class _Places:
    """From z and a to pixels of a small picture."""

    def __init__(self, rect: QRectF, curve: NeuronCurve) -> None:
        low, high = curve.low, curve.high
        room = ROOM * rect.width()
        self._left, self._wide = rect.center().x(), (rect.width() - 2 * room) / 2 / curve.reach
        self._bottom, self._high = rect.bottom() - room, (rect.height() - 2 * room) / ((high - low) or 1.0)
        self._low = low if high > low else low - 0.5

    def at(self, z: float, a: float) -> QPointF:
        """Return the place of a z and its a."""
        return QPointF(self._left + z * self._wide, self._bottom - (a - self._low) * self._high)


def _functions(moment: Moment, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], SmallFunction]:
    units: dict[int, list[int]] = {}
    for layer, unit in wanted:
        units.setdefault(layer, []).append(unit)
    return {
        (layer, unit): function
        for layer, some in units.items()
        for unit, function in small_functions(moment, layer, some).items()
    }


def _painted(curve: NeuronCurve, rect: QRectF, look: Appearance, ratio: float) -> QPixmap:
    picture = QPixmap((rect.size() * ratio).toSize())
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(look.theme.field))
    own = QRectF(0, 0, rect.width(), rect.height())
    place = _Places(own, curve)
    zero = place.at(0.0, 0.0)
    with drawing(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(look.theme.border), 1))
        painter.drawLine(QPointF(zero.x(), own.top()), QPointF(zero.x(), own.bottom()))
        painter.drawLine(QPointF(own.left(), zero.y()), QPointF(own.right(), zero.y()))
        painter.setPen(QPen(QColor(look.theme.text), 1.4))
        for z, a, _ in curve.pieces:
            numbers = zip([*z[::4].tolist(), float(z[-1])], [*a[::4].tolist(), float(a[-1])], strict=True)
            points = [place.at(*each) for each in numbers if isfinite(each[1])]
            painter.drawPolyline(QPolygonF(points))
    return picture
