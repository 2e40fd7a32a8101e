"""Inputs that are pixels: the weights into each unit of the first layer as a picture, and a row to draw on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.input_picture import InputPicture
from chainrule.explain.writing.numbers import format_short
from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.learned.colors import NumberGrid, two_colored
from chainrule.ui.plots.chart.frame import paint_focus
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.window.keys import keep_keys

# The pad is as high as the widget, but no wider than this part of it; what is above and below the pictures.
PAD, LINE, GAP = 0.38, 16, 5
# A unit whose picture is smaller has no name above it.
NAMED = 34
# A brush on fine pictures colours the pixels around by so much, too.
FINE, BESIDE = 16, 0.5
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


@dataclass(frozen=True, slots=True, eq=False)
class PixelPictures:
    """What is drawn: the row (height, width), whose ink is `ink`; the weights (units, height, width), of which the
    largest has the size `largest`; what units are called; and the pixel that is selected in one of them, or in the row
    (unit -1).
    """

    picture: InputPicture
    row: NumberGrid
    ink: float
    weights: NumberGrid
    largest: float
    names: tuple[str, ...]
    title: str
    selected: tuple[int, int] | None = None


class PixelChart(QWidget):
    """Draws pictures. `tell` gives the words of a unit's pixel, the row's where the unit is -1.

    `chosen` is a click on a weight; `drawn` are inputs, by column, to which somebody gave a share of the ink, while the
    stroke goes on or (True) once it is over.
    """

    chosen = Signal(int, int)
    drawn = Signal(object, bool)

    def __init__(self, appearance: Appearance, tell: Callable[[int, int], str], parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("learned_view.pixels")
        self._appearance, self._tell = appearance, tell
        self._shown: PixelPictures | None = None
        self._images: list[QImage] = []
        self._stroke: dict[int, float] = {}
        self._last: QPointF | None = None
        self._erases = False
        # Where the keyboard draws: column and row.
        self._at = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keep_keys(self, (*_ARROWS, Qt.Key.Key_Space, Qt.Key.Key_Delete))
        appearance.changed.connect(self._restyle)

    @property
    def shown(self) -> PixelPictures | None:
        """What is drawn."""
        return self._shown

    def show_pictures(self, shown: PixelPictures) -> None:
        """Draw other pictures."""
        self._shown = shown
        theme = self._appearance.theme
        # The first row is at the top.
        self._images = [two_colored(shown.row[::-1].copy(), 0.0, shown.ink, theme)]
        self._images += [two_colored(image[::-1].copy(), 0.0, shown.largest, theme) for image in shown.weights]
        self.update()

    def _restyle(self) -> None:
        if self._shown is not None:
            self.show_pictures(self._shown)

    # Where what is

    def rect_of(self, unit: int) -> QRectF | None:
        """Return where the picture of a unit is, or with -1 the row's; None where there is no room."""
        shown, size = self._shown, self._appearance.size
        if shown is None:
            return None
        line, gap = size(LINE), size(GAP)
        aspect = shown.picture.width / shown.picture.height
        room = QRectF(2, line, self.width() - 4, self.height() - 2 * line)
        pad = min(room.height(), PAD * room.width() / aspect)
        if unit < 0:
            return QRectF(room.left(), room.top(), pad * aspect, pad)
        rest = room.adjusted(pad * aspect + 2 * gap, 0, 0, 0)
        columns, side = _grid(len(shown.weights), rest.width(), rest.height(), aspect, gap, line)
        above = line
        if side < size(NAMED):
            # Names would take more room than the pictures.
            above = gap
            columns, side = _grid(len(shown.weights), rest.width(), rest.height(), aspect, gap, gap)
        if side < 2:
            return None
        x = rest.left() + unit % columns * (side * aspect + gap)
        y = rest.top() + unit // columns * (side + above)
        return QRectF(x, y, side * aspect, side)

    def pixel_at(self, position: QPointF) -> tuple[int, int] | None:
        """Return the unit, -1 for the row, and the pixel under a point."""
        shown = self._shown
        for unit in range(-1, 0 if shown is None else len(shown.weights)):
            rect = self.rect_of(unit)
            if shown is not None and rect is not None and rect.contains(position):
                return unit, self._pixel_in(rect, shown, position)
        return None

    def _pixel_in(self, rect: QRectF, shown: PixelPictures, position: QPointF) -> int:
        wide, high = shown.picture.width, shown.picture.height
        column = min(wide - 1, max(0, int((position.x() - rect.left()) / rect.width() * wide)))
        row = min(high - 1, max(0, int((position.y() - rect.top()) / rect.height() * high)))
        return row * wide + column

    # Drawing by hand

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke on the row, with the right button one that erases; or choose a weight."""
        found = self.pixel_at(event.position())
        if found is None:
            return
        if found[0] >= 0:
            if event.button() == Qt.MouseButton.LeftButton:
                self.chosen.emit(*found)
            return
        self._erases = event.button() == Qt.MouseButton.RightButton
        self._stroke, self._last = {}, None
        if self._shown is not None:
            row, column = divmod(found[1], self._shown.picture.width)
            self._at = column, row
        self._go_on(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a stroke."""
        if self._last is not None:
            self._go_on(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a stroke: it is one edit."""
        if self._last is not None:
            self._last = None
            self.drawn.emit(dict(self._stroke), True)

    def _go_on(self, to: QPointF) -> None:
        rect, shown, begin = self.rect_of(-1), self._shown, self._last if self._last is not None else to
        if rect is None or shown is None:
            return
        side = rect.width() / shown.picture.width
        pieces = max(1, ceil(2 * (abs(to.x() - begin.x()) + abs(to.y() - begin.y())) / side))
        for piece in range(pieces + 1):
            at = begin + (to - begin) * piece / pieces
            # The mouse may have left the pad while it is held.
            if rect.contains(at):
                self._dab(shown, self._pixel_in(rect, shown, at))
        self._last = to
        self.drawn.emit(dict(self._stroke), False)

    def _dab(self, shown: PixelPictures, pixel: int) -> None:
        columns = {place: column for column, place in enumerate(shown.picture.places)}
        for place, share in _brush(shown.picture, pixel):
            column = columns.get(place)
            if column is None:
                continue
            if self._erases:
                self._stroke[column] = 0.0
            else:
                before = self._stroke.get(column, float(shown.row.flat[place]) / shown.ink)
                self._stroke[column] = max(share, min(1.0, before))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the pixel that the keyboard is at, colour it, or erase it."""
        shown = self._shown
        if shown is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
            return
        if event.key() in _ARROWS:
            across, down = _ARROWS[Qt.Key(event.key())]
            self._at = (self._at[0] + across) % shown.picture.width, (self._at[1] + down) % shown.picture.height
            self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Delete):
            self._erases, self._stroke = event.key() == Qt.Key.Key_Delete, {}
            self._dab(shown, self._at[1] * shown.picture.width + self._at[0])
            self.drawn.emit(dict(self._stroke), True)
        else:
            super().keyPressEvent(event)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("arrows go over the pixels"),
            gettext_noop("Space draws"),
            gettext_noop("Delete erases"),
            gettext_noop("Esc back to the stage"),
        )

    def _take_event(self, event: QEvent) -> bool:
        """Say what is under the mouse; show where the keyboard is."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return shows_tip(event, self, lambda at: self._tip_at(QPointF(at)))

    def _tip_at(self, at: QPointF) -> str:
        found = self.pixel_at(at)
        return "" if found is None else self._tell(*found)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the row, the weights, and the scale of their colours."""
        with painting(self) as painter:
            shown, look = self._shown, self._appearance
            if shown is None:
                return
            painter.setFont(look.font(11))
            for unit, image in enumerate(self._images, start=-1):
                rect = self.rect_of(unit)
                if rect is None:
                    break
                self._paint_picture(painter, rect, image, shown.title if unit < 0 else shown.names[unit])
            self._paint_selected(painter, shown)
            self._paint_scale(painter, shown)
            if self.hasFocus():
                paint_focus(painter, look, QRectF(self.rect()))
                pad = self.rect_of(-1)
                if pad is not None:
                    self._paint_ring(painter, pad, shown, self._at[1] * shown.picture.width + self._at[0])

    def _paint_picture(self, painter: QPainter, rect: QRectF, image: QImage, name: str) -> None:
        theme, line = self._appearance.theme, self._appearance.size(LINE)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(rect, image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawRect(rect)
        painter.setPen(QColor(theme.muted))
        above = QRectF(rect.left(), rect.top() - line, rect.width() + self._appearance.size(GAP) - 1, line)
        is_large = rect.height() >= self._appearance.size(NAMED)
        if is_large and painter.fontMetrics().horizontalAdvance(name) <= above.width():
            painter.drawText(above, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_selected(self, painter: QPainter, shown: PixelPictures) -> None:
        rect = None if shown.selected is None else self.rect_of(shown.selected[0])
        if rect is not None and shown.selected is not None:
            self._paint_ring(painter, rect, shown, shown.selected[1])

    def _paint_ring(self, painter: QPainter, rect: QRectF, shown: PixelPictures, pixel: int) -> None:
        wide, high = rect.width() / shown.picture.width, rect.height() / shown.picture.height
        row, column = divmod(pixel, shown.picture.width)
        around = QRectF(rect.left() + column * wide, rect.top() + row * high, wide, high).adjusted(-1, -1, 1, 1)
        for color, width in ((self._appearance.theme.surface, 3.0), (self._appearance.theme.text, 1.4)):
            painter.setPen(QPen(QColor(color), width))
            painter.drawRect(around)

    def _paint_scale(self, painter: QPainter, shown: PixelPictures) -> None:
        """Paint at the lower right which colours are which weights."""
        theme, size, metrics = self._appearance.theme, self._appearance.size, painter.fontMetrics()
        texts = f"w = −{format_short(shown.largest, 3)}", format_short(shown.largest, 3)
        line = QRectF(0, self.height() - size(LINE), self.width() - 4, size(LINE))
        right = line.right() - metrics.horizontalAdvance(texts[1]) - size(GAP)
        bar = QRectF(right - size(90), line.top() + size(4), size(90), size(LINE) - size(8))
        painter.drawImage(bar, two_colored(np.linspace(-1.0, 1.0, 101)[None], 0.0, 1.0, theme))
        painter.setPen(QColor(theme.muted))
        vertical = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | vertical, texts[1])
        line.setRight(bar.left() - size(GAP))
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | vertical, texts[0])


def _grid(count: int, width: float, height: float, aspect: float, gap: float, line: float) -> tuple[int, float]:
    """Return how many columns let pictures be largest, and how high they are then."""
    best = (1, 0.0)
    for columns in range(1, count + 1):
        rows = ceil(count / columns)
        side = min(((width - gap * (columns - 1)) / columns) / aspect, height / rows - line * (rows - 1) / rows)
        if side > best[1]:
            best = (columns, side)
    return best


def _brush(picture: InputPicture, pixel: int) -> Iterator[tuple[int, float]]:
    """Yield the pixels that a brush colours, and how much of the ink each gets."""
    row, column = divmod(pixel, picture.width)
    yield pixel, 1.0
    if picture.width >= FINE:
        for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            if 0 <= row + down < picture.height and 0 <= column + across < picture.width:
                yield pixel + down * picture.width + across, BESIDE
