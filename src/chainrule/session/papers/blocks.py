"""What stands on pages, from top to bottom: blocks, each of which is on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from chainrule.explain.documents.network_drawing import FONT_SIZE, NetworkDrawing
from chainrule.explain.documents.parts import (
    DrawingPart,
    Formulas,
    Heading,
    NewPage,
    Paragraph,
    Part,
    PartCell,
    TablePart,
    WritingLines,
)
from chainrule.session.papers.inks import INK, PALE, POINT, Ink, Inks, TextInk, centred, wrapped_lines

HEADINGS = (15.0, 12.0, 10.0)
BODY, SMALL = 9.5, 8.0
GAP, LINE_HEIGHT, PADDING = 5 * POINT, 24 * POINT, 4 * POINT
# What is written by hand into a cell.
BY_HAND, ROW = 92 * POINT, 25 * POINT
# A table of so few rows is not cut by the end of a page.
UNCUT = 6
# A pixel of a drawing on paper.
_DRAWN = 0.75 * POINT
_LEAST_SIZE = 0.45
Painting = Callable[[QPainter, float, float], None]


@dataclass(frozen=True, slots=True)
class PaperBlock:
    """Something so high that paints itself at a place. A heading `stays_with` what comes next; a row of a table has its
    `head`, which is repeated where the row begins a page.
    """

    height: float
    paint: Painting
    stays_with: bool = False
    title: str = ""
    head: PaperBlock | None = None


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins a page."""


def paper_blocks(title: str, parts: Iterable[Part], inks: Inks, width: float) -> Iterator[PaperBlock | PageBreak]:
    """Yield the blocks of parts, for pages of a width; headings of the first level stand below the title."""
    for part in parts:
        match part:
            case Heading(text, level):
                if level == 1 and text != title:
                    yield from _lines(wrapped_lines(title, BODY, width, color=PALE))
                yield from _heading(text, level, width)
            case Paragraph(text):
                yield from _lines(wrapped_lines(text, BODY, width))
                yield _space(GAP)
            case Formulas(items):
                for name, latex in items:
                    yield from _formula(inks, name, latex, width)
                yield _space(GAP)
            case TablePart(head, rows):
                yield from _table(inks, head, rows, width)
                yield _space(2 * GAP)
            case WritingLines(count, label):
                yield from _writing_lines(count, label, width)
            case NewPage():
                yield PageBreak()
            case DrawingPart(drawing, _):
                yield _drawing(drawing, width)


def _space(height: float) -> PaperBlock:
    return PaperBlock(height, lambda painter, x, y: None)


def _heading(text: str, level: int, width: float) -> Iterator[PaperBlock]:
    points = HEADINGS[min(level, len(HEADINGS)) - 1]
    yield PaperBlock(GAP, lambda painter, x, y: None, stays_with=True)
    lines = wrapped_lines(text, points, width, bold=True)
    for place, line in enumerate(lines):
        yield _line(line, stays_with=True, title=text if level == 1 and not place else "")
    yield PaperBlock(GAP / 2, lambda painter, x, y: None, stays_with=True)


def _lines(lines: Sequence[TextInk]) -> Iterator[PaperBlock]:
    yield from map(_line, lines)


def _line(ink: TextInk, *, stays_with: bool = False, title: str = "") -> PaperBlock:
    def paint(painter: QPainter, x: float, y: float) -> None:
        ink.paint(painter, x, y + ink.ascent)

    return PaperBlock((ink.ascent + ink.descent) * 1.1, paint, stays_with, title)


def _formula(inks: Inks, name: str, latex: str, width: float) -> Iterator[PaperBlock]:
    """Yield a formula in lines, broken at its relations; a piece that is too wide is made smaller."""
    label = TextInk(f"{name}:", BODY, color=PALE) if name else None
    indent = 12 * POINT
    lines, at = [list[tuple[float, Ink]]()], 0.0
    if label is not None:
        lines[0].append((0.0, label))
        at = label.width + GAP
    for ink in inks.pieces(latex, BODY):
        fitting = _fitting(inks, ink, latex, width - indent)
        if lines[-1] and at + fitting.width > width:
            lines.append([])
            at = indent
        lines[-1].append((at, fitting))
        at += fitting.width + GAP
    for line in lines:
        yield _row(line)


def _fitting(inks: Inks, ink: Ink, latex: str, width: float) -> Ink:
    if ink.width <= width:
        return ink
    points = max(ink.points * width / ink.width, ink.points * _LEAST_SIZE)
    return TextInk(ink.text, points) if isinstance(ink, TextInk) else type(ink)(ink.piece, points)


def _row(inks: Sequence[tuple[float, Ink]]) -> PaperBlock:
    """Return inks on one baseline."""
    ascent, descent = (max((getattr(ink, side) for _, ink in inks), default=0.0) for side in ("ascent", "descent"))

    def paint(painter: QPainter, x: float, y: float) -> None:
        for at, ink in inks:
            ink.paint(painter, x + at, y + ascent + GAP / 3)

    return PaperBlock(ascent + descent + GAP * 2 / 3, paint)


