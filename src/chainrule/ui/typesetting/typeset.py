"""LaTeX on the screen: pieces of formulas, each typeset once by ziamath and painted as vectors.

Plain numbers are drawn with ziamath's own font instead: they change at every step, and text is a hundred times faster.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QByteArray, QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter
from PySide6.QtSvg import QSvgRenderer

from chainrule.explain.writing.latex_cost import MOST_COST, cost
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.session.papers.outlines import OutlinePiece, Outlines
from chainrule.translation import gettext_noop

# Pixels of the em that pieces are typeset at.
SIZE = 24
# Of the pieces used last so many characters of SVG are kept, at 5 bytes of memory each. Stepping through an iteration
# of an example shows up to 940,000 of them, in up to 220 pieces.
MOST_SVG = 1_100_000
# What a piece without SVG counts for.
TEXT = 200
# Possessive (`++`): a long row of numbers that ends in none would be split in every possible way, for minutes.
_RUN = gettext_noop(r"(?:[0-9().+\-=\[\] ]|\{-\}|\\,|\\;|\\ |\\cdot|\\max|\\text\{\d+ more: \}|,)++")
_CONSTANT = r"\\frac\{\d+\}\{\d+\}"
_POWER = r"\^(?:\d|\{-?\d+\})"
_TOKEN = re.compile(rf"(?P<run>{_RUN})|(?P<constant>{_CONSTANT})|(?P<power>{_POWER})")
# A fraction alone is typeset: it is the row's own constant.
_NUMERIC = re.compile(rf"(?!{_CONSTANT}$)(?:{_RUN}|{_CONSTANT}|{_POWER})+")
_THIN = "\u2005"
# A minus is binary after a number, or where it is set off from what follows; else it is a sign.
_BINARY = re.compile(r"\+(?:\\,)?|(?<=[\d)\]])-(?:\\,)?|^-\\,")
_WORDS = re.compile(r"\\text\{([^}]*)\}")
# An index or an exponent within another one, also behind braces that are closed again.
_NESTED = re.compile(r"[\^_]\{[^{}]*(?:\{[^{}]*\}[^{}]*)*[\^_]")
_VIEW_BOX = re.compile(r'viewBox="([-\d.e]+) ([-\d.e]+) ([-\d.e]+) ([-\d.e]+)"')
# ziamath leaves this much around what it draws.
_MARGIN = 1.0


def has_nested_scripts(latex: str) -> bool:
    """Return whether an index or an exponent has one of its own, which is set half as large as the formula."""
    return _NESTED.search(latex) is not None


class Piece(Protocol):
    """Something typeset."""

    @property
    def width(self) -> float:
        """How far the next piece is moved on."""

    @property
    def ascent(self) -> float:
        """Height above the baseline."""

    @property
    def descent(self) -> float:
        """Depth below the baseline."""

    def paint(self, painter: QPainter, origin: QPointF, color: QColor) -> None:
        """Paint with the baseline starting at `origin`."""


@dataclass(frozen=True, slots=True)
class VectorPiece:
    """A piece drawn by ziamath, in one colour, where it is more than outlines; `length` is that of its SVG."""

    renderer: QSvgRenderer
    length: int
    box: QRectF
    width: float
    ascent: float
    descent: float

    def paint(self, painter: QPainter, origin: QPointF, color: QColor) -> None:
        """Paint with the baseline starting at `origin`; the colour is the one it was typeset in."""
        self.renderer.render(painter, self.box.translated(origin))


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece made of digits and brackets."""

    text: str
    font: QFont
    width: float
    ascent: float
    descent: float

    def paint(self, painter: QPainter, origin: QPointF, color: QColor) -> None:
        """Paint with the baseline starting at `origin`."""
        painter.setFont(self.font)
        painter.setPen(color)
        painter.drawText(origin, self.text)


@dataclass(frozen=True, slots=True)
class RowPiece:
    """Pieces side by side."""

    parts: tuple[tuple[Piece, QPointF], ...]
    width: float
    ascent: float
    descent: float

    def paint(self, painter: QPainter, origin: QPointF, color: QColor) -> None:
        """Paint with the baseline starting at `origin`."""
        for part, offset in self.parts:
            part.paint(painter, origin + offset, color)


