"""The frames of an animation: an iteration's moments on sheets of one size, drawn one after the other."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage
from shiboken6 import delete

from chainrule.session.screen.moment import Moment
from chainrule.ui.pictures.formats import StillPicture, as_image, picture_of_widget
from chainrule.ui.pictures.sheet import PictureSheet
from chainrule.ui.pictures.subjects import Look, PictureMaker


@dataclass(frozen=True, slots=True)
class AnimationChoice:
    """What an animation shows and how: `subject` is the id of a sheet, `seconds` each micro-step is seen so long."""

    subject: str
    look: Look
    format: str
    scale: int
    seconds: float


def frames_of(
    maker: PictureMaker, choice: AnimationChoice, moments: Sequence[Moment]
) -> Generator[QImage | None, None, None]:
    """Yield a frame for each moment, all of one size, and before them None for each that was measured.

    The network has the same place in all of them, however long the equation below it is.
    """
    sheet = maker.sheet(choice.subject, choice.look)
    try:
        sizes, least = [], 0
        for moment in moments:
            size = sheet.show_moment(moment, QSize(choice.look.size.width(), 0))
            # Of the network as low as it can be, and of all that stands around it.
            sizes.append(QSize(size.width(), size.height() - sheet.least_stage))
            least = max(least, sheet.least_stage)
            yield None
        width, highest = max(size.width() for size in sizes), max(size.height() for size in sizes)
        stage = max(least, choice.look.size.height() - highest)
        # Video has an even number of dots each way.
        whole = QSize(width + width % 2, highest + stage + (highest + stage) % 2)
        for moment, size in zip(moments, sizes, strict=True):
            sheet.show_moment(moment, QSize(width, size.height() + stage))
            yield _drawn(maker, choice, sheet, whole)
    finally:
        delete(sheet)


def _drawn(maker: PictureMaker, choice: AnimationChoice, sheet: PictureSheet, whole: QSize) -> QImage:
    paint = picture_of_widget("", sheet).paint
    return as_image(StillPicture("Animation", whole, paint), choice.scale, maker.ground(choice.look))
