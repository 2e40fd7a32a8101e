"""Curves between neurons, and the places of their labels."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainterPath

# Placing goes back and tries again, but not for ever.
MOST_TRIES = 400
# Where along a curve its label may stand, best first: the middle is where curves cross.
_ALONE = (0.5, 0.38, 0.62, 0.28, 0.72, 0.18, 0.82, 0.1, 0.9)
_CROSSING = (0.3, 0.25, 0.35, 0.2, 0.4, 0.15, 0.45, 0.7, 0.75, 0.65, 0.8, 0.6, 0.85, 0.55, 0.5, 0.1, 0.9)
# A curve that rises less than this is as good as level.
_LEVEL = 40.0


def curve(source: QRectF, target: QRectF) -> QPainterPath:
    """From the right side of one neuron to the left side of another."""
    start, end = QPointF(source.right(), source.center().y()), QPointF(target.left(), target.center().y())
    bend = (end.x() - start.x()) * 0.45
    path = QPainterPath(start)
    path.cubicTo(QPointF(start.x() + bend, start.y()), QPointF(end.x() - bend, end.y()), end)
    return path


def rise(path: QPainterPath) -> float:
    """How far a curve goes up or down."""
    return abs(path.pointAtPercent(1).y() - path.pointAtPercent(0).y())


def label_places(path: QPainterPath, size: QSizeF, scale: float, *, cross: bool) -> list[QRectF]:
    """Where the label of a curve may stand, best first; `cross` says that other curves may cross it."""
    left, right = path.pointAtPercent(0).x(), path.pointAtPercent(1).x()
    rects = []
    for place in _CROSSING if cross and rise(path) > _LEVEL * scale else _ALONE:
        at = path.pointAtPercent(place)
        rect = QRectF(at.x() - size.width() / 2, at.y() - size.height() / 2, size.width(), size.height())
        rect.moveLeft(max(left + 2, min(rect.left(), right - size.width() - 2)))
        rects.append(rect)
    return rects


def place_labels(choices: Sequence[Sequence[QRectF]]) -> list[QRectF] | None:
    """One place for each label, clear of all others, or None if they do not all find one."""
    taken: list[QRectF] = []
    tries = MOST_TRIES

    def is_free(rect: QRectF) -> bool:
        grown = rect.adjusted(-1.5, -1.5, 1.5, 1.5)
        return not any(grown.intersects(other) for other in taken)

    def place(which: int) -> bool:
        nonlocal tries
        if which == len(choices):
            return True
        for rect in filter(is_free, choices[which]):
            tries -= 1
            if tries < 0:
                return False
            taken.append(rect)
            if place(which + 1):
                return True
            taken.pop()
        return False

    return taken if place(0) else None
