"""What is written with on paper: fonts, and formulas as outlines or, where these cannot be had, as text.

Lengths are dots of `DOTS` to an inch: letters so large have the widths that they have in print.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter

from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.resource_files import resources_directory
from chainrule.session.papers.outlines import OutlinePiece, Outlines

DOTS = 1200
POINT = DOTS / 72
INK, PALE = "#111111", "#777777"
# What formulas are laid out at; they are made larger as they are painted.
_LAID_OUT = 24.0
_FAMILY = "DejaVu Sans"
_SIGN = re.compile(r"(?:(?<=[(\[])|(?<==)\s*|^)-(?=[\d.])")


def load_fonts() -> None:
    """Make the program's fonts known, where no window has done so."""
    if _FAMILY not in QFontDatabase.families():
        for path in sorted((resources_directory() / "fonts").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(path))


@lru_cache(maxsize=64)
def paper_font(points: float, *, bold: bool = False) -> QFont:
    """Return a font of so many points."""
    font = QFont(_FAMILY)
    font.setPixelSize(max(1, round(points * POINT)))
    font.setBold(bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


# Sheets of many variants have most of their words in common.
@lru_cache(maxsize=8192)
def _measured(text: str, points: float, bold: bool) -> tuple[float, float, float]:
    """Return how wide a line is, and how far it reaches above and below its baseline."""
    metrics = QFontMetricsF(paper_font(points, bold=bold))
    return metrics.horizontalAdvance(text), metrics.ascent(), metrics.descent()


@dataclass(frozen=True, slots=True)
class TextInk:
    """A line of text."""

    text: str
    points: float
    bold: bool = False
    color: str = INK

    @property
    def width(self) -> float:
        """How wide it is."""
        return _measured(self.text, self.points, self.bold)[0]

    @property
    def ascent(self) -> float:
        """How far it reaches above its baseline."""
        return _measured(self.text, self.points, self.bold)[1]

    @property
    def descent(self) -> float:
        """How far it reaches below its baseline."""
        return _measured(self.text, self.points, self.bold)[2]

    def paint(self, painter: QPainter, x: float, y: float) -> None:
        """Paint with the baseline beginning at a place."""
        painter.setFont(paper_font(self.points, bold=self.bold))
        painter.setPen(QColor(self.color))
        painter.drawText(QPointF(x, y), self.text)


@dataclass(frozen=True, slots=True)
class FormulaInk:
    """A formula in outlines."""

    piece: OutlinePiece
    points: float

    @property
    def _scale(self) -> float:
        return self.points * POINT / _LAID_OUT

    @property
    def width(self) -> float:
        """How wide it is."""
        return self.piece.width * self._scale

    @property
    def ascent(self) -> float:
        """How far it reaches above its baseline."""
        return self.piece.ascent * self._scale

    @property
    def descent(self) -> float:
        """How far it reaches below its baseline."""
        return self.piece.descent * self._scale

    def paint(self, painter: QPainter, x: float, y: float) -> None:
        """Paint with the baseline beginning at a place."""
        painter.save()
        painter.translate(x, y)
        painter.scale(self._scale, self._scale)
        painter.fillPath(self.piece.path, QColor(INK))
        painter.restore()


Ink = TextInk | FormulaInk


class Inks:
    """Makes inks, and keeps the formulas that are laid out."""

    def __init__(self) -> None:
        load_fonts()
        self._outlines = Outlines(_LAID_OUT)

    def formula(self, latex: str, points: float) -> Ink:
        """Return a formula; as text where it cannot be had in outlines."""
        # As a sign a minus has no room behind it.
        piece = self._outlines.piece(_SIGN.sub("{-}", latex))
        return TextInk(latex_to_text(latex), points) if piece is None else FormulaInk(piece, points * 1.1)

    def pieces(self, latex: str, points: float) -> list[Ink]:
        """Return a formula in the pieces that a line may be broken between: each begins with its relation."""
        first, *rest = latex.split(" = ")
        return [self.formula(part, points) for part in (first, *(f"= {each}" for each in rest))]


@lru_cache(maxsize=1)
def shared_inks() -> Inks:
    """Return inks that all papers of the process share: the formulas of variants are the same."""
    return Inks()


def wrapped_lines(text: str, points: float, width: float, *, bold: bool = False, color: str = INK) -> list[TextInk]:
    """Return a text in lines of at most a width; a word that is longer stands alone, and is cut by none."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and TextInk(longer, points, bold).width > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [TextInk(line, points, bold, color) for line in lines]


def centred(painter: QPainter, place: QPointF, text: str, points: float) -> None:
    """Paint a line in the middle of a place."""
    ink = TextInk(text, points)
    ink.paint(painter, place.x() - ink.width / 2, place.y() + (ink.ascent - ink.descent) / 2)
