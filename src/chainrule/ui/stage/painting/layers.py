"""The stage in layers: what stays while a run goes on is drawn once, and then only its numbers and edges are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from chainrule.ui.stage.layout.places import StagePlaces
from chainrule.ui.style.painting import drawing

# A stage that is far larger than any screen is not worth its memory.
MOST_PIXELS = 8_000_000


# So many pixels are whole ones of the screen, whatever it is scaled by: quarters and eighths.
WHOLE = 8


class LayerPainter(Protocol):
    """Paints one moment in layers; `places` are the same as long as its moments differ in their numbers alone."""

    def places(self) -> StagePlaces:
        """Return where everything is."""

    def paint_moving(self, places: StagePlaces) -> None:
        """Paint what is below all else, and changes with every iteration."""

    def paint_still(self, places: StagePlaces) -> None:
        """Paint what stays as long as the same micro-step is on the screen."""

    def paint_numbers(self, places: StagePlaces) -> None:
        """Paint the numbers, on top."""


class StageLayers:
    """Keeps a picture of what stays. It is made when the same is to be drawn again, so that no step waits for it."""

    def __init__(self) -> None:
        self._key: object = None
        self._places: StagePlaces | None = None
        self._still: QPixmap | None = None

    def paint(self, painter: QPainter, key: object, part: QRect, make: Callable[[QPainter], LayerPainter]) -> None:
        """Paint a part of the stage; `key` is the same as long as `make`'s painters differ in their numbers alone."""
        stage, again = make(painter), key == self._key
        if not again or self._places is None:
            self._key, self._places, self._still = key, stage.places(), None
        stage.paint_moving(self._places)
        if again and part.width() * part.height() <= MOST_PIXELS:
            if self._still is None:
                self._still = _picture(part, painter.device().devicePixelRatio(), make, self._places)
            painter.drawPixmap(part.topLeft(), self._still)
        else:
            stage.paint_still(self._places)
        stage.paint_numbers(self._places)


def _picture(part: QRect, ratio: float, make: Callable[[QPainter], LayerPainter], places: StagePlaces) -> QPixmap:
    picture = QPixmap(part.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with drawing(picture) as painter:
        painter.translate(-part.topLeft())
        make(painter).paint_still(places)
    return picture


def part_in_sight(stage: QWidget, painted: QRect) -> QRect:
    """Return the part of the stage that its scroll area shows; where more is painted, into a picture, all of it."""
    area = stage.parentWidget()
    part = stage.rect() if area is None else stage.rect() & QRect(stage.mapFromParent(QPoint()), area.size())
    # On whole pixels of any screen: its picture is drawn there.
    corner = QPoint(part.left() // WHOLE * WHOLE, part.top() // WHOLE * WHOLE)
    part.setTopLeft(corner)
    return part if part.contains(painted) else stage.rect()