class Typesetter:
    """Typesets pieces and keeps those used last. ziamath is imported at the first piece that needs it."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[tuple[str, str], Piece] = OrderedDict()
        self._outlines = Outlines(SIZE)
        self._length = 0
        self._family = ""
        self._color = ""

    def piece(self, latex: str, color: str) -> Piece:
        """Return a piece in a colour, at `SIZE`: painting scales it."""
        key = (latex, color)
        found = self._pieces.get(key)
        if found is None:
            self._color = color
            found = self._row(latex) if _NUMERIC.fullmatch(latex) else self._typeset(latex, color)
            self._keep(key, found)
        else:
            self._pieces.move_to_end(key)
        return found

    def _keep(self, key: tuple[str, str], piece: Piece) -> None:
        self._pieces[key] = piece
        self._length += _length(piece)
        while self._length > MOST_SVG and len(self._pieces) > 1:
            self._length -= _length(self._pieces.popitem(last=False)[1])

    def _typeset(self, latex: str, color: str) -> Piece:
        if cost(latex) > MOST_COST:
            return self._run(latex_to_text(latex), SIZE)
        return self._outlines.piece(latex) or self._vector(latex, color)

    def _vector(self, latex: str, color: str) -> Piece:
        import ziamath  # noqa: PLC0415 - half a second, after the first paint

        # Qt's SVG does not know the newer SVG that ziamath writes by default.
        ziamath.config.svg2 = False
        svg = ziamath.Latex(latex, size=SIZE, color=color).svg()
        found = _VIEW_BOX.search(svg)
        assert found is not None, svg[:200]
        x, y, width, height = (float(part) for part in found.groups())
        box = QRectF(x, y, width, height)
        return VectorPiece(QSvgRenderer(QByteArray(svg.encode())), len(svg), box, box.right() - _MARGIN, -y, y + height)

    def _row(self, latex: str) -> Piece:
        """Return a piece of numbers: runs of text, constant fractions, and small exponents, side by side."""
        parts: list[tuple[Piece, QPointF]] = []
        x = 0.0
        for token in _TOKEN.finditer(latex):
            kind, text = token.lastgroup, token.group()
            part: Piece
            if kind == "constant":
                part = self.piece(text, self._color)
            elif kind == "power":
                part = self._run(text.strip("^{}").replace("-", "\u2212"), round(SIZE * 0.7))
            else:
                part = self._run(_plain(text, first=not parts), SIZE)
            parts.append((part, QPointF(x, -SIZE * 0.38 if kind == "power" else 0.0)))
            x += part.width + (1.5 if kind == "constant" else 0.0)
        if len(parts) == 1:
            return parts[0][0]
        ascent = max(part.ascent - offset.y() for part, offset in parts)
        return RowPiece(tuple(parts), x, ascent, max(part.descent for part, _ in parts))

    def _run(self, text: str, size: int) -> Piece:
        font = QFont(self._math_family())
        font.setPixelSize(size)
        return TextPiece(text, font, QFontMetricsF(font).horizontalAdvance(text), size * 0.8, size * 0.26)

    def _math_family(self) -> str:
        if not self._family:
            import ziamath  # noqa: PLC0415 - half a second, after the first paint

            path = Path(ziamath.__file__).parent / "fonts" / "STIXTwoMath-Regular.ttf"
            identifier = QFontDatabase.addApplicationFont(str(path))
            self._family = QFontDatabase.applicationFontFamilies(identifier)[0]
        return self._family


def _length(piece: Piece) -> int:
    return piece.length if isinstance(piece, OutlinePiece | VectorPiece) else TEXT


def _plain(latex: str, *, first: bool) -> str:
    """Return a run of digits, brackets and operators as text, with room around the operators."""
    signs = {"+": f"{_THIN}+{_THIN}", "-": f"{_THIN}\u2212{_THIN}"}
    # Behind a power or a fraction it is a difference, too.
    before = "" if first else "0"
    text = _BINARY.sub(lambda found: signs[found.group()[0]], before + latex).removeprefix(before)
    text = text.replace("{-}", "\u2212").replace("-", "\u2212").replace(r"\max", "max")
    text = _WORDS.sub(lambda found: found[1].replace(" ", "\u00a0"), re.sub(r"\\[,; ]", "", text))
    text = text.replace(" ", "")
    text = text.replace(r"\cdot", f"{_THIN}\u00b7{_THIN}")
    text = text.replace(",", f",{_THIN}")
    return text.lstrip(_THIN) if first else text
