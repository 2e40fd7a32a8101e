"""Names that a person typed, told from each other in print: `x_1` and `x1` are both x₁, `α` and `alpha` both α."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping

from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.formula.writing.latex import upright


def print_key(latex: str) -> str:
    """Return what a symbol looks like: the same for symbols that a person would take for the same, ϵ and ε."""
    return "".join(
        # Digits and small letters below the line are not those on it.
        unicodedata.normalize("NFKC", c) if unicodedata.category(c) in ("Ll", "Lu") else c
        for c in latex_to_text(latex)
    )


def apart_in_print(symbols: Mapping[str, str], taken: Collection[str] = ()) -> dict[str, str]:
    """Return symbols by the names that they are of.

    The whole name, upright, where another one or `taken` looks like it.
    """
    found = dict(symbols)
    while True:
        seen = Counter(map(print_key, [*found.values(), *taken]))
        alike = [name for name, symbol in found.items() if seen[print_key(symbol)] > 1 and symbol != upright(name)]
        if not alike:
            return found
        # A whole name may look like the symbol of another one in turn.
        found |= {name: upright(name) for name in alike}
