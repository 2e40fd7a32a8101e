"""How many digits an equation needs, so that its result can be worked out again from what is printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from chainrule.explain.numbers import FULL_PRECISION, last_place, latex_number
from chainrule.explain.working_out import work_out

_NO_NUMBERS = (r"\infty", r"\mathrm{NaN}")
# What stands for one unit of the last digit of 0: what float64 cannot hold any more is 0.
_NOTHING = 1e-323


def digits_apart(x: float, other: float, digits: int) -> int:
    """How many digits tell a number from another one; `digits` where those do, or where they are the same."""
    if x == other or not (math.isfinite(x) and math.isfinite(other)):
        return digits
    apart = (n for n in range(digits, FULL_PRECISION) if latex_number(x, n) != latex_number(other, n))
    return next(apart, FULL_PRECISION)


def more_digits(result: float, digits: int, written: Callable[[int], str], most: int) -> tuple[int, float | None]:
    """How many digits more the numbers need that a result with so many digits is computed from.

    `written(more)` is LaTeX of them with so many more. What they make has to be the printed result within one unit of
    its last digit. Where not even `most` more suffice, because the engine's own numbers are rounded, the second number
    is what they make, and so many digits suffice for that.
    """
    if not math.isfinite(result) or any(word in written(0) for word in _NO_NUMBERS):
        return 0, None
    found = _search(result, digits, written, most)
    if found is not None:
        return found, None
    exact = work_out(written(most))
    if exact is None or not math.isfinite(float(exact)):
        return 0, None
    return _search(float(exact), digits, written, most) or 0, float(exact)


def _search(result: float, digits: int, written: Callable[[int], str], most: int) -> int | None:
    printed = work_out(latex_number(result, digits))
    assert printed is not None
    unit = Decimal(last_place(result, digits) if result else 0.0) or Decimal(_NOTHING)
    # The digits that are written in decimal are exact, and one unit in binary is not: it must not be less.
    unit *= Decimal("1.000000001")
    more = 0
    while True:
        value = work_out(written(more))
        if value is not None and abs(value - printed) <= unit:
            return more
        if more == most:
            return None
        # Each digit makes the error about ten times smaller.
        more = min(more + (1 if value is None else max(1, (abs(value - printed) / unit).adjusted())), most)
