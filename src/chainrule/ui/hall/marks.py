"""What a lecturer puts over the picture: strokes of the pen, the light of the spotlight, and the curtain."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from chainrule.session.hall.pen import PenStroke
from chainrule.session.hall.spotlight import WHITE, Curtain, Spotlight

# Blue, orange and black or white of Okabe and Ito (2008), and a magenta: no two are alike, whatever cones one lacks.
ON_LIGHT = ("#0072b2", "#d55e00", "#881155", "#000000")
ON_DARK = ("#56b4e9", "#e69f00", "#ee2277", "#ffffff")
# Shares of the screen's height: how wide a stroke is, and the rim that sets it off from what it crosses.
WIDTH, RIM = 0.0065, 0.003
# How much the spotlight leaves of what is around it, of 255 taken.
DARKNESS = 165


def pen_colors(is_dark: bool) -> tuple[str, ...]:
    """Return the pen's colours on a dark or a light ground."""
    return ON_DARK if is_dark else ON_LIGHT


def paint_strokes(
    painter: QPainter, strokes: Sequence[PenStroke], size: QSizeF, ground: QColor, colors: Sequence[str]
) -> None:
    """Paint strokes on a screen of some size; the ground is the colour of their rims."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width, rim = WIDTH * size.height(), RIM * size.height()
    for stroke in strokes:
        path = stroke_path(stroke, size)
        for color, wide in ((ground, width + 2 * rim), (QColor(colors[stroke.color]), width)):
            round_, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            painter.setPen(QPen(color, wide, Qt.PenStyle.SolidLine, round_, join))
            painter.drawPath(path)


def stroke_path(stroke: PenStroke, size: QSizeF) -> QPainterPath:
    """Return the line through the points of a stroke, with soft corners; of a single point a dot."""
    points = [QPointF(x * size.width(), y * size.height()) for x, y in stroke.points]
    path = QPainterPath(points[0])
    if len(points) == 1:
        path.lineTo(points[0] + QPointF(0.01, 0.0))
        return path
    for before, after in pairwise(points[1:]):
        path.quadTo(before, (before + after) / 2)
    path.lineTo(points[-1])
    return path


def stroke_area(stroke: PenStroke, size: QSizeF) -> QRectF:
    """Return what a stroke covers."""
    around = (WIDTH / 2 + RIM) * size.height() + 2
    return stroke_path(stroke, size).boundingRect().adjusted(-around, -around, around, around)


def light_area(spotlight: Spotlight, size: QSizeF) -> QRectF:
    """Return the square around what the spotlight lights."""
    radius = spotlight.radius * size.height()
    x, y = spotlight.place
    return QRectF(x * size.width() - radius, y * size.height() - radius, 2 * radius, 2 * radius)


def paint_light(painter: QPainter, spotlight: Spotlight, size: QSizeF) -> None:
    """Darken all but the disc of the spotlight, whose edge is drawn."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    disc, around = light_area(spotlight, size), QPainterPath()
    around.setFillRule(Qt.FillRule.OddEvenFill)
    around.addRect(QRectF(QPointF(), size))
    around.addEllipse(disc)
    painter.fillPath(around, QColor(0, 0, 0, DARKNESS))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor("#f0e442"), max(1.0, 0.004 * size.height())))
    painter.drawEllipse(disc)


def curtain_color(curtain: Curtain) -> QColor:
    """Return what the screen is covered with."""
    return QColor(Qt.GlobalColor.white if curtain.color == WHITE else Qt.GlobalColor.black)
