"""Formulas with one thing wrong: a factor left out, a sign turned round, one case in the place of another.

What is altered is told by the tree alone, so that it is found for every formula of the tables and for typed ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from chainrule.formula.differentiate import multiplied, negative
from chainrule.formula.tree import (
    ONE,
    Add,
    Call,
    Cases,
    Compare,
    Divide,
    Expr,
    Multiply,
    Negative,
    Power,
    Rational,
    Sum,
    Symbol,
    number,
    parts,
    substituted,
    with_parts,
)

# Of a longer formula only so many alterations are tried, and sums of more terms are not taken apart.
MOST_ALTERED = 60
MOST_TERMS = 8


class FormulaChange(Enum):
    """What is wrong in a formula."""

    FACTOR_LEFT_OUT = "factor left out"
    TERM_LEFT_OUT = "term left out"
    SIGN = "sign"
    NOT_DIVIDED = "not divided"
    NOT_RAISED = "not raised"
    FUNCTION_LEFT_OUT = "function left out"
    OTHER_CASE = "other case"
    ONE_TERM = "one term"
    TERM_OF_SUM_LEFT_OUT = "term of sum left out"
    AVERAGED = "averaged"


@dataclass(frozen=True, slots=True)
class AlteredFormula:
    """A formula with one change. `part` is what was left out, turned round or taken in the place of the right one.

    Of a sum over an index, `letter` is the index and `place` the only term that is left, or the one that is missing.
    """

    tree: Expr
    change: FormulaChange
    part: Expr
    letter: str = ""
    place: int = 0


def altered(tree: Expr, sizes: Mapping[str, int]) -> tuple[AlteredFormula, ...]:
    """Return the formula with each change that can be made in one place; `sizes` are how many places letters have."""
    # A minus is found as the sign of its term, and by itself.
    found = {each.tree: each for each in reversed(tuple(islice(_altered(tree, sizes), MOST_ALTERED)))}
    return tuple(each for each in reversed(found.values()) if each.tree != tree)


def _altered(tree: Expr, sizes: Mapping[str, int]) -> Iterator[AlteredFormula]:
    yield from _here(tree, sizes)
    if isinstance(tree, Symbol | Compare):
        # An index is no number of the calculation, and a condition none that is written down.
        return
    own = parts(tree)
    for at, part in enumerate(own):
        if isinstance(tree, Power) and at:
            continue
        for found in _altered(part, sizes):
            whole = with_parts(tree, (*own[:at], found.tree, *own[at + 1 :]))
            yield AlteredFormula(whole, found.change, found.part, found.letter, found.place)


def _here(tree: Expr, sizes: Mapping[str, int]) -> Iterator[AlteredFormula]:
    """Yield the changes of what a formula is at its top."""
    match tree:
        case Multiply(factors):
            kept = [at for at, factor in enumerate(factors) if factor != ONE]
            for at in kept:
                yield AlteredFormula(multiplied([*_without(factors, at)]), FormulaChange.FACTOR_LEFT_OUT, factors[at])
        case Add(terms):
            yield from _of_terms(terms)
        case Divide(top, bottom):
            yield AlteredFormula(top, FormulaChange.NOT_DIVIDED, bottom)
        case Power(base, exponent):
            yield AlteredFormula(base, FormulaChange.NOT_RAISED, exponent)
        case Negative(body):
            yield AlteredFormula(body, FormulaChange.SIGN, body)
        case Call(_, (Rational(),)):
            return
        case Call(_, (argument,)):
            yield AlteredFormula(argument, FormulaChange.FUNCTION_LEFT_OUT, tree)
        case Call(_, others):
            yield from (AlteredFormula(each, FormulaChange.OTHER_CASE, each) for each in others)
        case Cases(cases, otherwise):
            found = dict.fromkeys((*(then for _, then in cases), otherwise))
            yield from (AlteredFormula(each, FormulaChange.OTHER_CASE, each) for each in found)
        case Sum(index, body):
            yield from _of_sum(index, body, sizes.get(index, 1))


def _of_terms(terms: tuple[Expr, ...]) -> Iterator[AlteredFormula]:
    for at, term in enumerate(terms):
        left = _without(terms, at)
        bare = term.body if isinstance(term, Negative) else term
        yield AlteredFormula(left[0] if len(left) == 1 else Add(left), FormulaChange.TERM_LEFT_OUT, bare)
    for at, term in enumerate(terms):
        bare = term.body if isinstance(term, Negative) else term
        yield AlteredFormula(Add((*terms[:at], negative(term), *terms[at + 1 :])), FormulaChange.SIGN, bare)


def _of_sum(index: str, body: Expr, size: int) -> Iterator[AlteredFormula]:
    if size == 1:
        return
    whole = Sum(index, body)
    yield AlteredFormula(Divide(whole, number(size)), FormulaChange.AVERAGED, body, index)
    if size > MOST_TERMS:
        return
    for place in range(size):
        term = substituted(body, {index: number(place)})
        yield AlteredFormula(term, FormulaChange.ONE_TERM, term, index, place)
        if size > 2:  # noqa: PLR2004 - of two terms one is left
            yield AlteredFormula(Add((whole, negative(term))), FormulaChange.TERM_OF_SUM_LEFT_OUT, term, index, place)


def _without(found: tuple[Expr, ...], at: int) -> tuple[Expr, ...]:
    return (*found[:at], *found[at + 1 :])