# -------------------------------------------------------------------------------------------------------------- tables


def _table(
    inks: Inks, head: Sequence[PartCell], rows: Sequence[Sequence[PartCell]], width: float
) -> Iterator[PaperBlock]:
    """Yield a table, a block for each row; a wide one has smaller letters."""
    points = BODY
    for _ in range(4):
        cells = [[_ink(inks, cell, points) for cell in row] for row in (head, *rows)]
        widths = [_column_width(cells, column, points) for column in range(len(head))]
        if sum(widths) <= width or points <= BODY * _LEAST_SIZE:
            break
        points = max(points * width / sum(widths) * 0.98, BODY * _LEAST_SIZE)
    first, *others = cells
    head_row = _table_row(first, widths, is_head=True, by_hand=False)
    yield head_row
    for place, row in enumerate(others, start=1):
        block = _table_row(row, widths, is_head=False, by_hand=any(ink is None for ink in row))
        # Of a longer one no row stands alone at the end of a page, or at the beginning of the next.
        stays = place < len(others) and (len(others) <= UNCUT or place in (1, len(others) - 1))
        yield replace(block, head=head_row, stays_with=stays)


def _ink(inks: Inks, cell: PartCell, points: float) -> Ink | None:
    # Words say a name as well, and can be searched.
    if cell.text:
        return TextInk(cell.text, points)
    return inks.formula(cell.latex, points) if cell.latex else None


def _column_width(cells: Sequence[Sequence[Ink | None]], column: int, points: float) -> float:
    """Return how wide a column is: as its widest cell, or as what is written by hand needs it."""
    widest = max((row[column].width for row in cells if row[column] is not None), default=0.0)  # type: ignore[union-attr]
    is_written = any(row[column] is None for row in cells[1:])
    return max(widest, BY_HAND * points / BODY if is_written else 0.0) + 2 * PADDING


def _table_row(row: Sequence[Ink | None], widths: Sequence[float], *, is_head: bool, by_hand: bool) -> PaperBlock:
    found = [ink for ink in row if ink is not None]
    ascent = max((ink.ascent for ink in found), default=0.0)
    descent = max((ink.descent for ink in found), default=0.0)
    height = max(ascent + descent + PADDING, ROW if by_hand else 0.0)
    baseline = (height - ascent - descent) / 2 + ascent

    def paint(painter: QPainter, x: float, y: float) -> None:
        painter.setPen(QPen(QColor(PALE), POINT / 2))
        for ink, width in zip(row, widths, strict=True):
            room = QRectF(x, y, width, height)
            if is_head:
                painter.fillRect(room, QColor("#eeeeee"))
            painter.drawRect(room)
            if ink is not None:
                ink.paint(painter, x + PADDING, y + baseline)
                painter.setPen(QPen(QColor(PALE), POINT / 2))
            x += width

    return PaperBlock(height, paint, stays_with=is_head)


# ------------------------------------------------------------------------------------------------ by hand, and drawings


def _writing_lines(count: int, label: str, width: float) -> Iterator[PaperBlock]:
    word = TextInk(label, BODY) if label else None

    def line(ink: TextInk | None) -> PaperBlock:
        def paint(painter: QPainter, x: float, y: float) -> None:
            below = y + LINE_HEIGHT - GAP
            start = x
            if ink is not None:
                ink.paint(painter, x, below - GAP / 2)
                start += ink.width + GAP
            painter.setPen(QPen(QColor(PALE), POINT / 3))
            painter.drawLine(QLineF(start, below, x + width, below))

        return PaperBlock(LINE_HEIGHT, paint)

    for place in range(count):
        yield line(None if place else word)


def _drawing(drawing: NetworkDrawing, width: float) -> PaperBlock:
    scale = min(_DRAWN, width / drawing.width)

    def paint(painter: QPainter, x: float, y: float) -> None:
        left = x + (width - drawing.width * scale) / 2
        painter.setPen(QPen(QColor(PALE), POINT * 0.7))
        for start_x, start_y, end_x, end_y in drawing.lines:
            ends = ((start_x, start_y), (end_x, end_y))
            painter.drawLine(QLineF(*(QPointF(left + at * scale, y + down * scale) for at, down in ends)))
        painter.setPen(QPen(QColor(INK), POINT * 0.8))
        for at, down, radius in drawing.circles:
            painter.drawEllipse(QPointF(left + at * scale, y + down * scale), radius * scale, radius * scale)
        for label in drawing.labels:
            place = QPointF(left + label.x * scale, y + label.y * scale)
            points = FONT_SIZE * scale / POINT
            if label.on_line:
                _ground(painter, place, label.text, points)
            centred(painter, place, label.text, points)

    return PaperBlock(drawing.height * scale, paint)


def _ground(painter: QPainter, place: QPointF, text: str, points: float) -> None:
    ink = TextInk(text, points)
    room = QRectF(0, 0, ink.width + 2 * POINT, (ink.ascent + ink.descent) * 0.9)
    room.moveCenter(place)
    painter.fillRect(room, QColor("white"))
