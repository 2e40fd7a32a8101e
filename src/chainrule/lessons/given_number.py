"""A number as a student gives it: to so many digits, or exactly, as a formula of numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from chainrule.explain.writing.numbers import as_typed
from chainrule.formula.errors import FormulaError
from chainrule.formula.typed_number import constant_number

_DECIMAL = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?")
# A decimal comma.
_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
# A whole number of fewer digits is meant exactly, and one of more may be rounded: 2, and 1235.
_WHOLE_DIGITS = 3
# What a formula of numbers gives is compared to so many digits.
_EXACT = 1e-9
# Nobody writes more, and powers of ten beyond those of float64 are no numbers.
_MOST_EXPONENT = 308


@dataclass(frozen=True, slots=True)
class GivenNumber:
    """A number, and the numbers from `low` to `high` that it stands for: 0.38 is all that is rounded to it.

    `digits` is how many significant digits it was given with; None where it was given exactly. `unit` is one in its
    last place.
    """

    text: str
    value: float
    low: float
    high: float
    digits: int | None
    unit: float

    def stands_for(self, number: float) -> bool:
        """Return whether a number is one of those that it stands for."""
        return self.low <= number <= self.high

    def is_near(self, number: float, units: float) -> bool:
        """Return whether a number is at most so many units of the last place away."""
        return abs(self.value - number) <= units * self.unit


def given_number(text: str) -> GivenNumber:
    """Read what a student typed, by the grammar of typed numbers: `0.38`, `-1/3`, `1.2e-3`, `sqrt(2)/2`.

    A `FormulaError` says what cannot be read, or has no finite value.
    """
    plain = as_typed(text.strip())
    if _COMMA.fullmatch(plain):
        plain = plain.replace(",", ".")
    found = _DECIMAL.fullmatch(plain)
    value = constant_number(plain)
    if found is None or not (found[2] or found[3]) or abs(int(found[4] or 0)) > _MOST_EXPONENT:
        return _exact(text, value)
    whole, fraction, exponent = found[2], found[3], int(found[4] or 0)
    significant = len((whole + (fraction or "")).lstrip("0"))
    if fraction is None and not found[4] and significant < _WHOLE_DIGITS:
        return _exact(text, value)
    unit = 10.0 ** (exponent - len(fraction or ""))
    # What lies half way may have been rounded either way.
    half = unit / 2 * (1 + _EXACT) + abs(value) * 1e-15
    return GivenNumber(text.strip(), value, value - half, value + half, significant, unit)


def _exact(text: str, value: float) -> GivenNumber:
    room = max(abs(value) * _EXACT, 1e-15 if value else 0.0)
    return GivenNumber(text.strip(), value, value - room, value + room, None, 2 * room)


def exactly(value: float) -> GivenNumber:
    """Return a number that is given with all of its digits."""
    if not math.isfinite(value):
        raise FormulaError("a finite number is needed", repr(value))
    return _exact(repr(value), value)
