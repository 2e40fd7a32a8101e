"""What each neuron has learned, as a small picture in it: its activation over the inputs. One forward pass for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.names.notation import Notation
from chainrule.session.screen.learning import MOST_AXES, grid_of_layers, points_of, shown_row
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext
from chainrule.ui.learned.colors import NumberGrid, two_colored
from chainrule.ui.learned.remembered import Remembered
from chainrule.ui.stage.layout.geometry import NodeCard
from chainrule.ui.style.appearance import Appearance, Theme
from chainrule.ui.style.painting import saved

# Places a side of a picture: as many as pixels where it is large.
SIDE = 36
# The part of a curve's range that stays free above it and below.
ROOM = 0.12
# So many pictures lie side by side in an image that is not too wide.
FEW = 256
# A layer and a unit of it.
Neuron = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A part of an image, in its pixels."""

    image: QImage
    part: QRectF


# An image, or a curve.
NeuronPicture = ImagePart | NumberGrid


class LearnedPictures:
    """Paints them; they are made anew when the numbers of the iteration are others."""

    def __init__(self) -> None:
        self._ranges: Remembered[tuple[tuple[float, float], ...]] = Remembered()
        self._pictures: Remembered[dict[Neuron, NeuronPicture]] = Remembered()

    def suit(self, experiment: Experiment) -> bool:
        """Return whether what a neuron makes of the inputs can be drawn: of one or two."""
        return not experiment.network.formula and experiment.network.inputs <= MOST_AXES

    def tip(self, moment: Moment, layer: int, unit: int) -> str:
        """Return what the picture in a neuron is, in words."""
        notation, inputs = Notation.of(moment.experiment), moment.experiment.network.inputs
        over = " and ".join(notation.named_neuron(-1, column) for column in range(inputs))
        colors = gettext("blue above 0, orange below") if inputs > 1 else gettext("the line is at 0")
        return gettext(
            "What {named_neuron} makes of {over}, over the range of the data: {colors}",
            named_neuron=notation.named_neuron(layer, unit),
            over=over,
            colors=colors,
        )

    def paint(self, painter: QPainter, moment: Moment, nodes: Sequence[NodeCard], look: Appearance) -> None:
        """Paint the pictures of those neurons that have room for one."""
        there = [(node, node.picture) for node in nodes if node.picture is not None]
        if not there:
            return
        found = self._pictures.get((moment.numbers, look.theme), lambda: self._make(moment, look))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for node, rect in there:
            picture = found.get((node.layer, node.unit))
            if isinstance(picture, ImagePart):
                painter.drawImage(rect, picture.image, picture.part)
            elif picture is not None:
                _paint_curve(painter, rect, picture, look)
        painter.setPen(QPen(QColor(look.theme.border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for _, rect in there:
            painter.drawRect(rect)

    def _make(self, moment: Moment, look: Appearance) -> dict[Neuron, NeuronPicture]:
        """Return the picture of every neuron; none where the data's numbers are too large to be drawn."""
        experiment = moment.experiment
        columns = tuple(range(experiment.network.inputs))
        points = points_of(moment, columns) if not self._ranges.is_of((experiment.data,)) else None
        if points is not None:
            self._ranges.keep((experiment.data,), points.ranges if points.can_be_drawn else ())
        ranges = self._ranges.value
        if not ranges:
            return {}
        layers = range(len(experiment.network.layers))
        grid = grid_of_layers(
            moment, columns, ranges, shown_row(moment), layers, quick=True, most=[SIDE] * len(columns)
        )
        neurons = [(layer, unit) for layer, values in grid.layers.items() for unit in range(values.shape[-1])]
        if len(columns) == 1:
            return {(layer, unit): grid.layers[layer][:, unit] for layer, unit in neurons}
        # Few of them in one go: of small pictures the beginning costs the most.
        together = [tuple(layers)] if len(neurons) <= FEW else [(layer,) for layer in layers]
        values = (np.concatenate([grid.layers[layer] for layer in some], axis=-1) for some in together)
        pictures = (picture for some in values for picture in _side_by_side(some, look.theme))
        return dict(zip(neurons, pictures, strict=True))


def _side_by_side(values: NumberGrid, theme: Theme) -> list[ImagePart]:
    """Return a picture for each of some neurons, (up, across, units), at its strongest where it is furthest from 0."""
    up, across, units = values.shape
    sizes = np.max(np.abs(values), axis=(0, 1), initial=0.0, where=np.isfinite(values))
    shares = values / np.where(sizes > 0, sizes, 1.0)
    image = two_colored(shares.transpose(0, 2, 1).reshape(up, units * across), 0.0, 1.0, theme)
    return [ImagePart(image, QRectF(unit * across, 0, across, up)) for unit in range(units)]


def _paint_curve(painter: QPainter, rect: QRectF, heights: NumberGrid, look: Appearance) -> None:
    """Paint a curve over one input, with a line at 0 where that is in sight."""
    finite = heights[np.isfinite(heights)]
    painter.fillRect(rect, QColor(look.theme.field))
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    room = ROOM * (high - low) or 0.5
    low, high = low - room, high + room

    def place(height: float) -> float:
        return rect.bottom() - (height - low) / (high - low) * rect.height()

    with saved(painter):
        painter.setClipRect(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if low < 0 < high:
            painter.setPen(QPen(QColor(look.theme.border), 1))
            painter.drawLine(QPointF(rect.left(), place(0.0)), QPointF(rect.right(), place(0.0)))
        painter.setPen(QPen(QColor(look.theme.text), 1.4))
        step = rect.width() / (len(heights) - 1)
        numbers = enumerate(heights.tolist())
        points = [QPointF(rect.left() + at * step, place(each)) for at, each in numbers if np.isfinite(each)]
        painter.drawPolyline(QPolygonF(points))
