"""Numbers as they are written: on the screen, in a terminal, in LaTeX. All rounding is done here.

There is one way. A number has so many significant digits, 0.3500 or 12.35 with four; from 10⁻⁴ up to a million it is
written out, beyond that with a power of ten, 4.386·10⁻⁵. No digit of a whole number is lost: 123457, never 123500.
"""

from __future__ import annotations

import math
import re
import struct

# A float64 has at most 17 significant digits.
FULL_PRECISION = 17
# So many digits more than bring a result within one unit of its last digit are worth it, if they make it exact.
WORTH_IT = 3
LARGEST_FIXED = 1e6
_SMALLEST_POWER = -4
# What a few roundings of float64 make of a number: 0.1 + 0.2 is still written 0.3.
_ROUNDED = 1e-14
_LARGEST_FLOAT32 = 3.4e38
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_FROM_SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_POWER_OF_TEN = re.compile(r"(?<=\d)·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")


def format_number(x: float, digits: int | None = 4) -> str:
    """Write a number as text for the screen, in significant digits: `−4.930`, `4.386·10⁻⁵`, `∞`, `NaN`.

    None is as many as it has.
    """
    return _text(x, digits, short=False)


def format_short(x: float, digits: int | None = 4) -> str:
    """Write like `format_number`, without the zeros that say nothing: `1`, `0.05`; for data and settings."""
    return _text(x, digits, short=True)


def format_count(count: int) -> str:
    """Return a number of things: `300,000`."""
    return f"{count:,}".replace("-", "−")


def as_typed(text: str) -> str:
    """Return what `format_number` writes, as it is typed: `-4.386e-5`; other text as it is."""
    plain = text.replace("−", "-")
    return _POWER_OF_TEN.sub(lambda found: f"e{found[1].translate(_FROM_SUPERSCRIPTS)}", plain)


def superscript(exponent: int) -> str:
    """Return a whole number as an exponent is written: `⁻⁴`."""
    return str(exponent).translate(_SUPERSCRIPTS)


def subscript(number: int) -> str:
    """Return a whole number from 0 below the line: `₁₂`."""
    return str(number).translate(_SUBSCRIPTS)


def latex_number(x: float, digits: int | None = 4, *, short: bool = False, least: int | None = None) -> str:
    r"""Return LaTeX of a number: `-0.6550`, `4.386\cdot 10^{-5}`, `\infty`, `\mathrm{NaN}`.

    With `least`, digits beyond so many are written only as far as they say something: 0.1000, 0.123456.
    """
    if not math.isfinite(x):
        return r"\mathrm{NaN}" if math.isnan(x) else (r"\infty" if x > 0 else r"-\infty")
    mantissa, exponent = _written(x, _needed(x, digits, least), short)
    return mantissa if exponent is None else rf"{mantissa}\cdot 10^{{{exponent}}}"


def last_power(x: float, digits: int | None = 4) -> int:
    """Return the power of ten of the last digit that `format_number` writes of a finite number other than 0."""
    digits = _count(x, digits)
    exponent = _scientific(x, digits)[1]
    place = exponent - digits + 1
    # The digits of a whole number are all written.
    return place if _fixed(x, digits, exponent) is None else min(place, 0)


def _text(x: float, digits: int | None, short: bool) -> str:
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else ("∞" if x > 0 else "−∞")
    return _with_power(*_written(x, digits, short))


def _with_power(mantissa: str, exponent: int | None) -> str:
    return mantissa.replace("-", "−") + ("" if exponent is None else f"·10{superscript(exponent)}")


def _written(x: float, digits: int | None, short: bool) -> tuple[str, int | None]:
    """Return the mantissa with an ASCII minus, and the power of ten if there is one, of a finite number."""
    x = float(x)
    if x == 0:
        return "0", None
    digits = _count(x, digits)
    mantissa, exponent = _scientific(x, digits)
    fixed = _fixed(x, digits, exponent)
    text, power = (mantissa, exponent) if fixed is None else (fixed, None)
    return (_bare(text) if short and _same(x, float(f"{mantissa}e{exponent}")) else text), power


def _fixed(x: float, digits: int, exponent: int) -> str | None:
    """Return the number written out, or None where it is too small or too large for that, once it is rounded."""
    if exponent < _SMALLEST_POWER or abs(x) >= LARGEST_FIXED:
        return None
    text = f"{x:.{max(digits - 1 - exponent, 0)}f}"
    return text if abs(float(text)) < LARGEST_FIXED else None


def _scientific(x: float, digits: int) -> tuple[str, int]:
    mantissa, _, exponent = f"{x:.{digits - 1}e}".partition("e")
    return mantissa, int(exponent)


def _count(x: float, digits: int | None) -> int:
    """Return how many digits are written.

    Those that are asked for, or as many as tell the number from its neighbours.
    """
    if digits is not None:
        return min(max(digits, 1), FULL_PRECISION)
    count = len(repr(abs(x)).partition("e")[0].replace(".", "").strip("0")) or 1
    # Half way between two numbers of so many digits another may be taken than the shortest that is read as this one.
    return count if float(f"{x:.{count - 1}e}") == x else FULL_PRECISION


def _needed(x: float, digits: int | None, least: int | None) -> int | None:
    """Return so many digits, without zeros at their end beyond the least that are wanted."""
    if digits is None or least is None or digits <= least or x == 0:
        return digits
    mantissa = _scientific(x, min(digits, FULL_PRECISION))[0]
    return max(least, len(mantissa.lstrip("-").replace(".", "").rstrip("0")))


def _same(x: float, rounded: float) -> bool:
    """Return whether a number is what is written of it, or what float64 or float32 make of that."""
    if abs(x - rounded) <= _ROUNDED * abs(x):
        return True
    return abs(x) < _LARGEST_FLOAT32 and _float32(x) == x == _float32(rounded)


def _float32(x: float) -> float:
    (found,) = struct.unpack("f", struct.pack("f", x))
    return float(found)


def _bare(decimals: str) -> str:
    return decimals.rstrip("0").rstrip(".") if "." in decimals else decimals
