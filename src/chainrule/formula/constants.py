"""Parts of a formula that no name stands in: whether they are numbers, and where they are written."""

from __future__ import annotations

import math
import re

from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.tree import Divide, Expr, Negative, Rational, Symbol, walk
from chainrule.formula.writing.text import formula_to_text

_NUMBER = re.compile(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
# Characters of a part that a message shows.
LONGEST = 30


def check_constants(tree: Expr, text: str) -> None:
    """Refuse a formula with a part that is no finite number whatever the names are, such as 9**9**9 or log(-1)."""
    numbers = 0
    for part in walk(tree):
        if not isinstance(part, Rational | Negative) and not any(isinstance(found, Symbol) for found in walk(part)):
            value = evaluate(part, lambda name, places: math.nan)
            if not math.isfinite(value):
                what = "has no value" if math.isnan(value) or _divides_by_zero(part) else "is too large for a number"
                # Numbers are written in the order in which the tree has them.
                places = [match.start() for match in _NUMBER.finditer(text)]
                at = places[numbers] if numbers < len(places) else None
                raise FormulaError(f"{formula_to_text(part)[:LONGEST]} {what}", text, at)
        numbers += isinstance(part, Rational)


def _divides_by_zero(part: Expr) -> bool:
    return isinstance(part, Divide) and not evaluate(part.bottom, lambda name, places: math.nan)
