"""The field for a number that a person worked out."""

from __future__ import annotations

from chainrule.lessons.given_number import given_number
from chainrule.ui.widgets.fields import Field


class GivenField(Field):
    """A field for a number that was worked out: its digits say how exact it is, so it stays as it is typed."""

    def parse(self, text: str) -> str:
        """Return the text of a number, or raise `ValueError`."""
        return given_number(text).text

    def full_text(self, value: str | None) -> str:
        """Return what was typed."""
        return value or ""

    def short_text(self, value: str | None) -> str:
        """Return the same: a digit less would be another number."""
        return value or ""
