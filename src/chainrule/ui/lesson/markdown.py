"""A lesson's text as blocks of words and formulas: Qt reads the Markdown, with a sign in the place of each formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QTextBlock, QTextDocument, QTextListFormat

from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.lessons.lesson.text import FilledFormula

# Of Unicode's private use: no text has them.
FIRST, LAST = 0xE000, 0xF8FF
_BOLD = 600


@dataclass(frozen=True, slots=True)
class ProseRun:
    """Words of one look, or a formula."""

    content: str | FilledFormula
    is_bold: bool = False
    is_italic: bool = False
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class ProseBlock:
    """A paragraph, a heading (`level` from 1), or an item of a list with its `marker`."""

    runs: tuple[ProseRun, ...]
    level: int = 0
    marker: str = ""
    depth: int = 0

    @property
    def text(self) -> str:
        """What it says, in plain text."""
        words = (run.content if isinstance(run.content, str) else latex_to_text(run.content.latex) for run in self.runs)
        return " ".join(f"{self.marker} {''.join(words)}".split())


def prose_blocks(parts: Sequence[str | FilledFormula]) -> tuple[ProseBlock, ...]:
    """Return the blocks of a text whose numbers are filled in."""
    formulas, text = list[FilledFormula](), ""
    for part in parts:
        if isinstance(part, str):
            text += "".join(sign for sign in part if not FIRST <= ord(sign) <= LAST)
        elif len(formulas) <= LAST - FIRST:
            sign = chr(FIRST + len(formulas))
            text += f"\n\n{sign}\n\n" if part.is_display else sign
            formulas.append(part)
    document = QTextDocument()
    # Nothing of it is HTML.
    document.setMarkdown(text, QTextDocument.MarkdownFeature.MarkdownNoHTML)
    return tuple(_blocks(document, formulas))


def _blocks(document: QTextDocument, formulas: list[FilledFormula]) -> Iterator[ProseBlock]:
    block = document.begin()
    while block.isValid():
        runs = tuple(_runs(block, formulas))
        found = block.textList()
        marker, depth = "", 0
        if found is not None:
            is_numbered = found.format().style() == QTextListFormat.Style.ListDecimal
            marker = f"{found.itemNumber(block) + 1}." if is_numbered else "•"
            depth = found.format().indent()
        if runs:
            yield ProseBlock(runs, block.blockFormat().headingLevel(), marker, depth)
        block = block.next()


def _runs(block: QTextBlock, formulas: list[FilledFormula]) -> Iterator[ProseRun]:
    at = block.begin()
    while not at.atEnd():
        fragment, style = at.fragment(), at.fragment().charFormat()
        looks = (style.fontWeight() >= _BOLD, style.fontItalic(), style.fontFixedPitch())
        words = ""
        for sign in "" if style.isImageFormat() else fragment.text():
            place = ord(sign) - FIRST
            if 0 <= place < len(formulas):
                if words:
                    yield ProseRun(words, *looks)
                yield ProseRun(formulas[place])
                words = ""
            else:
                words += sign
        if words:
            yield ProseRun(words, *looks)
        at += 1
