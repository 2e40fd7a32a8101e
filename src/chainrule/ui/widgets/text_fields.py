"""Fields for what is not one number: a list of numbers, or an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from chainrule.explain.sentences.refusals import not_a
from chainrule.explain.writing.numbers import format_number
from chainrule.formula.errors import FormulaError
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.typed_numbers import full_text, parse_number, short_text

_LIST = re.compile(r"\s*([(\[].*[)\]])\s*", re.DOTALL)
# How a number by name is written.
EXAMPLE = "none; such as v = 0"


def listed_parts(text: str, *, bare: bool = False) -> Iterator[tuple[int, str]]:
    """Yield what stands between the commas of a list, or its semicolons or blanks, each with where it begins.

    Brackets may stand around the list, unless it is `bare`; a comma within brackets is one of a function.
    """
    begin, end = 0, len(text)
    if not bare and (inner := _LIST.fullmatch(text)) and _is_closed_at_end(inner[1]):
        begin, end = inner.start(1) + 1, inner.end(1) - 1
    list_text = text[:end]
    between = ";" if ";" in list_text else "," if "," in _outside(list_text[begin:]) else "," if bare else " "
    depth, start = 0, begin
    for at, sign in enumerate(list_text[begin:] + between, begin):
        depth += (sign in "([") - (sign in ")]")
        if at == end or (depth <= 0 and (sign == between or (between == " " and sign.isspace()))):
            if list_text[start:at].strip():
                yield start, list_text[start:at]
            start = at + 1


def _outside(text: str) -> str:
    """Return what stands outside of brackets."""
    depth, found = 0, []
    for sign in text:
        depth += sign in "(["
        if depth <= 0:
            found.append(sign)
        depth -= sign in ")]"
    return "".join(found)


def _is_closed_at_end(text: str) -> bool:
    """Return whether the bracket that a text begins with is the one that it ends with."""
    return not _outside(text)


def _number_in(text: str, at: int, part: str) -> float:
    """Return the number of a part of a text; where it cannot be read, the error says where in all of it."""
    try:
        return parse_number(part)
    except FormulaError as error:
        raise FormulaError(error.message, text, None if error.at is None else at + error.at) from None


class NumbersField(Field):
    """A field for a list of numbers: `30, 80`. With a decimal comma in one of them, semicolons stand between them."""

    def parse(self, text: str) -> tuple[float, ...]:
        """Return the numbers that a text stands for, or raise `ValueError`."""
        try:
            return tuple(_number_in(text, *part) for part in listed_parts(text))
        except FormulaError:
            raise
        except ValueError:
            raise ValueError(not_a("a list of numbers with commas between them", text)) from None

    def full_text(self, value: Any) -> str:
        """Return every digit of each."""
        return ", ".join(map(full_text, value))

    def written_text(self, value: Any) -> str:
        """Return every digit of each, as it is written everywhere."""
        return ", ".join(format_number(number, None) for number in value)

    def short_text(self, value: Any) -> str:
        """Return the numbers with as many digits as other fields show."""
        return ", ".join(map(short_text, value))


class IntegersField(NumbersField):
    """A field for a list of whole numbers: `4, 4`; it may be empty."""

    def parse(self, text: str) -> tuple[int, ...]:
        """Return the whole numbers that a text stands for, or raise `ValueError`."""
        refusal = ValueError(not_a("a list of whole numbers with commas between them", text))
        try:
            numbers = super().parse(text)
        except FormulaError:
            raise
        except ValueError:
            raise refusal from None
        if not all(number.is_integer() for number in numbers):
            raise refusal
        return tuple(map(int, numbers))


class NamedNumbersField(Field):
    """A field for numbers by name: `v = 0, m = 0.5`. Semicolons or commas stand between them; it may be empty."""

    def __init__(self, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None) -> None:
        super().__init__(appearance, refusals, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.set_optional(False)

    def set_optional(self, optional: bool, when_empty: str = EXAMPLE) -> None:
        """Let an empty one stand for no numbers, and show how one is written."""
        super().set_optional(optional, when_empty)
        self.setPlaceholderText(when_empty)

    def parse(self, text: str) -> dict[str, float]:
        """Return the numbers that a text stands for, or raise `ValueError`."""
        found: dict[str, float] = {}
        for at, part in listed_parts(text, bare=True):
            name, equals, number = part.partition("=")
            if not part.strip():
                continue
            if not equals or not name.strip() or name.strip() in found:
                raise ValueError(not_a("names with a number each, such as v = 0, m = 0.5", text))
            found[name.strip()] = _number_in(text, at + len(name) + 1, number)
        return found

    def full_text(self, value: Any) -> str:
        """Return every digit of each."""
        return ", ".join(f"{name} = {full_text(number)}" for name, number in value.items())

    def short_text(self, value: Any) -> str:
        """Return the numbers with as many digits as other fields show."""
        return ", ".join(f"{name} = {short_text(number)}" for name, number in value.items())


class ExpressionField(Field):
    """A field for an expression, which the session checks."""

    def __init__(self, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None) -> None:
        super().__init__(appearance, refusals, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft)

    def parse(self, text: str) -> str:
        """Return what was typed."""
        return text.strip()

    def full_text(self, value: Any) -> str:
        """Return all of it."""
        return str(value)

    def short_text(self, value: Any) -> str:
        """Return all of it."""
        return str(value)
