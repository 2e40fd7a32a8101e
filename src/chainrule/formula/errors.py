"""What is wrong with a formula that was typed, and where."""

from __future__ import annotations

from collections.abc import Iterable


class FormulaError(ValueError):
    """A formula that cannot be read: what is wrong, in which text, at which character of it, and what is allowed there.

    `at` is None where all of the formula is wrong.
    """

    def __init__(self, message: str, text: str, at: int | None = None) -> None:
        super().__init__(message)
        self.message, self.text, self.at = message, text, at

    def __str__(self) -> str:
        return self.message if self.at is None else f"character {self.at + 1}: {self.message}"


def joined(names: list[str]) -> str:
    """Return names in words: `x`, `x and y`, `x, y and z`."""
    *others, final = names or [""]
    return f"{', '.join(others)} and {final}" if others else final


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that a name was nearly; empty where there is none."""
    # Only where something is wrong: a start need not wait for it.
    from difflib import get_close_matches  # noqa: PLC0415

    return next(iter(get_close_matches(name, list(known), 1)), "")
