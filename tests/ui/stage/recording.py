"""What the stage draws, call by call: texts with their extents, lines, and boxes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF

from chainrule.ui.stage.painting.close_up_painting import CloseUpPainter
from chainrule.ui.stage.view import StageView

# So many pieces of a line are looked at.
ALONG = 60


@dataclass(frozen=True)
class Text:
    """One text as it was drawn; `ink` is around its letters, `place` is what it is cut off at."""

    text: str
    place: QRectF
    ink: QRectF
    font: QFont
    color: str


@dataclass
class Recorded:
    """Everything that one painting drew."""

    texts: list[Text] = field(default_factory=list)
    lines: list[np.ndarray] = field(default_factory=list)
    dots: list[tuple[QPointF, str]] = field(default_factory=list)
    boxes: list[QRectF] = field(default_factory=list)


class RecordingPainter:
    """A painter that notes what it is asked to draw, and draws it."""

    def __init__(self, painter: QPainter) -> None:
        self._painter, self.recorded = painter, Recorded()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._painter, name)

    def drawText(self, rect: QRectF, flags: Any, text: str) -> None:
        font = self._painter.font()
        metrics = QFontMetricsF(font)
        ink, width = metrics.tightBoundingRect(text), metrics.horizontalAdvance(text)
        left = rect.left()
        if flags & Qt.AlignmentFlag.AlignRight:
            left = rect.right() - width
        elif flags & Qt.AlignmentFlag.AlignHCenter:
            left = rect.center().x() - width / 2
        baseline = rect.center().y() + (metrics.ascent() - metrics.descent()) / 2
        color = self._painter.pen().color().name()
        self.recorded.texts.append(Text(text, QRectF(rect), ink.translated(left, baseline), QFont(font), color))
        self._painter.drawText(rect, flags, text)

    def drawPath(self, path: QPainterPath) -> None:
        points = [path.pointAtPercent(place / ALONG) for place in range(ALONG + 1)]
        self.recorded.lines.append(np.array([point.toTuple() for point in points]))
        self._painter.drawPath(path)

    def drawPolyline(self, points: tuple[QPointF, ...] | QPolygonF) -> None:
        if isinstance(points, QPolygonF):
            self.recorded.lines.append(np.array([point.toTuple() for point in points.toList()]))
            self._painter.drawPolyline(points)
            return
        for start, end in pairwise(points):
            along = [start + (end - start) * place / ALONG for place in range(ALONG + 1)]
            self.recorded.lines.append(np.array([point.toTuple() for point in along]))
        self._painter.drawPolyline(points)

    def drawEllipse(self, center: QPointF, *radii: float) -> None:
        self.recorded.dots.append((center, self._painter.brush().color().name()))
        self._painter.drawEllipse(center, *radii)

    def drawRoundedRect(self, rect: QRectF, *radii: float) -> None:
        self.recorded.boxes.append(QRectF(rect))
        self._painter.drawRoundedRect(rect, *radii)


@contextmanager
def _painting(size: QSizeF, ground: str) -> Iterator[QPainter]:
    image = QImage(size.toSize(), QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    painter.setPen(QPen())
    yield painter
    painter.end()


def record(stage: StageView, *, numbers_only: bool = False) -> Recorded:
    """Draw all of a stage's moment with the close-ups, or only its numbers, and say what that was."""
    layout, appearance = stage.stage_layout(), stage._appearance
    with _painting(layout.size, appearance.theme.surface) as painter:
        recording = RecordingPainter(painter)
        paint = stage._layouts.painters(stage._moment, layout.whole, layout, stage._images)
        made = paint(recording)  # type: ignore[arg-type]
        places = made.places()
        if not numbers_only:
            made.paint_moving(places)
            made.paint_still(places)
        made.paint_numbers(places)
        if not numbers_only:
            for close_up in stage._close_ups_in(QRectF(QPointF(), layout.size)):
                CloseUpPainter(
                    recording,  # type: ignore[arg-type]
                    stage._moment,
                    appearance,
                    close_up,
                ).paint()
    return recording.recorded
