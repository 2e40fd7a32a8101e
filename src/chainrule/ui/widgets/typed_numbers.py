"""Numbers as people type them: read, refused in words, and written so that they can be typed again."""

from __future__ import annotations

import math
import re

from chainrule.explain.sentences.refusals import not_a
from chainrule.explain.writing.numbers import as_typed, format_number, format_short
from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import CONSTANTS
from chainrule.formula.typed_number import constant_number

# Digits and blanks are taken once and for all: thousands of them would be divided up in each way otherwise.
_NUMBER = re.compile(r"[+-]?(\d++\.?\d*+|\.\d++)(e[+-]?\d++)?", re.ASCII | re.IGNORECASE)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
# What tells a formula from a number or from a word: an operator behind the sign, a bracket, or pi.
_FORMULA = re.compile(
    r"\s*+[-+−]*+\s*+(?:[^-+−\s].*[-+*/^()−·×÷⁻⁰¹²³⁴-⁹]|\().*|.*(?<![^\W\d_])pi(?![^\W_]).*", re.DOTALL
)
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)", re.ASCII)
_CALL = re.compile(r"[^\W\d]\s*\(")
# Longer ones are shown with fewer significant digits.
LONGEST, SHORT = 9, 6
# Digits of an integer; Python itself refuses to read thousands of them.
MOST_DIGITS = 40
LARGEST_EXACT = 2**53


def parse_number(text: str) -> float:
    """Return a finite number as people type it, `1e6` or `0,5`, or as a formula of numbers, `1/3` or `sqrt(2)/2`.

    Raise `ValueError`, which says what is wrong with it, where it is none; of a formula a `FormulaError`, which says
    where.
    """
    number = _plain_number(text)
    if number is not None:
        return number
    if text.lstrip().startswith("="):
        # As in a spreadsheet.
        return _worked_out(_without_equals(text))
    if _NOT_FINITE.fullmatch(as_typed(text.strip())):
        raise ValueError(not_a("a finite number", text))
    if is_formula(text):
        return _worked_out(text)
    raise ValueError(not_a("a number", text))


def is_number(text: str) -> bool:
    """Return whether a text is one number, or a formula of numbers; `0,25` is, and a row of two as well."""
    try:
        parse_number(text)
    except ValueError:
        return False
    return True


def is_formula(text: str) -> bool:
    """Return whether a text is meant as a formula of numbers, right or wrong, rather than as one number or a word."""
    if _plain_number(text, is_checked=False) is not None:
        return False
    text = _without_equals(text)
    return bool(_FORMULA.fullmatch(text)) or text.strip().lstrip("+-−").strip() in CONSTANTS


def wrong_place(text: str) -> int | None:
    """Return at which character a typed formula cannot be read; None where it can, and of what is no formula."""
    try:
        parse_number(text)
    except FormulaError as error:
        return error.at
    except ValueError:
        pass
    return None


def _plain_number(text: str, *, is_checked: bool = True) -> float | None:
    """Return the number of a text that is nothing but one, or None; where asked, refuse one that is not finite."""
    cleaned = as_typed(text.strip())
    if cleaned.count(",") == 1 and "." not in cleaned:
        cleaned = cleaned.replace(",", ".")
    if not _NUMBER.fullmatch(cleaned):
        return None
    number = float(cleaned)
    if is_checked and not math.isfinite(number):
        raise ValueError(not_a("a finite number", text))
    return number


def _without_equals(text: str) -> str:
    """Return a text without the sign that a spreadsheet's formulas begin with; as many characters as before."""
    return text.replace("=", " ", 1) if text.lstrip().startswith("=") else text


def _worked_out(text: str) -> float:
    """Return the number of a formula; commas between digits are decimal where no function has several arguments."""
    if "." not in text and not _CALL.search(text):
        # As many characters as before: a place in it is one in what was typed.
        text = _DECIMAL_COMMA.sub(".", text)
    return constant_number(text)


def is_not_finite(text: str) -> bool:
    """Return whether a text says NaN or infinity."""
    return bool(_NOT_FINITE.fullmatch(text.strip().replace("−", "-")))


def parse_integer(text: str) -> int:
    """Return an integer as people type it, or as a formula of numbers: `2*50`; or raise `ValueError` as above."""
    cleaned = text.strip().replace("−", "-")
    if _INTEGER.fullmatch(cleaned) and len(cleaned) <= MOST_DIGITS:
        return int(cleaned)
    if is_formula(text):
        number = _worked_out(_without_equals(text))
        # Beyond that not every whole number is a float.
        if number.is_integer() and abs(number) <= LARGEST_EXACT:
            return int(number)
    raise ValueError(not_a("a whole number", text))


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
