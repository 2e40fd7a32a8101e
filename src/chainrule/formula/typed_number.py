"""A number as a formula of numbers alone: `1/3`, `sqrt(2)/2`, `-e^2`. Nothing of it is ever run as code."""

from __future__ import annotations

import math

from chainrule.formula.constants import check_constants
from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Compare

# Nobody types a longer one, and thousands of them may come from a spreadsheet.
MOST_CHARACTERS = 200


def constant_number(text: str) -> float:
    """Return the finite number that a formula without names stands for.

    A `FormulaError` points at what cannot be read, or has no value: `1/0`, `sqrt(-1)`.
    """
    if len(text) > MOST_CHARACTERS:
        message = f"a number has at most {MOST_CHARACTERS} characters, this one {len(text):,}"
        raise FormulaError(message, text, MOST_CHARACTERS)
    tree = parse_formula(text, ())
    if isinstance(tree, Compare):
        raise FormulaError("this compares two numbers, and one is needed", text)
    check_constants(tree, text)
    return evaluate(tree, lambda name, places: math.nan)
