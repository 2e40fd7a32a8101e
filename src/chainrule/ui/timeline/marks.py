"""The timeline's narrow marks as pictures: of hundreds, a step changes one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

from chainrule.ui.style.painting import drawing, saved


class MarkPictures:
    """Keeps a picture of all marks done and one of none; what is on the screen is a part of each."""

    def __init__(self) -> None:
        self._ratio = 0.0
        self._pictures: tuple[QPixmap, ...] = ()

    def forget(self) -> None:
        """Make them anew before the next painting: the marks are elsewhere now, or of other colours."""
        self._pictures = ()

    def paint(self, painter: QPainter, size: QSize, x: int, paint_all: Callable[[QPainter, bool], None]) -> None:
        """Paint the marks up to `x` as done and the others not; `paint_all` paints all of them, done or not."""
        ratio = painter.device().devicePixelRatio()
        if not self._pictures or ratio != self._ratio:
            self._ratio = ratio
            self._pictures = tuple(_picture(size, ratio, paint_all, is_done) for is_done in (True, False))
        for picture, left, right in zip(self._pictures, (0, x), (x, size.width()), strict=True):
            with saved(painter):
                painter.setClipRect(left, 0, right - left, size.height(), Qt.ClipOperation.IntersectClip)
                painter.drawPixmap(0, 0, picture)


def _picture(size: QSize, ratio: float, paint_all: Callable[[QPainter, bool], None], is_done: bool) -> QPixmap:
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with drawing(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_all(painter, is_done)
    return picture
