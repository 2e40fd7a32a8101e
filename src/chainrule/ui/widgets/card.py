"""A card: the quiet rounded frame that every part of the window sits in."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting

RADIUS = 8


class Card(QWidget):
    """A rounded surface with a hairline border; none where it lies in another card."""

    is_framed = True

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.appearance = appearance
        self._marked = False
        appearance.changed.connect(self.update)

    @property
    def is_marked(self) -> bool:
        """Whether the frame says that the keyboard has come here."""
        return self._marked

    def set_marked(self, marked: bool) -> None:
        """Show with the frame that the keyboard has come here."""
        if marked != self._marked:
            self._marked = marked
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the surface; subclasses paint on top."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint_surface(painter)

    def paint_surface(self, painter: QPainter) -> None:
        """Paint the rounded surface and its border."""
        if not self.is_framed:
            return
        theme = self.appearance.theme
        wide = 2 if self._marked else 1
        painter.setPen(QPen(QColor(theme.link if self._marked else theme.border), wide))
        painter.setBrush(QColor(theme.surface))
        inset = wide / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
