"""Lines of code as they are put together: how long ones are broken, and what each of them does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 100
INDENT = "    "
# Where a long expression in brackets may go on in the next line: after a blank, a comma, a bracket, a single star.
_PIECES = re.compile(r".+?(?: |,|\(|\[|(?<!\*)\*(?!\*)|$)")


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line, and the mark of what it does: a micro-step finds its line by that. Most lines have none."""

    text: str
    mark: str = ""


Lines = list[CodeLine]


def plain(*texts: str) -> Lines:
    """Return lines that no micro-step is."""
    return [CodeLine(text) for text in texts]


def indented(lines: Iterable[CodeLine], times: int = 1) -> Lines:
    """Return lines further to the right; empty ones stay empty."""
    return [CodeLine(INDENT * times + line.text if line.text else "", line.mark) for line in lines]


def call(start: str, arguments: Sequence[str], end: str = ")", mark: str = "") -> Lines:
    """Return a call in one line, or with one argument a line where it is too long: `start` ends with its bracket."""
    whole = f"{start}{', '.join(arguments)}{end}"
    if len(whole) <= WIDTH - 2 * len(INDENT) and "\n" not in whole:
        return [CodeLine(whole, mark)]
    inner = [INDENT + part for argument in arguments for part in f"{argument},".split("\n")]
    return [CodeLine(start, mark), *plain(*inner), CodeLine(end)]


def expression(start: str, text: str, end: str = "", mark: str = "") -> Lines:
    """Return `start`, an expression and `end`; one that is too long goes on in further lines, in brackets."""
    if len(start) + len(text) + len(end) <= WIDTH - 2 * len(INDENT):
        return [CodeLine(f"{start}{text}{end}", mark)]
    room, rows = WIDTH - 3 * len(INDENT), [""]
    for piece in _PIECES.findall(text):
        if rows[-1] and len(rows[-1]) + len(piece.rstrip()) > room:
            rows[-1] = rows[-1].rstrip()
            rows.append("")
        rows[-1] += piece
    return [CodeLine(f"{start}(", mark), *(CodeLine(INDENT + row, mark) for row in rows), CodeLine(f"){end}")]
