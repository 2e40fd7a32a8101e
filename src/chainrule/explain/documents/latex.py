r"""Parts as LaTeX: a body to be pasted, or a document that pdfLaTeX, XeLaTeX, LuaLaTeX and Tectonic take.

Sentences have letters that pdfLaTeX does not know, such as h₁ or ∂L/∂ŷ: these are written as mathematics.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from chainrule.explain.documents.network_drawing import NetworkDrawing
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
from chainrule.explain.writing.plain_text import SIGNS_OF_LATEX, SUBSCRIPTS, SUPERSCRIPTS
from chainrule.explain.writing.symbols import tidy

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage{iftex}
\ifPDFTeX
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\fi
\usepackage{amsmath,amssymb,longtable}
\usepackage[margin=2.2cm]{geometry}
% A letter that pdfLaTeX has no way to write.
\newcommand{\otherletter}[1]{\ifPDFTeX ?\else #1\fi}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\raggedright
"""
_SECTIONS = (r"\section*", r"\subsection*", r"\paragraph*")
_ESCAPED = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": "$<$", ">": "$>$", "|": "$|$",
    "“": "``", "”": "''", "’": "'", "–": "--", "…": r"\ldots{}", "\u00a0": "~", "\n": " ",
}  # fmt: skip
# More signs of the sentences, beside those of formulas.
_MORE = {
    "→": r"\rightarrow", "⇒": r"\Rightarrow", "·": r"\cdot", "×": r"\times", "−": "-", "′": "'", "√": r"\surd",
    "Σ": r"\Sigma",
}  # fmt: skip
_SIGNS = {
    **{sign: latex for latex, sign in SIGNS_OF_LATEX.items() if len(sign) == 1 and not sign.isascii()},
    **_MORE,
    "ᵀ": r"^{\top}",
}
# A minus of mathematics is the usual one.
_LOWERED = {small: large for large, small in SUBSCRIPTS.items() if large != "−"}
_RAISED = {small: large for large, small in SUPERSCRIPTS.items() if large != "−"}
_ACCENTS = {"\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar"}
# Up to here fonts of pdfLaTeX have the letters.
_LATIN = 0x17F
_TEXT = re.compile(r"\\text\{((?:[^{}\\]|\\.)*)\}")


def latex_of_parts(parts: Iterable[Part]) -> str:
    """Return the LaTeX of parts, without what stands around it in a document; it needs the package amsmath."""
    return "\n\n".join(map(_part, parts)) + "\n"


def latex_document(title: str, parts: Iterable[Part]) -> str:
    """Return a whole document with a title."""
    head = rf"\begin{{document}}{chr(10)}\section*{{{latex_words(title)}}}{chr(10)}"
    return f"{_PREAMBLE}{head}\n{latex_of_parts(parts)}\n" + "\\end{document}\n"


def _part(part: Part) -> str:
    match part:
        case Heading(text, level):
            return f"{_SECTIONS[min(level, len(_SECTIONS)) - 1]}{{{latex_words(text)}}}"
        case Paragraph(text):
            return latex_words(text)
        case Formulas(items):
            return "\n".join([r"\begin{itemize}", *(_item(name, latex) for name, latex in items), r"\end{itemize}"])
        case TablePart(head, rows):
            return _table(head, rows)
        case WritingLines(count, label):
            line = r"\rule{0pt}{8mm}\hrulefill\par"
            named = f"{latex_words(label)}: {line}" if label else line
            return "\n".join([named, *[line] * (count - 1)])
        case NewPage():
            return r"\newpage"
        case DrawingPart(drawing, _):
            return _picture(drawing)


def _table(head: Sequence[PartCell], rows: Sequence[Sequence[PartCell]]) -> str:
    lines = [rf"\begin{{longtable}}{{{'|'.join(['', *'l' * len(head), ''])}}}", r"\hline"]
    lines += [rf"{' & '.join(map(_cell, row))}\rule{{0pt}}{{6mm}} \\ \hline" for row in (head, *rows)]
    return "\n".join([*lines, r"\end{longtable}"])


