"""A formula on several lines: pieces set one after the other, broken between pieces where a line is full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.typesetting.typeset import SIZE, Piece, Typesetter

LEADING = 8.0
SPACE = 7.0


@dataclass(frozen=True, slots=True)
class LatexPart:
    """One piece of LaTeX; `color` names a colour of the theme, `relation` is set with room around it."""

    latex: str
    color: str = "text"
    relation: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece and where its baseline begins, in the typesetter's pixels."""

    piece: Piece
    origin: QPointF
    color: QColor


def fitting_share(views: Sequence[FormulaView], room: int, size: float, factors: Sequence[float]) -> tuple[float, int]:
    """Return the first of some shares of a size at which the widest of several formulas has room, and their width.

    That is all of the room, or more where even the last share is too large.
    """
    widest = 0
    for factor in factors:
        widest = max((view.width_at(room, size * factor) for view in views), default=0)
        if widest <= room:
            return size * factor, room
    return size * factors[-1], widest


class FormulaView(QWidget):
    """Shows parts as one formula that wraps; continued lines are indented to the first relation."""

    def __init__(
        self, typesetter: Typesetter, appearance: Appearance, size: float, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._typesetter, self._appearance, self._size = typesetter, appearance, size
        self._parts: tuple[LatexPart, ...] = ()
        self._placed: list[Placed] = []
        self._height = 0.0
        self._layouts: dict[float, tuple[list[Placed], float]] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        appearance.changed.connect(self._set_anew)

    @property
    def parts(self) -> tuple[LatexPart, ...]:
        """What it shows, in LaTeX."""
        return self._parts

    @property
    def placed(self) -> Sequence[Placed]:
        """Its pieces, in the typesetter's pixels."""
        return self._placed

    @property
    def scale(self) -> float:
        """From the typesetter's pixels to the screen's."""
        return self._factor()

    def set_parts(self, parts: Sequence[LatexPart]) -> None:
        """Show another formula."""
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self._set_anew()

    def set_size(self, size: float) -> None:
        """Set another size of type, in pixels at scale 1."""
        if size != self._size:
            self._size = size
            self._set()

    def sizeHint(self) -> QSize:
        """Return a size as high as the formula is at the present width."""
        return QSize(200, round(self._height))

    def hasHeightForWidth(self) -> bool:
        """Say that the height depends on the width: the narrower, the higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at a width."""
        return self.height_at(width, self._size)

    def height_at(self, width: int, size: float) -> int:
        """Return the height at a width and a size of type."""
        factor = self._factor(size)
        return round(self._lay_out(width / factor)[1] * factor)

    def width_at(self, width: float, size: float) -> int:
        """Return how far the lines reach at a width and a size of type: beyond the width where a piece is wider."""
        factor = self._factor(size)
        return ceil(max((p.origin.x() + p.piece.width for p in self._lay_out(width / factor)[0]), default=0.0) * factor)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        self._set()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint every piece."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(self._factor(), self._factor())
            for placed in self._placed:
                placed.piece.paint(painter, placed.origin, placed.color)

    def _set_anew(self) -> None:
        self._layouts.clear()
        self._set()

    def _set(self) -> None:
        self._placed, height = self._lay_out(self.width() / self._factor())
        height *= self._factor()
        if height != self._height:
            self._height = height
            self.updateGeometry()
        self.update()

    def _factor(self, size: float | None = None) -> float:
        """Return the factor from the typesetter's pixels to the screen's."""
        return (self._size if size is None else size) * self._appearance.scale / SIZE

    def _lay_out(self, width: float) -> tuple[list[Placed], float]:
        """Return every piece's place, and the height; Qt asks for it at one width many times."""
        if width not in self._layouts:
            self._layouts[width] = self._break(width)
        return self._layouts[width]

    def _break(self, width: float) -> tuple[list[Placed], float]:
        """Break into lines, then put each line's pieces on its baseline."""
        theme = self._appearance.theme
        lines: list[list[tuple[Piece, float, QColor]]] = [[]]
        x, indent = 0.0, 0.0
        pieces = [self._typesetter.piece(part.latex, getattr(theme, part.color)) for part in self._parts]
        for place, (part, piece) in enumerate(zip(self._parts, pieces, strict=True)):
            space = SPACE if lines[-1] else 0.0
            # A relation goes with what it relates to.
            following = SPACE + pieces[place + 1].width if part.relation and place + 1 < len(pieces) else 0.0
            if lines[-1] and x + space + piece.width + following > width:
                lines.append([])
                x, space = indent, 0.0
            lines[-1].append((piece, x + space, QColor(getattr(theme, part.color))))
            if part.relation and not indent:
                indent = min(x + space, width / 3)
            x += space + piece.width
        placed, y = [], 0.0
        for line in lines:
            ascent = max((piece.ascent for piece, _, _ in line), default=0.0)
            descent = max((piece.descent for piece, _, _ in line), default=0.0)
            placed += [Placed(piece, QPointF(x, y + ascent), color) for piece, x, color in line]
            y += ascent + descent + LEADING
        return placed, max(0.0, y - LEADING) if self._parts else 0.0
