"""Formulas as outlines: what ziamath has laid out, filled by Qt, and laid out once for all numbers in its places.

ziamath takes milliseconds for a symbol, and the formulas of a network differ for the most part in the numbers of layers
and units, and in digits of numbers. So a formula is laid out once for all digits that may stand in it, and others are
put in: what stands beside a digit that is wider is moved as ziamath would have done.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from operator import add
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QTransform

# The room that ziamath leaves above and below.
MARGIN = 1.0
DIGITS = tuple("0123456789")
_DIGIT = re.compile("[0-9]")
# A formula with more digits than can be told apart in so many layouts is laid out for itself.
MOST_LAYOUTS = 5
# An element of a path takes as much memory as so many characters of SVG.
ELEMENT = 5
# How many layouts are kept: those used last. The formulas of a network have about a hundred.
MOST_TEMPLATES = 256


@dataclass(frozen=True, slots=True)
class OutlinePiece:
    """A formula's outlines, from its baseline on; `length` is that of SVG which would take as much memory."""

    path: QPainterPath
    length: int
    width: float
    ascent: float
    descent: float

    def paint(self, painter: QPainter, origin: QPointF, color: QColor) -> None:
        """Paint with the baseline starting at `origin`."""
        painter.translate(origin)
        painter.fillPath(self.path, color)
        painter.translate(-origin)


class _Kind(Enum):
    """What moves in a box where a part of it grows: what follows, what is a script of it, what is above or below it."""

    ROW = "row"
    SCRIPTS = "scripts"
    FRACTION = "fraction"
    RIGID = "rigid"


@dataclass(frozen=True, slots=True)
class _Digit:
    """One of the formula's digits: which one, what it was laid out as, and the outlines and widths of all ten."""

    which: int
    was: int
    outlines: tuple[QPainterPath, ...]
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Bar:
    """The bar of a fraction: how long, and how thick."""

    length: float
    thickness: float


@dataclass(frozen=True, slots=True)
class _Box:
    """Parts at their places. `ends` are where they end to the right, without what a fraction has at its sides."""

    kind: _Kind
    parts: tuple[tuple[float, float, _Part], ...]
    ends: tuple[float, ...]


_Part = QPainterPath | _Digit | _Bar | _Box


@dataclass(frozen=True, slots=True)
class _Template:
    """A formula that is laid out, for any digits."""

    box: _Box
    width: float
    ascent: float
    descent: float

    def filled(self, digits: str) -> OutlinePiece:
        """Return the formula with these digits."""
        path, grown = _filled(self.box, digits)
        return OutlinePiece(path, ELEMENT * path.elementCount(), self.width + grown, self.ascent, self.descent)


def _filled(part: _Part, digits: str) -> tuple[QPainterPath, float]:
    """Return the outlines of a part with these digits, and how much wider it is than it was laid out."""
    if isinstance(part, QPainterPath):
        return part, 0.0
    if isinstance(part, _Digit):
        digit = int(digits[part.which])
        return part.outlines[digit], part.widths[digit] - part.widths[part.was]
    assert isinstance(part, _Box)
    path = _empty()
    inner = [(None, 0.0) if isinstance(child, _Bar) else _filled(child, digits) for _, _, child in part.parts]
    shifts, grown = _moved(part, [each for _, each in inner])
    for (x, y, child), (outline, _), shift in zip(part.parts, inner, shifts, strict=True):
        if outline is not None:
            path.addPath(outline.translated(x + shift, y))
        elif isinstance(child, _Bar):
            path.addRect(x, y, child.length + grown, child.thickness)
    return path, grown


