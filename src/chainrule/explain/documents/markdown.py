"""Parts as Markdown, with formulas between dollars: for notebooks, GitHub, Pandoc and most wikis."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chainrule.explain.documents.parts import Formulas, Heading, Paragraph, Part
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
