"""How many digits an equation needs, so that its result can be worked out again from what is printed."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

from chainrule.explain.writing.numbers import FULL_PRECISION, WORTH_IT, format_number, last_power, latex_number
from chainrule.explain.writing.working_out import CAREFUL, USUAL, work_out

_NO_NUMBERS = (r"\infty", r"\mathrm{NaN}")
# What stands for one unit of the last digit of 0: what float64 cannot hold any more is 0.
_NOTHING = Decimal("1e-323")
# Of a number that is half way between two results either is right; 1/3 of 0.37035 is, though 1/3 has no last digit.
_HALF = Decimal("0.500000000001")
# So many digits are right of Φ and the cosine, which the decimal arithmetic does not have.
_RIGHT = 12
# Arithmetic that comes so near a result has lost no term: what is left is what the dtype rounds off.
_ROUNDING = Decimal("0.01")
# So many digits are right of what a dtype computes in a few operations, unless much cancels.
_SURE = {"float64": 9, "float32": 4}


def digits_apart(x: float, other: float, digits: int) -> int:
    """Return how many digits tell a number from another one; `digits` where those do, or where they are the same."""
    if x == other or not (math.isfinite(x) and math.isfinite(other)):
        return digits
    apart = (n for n in range(digits, FULL_PRECISION) if latex_number(x, n) != latex_number(other, n))
    return next(apart, FULL_PRECISION)


def more_digits(result: float, digits: int, written: Callable[[int], str], most: int) -> tuple[int, float | None]:
    """Return how many digits more the numbers need that a result with so many digits is computed from.

    `written(more)` is LaTeX of them with so many more. What they make, rounded as the result is, has to be the printed
    result; where it takes more than a few digits to come from one unit of the last digit to that, one unit is enough.
    Where not even `most` more suffice for one unit, because the engine's own numbers are rounded, the second number is
    what they make, and so many digits suffice for that.
    """
    if not math.isfinite(result) or any(word in written(0) for word in _NO_NUMBERS):
        return 0, None
    found = _search(result, digits, written, most)
    # A 0 may be what the usual precision leaves of a smaller number.
    if found is not None and (result or _is_nothing(written(found))):
        return found, None
    exact, precision = _settled(written(most), result)
    if exact is None:
        return found or 0, None
    found = _search(result, digits, written, most, precision)
    if found is not None:
        return found, None
    return _search(float(exact), digits, written, most, precision) or 0, float(exact)


def rounded_off(result: float, dtype: str, written: str) -> float | None:
    """Return what numbers with all their digits make, where that differs from the result in digits that a dtype is sure
    of.
    """
    if not written or not math.isfinite(result) or any(word in written for word in _NO_NUMBERS):
        return None
    # As above, 0 has to be looked at closely.
    if result and _near(work_out(written), result, dtype):
        return None
    exact, _ = _settled(written, result)
    return None if exact is None or _near(exact, result, dtype) else float(exact)


def _near(value: Decimal | None, result: float, dtype: str) -> bool:
    return value is not None and abs(value - Decimal(result)) <= _unit(result, _SURE[dtype])


def _is_nothing(latex: str) -> bool:
    """Return whether numbers make 0, or less than float64 can hold."""
    value = work_out(latex, CAREFUL)
    return value is None or abs(value) <= _NOTHING


def _settled(latex: str, result: float) -> tuple[Decimal | None, int]:
    """Return the value in earnest, None without one, and the precision that it takes."""
    value, precision = work_out(latex), CAREFUL
    if value is not None and result and abs(value - Decimal(result)) <= abs(Decimal(result)) * _ROUNDING:
        precision = 2 * USUAL
    value = work_out(latex, precision)
    return (None if value is None or not math.isfinite(float(value)) else value), precision


def rounding_note(dtype: str, exact: float | None, digits: int | None, what: str = "it") -> str:
    """Return what to say of a number that comes out otherwise when it is worked out from what is printed."""
    if exact is None:
        return ""
    # With all its digits, those are left out that the arithmetic of a few functions here is not sure of.
    return f"{dtype} rounds off: worked out exactly, {what} would be {format_number(exact, digits or _RIGHT)}"


def _search(result: float, digits: int, written: Callable[[int], str], most: int, precision: int = USUAL) -> int | None:
    """Return the fewest digits more that make the printed result, or that come within one unit of it.

    None where none do.
    """
    # Numbers have fewer digits than the result where its own were not enough to tell it from another one.
    fewer = digits + most - FULL_PRECISION
    printed, unit = _printed(result, digits), _unit(result, digits)
    near: int | None = None
    more = 0
    while True:
        value = work_out(written(more), precision)
        apart = None if value is None else abs(value - printed)
        if apart is not None and apart <= unit:
            if apart <= unit * _HALF:
                return more
            near = more if near is None else near
        if more == most or (near is not None and more >= max(near, fewer) + WORTH_IT):
            return near
        # Each digit makes the error about ten times smaller.
        more = min(more + (1 if apart is None else max(1, (apart / unit).adjusted())), most)


def _printed(result: float, digits: int) -> Decimal:
    """Return a result as it is printed."""
    printed = work_out(latex_number(result, digits))
    assert printed is not None
    return printed


def _unit(result: float, digits: int) -> Decimal:
    """Return one unit of the last digit that is printed of a result."""
    return Decimal(1).scaleb(last_power(result, digits)) if result else _NOTHING