def _moved(box: _Box, grown: Sequence[float]) -> tuple[Sequence[float], float]:
    """Return how far the parts of a box move where they have grown so much, and how much the box has."""
    if not any(grown) or box.kind is _Kind.RIGID:
        return [0.0] * len(grown), 0.0
    if box.kind is _Kind.ROW:
        *shifts, whole = accumulate(grown, initial=0.0)
        return shifts, whole
    if box.kind is _Kind.SCRIPTS:
        shifts = [0.0] + [grown[0]] * (len(grown) - 1)
        ends = [end + shift + more for end, shift, more in zip(box.ends, shifts, grown, strict=True)]
        return shifts, max(ends) - max(box.ends)
    whole = max(map(add, box.ends, grown)) - max(box.ends)
    return [(whole - more) / 2 for more in grown[:2]] + [0.0] * (len(grown) - 2), whole


def _empty() -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    return path


# By the tags of MathML; whatever is none of these stays as it is laid out.
KINDS = {
    **dict.fromkeys(("math", "mrow", "mstyle", "mn", "mi", "mo", "mtext"), _Kind.ROW),
    **dict.fromkeys(("msub", "msup", "msubsup"), _Kind.SCRIPTS),
    "mfrac": _Kind.FRACTION,
}


class Outlines:
    """Makes pieces, and keeps the layouts used last."""

    def __init__(self, size: float) -> None:
        self._size = size
        self._templates: OrderedDict[str, _Template | None] = OrderedDict()
        self._outlines: dict[tuple[int, int], tuple[Any, QPainterPath]] = {}

    def piece(self, latex: str) -> OutlinePiece | None:
        """Return a formula; None where it holds what is not made of glyphs and bars."""
        key = _DIGIT.sub("0", latex)
        if key not in self._templates:
            self._templates[key] = self._lay_out(latex)
            if len(self._templates) > MOST_TEMPLATES:
                self._templates.popitem(last=False)
        self._templates.move_to_end(key)
        template = self._templates[key]
        return None if template is None else template.filled("".join(_DIGIT.findall(latex)))

    def _lay_out(self, latex: str) -> _Template | None:
        """Lay a formula out as often as it takes to find each of its digits: 1 to 9 tell nine of them apart."""
        import ziamath  # noqa: PLC0415 - half a second, after the first paint

        count = len(_DIGIT.findall(latex))
        layouts = max(1, -(-count // 9))
        if layouts > MOST_LAYOUTS:
            return None
        nodes = [ziamath.Latex(_numbered(latex, layout), size=self._size).node for layout in range(layouts)]
        leaves = [tuple(_leaves(node)) for node in nodes]
        if len(set(map(len, leaves))) > 1:
            return None
        found = [_which(same) for same in zip(*leaves, strict=True)]
        if sorted(which for which in found if which is not None) != list(range(count)):
            return None
        box = self._box(nodes[0], iter(found))
        edges = nodes[0].bbox
        if box is None:
            return None
        return _Template(box, edges.xmax, edges.ymax + MARGIN, MARGIN - edges.ymin)

    def _box(self, node: Any, found: Iterator[int | None]) -> _Box | None:
        """Return a node and all in it; `found` says of each leaf which of the digits it is."""
        parts, ends, kind = [], [], KINDS.get(node.mtag, _Kind.RIGID)
        for (x, y), child in zip(node.nodexy, node.nodes, strict=False):
            if getattr(child, "phantom", False):
                continue
            part = self._box(child, found) if hasattr(child, "nodexy") else self._leaf(node, child, next(found))
            if part is None or (kind is _Kind.RIGID and _grows(part)):
                return None
            parts.append((x, y, part))
            if not isinstance(part, _Bar):
                wide = child.bbox.xmax - child.bbox.xmin if kind is _Kind.FRACTION else x + child.xadvance()
                ends.append(wide)
        if kind is _Kind.FRACTION:
            ends.append(0.0)
        return _Box(kind, tuple(parts), tuple(ends))

    def _leaf(self, node: Any, drawn: Any, which: int | None) -> _Part | None:
        """Return what is drawn of a node: a glyph, a digit or a bar; None for all else."""
        from ziamath.drawable import Glyph, HLine  # noqa: PLC0415 - half a second, after the first paint

        if isinstance(drawn, HLine):
            bar = drawn.length, drawn.lw
            if node.mtag == "mfrac":
                return _Bar(*bar)
            path = _empty()
            path.addRect(0, 0, *bar)
            return path
        if not isinstance(drawn, Glyph):
            return None
        scale = drawn.size / drawn.glyph.font.info.layout.unitsperem
        larger = QTransform.fromScale(scale, scale)
        if which is None:
            return larger.map(self._outline(drawn.glyph))
        glyphs = _ten(node, drawn)
        if glyphs is None:
            return None
        outlines = tuple(larger.map(self._outline(glyph)) for glyph in glyphs)
        return _Digit(which, int(drawn.char), outlines, tuple(scale * glyph.advance() for glyph in glyphs))

    def _outline(self, glyph: Any) -> QPainterPath:
        """Return a glyph's outline in the font's units, upside down as the screen is."""
        from ziamath.mathtable import AssembledGlyph  # noqa: PLC0415 - half a second, after the first paint

        if isinstance(glyph, AssembledGlyph):
            return _assembled(glyph, [self._outline(part) for part in glyph.glyphs])
        # The entry holds the font, so that its id is not given to another.
        key = id(glyph.font), glyph.index
        if key not in self._outlines:
            self._outlines[key] = glyph.font, _outline(glyph)
        return self._outlines[key][1]


def _numbered(latex: str, layout: int) -> str:
    """Return the formula with nine of its digits numbered from 1 to 9, and 0 in the place of all others."""
    places = iter(range(-9 * layout, len(latex)))
    return _DIGIT.sub(lambda _: str(place + 1 if 0 <= (place := next(places)) < 9 else 0), latex)


def _leaves(node: Any) -> Iterator[Any]:
    """Yield what a node of ziamath's draws, in its order."""
    for child in node.nodes:
        if hasattr(child, "nodexy"):
            yield from _leaves(child)
        elif not getattr(child, "phantom", False):
            yield child


def _which(same: tuple[Any, ...]) -> int | None:
    """Return which of the formula's digits something is that is drawn in each of its layouts; None for all else."""
    shown = [getattr(drawn, "char", None) for drawn in same]
    found = [9 * layout + int(char) - 1 for layout, char in enumerate(shown) if char in DIGITS[1:]]
    return found[0] if len(found) == 1 else None


def _ten(node: Any, drawn: Any) -> list[Any] | None:
    """Return the glyphs of all digits in the style of one."""
    from ziamath.nodes.nodetools import subglyph  # noqa: PLC0415 - half a second, after the first paint

    glyphs = [node.font.findglyph(digit, node.style.mathvariant) for digit in DIGITS]
    if glyphs[int(drawn.char)].index != drawn.glyph.index:
        # In scripts the digits are wider and stronger ones.
        glyphs = [subglyph(glyph, node.font) for glyph in glyphs]
    return glyphs if glyphs[int(drawn.char)].index == drawn.glyph.index else None


def _grows(part: _Part) -> bool:
    """Return whether a part is wider with some digits than with others."""
    if isinstance(part, _Digit):
        return len(set(part.widths)) > 1
    return isinstance(part, _Box) and any(_grows(inner) for _, _, inner in part.parts)


def _assembled(glyph: Any, parts: Sequence[QPainterPath]) -> QPainterPath:
    """Return a tall root sign, bracket or bar, which ziamath puts together of several glyphs."""
    path = _empty()
    for part, offset in zip(parts, glyph.offsets, strict=True):
        path.addPath(part.translated(0, -offset) if glyph.vert else part.translated(offset, 0))
    return path


def _outline(glyph: Any) -> QPainterPath:
    path = _empty()
    for operator in glyph.operators:
        points = [QPointF(point.x, -point.y) for point in operator.points()[0]]
        if len(points) == 3:
            path.cubicTo(*points)
        elif len(points) == 2:
            path.quadTo(*points)
        elif type(operator).__name__ == "Moveto":
            path.moveTo(points[0])
        else:
            path.lineTo(points[0])
    return path
