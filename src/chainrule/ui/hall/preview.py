"""What the hall sees, small, on the lecturer's own screen: pointing and drawing there does so in the hall."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QColor, QPaintEvent, QPen, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from chainrule.session.hall.show import Show
from chainrule.session.hall.spotlight import BLACK
from chainrule.translation import gettext
from chainrule.ui.hall.overlay import MarksSheet
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved

# Several changes at once make one picture.
SOON_MS = 40


class HallPreview(MarksSheet):
    """Shows a picture of a widget, with what lies over it. A black or white hall stays legible here, and is said to."""

    def __init__(self, shown: QWidget, show: Show, appearance: Appearance, parent: QWidget) -> None:
        self._shown, self._pixmap = shown, QPixmap()
        super().__init__(show, appearance, parent)
        self.setObjectName("hall.preview")
        self.setAccessibleName(gettext("What the hall sees"))
        self.setMinimumSize(320, 200)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._take_picture)

    def set_taking(self, taking: bool) -> None:
        """Take the mouse in any case: there is nothing below."""

    def picture(self) -> QRectF:
        """Return the largest part of the widget that has the shape of the hall's screen, in its middle."""
        shape = QSizeF(self._shown.size())
        found = QRectF(QPointF(), shape.scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio))
        found.moveCenter(QRectF(self.rect()).center())
        return found

    def follow(self) -> None:
        """Take a new picture soon, if anybody sees it."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start(SOON_MS)

    def _take_picture(self) -> None:
        ratio = self.devicePixelRatioF()
        room = (self.picture().size() * ratio).toSize()
        smooth, keep = Qt.TransformationMode.SmoothTransformation, Qt.AspectRatioMode.IgnoreAspectRatio
        self._pixmap = self._shown.grab().scaled(room, keep, smooth)
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what is there now."""
        super().showEvent(event)
        self.follow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show it in the new size."""
        super().resizeEvent(event)
        self.follow()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, what is over it, and whether the hall sees any of it."""
        with painting(self) as painter:
            place, theme, show = self.picture(), self._appearance.theme, self._show
            painter.fillRect(place, QColor(theme.surface))
            painter.drawPixmap(place, self._pixmap, QRectF(self._pixmap.rect()))
            with saved(painter):
                painter.translate(place.topLeft())
                painter.setClipRect(QRectF(QPointF(), place.size()))
                if show.curtain.color:
                    band = QRectF(0, 0, place.width(), self._appearance.size(34))
                    painter.fillRect(band, QColor(show.curtain.color))
                    painter.setFont(self._appearance.font(15, bold=True))
                    painter.setPen(QColor("white" if show.curtain.color == BLACK else "black"))
                    painter.drawText(band, Qt.AlignmentFlag.AlignCenter, f"The hall's screen is {show.curtain.color}")
                else:
                    self.paint_marks(painter, place.size())
            painter.setPen(QPen(QColor(theme.border), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(place.adjusted(0.5, 0.5, -0.5, -0.5))
