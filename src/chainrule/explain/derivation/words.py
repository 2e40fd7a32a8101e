"""A derivation as plain text: for a screen reader, and to be copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import tidy

if TYPE_CHECKING:
    from chainrule.explain.derivation.derivation import Derivation, DerivationRow, DerivationSection


def derivation_in_words(derivation: Derivation) -> str:
    """Return all of it, a line for each row."""
    return "\n".join(line for section in derivation.sections for line in _lines(section))


def _lines(section: DerivationSection) -> list[str]:
    rows = [f"{row.what}: {_row(row)}" for row in section.rows]
    between = r"\cdot " if not section.is_sum else " "
    sides = (section.left, between.join(section.symbols), between.join(section.numbers), section.number)
    if len(rows) == 1:
        return [f"{section.title}:", *rows]
    return [f"{section.title}:", *rows, " = ".join(latex_to_text(tidy(side)) for side in sides if side)]


def _row(row: DerivationRow) -> str:
    sides = (row.left, *map(" ".join, row.sides), row.number)
    derivative = " = ".join(latex_to_text(tidy(side)) for side in sides if side)
    if not row.of:
        return derivative
    return f"{latex_to_text(tidy(row.of))} = {latex_to_text(tidy(' '.join(row.formula)))}, so {derivative}"
