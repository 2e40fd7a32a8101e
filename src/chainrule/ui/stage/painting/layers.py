"""The stage in layers: what stays while a run goes on is drawn once, and then only its numbers and edges are.

In a run so fast that nobody can read them the numbers are kept for some frames, too: they are text, and cost the most.
So are edges of which none has become wider or narrower by as much as can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import Protocol

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from chainrule.ui.stage.layout.places import StagePlaces
from chainrule.ui.style.painting import drawing

# A stage that is far larger than any screen is not worth its memory.
MOST_PIXELS = 8_000_000


# So many pixels are whole ones of the screen, whatever it is scaled by: quarters and eighths.
WHOLE = 8
# An edge that is wider or narrower by no more pixels than this looks the same.
SEEN = 1 / 16


class Digits(Enum):
    """Whether numbers are those of the moment: always, or so that they are kept for the frames that come, or kept."""

    LIVE = "live"
    RENEWED = "renewed"
    KEPT = "kept"


def digits_in_run(in_fast_run: bool, *, due: bool) -> Digits:
    """Return which numbers a frame shows: in a run that nobody can follow, those of the last one that was `due`."""
    if not in_fast_run:
        return Digits.LIVE
    return Digits.RENEWED if due else Digits.KEPT


class LayerPainter(Protocol):
    """Paints one moment in layers; `places` are the same as long as its moments differ in their numbers alone."""

    def places(self) -> StagePlaces:
        """Return where everything is."""

    def edge_widths(self, places: StagePlaces) -> Sequence[float] | None:
        """Return all that changes of what `paint_moving` paints: widths in pixels, with the signs of their colours.

        None where that is not all.
        """

    def paint_moving(self, places: StagePlaces) -> None:
        """Paint what is below all else, and changes with every iteration."""

    def paint_still(self, places: StagePlaces) -> None:
        """Paint what stays as long as the same micro-step is on the screen."""

    def paint_numbers(self, places: StagePlaces) -> None:
        """Paint the numbers, on top."""


class StageLayers:
    """Keeps a picture of what stays. It is made when the same is to be drawn again, so that no step waits for it.

    `digits` says whether one of all that is painted is kept beside it: of the numbers, and of edges that look the same.
    """

    def __init__(self) -> None:
        self._key: object = None
        self._places: StagePlaces | None = None
        self._still: QPixmap | None = None
        self._whole: QPixmap | None = None
        self._with_numbers: QPixmap | None = None
        self._widths: Sequence[float] = ()
        self.digits = Digits.LIVE

    def paint(
        self,
        painter: QPainter,
        key: object,
        part: QRect,
        ground: QColor,
        make: Callable[[QPainter], LayerPainter],
        paint_above: Callable[[QPainter], None],
    ) -> None:
        """Paint a part of the stage; `key` is the same as long as `make`'s painters differ in their numbers alone.

        `ground` is the colour that is there already. `paint_above` paints what is above the numbers, and read as they
        are.
        """
        stage, again = make(painter), key == self._key
        if not again or self._places is None:
            self._key, self._places = key, stage.places()
            self._still = self._with_numbers = self._whole = None
        places = self._places
        if not again or part.width() * part.height() > MOST_PIXELS:
            stage.paint_moving(places)
            stage.paint_still(places)
            stage.paint_numbers(places)
            paint_above(painter)
            return
        if self._still is None:
            self._still = _picture(part, painter.device().devicePixelRatio(), QColor(Qt.GlobalColor.transparent))
            with _on(self._still, part) as on:
                make(on).paint_still(places)
        if self.digits is Digits.LIVE:
            self._with_numbers = self._whole = None
            stage.paint_moving(places)
            painter.drawPixmap(part.topLeft(), self._still)
            stage.paint_numbers(places)
            paint_above(painter)
            return
        if self._with_numbers is None or self.digits is Digits.RENEWED:
            self._with_numbers, self._whole = QPixmap(self._still), None
            with _on(self._with_numbers, part) as on:
                make(on).paint_numbers(places)
                paint_above(on)
        widths = stage.edge_widths(places)
        if widths is None:
            stage.paint_moving(places)
            painter.drawPixmap(part.topLeft(), self._with_numbers)
            return
        if self._whole is None or not look_alike(widths, self._widths):
            self._whole, self._widths = _picture(part, self._still.devicePixelRatio(), ground), widths
            with _on(self._whole, part) as on:
                make(on).paint_moving(places)
                on.drawPixmap(part.topLeft(), self._with_numbers)
        painter.drawPixmap(part.topLeft(), self._whole)


def look_alike(widths: Sequence[float], others: Sequence[float]) -> bool:
    """Return whether no eye tells edges of some widths from others; NaN looks like nothing."""
    return all(abs(one - other) <= SEEN for one, other in zip(widths, others, strict=True))


def _picture(part: QRect, ratio: float, ground: QColor) -> QPixmap:
    picture = QPixmap(part.size() * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(ground)
    return picture


@contextmanager
def _on(picture: QPixmap, part: QRect) -> Iterator[QPainter]:
    """Give a painter on a picture of a part of the stage."""
    with drawing(picture) as painter:
        painter.translate(-part.topLeft())
        yield painter


def part_in_sight(stage: QWidget, painted: QRect) -> QRect:
    """Return the part of the stage that its scroll area shows; where more is painted, into a picture, all of it."""
    area = stage.parentWidget()
    part = stage.rect() if area is None else stage.rect() & QRect(stage.mapFromParent(QPoint()), area.size())
    # On whole pixels of any screen: its picture is drawn there.
    corner = QPoint(part.left() // WHOLE * WHOLE, part.top() // WHOLE * WHOLE)
    part.setTopLeft(corner)
    return part if part.contains(painted) else stage.rect()
