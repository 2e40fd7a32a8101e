"""Lines between neurons, and where their labels stand: a column of them before each layer, which no other line enters.

Each line runs to its own label, and from there into its neuron. The labels of a neuron are a stack, in the order of
the neurons that they come from; a neuron without labels has one place at which all its lines go past the others'.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath


def curve(source: QRectF, target: QRectF) -> QPainterPath:
    """From the right side of one neuron to the left side of another."""
    path = QPainterPath(_outlet(source))
    _bend(path, _inlet(target))
    return path


def curve_through(source: QRectF, left: QPointF, right: QPointF, target: QRectF) -> QPainterPath:
    """The same, level between two points on its way: behind its label, or past those of others."""
    path = QPainterPath(_outlet(source))
    _bend(path, left)
    path.lineTo(right)
    _bend(path, _inlet(target))
    return path


def _outlet(source: QRectF) -> QPointF:
    return QPointF(source.right(), source.center().y())


def _inlet(target: QRectF) -> QPointF:
    return QPointF(target.left(), target.center().y())


def _bend(path: QPainterPath, end: QPointF) -> None:
    start = path.currentPosition()
    bend = (end.x() - start.x()) * 0.45
    path.cubicTo(QPointF(start.x() + bend, start.y()), QPointF(end.x() - bend, end.y()), end)


def spread(wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Centers of blocks in their order, none over another, each as near to its wanted center as the others let it.

    Blocks that push each other share their distance: isotonic regression, by pooling those that are out of order.
    """
    # With what is above each taken off, blocks that touch are at the same place.
    above, at = 0.0, []
    for center, height in zip(wanted, heights, strict=True):
        at.append(center - above - height / 2)
        above += height
    pools: list[tuple[float, int]] = []
    for place in at:
        total, count = place, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            more, others = pools.pop()
            total, count = total + more, count + others
        pools.append((total, count))
    room = max(top, bottom - above)
    places = [min(max(total / count, top), room) for total, count in pools for _ in range(count)]
    above, centers = 0.0, []
    for place, height in zip(places, heights, strict=True):
        centers.append(place + above + height / 2)
        above += height
    return centers
