"""How curves are drawn: a hue and a mark each, so that they are told apart without colours as well.

No curve has the blue or the orange that signs have, or the red of errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.contrast import FOR_LINES, contrast

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Outline

LIGHT_HUES = ("#7b3f9d", "#00755e", "#a8326e", "#6b6b00")
DARK_HUES = ("#c79bea", "#3cc9a3", "#f08bb8", "#c9c95a")
# The palest of several curves of one hue, and of one that recedes; none is paler than a line may be.
PALEST = 0.55
RECEDING = 0.45
# The corners of the marks, about one unit from their middle; the first is a circle. Their number and that of the hues
# have no common divisor, so that a hue and a mark come together again as late as they can.
SHAPES: tuple[tuple[tuple[float, float], ...], ...] = (
    (),
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.15), (1.1, 0.85), (-1.1, 0.85)),
    ((0, -1.3), (1.0, 0), (0, 1.3), (-1.0, 0)),
    ((0, 1.15), (1.1, -0.85), (-1.1, -0.85)),
    ((-1.2, -0.35), (-0.35, -0.35), (-0.35, -1.2), (0.35, -1.2), (0.35, -0.35), (1.2, -0.35),
     (1.2, 0.35), (0.35, 0.35), (0.35, 1.2), (-0.35, 1.2), (-0.35, 0.35), (-1.2, 0.35)),
    ((-1.1, -0.6), (-0.6, -1.1), (0, -0.5), (0.6, -1.1), (1.1, -0.6), (0.5, 0),
     (1.1, 0.6), (0.6, 1.1), (0, 0.5), (-0.6, 1.1), (-1.1, 0.6), (-0.5, 0)),
)  # fmt: skip
# A dash and the gap behind it, in widths of the line.
DASHES = (4.0, 1.6)
# A curve of more points is drawn piece by piece.
MOST_WHOLE = 60
# Half the size of a mark, in pixels.
MARK = 3.4


@dataclass(frozen=True, slots=True)
class Marker:
    """A shape that stands on a curve here and there: one of `SHAPES`, filled or hollow."""

    shape: int
    filled: bool = True

    def paint(self, painter: QPainter, at: QPointF, color: QColor, surface: QColor, size: float = MARK) -> None:
        """Paint it around a place; `surface` is what lies behind it."""
        self.paint_each(painter, (at,), color, surface, size)

    def paint_each(
        self, painter: QPainter, places: Iterable[QPointF], color: QColor, surface: QColor, size: float = MARK
    ) -> None:
        """Paint it around each of some places."""
        painter.setPen(QPen(surface if self.filled else color, 1.0 if self.filled else 1.5))
        painter.setBrush(color if self.filled else surface)
        if SHAPES[self.shape]:
            shape = _polygon(self.shape, size)
            for at in places:
                painter.drawPolygon(shape.translated(at))
        else:
            for at in places:
                painter.drawEllipse(at, size, size)


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a curve is drawn; the ones with a higher `level` lie on top. Its `name` is written at its end."""

    color: QColor
    width: float = 1.8
    level: int = 0
    mark: Marker | None = None
    dashed: bool = False
    name: str = ""

    def pen(self, *, wide: bool) -> QPen:
        """Return a pen of its width, or of one pixel."""
        pen = QPen(self.color, self.width if wide else 1)
        pen.setCosmetic(True)
        # Square ends of the pieces would overlap and show as beads.
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if self.dashed:
            pen.setDashPattern(DASHES)
        return pen

    def line_mode(self, points: int) -> str:
        """Return whether pyqtgraph draws so many points piece by piece: "on", or in one go."""
        # Piece by piece each would begin with a dash of its own, and no gap would be seen.
        return "off" if points <= MOST_WHOLE or self.dashed else "on"


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """Curves that lie behind those that the chart is about, with an iteration of their own to begin with."""

    start: int
    values: Outline
    begins: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """A point on a curve: at an iteration, in the value's own units."""

    iteration: int
    value: float
    color: QColor
    size: float = 8.0


@lru_cache(maxsize=64)
def _polygon(shape: int, size: float) -> QPolygonF:
    """Return the corners of a mark around 0."""
    return QPolygonF([QPointF(x, y) * size for x, y in SHAPES[shape]])


def curve_color(appearance: Appearance, parameter: int, element: int, count: int) -> QColor:
    """Return one hue a parameter; its elements are shades of it, the first the strongest."""
    hues = DARK_HUES if appearance.is_dark else LIGHT_HUES
    strength = 1.0 if count < 2 else 1.0 - (1.0 - PALEST) * element / (count - 1)
    return _seen(appearance, QColor(hues[parameter % len(hues)]), strength)


def curve_mark(parameter: int) -> Marker:
    """Return one shape a parameter; hollow where hue and shape have been there before."""
    period = len(SHAPES) * len(LIGHT_HUES)
    return Marker(parameter % len(SHAPES), filled=parameter // period % 2 == 0)


def class_color(appearance: Appearance, label: int, count: int = 0) -> QColor:
    """Return the hue of a class, counted from 0; of `count` classes two lie on the two sides of a middle."""
    if count == 2:
        return QColor(appearance.theme.positive if label else appearance.theme.negative)
    return curve_color(appearance, label, 0, 1)


def class_mark(label: int) -> Marker:
    """Return the shape of a class, hollow where it has been there before: it is told apart without colours, too."""
    return Marker(label % len(SHAPES), filled=label // len(SHAPES) % 2 == 0)


def receding(appearance: Appearance, color: QColor) -> QColor:
    """Return a colour that stands back behind the selected curve."""
    return _seen(appearance, color, RECEDING)


def _seen(appearance: Appearance, color: QColor, strength: float) -> QColor:
    """Return a paler colour, but not so pale that a line in it is not seen."""
    theme = appearance.theme
    while contrast(found := theme.tint(color, strength), theme.surface) < FOR_LINES and strength < 1.0:
        strength += 0.02
    return found
