"""How a gradient came to be, as parts of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chainrule.explain.documents.parts import Formulas, Heading, Paragraph, Part
from chainrule.explain.sentences.refusals import as_sentence

if TYPE_CHECKING:
    from chainrule.explain.derivation.derivation import Derivation, DerivationRow, DerivationSection


def derivation_parts(derivation: Derivation) -> tuple[Part, ...]:
    """Return each section with a formula for each of its rows, and one for what they make."""
    return tuple(part for section in derivation.sections for part in _section(section))


def _section(section: DerivationSection) -> Iterator[Part]:
    yield Heading(section.title, level=3)
    items = [(row.what, row_latex(row)) for row in section.rows]
    if len(section.rows) > 1:
        items.append(("together" if section.is_sum else "multiplied", _result(section)))
    yield Formulas(tuple(items))
    for row in section.rows:
        if row.note:
            yield Paragraph(as_sentence(row.note))


def row_latex(row: DerivationRow) -> str:
    """Return the formula of a row, and its derivative in each form that it has, in numbers, and as a number."""
    of = rf"{row.of} = {' '.join(row.formula)} \Rightarrow " if row.of else ""
    return of + " = ".join(side for side in (row.left, *map(" ".join, row.sides), row.number) if side)


def _result(section: DerivationSection) -> str:
    between = " " if section.is_sum else r" \cdot "
    sides = (section.left, between.join(section.symbols), between.join(section.numbers), section.number)
    return " = ".join(side for side in sides if side)
