r"""The tables' LaTeX templates: filling in `<z>`, cutting where a line may break, and brackets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from chainrule.catalog.arguments import Argument, Numbers, Value
from chainrule.explain.numbers import latex_number

# Stands between two pieces of one formula while it is filled in; no formula holds it.
CUT = "\x00"
# ziamath sets a minus behind a bracket with blanks around it, as a difference; in braces it is a sign.
MINUS = "{-}"
_PLACEHOLDER = re.compile(r"<([A-Za-z_]\w*|\d+)>")
_THIN = (r"\,", r"\!", r"\;", CUT, " ")
_RELATION = r"\\(?:leq?|geq?|lt|gt)"
_OPENED = re.compile(rf"(?:^|[(\[{{|,<>=]|{_RELATION})$")
_CLOSED = re.compile(rf"$|[)\]}}|,<>=+-]|{_RELATION}(?![A-Za-z])")


def fill_symbols(template: str, symbols: Mapping[str, str]) -> tuple[str, ...]:
    """The template's pieces with symbols for placeholders; one with a superscript is bracketed if raised."""

    def one(name: str, before: str, after: str) -> str:
        symbol = symbols[name]
        compound = "^" in symbol or r"\frac" in symbol or r"\Delta " in symbol
        if after.startswith("^") and compound:
            return rf"\left({symbol}\right)"
        return symbol

    return _fill(template, symbols, one)


def fill_numbers(template: str, numbers: Mapping[str, str]) -> tuple[str, ...]:
    """The template's pieces with LaTeX numbers for placeholders, bracketed where they could be misread."""

    def one(name: str, before: str, after: str) -> str:
        number = numbers[name]
        free = _OPENED.search(before) and _CLOSED.match(after)
        return signed(number) if free else operand(number)

    return _fill(template, numbers, one)


def _fill(template: str, names: Mapping[str, str], one: Callable[[str, str, str], str]) -> tuple[str, ...]:
    def replace(match: re.Match[str]) -> str:
        if match[1] not in names:
            return match[0]
        before, after = template[: match.start()], template[match.end() :]
        text = one(match[1], _stripped(before, at_end=True), _stripped(after, at_end=False))
        # "\ln<o>" must not become one command "\lnt".
        return f" {text}" if re.search(r"\\[A-Za-z]+$", before) and text[0].isalpha() else text

    return tuple(_PLACEHOLDER.sub(replace, template).split(CUT))


def _stripped(text: str, *, at_end: bool) -> str:
    """The text without the thin spaces and cuts at one of its ends."""
    for space in _THIN * 2:
        text = text.removesuffix(space) if at_end else text.removeprefix(space)
    return text


def signed(number: str) -> str:
    """A LaTeX number with its minus as a sign."""
    return MINUS + number[1:] if number.startswith("-") else number


def operand(number: str) -> str:
    """A LaTeX number behind an operator: in brackets when it is negative or written with a power of ten."""
    return f"({signed(number)})" if number.startswith("-") or r"\cdot" in number else number


def sum_cuts(template: str) -> list[int]:
    """Where the template's outermost plus and minus signs are, those between two terms."""
    cuts, depth, bars = [], 0, 0
    for at, c in enumerate(template):
        bars ^= c == "|"
        depth += (c in "([{") - (c in ")]}")
        between = at and template[at - 1] not in r"^_(,=" and not template[:at].endswith(r"\cdot ")
        if c in "+-" and not depth and not bars and between:
            cuts.append(at)
    return cuts


def cut_terms(template: str) -> str:
    """The template with a cut in front of every term but the first."""
    cuts = sum_cuts(template)
    if not cuts:
        return template
    starts = [0, *cuts]
    terms = [template[a:b].strip() for a, b in zip(starts, [*cuts, len(template)], strict=True)]
    return CUT.join([terms[0], *(rf"{term[0]}\,{term[1:]}" for term in terms[1:])])


def argument_symbols(arguments: tuple[Argument, ...]) -> dict[str, str]:
    """LaTeX of each argument's symbol, or of its name if it has none; `betas_1` is the second number of several."""
    symbols = {a.name: a.symbol or rf"\text{{{a.name.replace('_', ' ')}}}" for a in arguments}
    several = [a for a in arguments if isinstance(a, Numbers)]
    return symbols | {f"{a.name}_{i}": symbol for a in several for i, symbol in enumerate(a.symbols)}


def argument_numbers(values: Mapping[str, Value], digits: int | None) -> dict[str, str]:
    """LaTeX of each argument's value, and of each number of those that are several."""
    flat = dict(values)
    for name, value in values.items():
        if isinstance(value, tuple):
            flat |= {f"{name}_{i}": item for i, item in enumerate(value)}
    return {
        name: latex_number(value, digits, short=True)
        if isinstance(value, int | float) and not isinstance(value, bool)
        else rf"\text{{{value}}}"
        for name, value in flat.items()
    }


def partial(of: str, by: str) -> str:
    r"""LaTeX of a partial derivative. The braces keep ziamath from setting blanks behind the sign."""
    return rf"\frac{{{{\partial}}{of}}}{{{{\partial}}{by}}}"


def tidy(latex: str) -> str:
    r"""LaTeX for other programs: without the braces that only serve the typesetting on the screen."""
    return latex.replace(MINUS, "-").replace(r"{\partial}", r"\partial ")
