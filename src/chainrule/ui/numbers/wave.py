"""The wave under the character that is wrong in what was typed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QLineEdit

from chainrule.ui.style.appearance import Appearance

# How it goes up and down, in pixels at the usual text size.
_WAVE = 2.0


def paint_wave(painter: QPainter, line: QLineEdit, place: int | None, appearance: Appearance) -> None:
    """Paint it over a line; nothing where there is no such place."""
    if place is None:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setClipRect(QRectF(line.rect()).adjusted(2, 2, -2, -1))
    painter.setPen(QPen(QColor(appearance.theme.error), appearance.scale * 1.6))
    painter.drawPolyline(_wave(line, place, appearance.scale))


def _wave(line: QLineEdit, place: int, scale: float) -> QPolygonF:
    """Return the underline of one character."""
    metrics, text = line.fontMetrics(), line.text()
    # What is long is scrolled: where the text begins is known from where its cursor stands.
    begin = line.cursorRect().center().x() - metrics.horizontalAdvance(text[: line.cursorPosition()])
    left = begin + metrics.horizontalAdvance(text[:place])
    wide = metrics.horizontalAdvance(text[place : place + 1]) or metrics.horizontalAdvance("0")
    step = _WAVE * scale
    low = (line.height() + metrics.height()) / 2 - step / 2
    count = max(4, round(wide / step))
    return QPolygonF([QPointF(left + i * wide / count, low + (step if i % 2 else 0)) for i in range(count + 1)])
