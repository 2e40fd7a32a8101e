"""Fields for what is not one number: a list of numbers, or an expression."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from chainrule.explain.sentences.refusals import not_a
from chainrule.explain.writing.numbers import format_number
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.typed_numbers import full_text, parse_number, short_text

# How a number by name is written.
EXAMPLE = "none; such as v = 0"


class NumbersField(Field):
    """A field for a list of numbers: `30, 80`. With a decimal comma in one of them, semicolons stand between them."""

    def parse(self, text: str) -> tuple[float, ...]:
        """Return the numbers that a text stands for, or raise `ValueError`."""
        between = ";" if ";" in text else "," if "," in text else None
        parts = [part for part in text.strip().strip("[]()").split(between) if part.strip()]
        try:
            return tuple(parse_number(part) for part in parts)
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
        for part in text.split(";" if ";" in text else ","):
            name, equals, number = part.partition("=")
            if not part.strip():
                continue
            if not equals or not name.strip() or name.strip() in found:
                raise ValueError(not_a("names with a number each, such as v = 0, m = 0.5", text))
            found[name.strip()] = parse_number(number)
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
