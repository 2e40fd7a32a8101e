"""The texts of a lesson, taken apart: words in Markdown, formulas between dollars, and numbers in double braces, as in
`The slope is {{layers.0.weight.grad[0,0]}}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chainrule.catalog.experiment.spec_error import SpecError, describe, expected
from chainrule.explain.writing.numbers import format_number, format_short, latex_number
from chainrule.lessons.lesson.naming import LONGEST_NAME, named_value
from chainrule.lessons.lesson.spec import NamedValue

MOST_DIGITS = 17
# What is shown of a number that is not computed yet.
UNKNOWN, UNKNOWN_LATEX = "?", "?"
# Code, a dollar or brace that is none, formulas on a line of their own and within one, and numbers.
_PIECE = re.compile(
    r"(?P<code>`[^`\n]*`)|(?P<plain>\\[$\\{}])"
    r"|\$\$(?P<display>[^$]+)\$\$|\$(?P<inline>[^$\n]+(?:\n[^$\n]+)*)\$|\{\{(?P<number>[^{}]*)\}\}"
)
_NUMBER = re.compile(r"\{\{([^{}]*)\}\}")
_ENDLESS = {"$": "a formula begins with $ and does not end", "{{": "a number begins with {{ and has no }}"}
_DIGITS = re.compile(r"(.*?)\s*:\s*(\d{1,3})")


@dataclass(frozen=True, slots=True)
class TextNumber:
    """A number in a text, to so many significant digits; None are those that the window shows."""

    value: NamedValue
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class Maths:
    """A formula: LaTeX, with numbers in between. `is_display` says that it has a line of its own."""

    parts: tuple[str | TextNumber, ...]
    is_display: bool = False


@dataclass(frozen=True, slots=True)
class FilledFormula:
    """A formula whose numbers are filled in."""

    latex: str
    is_display: bool = False


LessonPiece = str | TextNumber | Maths
# The number there, or None where it is not known yet; and whether zeros at its end say nothing, as with data.
Lookup = Callable[[TextNumber], tuple[float | None, bool]]


def pieces_of(text: str, path: str) -> tuple[LessonPiece, ...]:
    """Return the pieces of a text, or raise `SpecError` where a formula or a number in it does not end."""
    found, at, words = list[LessonPiece](), 0, ""
    for match in _PIECE.finditer(text):
        words += _checked(text[at : match.start()], path)
        at = match.end()
        if match["code"] is not None or match["plain"] is not None:
            words += match[0] if match["plain"] in (None, "\\\\") else match[0][1:]
            continue
        if words:
            found.append(words)
            words = ""
        if match["number"] is not None:
            found.append(_text_number(match["number"], path))
        else:
            is_display = match["display"] is not None
            found.append(Maths(_maths(match["display"] or match["inline"], path), is_display))
    words += _checked(text[at:], path)
    return (*found, words) if words else tuple(found)


def _checked(words: str, path: str) -> str:
    for mark, what in _ENDLESS.items():
        if mark in words:
            near = words[words.index(mark) :].partition("\n")[0]
            raise SpecError(path, f"{what}: {describe(near)}")
    return words


def _maths(latex: str, path: str) -> tuple[str | TextNumber, ...]:
    parts = _NUMBER.split(latex)
    found: list[str | TextNumber] = []
    for place, part in enumerate(parts):
        if place % 2:
            found.append(_text_number(part, path))
        elif part:
            found.append(part)
    return tuple(found)


def _text_number(text: str, path: str) -> TextNumber:
    digits, name = None, text
    if len(text) > 2 * LONGEST_NAME:
        raise expected(path, "a number between {{ and }}", describe(text))
    if match := _DIGITS.fullmatch(text):
        name, digits = match[1], int(match[2])
        if not 1 <= digits <= MOST_DIGITS:
            raise expected(path, f"from 1 to {MOST_DIGITS} digits", digits)
    return TextNumber(named_value(name, path), digits)


def text_numbers(pieces: tuple[LessonPiece, ...]) -> Iterator[TextNumber]:
    """Yield the numbers of a text, those in its formulas, too."""
    for piece in pieces:
        if isinstance(piece, TextNumber):
            yield piece
        elif isinstance(piece, Maths):
            yield from (part for part in piece.parts if isinstance(part, TextNumber))


def filled(pieces: tuple[LessonPiece, ...], lookup: Lookup, digits: int | None = 4) -> tuple[str | FilledFormula, ...]:
    """Return a text with its numbers: words in Markdown, and formulas in LaTeX."""
    found, words = list[str | FilledFormula](), ""
    for piece in pieces:
        if isinstance(piece, Maths):
            latex = "".join(part if isinstance(part, str) else _latex(part, lookup, digits) for part in piece.parts)
            found += [words] if words else []
            found.append(FilledFormula(latex, piece.is_display))
            words = ""
        else:
            words += piece if isinstance(piece, str) else _plain(piece, lookup, digits)
    return (*found, words) if words else tuple(found)


def _plain(number: TextNumber, lookup: Lookup, digits: int | None) -> str:
    value, is_short = lookup(number)
    if value is None:
        return UNKNOWN
    return (format_short if is_short else format_number)(value, number.digits or digits)


def _latex(number: TextNumber, lookup: Lookup, digits: int | None) -> str:
    value, is_short = lookup(number)
    # Braces keep a minus from being read as one between two terms.
    return f"{{{UNKNOWN_LATEX if value is None else latex_number(value, number.digits or digits, short=is_short)}}}"
