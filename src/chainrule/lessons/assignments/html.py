"""Parts as HTML, for the quizzes of learning platforms: plain elements, which they let through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape

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
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import tidy

# What writes a formula of LaTeX as HTML.
FormulaWriter = Callable[[str], str]
_HEADINGS = ("h3", "h4", "h5")


def as_mathjax(latex: str) -> str:
    r"""Return a formula as Moodle's MathJax filter reads it: between \( and \)."""
    return escape(rf"\({' '.join(tidy(latex).split())}\)")


def as_plain(latex: str) -> str:
    """Return a formula as text."""
    return escape(latex_to_text(latex))


def html_of_parts(parts: Iterable[Part], formula: FormulaWriter, image: str = "") -> str:
    """Return the HTML of parts, with drawings at the address `image`; none where that is empty."""
    return "\n".join(filter(None, (_part(part, formula, image) for part in parts)))


def _part(part: Part, formula: FormulaWriter, image: str) -> str:
    match part:
        case Heading(text, level):
            tag = _HEADINGS[min(level, len(_HEADINGS)) - 1]
            return f"<{tag}>{escape(text)}</{tag}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Formulas(items):
            lines = (f"<li>{f'{escape(name)}: ' if name else ''}{formula(latex)}</li>" for name, latex in items)
            return f"<ul>{''.join(lines)}</ul>"
        case TablePart(head, rows):
            return html_table([[cell_html(cell, formula) for cell in row] for row in (head, *rows)])
        case DrawingPart():
            return f'<p><img src="{escape(image)}" alt="The network" /></p>' if image else ""
        case WritingLines() | NewPage():
            return ""


def cell_html(cell: PartCell, formula: FormulaWriter) -> str:
    """Return what stands in a cell."""
    return formula(cell.latex) if cell.latex else escape(cell.text)


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table of cells in HTML; the first row is its head."""
    head, *body = rows
    first = f"<thead><tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr></thead>"
    lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body)
    return f"<table>{first}<tbody>{lines}</tbody></table>"
