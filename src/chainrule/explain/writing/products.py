"""The products that make a pre-activation, as they are written beside a neuron: one line each, and their sum."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chainrule.explain.writing.numbers import FULL_PRECISION, WORTH_IT, format_number, format_short

# A line: what stands before it (`z =`, `+`, `−`, `=`), and its numbers.
ProductLine = tuple[str, str]
_PLAIN = str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")
# What float64 rounds off on the way, in units of the last digit; what is less than half of one is rounded away.
_DUST = 1e-9
_ROUNDED = 0.5 - _DUST
_POWER = re.compile("·10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])")


def product_lines(
    weights: Sequence[float],
    inputs: Sequence[float],
    bias: float | None,
    z: float,
    most: int,
    *,
    digits: int | None = 4,
    are_data: bool = False,
) -> list[ProductLine]:
    """Return `z = 0.1500·0.05`, `+ 0.2000·0.1`, `+ 0.3500`, `= 0.3775`, in at most so many lines; fewer than 3 hold
    nothing.

    Where there are more products than lines, the last ones are one: `+ 12 more: 0.02310`. The sum has so many digits,
    and the numbers as many more as it takes for the lines, worked out again and rounded, to give the sum as it is
    written; where a few more do not suffice for that, they come within one unit of its last digit. `are_data` says
    that the inputs are given, and are written without zeros at their end.
    """
    room = most - (1 if bias is None else 2)
    if room < 1:
        return []
    near: list[ProductLine] | None = None
    wanted = FULL_PRECISION if digits is None else digits
    counts = list(range(wanted, FULL_PRECISION + 1))
    while counts:
        lines = [*_terms(weights, inputs, bias, room, counts.pop(0), are_data), ("=", format_number(z, wanted))]
        units = _units_apart(lines)
        if units <= _ROUNDED:
            return lines
        if near is None and units <= 1 + _DUST:
            near, counts = lines, counts[:WORTH_IT]
    return near or lines


def _terms(
    weights: Sequence[float],
    inputs: Sequence[float],
    bias: float | None,
    room: int,
    digits: int,
    are_data: bool,
) -> list[ProductLine]:
    shown = len(weights) if len(weights) <= room else room - 1
    written = format_short if are_data else format_number
    lines = []
    for weight, value in zip(weights[:shown], inputs[:shown], strict=True):
        factor = written(value, digits)
        lines.append(_signed(weight, digits, f"·({factor})" if value < 0 else f"·{factor}"))
    left = len(weights) - shown
    if left:
        rest = sum(weight * value for weight, value in zip(weights[shown:], inputs[shown:], strict=True))
        lines.append(("+", f"{left} more: {format_number(rest, digits)}"))
    if bias is not None:
        lines.append(_signed(bias, digits))
    first = lines[0]
    lines[0] = ("z =", first[1] if first[0] == "+" else f"−{first[1]}")
    return lines


def _signed(number: float, digits: int, factor: str = "") -> ProductLine:
    """Return a number with its sign in front of the line."""
    return ("−" if number < 0 else "+"), format_number(abs(number), digits) + factor


def _units_apart(lines: Sequence[ProductLine]) -> float:
    """Return how far the lines worked out again are from the sum as it is written, in units of its last digit."""
    try:
        total = sum((-1.0 if sign == "−" else 1.0) * _worked_out(text) for sign, text in lines[:-1])
        wanted, last = _read(lines[-1][1])
    except ValueError:
        # inf or NaN: more digits change nothing.
        return 0.0
    return abs(total - wanted) / last


def _worked_out(text: str) -> float:
    found = 1.0
    for part in _POWER.sub("e", text.rpartition(": ")[2]).replace("·(", "·").replace(")", "").split("·"):
        found *= _number(part)
    return found


def _number(text: str) -> float:
    return float(text.translate(_PLAIN))


def _read(text: str) -> tuple[float, float]:
    """Return a number as it is written, and one unit of its last digit."""
    mantissa, _, exponent = _POWER.sub("e", text).translate(_PLAIN).partition("e")
    power = int(exponent or 0)
    return float(f"{mantissa}e{power}"), 10.0 ** (power - len(mantissa.partition(".")[2]))
