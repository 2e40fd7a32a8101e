"""The sheet over the hall's picture, on which the lecturer points and draws."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QRegion, QWheelEvent
from PySide6.QtWidgets import QWidget

from chainrule.session.hall.pen import PenStroke, Spot
from chainrule.session.hall.show import Show
from chainrule.ui.hall.marks import (
    curtain_color,
    light_area,
    paint_light,
    paint_strokes,
    pen_colors,
    stroke_area,
)
from chainrule.ui.style.appearance import DARK, Appearance
from chainrule.ui.style.painting import painting

# An angle of the wheel for one step of the spotlight's size.
NOTCH = 120


class MarksSheet(QWidget):
    """Paints what the lecturer points at and draws over a picture of any size, and takes the mouse for that."""

    def __init__(self, show: Show, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._show, self._appearance = show, appearance
        self.setMouseTracking(True)
        self._lit: QRect | None = None
        self._strokes: tuple[PenStroke, ...] = ()
        self._covered = ""
        show.changed.connect(self._follow)
        appearance.changed.connect(self.update)
        self._follow()

    def picture(self) -> QRectF:
        """Return where the picture is that is drawn on."""
        return QRectF(self.rect())

    def spot_at(self, position: QPointF) -> Spot:
        """Return a position as shares of the picture."""
        picture = self.picture()
        x = (position.x() - picture.left()) / max(1.0, picture.width())
        y = (position.y() - picture.top()) / max(1.0, picture.height())
        return (min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))

    def _follow(self) -> None:
        """Paint anew what is other than before, and no more: what lies below is painted with it."""
        show = self._show
        following, shape = show.follows_mouse, Qt.CursorShape.CrossCursor
        if show.spotlight.is_on:
            shape = Qt.CursorShape.BlankCursor
        self.set_taking(following)
        self.setCursor(shape if following else Qt.CursorShape.ArrowCursor)
        lit = self._light()
        if (lit is None) != (self._lit is None) or show.curtain.color != self._covered:
            self.update()
        elif lit is not None and self._lit is not None and lit != self._lit:
            self.update(QRegion(lit) | QRegion(self._lit))
        self._lit, self._covered = lit, show.curtain.color
        self._follow_strokes(show.pen.strokes)

    def set_taking(self, taking: bool) -> None:
        """Take the mouse, or leave it to what is below."""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not taking)

    def _follow_strokes(self, strokes: tuple[PenStroke, ...]) -> None:
        """Paint those strokes anew that have changed: mostly the last one, at its end."""
        before, self._strokes = self._strokes, strokes
        for one, other in zip(before, strokes, strict=False):
            if one is not other:
                # A stroke is led on: what is new of it is its end.
                end = PenStroke(other.color, other.points[max(0, len(one.points) - 3) :])
                self.update(self._area(end if one.points == other.points[: len(one.points)] else other))
        for stroke in (*before[len(strokes) :], *strokes[len(before) :]):
            self.update(self._area(stroke))

    def _area(self, stroke: PenStroke) -> QRect:
        picture = self.picture()
        return stroke_area(stroke, picture.size()).translated(picture.topLeft()).toAlignedRect()

    def _light(self) -> QRect | None:
        if not self._show.spotlight.is_on:
            return None
        picture = self.picture()
        area = light_area(self._show.spotlight, picture.size()).translated(picture.topLeft())
        return area.adjusted(-6, -6, 6, 6).toAlignedRect()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the strokes, then the light, then the curtain."""
        with painting(self) as painter:
            picture = self.picture()
            painter.translate(picture.topLeft())
            painter.setClipRect(QRectF(QPointF(), picture.size()), Qt.ClipOperation.IntersectClip)
            self.paint_marks(painter, picture.size())

    def paint_marks(self, painter: QPainter, size: QSizeF) -> None:
        """Paint all that is over a picture of that size."""
        show, theme = self._show, self._appearance.theme
        if show.curtain.color:
            painter.fillRect(QRectF(QPointF(), size), curtain_color(show.curtain))
            return
        if show.pen.strokes:
            paint_strokes(painter, show.pen.strokes, size, QColor(theme.surface), pen_colors(theme is DARK))
        if show.spotlight.is_on:
            paint_light(painter, show.spotlight, size)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._show.press(self.spot_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on, or light what is under the mouse."""
        self._show.move(self.spot_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        self._show.release()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Make the spotlight's disc larger or smaller."""
        if self._show.spotlight.is_on and event.angleDelta().y():
            self._show.spotlight.grow(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
