"""The names of curves, written where they end: which is which is seen without looking at a legend."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from chainrule.model.timeline.downsampled_series import Floats
from chainrule.ui.plots.chart.palette import Stroke
from chainrule.ui.style.appearance import Appearance

FONT = 11
# Pixels between a name and its curve, and around a name.
GAP, AROUND = 5, 2
# In a lower chart they would stand on other curves, and the legend names these.
LEAST_HEIGHT = 150


def paint_end_names(
    painter: QPainter, look: Appearance, view: Any, curves: Iterable[tuple[Stroke, Floats, Floats]]
) -> None:
    """Write each name at the end of its curve: above the highest, below the others, and none over another.

    A chart with little height has none. `view` is a view box of pyqtgraph's; a curve has iterations and places.
    """
    area, font = view.sceneBoundingRect(), look.font(FONT, bold=True)
    if area.height() < look.size(LEAST_HEIGHT):
        return
    metrics, line = QFontMetricsF(font), QFontMetricsF(font).height()
    painter.setFont(font)
    ends = []
    for stroke, at, column in curves:
        known = np.flatnonzero(np.isfinite(column))
        if len(known):
            end = view.mapViewToScene(QPointF(float(at[known[-1]]), float(column[known[-1]])))
            ends.append((end, stroke))
    taken: list[QRectF] = []
    for place, (end, stroke) in enumerate(sorted(ends, key=lambda each: each[0].y())):
        width = metrics.horizontalAdvance(stroke.name) + 2 * AROUND
        left = max(area.left(), min(end.x() - width + GAP, area.right() - width))
        above, below = end.y() - GAP - line, end.y() + GAP
        rect = QRectF(left, above if place == 0 else below, width, line)
        if rect.top() < area.top():
            rect.moveTop(below)
        if rect.bottom() > area.bottom():
            rect.moveTop(above)
        while any(rect.intersects(other) for other in taken) and rect.bottom() + line <= area.bottom():
            rect.translate(0, line)
        taken.append(rect)
        # Without a ground: a curve that goes by is not hidden.
        painter.setPen(stroke.color)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, stroke.name)
