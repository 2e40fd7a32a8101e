"""What is wrong with a formula that was typed, and where."""

from __future__ import annotations


class FormulaError(ValueError):
    """A formula that cannot be read: what is wrong, at which character of which text, and what is allowed there."""

    def __init__(self, message: str, text: str, at: int) -> None:
        super().__init__(message)
        self.message, self.text, self.at = message, text, at

    def __str__(self) -> str:
        return f"character {self.at + 1}: {self.message}"


def listed(names: list[str], last: str = "and") -> str:
    """Names in words: `x`, `x and y`, `x, y and z`."""
    *others, final = names or [""]
    return f"{', '.join(others)} {last} {final}" if others else final
