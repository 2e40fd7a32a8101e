"""Counts as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

from chainrule.explain.sentences.refusals import as_sentence
from chainrule.ui.widgets.typed_numbers import is_formula, parse_integer

# Groups of three digits, with one of these between them.
_GROUPED = re.compile(r"\d{1,3}([,'_ \u00a0\u2009\u202f])\d{3}(\1\d{3})*", re.ASCII)
_PLAIN = re.compile(r"\d{1,40}(\.0*)?|\d{1,15}(\.\d{0,15})?e\+?\d{1,2}", re.ASCII | re.IGNORECASE)
_NEGATIVE = re.compile(r"[-−]\s*\d.*", re.ASCII)


def parse_count(text: str, least: int, most: int) -> int:
    """Return the whole number of a text, `1000`, `1,000`, `1e3`, `2*50`, or raise `ValueError` with a sentence."""
    cleaned = text.strip()
    if not cleaned:
        raise ValueError(f"Type a whole number from {least:,} to {most:,}.")
    if grouped := _GROUPED.fullmatch(cleaned):
        cleaned = cleaned.replace(grouped[1], "")
    elif is_formula(cleaned) and not _NEGATIVE.fullmatch(cleaned):
        cleaned = _worked_out(cleaned)
    if not _PLAIN.fullmatch(cleaned):
        if _NEGATIVE.fullmatch(cleaned):
            raise ValueError(f"The number must be from {least:,} to {most:,}.")
        raise ValueError(f"A whole number is needed, such as {max(least, 100):,}.")
    number = Decimal(cleaned)
    if number != int(number):
        raise ValueError(f"A whole number is needed, such as {max(least, 100):,}.")
    if not least <= number <= most:
        raise ValueError(f"The number must be from {least:,} to {most:,}.")
    return int(number)


def _worked_out(formula: str) -> str:
    try:
        return str(parse_integer(formula))
    except ValueError as error:
        raise ValueError(as_sentence(str(error))) from None
