"""A picture between two axes with the scale of its colours: numbers over a plane, the higher the stronger."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen

from chainrule.ui.plots.chart.frame import FONT, GAP, TICK, Frame
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import saved

# Of the colour scale at the right: its width, and what is free before it.
BAR, BESIDE_BAR = 12, 10


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What lies under the lines: an image with a pixel for each place, transparent where there is no number.

    `ramp` are the colours of the scale from its foot, an image one pixel wide, `ticks` its numbers as shares of its
    height with their texts, and `name` is what it shows.
    """

    image: QImage
    ramp: QImage
    ticks: tuple[tuple[float, str], ...]
    name: str


def room_beside(look: Appearance, ground: Ground | None) -> float:
    """Return the room that the colour scale takes, with its numbers."""
    if ground is None:
        return 0.0
    metrics = QFontMetricsF(look.font(FONT))
    widest = max((metrics.horizontalAdvance(text) for _, text in ground.ticks), default=0.0)
    return look.size(BESIDE_BAR) + look.size(BAR) + TICK + GAP + widest


def paint_ground(painter: QPainter, look: Appearance, frame: Frame, ground: Ground, rect: QRectF) -> None:
    """Paint the image, hatched where it has no number, and in the rest of `rect` the scale with its numbers."""
    plot = frame.plot
    with saved(painter):
        painter.setClipRect(plot)
        painter.fillRect(plot, QBrush(QColor(look.theme.muted), Qt.BrushStyle.BDiagPattern))
        # Each pixel around the place that it is of: those at the edges stand half beyond them.
        half = QPointF(plot.width() / (ground.image.width() - 1), plot.height() / (ground.image.height() - 1)) / 2
        painter.drawImage(plot.adjusted(-half.x(), -half.y(), half.x(), half.y()), ground.image)
    paint_scale(painter, look, plot, ground, rect)


def paint_scale(painter: QPainter, look: Appearance, plot: QRectF, ground: Ground, rect: QRectF) -> None:
    """Paint the scale of the colours beside a plot, with its numbers and its name."""
    bar = QRectF(plot.right() + look.size(BESIDE_BAR), plot.top(), look.size(BAR), plot.height())
    painter.drawImage(bar, ground.ramp)
    painter.setPen(QPen(QColor(look.theme.dimmed), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
    painter.setFont(look.font(FONT))
    painter.setPen(QColor(look.theme.muted))
    line = QFontMetricsF(look.font(FONT)).height()
    apart = max(1, ceil(len(ground.ticks) * line / max(1.0, bar.height())))
    for share, text in ground.ticks[::apart]:
        at = bar.bottom() - share * bar.height()
        painter.drawLine(QPointF(bar.right(), at), QPointF(bar.right() + TICK, at))
        right = QRectF(bar.right() + TICK + GAP, at - line / 2, rect.width(), line)
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter, text)
    name = QRectF(plot.right() - rect.width(), rect.height() - line, rect.width() * 2.0, line)
    name.setRight(rect.width())
    painter.drawText(name, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, ground.name)
