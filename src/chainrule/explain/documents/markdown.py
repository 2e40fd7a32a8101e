"""Parts as Markdown, with formulas between dollars: for notebooks, GitHub, Pandoc and most wikis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
from chainrule.explain.writing.symbols import tidy

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~])")


def markdown_of_parts(parts: Iterable[Part]) -> str:
    """Return the Markdown of parts."""
    return "\n\n".join(map(_part, parts)) + "\n"


def markdown_document(title: str, parts: Iterable[Part]) -> str:
    """Return a whole document with a title."""
    return f"# {markdown_words(title)}\n\n{markdown_of_parts(parts)}"


def _part(part: Part) -> str:
    match part:
        case Heading(text, level):
            return f"{'#' * (level + 1)} {markdown_words(text)}"
        case Paragraph(text):
            return markdown_words(text)
        case Formulas(items):
            return "\n".join(f"- {_named(name)}{markdown_formula(latex)}" for name, latex in items)
        case TablePart(head, rows):
            return _table(head, rows)
        case WritingLines(count, label):
            return _lines(count, label)
        case NewPage():
            return "---"
        case DrawingPart(_, name):
            return f"![The network](<{name}>)"


def _table(head: Sequence[PartCell], rows: Sequence[Sequence[PartCell]]) -> str:
    lines = [head, [PartCell("---")] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(cell: PartCell) -> str:
    if not cell.latex:
        # No cell begins a list.
        return cell.text if cell.text == "---" else _SPECIAL.sub(r"\\\1", " ".join(cell.text.split()))
    # A bar would end the cell.
    return markdown_formula(cell.latex.replace(r"\|", r"\Vert ")).replace("|", r"\vert ")


def _lines(count: int, label: str) -> str:
    line = "\\_" * 40
    first = [f"{markdown_words(label)}: {line}"] if label else []
    return "\n\n".join([*first, *[line] * (count - len(first))])


def _named(name: str) -> str:
    return f"{markdown_words(name)}: " if name else ""


def markdown_formula(latex: str) -> str:
    """Return a formula within a line."""
    return f"${' '.join(tidy(latex).split())}$"


def markdown_words(text: str) -> str:
    """Return words as they stand: nothing in them is read as Markdown."""
    words = " ".join(text.split())
    # What begins like a list, or a numbered one, would be one.
    return re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-+])(?=\s)", r"\\\1", _SPECIAL.sub(r"\\\1", words)))
