"""Numbers as people type them: read, refused in words, and written so that they can be typed again."""

from __future__ import annotations

import math
import re

from chainrule.explain.sentences.refusals import not_a
from chainrule.explain.writing.numbers import as_typed, format_number, format_short

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
# Longer ones are shown with fewer significant digits.
LONGEST, SHORT = 9, 6
# Digits of an integer; Python itself refuses to read thousands of them.
MOST_DIGITS = 40


def parse_number(text: str) -> float:
    """Return a finite number as people type it, `1e6` or `0,5`.

    Raise `ValueError`, which says what is wrong with it, where it is none.
    """
    cleaned = as_typed(text.strip())
    if cleaned.count(",") == 1 and "." not in cleaned:
        cleaned = cleaned.replace(",", ".")
    if _NUMBER.fullmatch(cleaned):
        number = float(cleaned)
        if math.isfinite(number):
            return number
    elif not _NOT_FINITE.fullmatch(cleaned):
        raise ValueError(not_a("a number", text))
    raise ValueError(not_a("a finite number", text))


def is_not_finite(text: str) -> bool:
    """Return whether a text says NaN or infinity."""
    return bool(_NOT_FINITE.fullmatch(text.strip().replace("−", "-")))


def parse_integer(text: str) -> int:
    """Return an integer as people type it, or raise `ValueError` that says what is wrong with it."""
    cleaned = text.strip().replace("−", "-")
    if not _INTEGER.fullmatch(cleaned) or len(cleaned) > MOST_DIGITS:
        raise ValueError(not_a("a whole number", text))
    return int(cleaned)


def full_text(number: float) -> str:
    """Return every digit, as it can be typed: `0.1`, `1e-05`, `3`."""
    return repr(number).removesuffix(".0")


def short_text(number: float) -> str:
    """Return the number as it is written everywhere, with six significant digits where it would be long."""
    if isinstance(number, int):
        return full_text(number).replace("-", "−")
    text = format_number(number, None)
    return text if len(text) <= LONGEST else format_short(number, SHORT)


def nudged(number: float, up: bool) -> float:
    """Return one unit of the first digit more or less: 0.01 goes up to 0.02 and down to 0.009; 0 goes to 0.1."""
    if not number:
        return 0.1 if up else -0.1
    exponent = math.floor(math.log10(abs(number)))
    away = up == (number > 0)
    # Towards zero from a power of ten the first digit is one place lower.
    if not away and abs(number) <= 10.0**exponent:
        exponent -= 1
    step = 10.0**exponent if up else -(10.0**exponent)
    return round(number + step, max(0, 12 - exponent))
