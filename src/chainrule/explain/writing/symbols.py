r"""What stands in the LaTeX of formulas: numbers with their minus, what arguments are called, partial derivatives."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chainrule.catalog.arguments import Argument, ArgumentValue, Numbers
from chainrule.explain.writing.numbers import latex_number

# ziamath sets a minus behind a bracket with blanks around it, as a difference; in braces it is a sign.
MINUS = "{-}"
_SIGN = re.compile(r"(?<!: \})\{-\}")


def signed_latex(number: str) -> str:
    """Return a LaTeX number with its minus as a sign."""
    return MINUS + number[1:] if number.startswith("-") else number


def operand_latex(number: str) -> str:
    """Return a LaTeX number behind an operator: in brackets when it is negative or written with a power of ten."""
    return f"({signed_latex(number)})" if number.startswith("-") or r"\cdot" in number else number


def argument_symbols(arguments: tuple[Argument, ...]) -> dict[str, str]:
    """Return LaTeX of each argument's symbol, or of its name if it has none.

    `betas_1` is the second number of several.
    """
    symbols = {a.name: a.symbol or rf"\text{{{a.name.replace('_', ' ')}}}" for a in arguments}
    several = [a for a in arguments if isinstance(a, Numbers)]
    return symbols | {f"{a.name}_{i}": symbol for a in several for i, symbol in enumerate(a.symbols)}


def argument_numbers(values: Mapping[str, ArgumentValue], digits: int | None) -> dict[str, str]:
    """Return LaTeX of each argument's value, and of each number of those that are several."""
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


def partial_latex(of: str, by: str) -> str:
    r"""Return LaTeX of a partial derivative. The braces keep ziamath from setting blanks behind the sign."""
    return rf"\frac{{{{\partial}}{of}}}{{{{\partial}}{by}}}"


def tidy(latex: str) -> str:
    r"""Return LaTeX for other programs: without the braces that only serve the typesetting on the screen.

    Behind words LaTeX, too, takes a minus without them for a difference.
    """
    return _SIGN.sub("-", latex).replace(r"{\partial}", r"\partial ")
