"""Lines between neurons, and where their labels stand: a column of them before each layer, which no other line enters.

Each line runs to its own label, and from there into its neuron. The labels of a neuron are a stack, in the order of
the neurons that they come from; a neuron without labels has one place at which all its lines go past the others'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from chainrule.ui.stage.layout.detail import BETWEEN_LABELS, BUNDLE, Labels
from chainrule.ui.stage.layout.geometry import NodeCard

# How much of a neuron's side the ends of its lines take, and how far apart they are at most.
SIDE, APART = 0.6, 7.0
# How wide a line can be at scale 1, and how much of what is between two ends.
THINNEST, WIDEST, WIDTH = 1.6, 4.5, 0.8


class Ports:
    """Where lines leave the neurons of one column and come to those of the next: side by side, in the others' order.

    `most` is how wide they can be at scale 1: they are not to grow together at their ends.
    """

    def __init__(self, sources: Sequence[NodeCard], targets: Sequence[NodeCard], s: float) -> None:
        self._out = _apart(sources[0].rect, len(targets), s)
        self._in = _apart(targets[0].rect, len(sources), s)
        self._sources, self._targets = len(sources), len(targets)
        apart = min((each for each in (self._out, self._in) if each), default=WIDEST * s)
        self.most = max(THINNEST, min(WIDEST, WIDTH * apart / s))

    def of(self, target: NodeCard, source: NodeCard) -> tuple[QPointF, QPointF]:
        """Return both ends of one line."""
        out = source.rect.center().y() + self._out * (target.unit - (self._targets - 1) / 2)
        into = target.rect.center().y() + self._in * (source.unit - (self._sources - 1) / 2)
        return QPointF(source.rect.right(), out), QPointF(target.rect.left(), into)


def _apart(node: QRectF, lines: int, s: float) -> float:
    """Return how far apart the ends of so many lines are on the side of a neuron."""
    return min(SIDE * node.height() / (lines - 1), APART * s) if lines > 1 else 0.0


class Stack:
    """The lines into one neuron, from top to bottom, at the place of the labels: those with one and those without."""

    def __init__(self, labels: Labels, shown: Sequence[bool], s: float) -> None:
        self._step, self._shown, self._s = (labels.height + BETWEEN_LABELS) * s, shown, s
        self._is_single = any(shown) and not all(shown)
        self.height = BUNDLE * s
        if any(shown):
            self.height = labels.single * s if self._is_single else labels.stack(len(shown)) * s

    def lines(self, center: float) -> Iterator[tuple[float, bool]]:
        """Yield the top of each one's label, or where the line goes, and which it is."""
        top, bundle = center - self.height / 2, BUNDLE * self._s
        first = BETWEEN_LABELS * self._s + top + (bundle if self._is_single else 0.0)
        for place, has_label in enumerate(self._shown):
            if not any(self._shown):
                yield center, False
            elif has_label:
                yield first + (0 if self._is_single else place) * self._step, True
            else:
                # Above the label or below it, as its neuron is to the label's.
                is_above = place < self._shown.index(True)
                yield (top + bundle / 2 if is_above else center + self.height / 2 - bundle / 2), False


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """Return a curve from the right side of one neuron to the left side of another."""
    path = QPainterPath(start)
    bend(path, end)
    return path


def curve_through(start: QPointF, left: QPointF, right: QPointF, end: QPointF) -> QPainterPath:
    """Return the same, level between two points on its way: behind its label, or past those of others."""
    path = QPainterPath(start)
    bend(path, left)
    path.lineTo(right)
    bend(path, end)
    return path


def bend(path: QPainterPath, end: QPointF) -> None:
    """Go on to a point in a curve that begins and ends level."""
    start = path.currentPosition()
    bend = (end.x() - start.x()) * 0.45
    path.cubicTo(QPointF(start.x() + bend, start.y()), QPointF(end.x() - bend, end.y()), end)


def spread(wanted: Sequence[float], heights: Sequence[float], top: float, bottom: float) -> list[float]:
    """Return the centers of blocks in their order, none over another, each as near to its wanted center as the others
    let it.

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
