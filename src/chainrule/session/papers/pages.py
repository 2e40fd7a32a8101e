"""Pages: blocks put one below the other, and pages painted on a PDF or a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF
from PySide6.QtGui import QColor, QImage, QPageLayout, QPageSize, QPainter, QPdfWriter

from chainrule import __version__
from chainrule.explain.documents.parts import Heading, Part
from chainrule.session.papers.blocks import SMALL, PageBreak, PaperBlock, paper_blocks
from chainrule.session.papers.inks import DOTS, PALE, POINT, Inks, TextInk, shared_inks

# A4 with its margins, in points.
WIDTH, HEIGHT, MARGIN, FOOTER = 595.0, 842.0, 54.0, 20.0
_ROOM = (HEIGHT - 2 * MARGIN - FOOTER) * POINT
_TEXT_WIDTH = (WIDTH - 2 * MARGIN) * POINT


@dataclass(frozen=True, slots=True)
class PaperPage:
    """One page: blocks with how far they are from the top, and the heading that they stand under."""

    blocks: tuple[tuple[float, PaperBlock], ...]
    title: str
    number: int

    def paint(self, painter: QPainter, document: str) -> None:
        """Paint a page of `DOTS` to an inch, with its upper left corner at the painter's."""
        left, top = MARGIN * POINT, MARGIN * POINT
        for y, block in self.blocks:
            block.paint(painter, left, top + y)
        names = [name for name in (document, self.title) if name]
        below = (HEIGHT - MARGIN) * POINT
        TextInk(" · ".join(names), SMALL, color=PALE).paint(painter, left, below)
        number = TextInk(str(self.number), SMALL, color=PALE)
        number.paint(painter, left + _TEXT_WIDTH - number.width, below)


class _Pages:
    """Pages that are being filled; a heading stays with what comes next."""

    def __init__(self) -> None:
        self._blocks, self._waiting = list[tuple[float, PaperBlock]](), list[PaperBlock]()
        self._title, self._number, self._y = "", 0, 0.0

    def put(self, block: PaperBlock | PageBreak) -> Iterator[PaperPage]:
        """Put a block on the page, or the next one; yield the page that is full."""
        if isinstance(block, PageBreak):
            self._add()
            yield from self.end()
            return
        self._waiting.append(block)
        if block.stays_with:
            return
        if self._blocks and self._y + sum(each.height for each in self._waiting) > _ROOM:
            yield from self._turned()
            if self._waiting[0].head is not None:
                self._waiting.insert(0, self._waiting[0].head)
        self._add()

    def end(self) -> Iterator[PaperPage]:
        """Yield the last page, if something is on it."""
        self._add()
        if self._blocks:
            yield from self._turned()

    def _turned(self) -> Iterator[PaperPage]:
        self._number += 1
        yield PaperPage(tuple(self._blocks), self._title, self._number)
        self._blocks, self._y = [], 0.0

    def _add(self) -> None:
        for block in self._waiting:
            self._title = block.title or self._title
            self._blocks.append((self._y, block))
            self._y += block.height
        self._waiting = []


def pages_of(title: str, parts: Iterable[Part], inks: Inks | None = None) -> Iterator[PaperPage]:
    """Yield the pages of a document; what has no heading of its own at the beginning begins with the title."""
    found = iter(parts)
    first = next(found, None)
    begun = () if first is None else (first,)
    if not (isinstance(first, Heading) and first.level == 1):
        begun = (Heading(title), *begun)
    pages = _Pages()
    for block in paper_blocks(title, chain(begun, found), inks or shared_inks(), _TEXT_WIDTH):
        yield from pages.put(block)
    yield from pages.end()


def writing_pdf(title: str, parts: Iterable[Part], inks: Inks | None = None) -> Iterator[bytes]:
    """Yield a PDF file in pieces, most of them empty: each is about a page's work. Its text can be searched."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DOTS)
    writer.setTitle(title)
    writer.setCreator(f"Chainrule {__version__}")
    a4 = QPageSize(QPageSize.PageSizeId.A4)
    writer.setPageLayout(QPageLayout(a4, QPageLayout.Orientation.Portrait, QMarginsF()))
    painter = QPainter(writer)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for page in pages_of(title, parts, inks):
            if page.number > 1:
                writer.newPage()
            page.paint(painter, title)
            yield b""
    finally:
        painter.end()
        del painter, writer
        buffer.close()
    yield bytes(data.data())


def page_picture(page: PaperPage, title: str, width: int) -> QImage:
    """Return a page as a picture so many pixels wide, on white."""
    scale = width / (WIDTH * POINT)
    image = QImage(width, round(HEIGHT * POINT * scale), QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    try:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.scale(scale, scale)
        page.paint(painter, title)
    finally:
        painter.end()
    return image
