"""Text with formulas in its lines: words and pieces of LaTeX on common baselines, broken where a line is full."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.lessons.lesson.text import FilledFormula
from chainrule.ui.lesson.markdown import ProseBlock, ProseRun, prose_blocks
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting, saved
from chainrule.ui.typesetting.typeset import SIZE, Piece, Typesetter

# Sizes of type: of text, of headings, of formulas within a line and on their own.
TEXT, HEADING, INLINE, DISPLAY = 14.0, 15.5, 16.5, 19.0
LINE, BETWEEN, INDENT = 21.0, 9.0, 18.0
# A formula that is wider than the text is set so much smaller at most.
SMALLEST = 0.55
_WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or a formula; `glued` ones stand on one line with what is before them."""

    width: float
    ascent: float
    descent: float
    glued: bool
    text: str = ""
    font: QFont | None = None
    piece: Piece | None = None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class PlacedToken:
    """A token, and where its baseline begins."""

    token: _Token
    at: QPointF


class ProseView(QWidget):
    """Shows a text as high as it is at its width."""

    def __init__(
        self,
        typesetter: Typesetter,
        appearance: Appearance,
        parent: QWidget,
        *,
        size: float = TEXT,
        color: str = "text",
    ) -> None:
        super().__init__(parent)
        self._typesetter, self._appearance, self._size, self._color = typesetter, appearance, size, color
        self._blocks: tuple[ProseBlock, ...] = ()
        self._parts: tuple[str | FilledFormula, ...] = ()
        self._laid: tuple[float, list[PlacedToken], float] | None = None
        # Not fixed: Qt would hold it to the height that it had at another width.
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        appearance.changed.connect(self._set_anew)

    @property
    def text(self) -> str:
        """All that it says, in plain text: a line for each block."""
        return "\n".join(block.text for block in self._blocks)

    @property
    def formulas(self) -> tuple[str, ...]:
        """The LaTeX of its formulas."""
        contents = (run.content for block in self._blocks for run in block.runs)
        return tuple(each.latex for each in contents if isinstance(each, FilledFormula))

    def set_parts(self, parts: Sequence[str | FilledFormula]) -> None:
        """Show another text."""
        if tuple(parts) == self._parts:
            return
        self._parts, self._blocks = tuple(parts), prose_blocks(parts)
        self.setAccessibleName(self.text)
        self._set_anew()

    def set_color(self, color: str) -> None:
        """Show the same in another colour of the theme."""
        if color != self._color:
            self._color = color
            self.update()

    def _set_anew(self) -> None:
        self._laid = None
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a size as high as the text is at the present width."""
        return QSize(240, self.heightForWidth(self.width()))

    def hasHeightForWidth(self) -> bool:
        """Say that the height depends on the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at a width."""
        return round(self._lay_out(float(width))[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint all words and formulas."""
        color = QColor(getattr(self._appearance.theme, self._color))
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for placed in self._lay_out(float(self.width()))[0]:
                token = placed.token
                if token.piece is not None:
                    with saved(painter):
                        painter.translate(placed.at)
                        painter.scale(token.scale, token.scale)
                        token.piece.paint(painter, QPointF(0, 0), color)
                elif token.font is not None:
                    painter.setFont(token.font)
                    painter.setPen(color)
                    painter.drawText(placed.at, token.text)

    # Laying out

    def _lay_out(self, width: float) -> tuple[list[PlacedToken], float]:
        if self._laid is None or self._laid[0] != width:
            placed, y, scale = list[PlacedToken](), 0.0, self._appearance.scale
            for place, block in enumerate(self._blocks):
                y += (
                    BETWEEN
                    * scale
                    * (0.5 if block.marker and place and self._blocks[place - 1].marker else 1)
                    * bool(place)
                )
                y = self._place_block(block, width, y, placed)
            self._laid = width, placed, y
        return self._laid[1], self._laid[2]

    def _place_block(self, block: ProseBlock, width: float, y: float, placed: list[PlacedToken]) -> float:
        """Place a block from a height on, and return where it ends."""
        scale = self._appearance.scale
        left = INDENT * scale * max(block.depth, 1) if block.marker else 0.0
        font = self._font(block.level, ProseRun(""))
        tokens = list(self._tokens(block, width - left))
        if block.marker and tokens:
            marker = QFontMetricsF(font).horizontalAdvance(f"{block.marker} ")
            first = _Token(marker, 0.0, 0.0, glued=True, text=block.marker, font=font)
            at = len(placed)
        space = QFontMetricsF(font).horizontalAdvance(" ")
        for line in _lines(tokens, width - left, space):
            ascent = max(LINE * scale * 0.72, *(token.ascent for token in line))
            descent = max(LINE * scale * 0.28, *(token.descent for token in line))
            x, y = left, y + ascent
            if _is_display(block):
                x = max(0.0, (width - line[0].width) / 2)
            for token in line:
                x += 0.0 if token.glued or token is line[0] else space
                placed.append(PlacedToken(token, QPointF(x, y)))
                x += token.width
            y += descent
        if block.marker and tokens:
            baseline = placed[at].at.y()
            placed.append(PlacedToken(first, QPointF(left - marker, baseline)))
        return y

    def _tokens(self, block: ProseBlock, width: float) -> Iterator[_Token]:
        glued = True
        for run in block.runs:
            if isinstance(run.content, FilledFormula):
                yield self._formula(run.content, width, glued=glued)
                glued = True
                continue
            font = self._font(block.level, run)
            metrics = QFontMetricsF(font)
            for word in _WORD.findall(run.content):
                if word.isspace():
                    glued = False
                    continue
                yield _Token(
                    metrics.horizontalAdvance(word), metrics.ascent(), metrics.descent(), glued, text=word, font=font
                )
                glued = True

    def _formula(self, formula: FilledFormula, width: float, *, glued: bool) -> _Token:
        latex, color = " ".join(formula.latex.split()), getattr(self._appearance.theme, self._color)
        piece = self._typesetter.piece(latex or r"\;", color)
        ratio = self._size / TEXT
        scale = (DISPLAY if formula.is_display else INLINE) * ratio * self._appearance.scale / SIZE
        if piece.width * scale > width > 0:
            scale = max(width / piece.width, scale * SMALLEST)
        return _Token(piece.width * scale, piece.ascent * scale, piece.descent * scale, glued, piece=piece, scale=scale)

    def _font(self, level: int, run: ProseRun) -> QFont:
        size = self._size if not level else HEADING
        return self._appearance.font(size, bold=run.is_bold or bool(level), mono=run.is_code, italic=run.is_italic)


def _is_display(block: ProseBlock) -> bool:
    content = block.runs[0].content
    return len(block.runs) == 1 and isinstance(content, FilledFormula) and content.is_display


def _lines(tokens: Sequence[_Token], width: float, space: float) -> Iterator[list[_Token]]:
    """Yield the tokens of each line; what is glued together is broken only where it is wider than a line by itself."""
    line, x = list[_Token](), 0.0
    for group in _groups(tokens):
        wide = sum(token.width for token in group)
        before = space if line else 0.0
        if line and x + before + wide > width:
            yield line
            line, x, before = [], 0.0, 0.0
        for token in group:
            if line and x + before + token.width > width:
                yield line
                line, x, before = [], 0.0, 0.0
            line.append(token)
            x += before + token.width
            before = 0.0
    if line:
        yield line


def _groups(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    group = list[_Token]()
    for token in tokens:
        if group and not token.glued:
            yield group
            group = []
        group.append(token)
    if group:
        yield group
