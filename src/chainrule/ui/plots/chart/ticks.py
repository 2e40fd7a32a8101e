"""Where an axis has ticks, and what is written at them: few, short, and in one notation along an axis."""

from __future__ import annotations

import math

from chainrule.explain.writing.numbers import LARGEST_FIXED, format_number, format_short, superscript

# From here on numbers are written out, as everywhere else; smaller ones have a power of ten.
SMALLEST_FIXED = 1e-4
# No axis has more of them, whatever the arithmetic says.
MOST = 60
# What lies between two powers of ten is a round number of fewer digits.
DIGITS = 6


def linear_ticks(low: float, high: float, most: int) -> tuple[list[float], float]:
    """Return at most `most` round numbers between two, and the distance between them; none where that has no number."""
    least = (high - low) / max(1, most)
    if not (math.isfinite(least) and least > 0):
        return [], 0.0
    power = 10.0 ** math.floor(math.log10(least))
    spacing = next((factor * power for factor in (1, 2, 5, 10, 20) if factor * power >= least), 0.0)
    if spacing <= 0 or not math.isfinite(high / spacing):
        return [], 0.0
    first, last = math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9)
    return [number * spacing for number in range(first, min(last, first + MOST) + 1)], spacing


def decade_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` whole powers of ten between two, as exponents."""
    first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    step = next(step for step in (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000) if (last - first) / step < max(1, most))
    return [float(exponent) for exponent in range(math.ceil(first / step) * step, last + 1, step)]


def tick_texts(values: list[float], spacing: float) -> list[str]:
    """Return the ticks' values, with as many digits as tell them apart: `0.05`, `−2`, `1.5·10⁻⁷`."""
    return [_tick_text(value, spacing) for value in values]


def _tick_text(value: float, spacing: float) -> str:
    if abs(value) < spacing / 2:
        return "0"
    first, last = (math.floor(math.log10(abs(x)) + 1e-9) for x in (value, spacing))
    return format_number(value, first - last + 1)


def power_texts(exponents: list[float]) -> list[str]:
    """Return powers of ten: all written out, `0.01`, `20`, or where one is too long for that all as such: `10⁻⁸`,
    `10⁰`.
    """
    least, most = math.log10(SMALLEST_FIXED), math.log10(LARGEST_FIXED)
    if all(least - 1e-9 <= exponent < most - 1e-9 for exponent in exponents):
        return [format_short(10.0**exponent, DIGITS) for exponent in exponents]
    return [_power_text(exponent) for exponent in exponents]


def _power_text(exponent: float) -> str:
    whole = round(exponent)
    if abs(exponent - whole) < 1e-6:
        return f"10{superscript(whole)}"
    # Apart from its power, which may be one of a number that there is not.
    mantissa = format_short(10.0 ** (exponent - math.floor(exponent)), DIGITS)
    return f"{mantissa}·10{superscript(math.floor(exponent))}"