def _cell(cell: PartCell) -> str:
    return f"${latex_formula(cell.latex)}$" if cell.latex else latex_words(cell.text)


def _picture(drawing: NetworkDrawing) -> str:
    """Return a drawing in LaTeX's own picture environment, which needs no package; it counts upwards."""
    lines = [r"\setlength{\unitlength}{0.75pt}", rf"\begin{{picture}}({drawing.width:g},{drawing.height:g})"]
    for line in drawing.lines:
        start, end = ((x, drawing.height - y) for x, y in (line[:2], line[2:]))
        middle = f"({(start[0] + end[0]) / 2:g},{(start[1] + end[1]) / 2:g})"
        lines.append(rf"\qbezier({start[0]:g},{start[1]:g}){middle}({end[0]:g},{end[1]:g})")
    for x, y, radius in drawing.circles:
        lines.append(rf"\put({x:g},{drawing.height - y:g}){{\circle{{{2 * radius:g}}}}}")
    for label in drawing.labels:
        text = rf"\makebox(0,0){{{latex_words(label.text)}}}"
        lines.append(rf"\put({label.x:g},{drawing.height - label.y:g}){{\scriptsize{text}}}")
    return "\n".join([*lines, r"\end{picture}"])


def _item(name: str, latex: str) -> str:
    # In a line a formula breaks at its relations; in a display it would not.
    formula = rf"$\displaystyle {latex_formula(latex)}$"
    return rf"\item {latex_words(name)}: {formula}" if name else rf"\item {formula}"


def latex_formula(latex: str) -> str:
    r"""Return a formula for a document: its words, which a user may have chosen, cannot break it."""
    found = _TEXT.sub(lambda text: rf"\text{{{latex_words(_bare(text[1]))}}}", tidy(latex))
    return "".join(sign if ord(sign) <= _LATIN else f"{_SIGNS.get(sign, _other(sign))} " for sign in found)


def _bare(escaped: str) -> str:
    """Return words without the backslashes in front of their signs."""
    return re.sub(r"\\(.)", r"\1", escaped)


def latex_words(text: str) -> str:
    """Return words as LaTeX: as they stand, with letters of formulas as mathematics."""
    runs: list[tuple[bool, str]] = []
    signs = list(unicodedata.normalize("NFD", text)) if _has_accents(text) else list(text)
    at = 0
    while at < len(signs):
        is_math, latex, at = _next(signs, at)
        if runs and is_math and runs[-1][0]:
            runs[-1] = (True, _joined(runs[-1][1], latex))
        else:
            runs.append((is_math, latex))
    # Other accents are letters again.
    return unicodedata.normalize("NFC", "".join(f"${latex}$" if is_math else latex for is_math, latex in runs))


def _has_accents(text: str) -> bool:
    return any(mark in unicodedata.normalize("NFD", text) for mark in _ACCENTS)


def _joined(one: str, other: str) -> str:
    """Return two pieces of mathematics side by side; the name of a sign ends before a letter."""
    return f"{one} {other}" if one[-1:].isalpha() and other[:1].isalpha() else one + other


def _next(signs: Sequence[str], at: int) -> tuple[bool, str, int]:
    """Return whether what stands at a place is mathematics, its LaTeX, and where the next begins."""
    sign, after = signs[at], signs[at + 1] if at + 1 < len(signs) else ""
    if after in _ACCENTS:
        return True, f"{_ACCENTS[after]}{{{_SIGNS.get(sign, sign)}}}", at + 2
    for small, mark in ((_LOWERED, "_"), (_RAISED, "^")):
        end = at
        while end < len(signs) and signs[end] in small:
            end += 1
        if end > at:
            return True, f"{{}}{mark}{{{''.join(small[each] for each in signs[at:end])}}}", end
    if sign in _SIGNS:
        return True, _SIGNS[sign], at + 1
    if ord(sign) <= _LATIN or unicodedata.combining(sign):
        return False, _ESCAPED.get(sign, sign), at + 1
    return False, _ESCAPED.get(sign, _other(sign)), at + 1


def _other(sign: str) -> str:
    return rf"\otherletter{{{sign}}}"
