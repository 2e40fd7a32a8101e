"""The equation of a step in numbers: with as many digits as it takes to work its result out again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain

from chainrule.formula.cases import decided
from chainrule.formula.evaluate import evaluate
from chainrule.formula.graph import Step
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Expr, Multiply, Symbol, symbols_of
from chainrule.formula.writing.printing import Level, Printed, written
from chainrule.formula.writing.text import TextPrinter, formula_to_text

# As many as float64 has, and one more, tell every number from its neighbours.
FULL = 17
# The power of ten that counts as nothing where the result is 0.
NOTHING = -12


@dataclass(frozen=True, slots=True)
class TextEquation:
    """left = symbols = numbers = result, as text; a side that only repeats the next one is empty."""

    left: str
    symbols: str
    numbers: str
    result: str

    @property
    def text(self) -> str:
        """All of it in a line."""
        return " = ".join(side for side in (self.left, self.symbols, self.numbers, self.result) if side)


def equation(step: Step, values: Mapping[str, float], digits: int = 4) -> TextEquation:
    """Return the equation of a step whose values are known.

    The numbers have so many significant digits, and more where the result could not be worked out from them within one
    unit of its last digit. Of cases the one that applies is written; an operator that is `if` has all in its symbols.
    """
    value = values[step.writes]
    result = shortest(value, digits)
    rule = _case(step.rule, values)
    numbers = ""
    for more in range(digits, FULL + 1):
        numbers = with_numbers(rule, values, more)
        if _gives(numbers, value, digits):
            break
    shown = rule if step.is_backward else step.rule
    # What reads nothing is its number.
    symbols = formula_to_text(shown) if symbols_of(shown) else ""
    return TextEquation(step.writes, symbols, "" if numbers == result else numbers, result)


def _case(rule: Expr, values: Mapping[str, float]) -> Expr:
    """Return the case of a rule that applies; a product that was one of the cases is no bracket in a product."""
    found = decided(rule, lambda name, places: values[name])
    if not isinstance(found, Multiply):
        return found
    factors = (each.factors if isinstance(each, Multiply) else (each,) for each in found.factors)
    return Multiply(tuple(chain.from_iterable(factors)))


def with_numbers(rule: Expr, values: Mapping[str, float], digits: int) -> str:
    """Return a formula with numbers in the place of names, bracketed where they have to be."""

    def number(found: Symbol) -> Printed:
        text = shortest(values[found.name], digits)
        return Printed(text, Level.NEGATIVE if text.startswith("-") else Level.ATOM)

    return written(rule, TextPrinter(), number).text


def shortest(value: float, digits: int) -> str:
    """Return a number with so many significant digits, or fewer where these are zeros; as it can be typed."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    # With all of its digits a float is what Python writes: 0.1, not 0.10000000000000001.
    text = f"{value:.{digits}g}" if digits < FULL else repr(value).removesuffix(".0")
    return "0" if not float(text) else text


def _gives(numbers: str, value: float, digits: int) -> bool:
    """Return whether the printed numbers give the result,
    but for one unit of the last digit that it is printed with.
    """
    if "inf" in numbers or "nan" in numbers or not math.isfinite(value):
        return True
    found = evaluate(parse_formula(numbers, indexed=True), lambda name, places: math.nan)
    size = math.floor(math.log10(abs(value))) if value else NOTHING
    return abs(found - value) <= 10.0 ** (size - digits + 1)
