"""The stage in layers: what stays while a run goes on is drawn once, and then only its numbers and edges are."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from chainrule.ui.painting import drawing
from chainrule.ui.stage.painting import StagePainter
from chainrule.ui.stage.places import Places

# A stage that is far larger than any screen is not worth its memory.
MOST_PIXELS = 8_000_000


class StageLayers:
    """Keeps a picture of what stays. It is made when the same is to be drawn again, so that no step waits for it."""

    def __init__(self) -> None:
        self._key: object = None
        self._places: Places | None = None
        self._still: QPixmap | None = None

    def paint(self, painter: QPainter, key: object, size: QSize, make: Callable[[QPainter], StagePainter]) -> None:
        """Paint a stage; `key` is the same as long as `make` gives painters that differ in their numbers alone."""
        stage, again = make(painter), key == self._key
        if not again or self._places is None:
            self._key, self._places, self._still = key, stage.places(), None
        stage.paint_moving(self._places)
        if again and size.width() * size.height() <= MOST_PIXELS:
            if self._still is None:
                self._still = _picture(size, painter.device().devicePixelRatio(), make, self._places)
            painter.drawPixmap(0, 0, self._still)
        else:
            stage.paint_still(self._places)
        stage.paint_numbers(self._places)


def _picture(size: QSize, ratio: float, make: Callable[[QPainter], StagePainter], places: Places) -> QPixmap:
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with drawing(picture) as painter:
        make(painter).paint_still(places)
    return picture
