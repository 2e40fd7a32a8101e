"""Numbers that are part of a formula, and have a letter of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SymbolicConstant:
    """A number that is part of a formula: its symbol in LaTeX, and its value."""

    symbol: str
    value: float
