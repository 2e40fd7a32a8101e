"""A card: the quiet rounded frame that every part of the window sits in."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.painting import painting

RADIUS = 8


class Card(QWidget):
    """A rounded surface with a hairline border; none where it lies in another card."""

    is_framed = True

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.appearance = appearance
        appearance.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the surface; subclasses paint on top."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint_surface(painter)

    def paint_surface(self, painter: QPainter) -> None:
        """The rounded surface and its border."""
        if not self.is_framed:
            return
        theme = self.appearance.theme
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
