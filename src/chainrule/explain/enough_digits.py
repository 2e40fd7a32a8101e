"""How many digits an equation needs, so that its result can be worked out again from what is printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from chainrule.explain.numbers import FULL_PRECISION, WORTH_IT, last_power, latex_number
from chainrule.explain.working_out import work_out

_NO_NUMBERS = (r"\infty", r"\mathrm{NaN}")
# What stands for one unit of the last digit of 0: what float64 cannot hold any more is 0.
_NOTHING = Decimal("1e-323")
# Of a number that is half way between two results either is right; 1/3 of 0.37035 is, though 1/3 has no last digit.
_HALF = Decimal("0.500000000001")


def digits_apart(x: float, other: float, digits: int) -> int:
    """How many digits tell a number from another one; `digits` where those do, or where they are the same."""
    if x == other or not (math.isfinite(x) and math.isfinite(other)):
        return digits
    apart = (n for n in range(digits, FULL_PRECISION) if latex_number(x, n) != latex_number(other, n))
    return next(apart, FULL_PRECISION)


def more_digits(result: float, digits: int, written: Callable[[int], str], most: int) -> tuple[int, float | None]:
    """How many digits more the numbers need that a result with so many digits is computed from.

    `written(more)` is LaTeX of them with so many more. What they make, rounded as the result is, has to be the printed
    result; where it takes more than a few digits to come from one unit of the last digit to that, one unit is enough.
    Where not even `most` more suffice for one unit, because the engine's own numbers are rounded, the second number is
    what they make, and so many digits suffice for that.
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
    """The fewest digits more that make the printed result, or that come within one unit of it; None where none do."""
    printed, unit = _printed(result, digits)
    near: int | None = None
    more = 0
    while True:
        value = work_out(written(more))
        apart = None if value is None else abs(value - printed)
        if apart is not None and apart <= unit:
            if apart <= unit * _HALF:
                return more
            near = more if near is None else near
        if more == most or (near is not None and more >= near + WORTH_IT):
            return near
        # Each digit makes the error about ten times smaller.
        more = min(more + (1 if apart is None else max(1, (apart / unit).adjusted())), most)


def _printed(result: float, digits: int) -> tuple[Decimal, Decimal]:
    """A result as it is printed, and one unit of its last digit."""
    printed = work_out(latex_number(result, digits))
    assert printed is not None
    if not result:
        return printed, _NOTHING
    return printed, Decimal(1).scaleb(last_power(result, digits))
