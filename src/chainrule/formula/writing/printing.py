"""How a formula is written: brackets come from precedence in the tree, in whichever notation.

Numbers in the place of names go through the same walk, as leaves with a precedence of their own: a negative one is
bracketed where a minus would be, one with a power of ten where a product would be. So the symbols and the numbers of an
equation are two readings of one tree.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple, Protocol

from chainrule.formula.tree import (
    Add,
    Call,
    Cases,
    Compare,
    Constant,
    Divide,
    Expr,
    Multiply,
    Negative,
    Power,
    Rational,
    Sum,
    Symbol,
)


class Level(IntEnum):
    """How tightly what is written holds together, from the loosest on."""

    RELATION = 0
    SUM = 1
    NEGATIVE = 2
    # A number with a power of ten: a product that is to be seen as one number.
    SCALED = 3
    PRODUCT = 4
    QUOTIENT = 5
    POWER = 6
    ATOM = 7


class Printed(NamedTuple):
    """What was written of a formula, and how tightly it holds together."""

    text: str
    level: Level = Level.ATOM


# What stands for a name: its symbol or its number.
Leaf = Callable[[Symbol], Printed]


class Printer(Protocol):
    """A way to write each kind of formula, given its parts; `within` brackets a part that is looser than a level."""

    # What the factors of a product and the parts of a quotient have to hold together at least.
    factor: Level
    over: Level

    def number(self, found: Rational) -> Printed:
        """Write a number that stands in the formula."""

    def constant(self, name: str) -> Printed:
        """Write pi or e."""

    def brackets(self, text: str) -> str:
        """Write something in brackets."""

    def terms(self, written: list[tuple[str, str]]) -> str:
        """Write the terms of a sum, each with its sign; that of the first is empty or a minus."""

    def product(self, factors: list[tuple[Expr, str]]) -> str:
        """Write factors side by side, each with the formula that it was."""

    def quotient(self, top: str, bottom: str) -> Printed:
        """Write one over the other."""

    def power(self, raised: Expr, base: str, exponent: Printed) -> Printed:
        """Write a base, which holds together, raised; `raised` is the formula that it was."""

    def call(self, function: str, arguments: list[Printed]) -> Printed:
        """Write a function of its arguments."""

    def relation(self, sign: str, left: str, right: str) -> Printed:
        """Write a comparison."""

    def cases(self, cases: list[tuple[str, str]], otherwise: str) -> Printed:
        """Write pairs of a condition and what holds then."""

    def sum(self, index: str, body: Printed) -> Printed:
        """Write the sum over an index."""


def written(expr: Expr, notation: Printer, leaf: Leaf) -> Printed:
    """Return a formula in a notation; `leaf` writes its names."""

    def of(part: Expr) -> Printed:
        return written(part, notation, leaf)

    def within(part: Expr, least: Level) -> str:
        return bracketed(of(part), least, notation)

    match expr:
        case Rational():
            return notation.number(expr)
        case Constant(name):
            return notation.constant(name)
        case Symbol():
            return leaf(expr)
        case Add(terms):
            return Printed(
                notation.terms([term_text(term, place, notation, leaf) for place, term in enumerate(terms)]), Level.SUM
            )
        case Negative(body):
            return Printed(notation.terms([("-", within(body, Level.PRODUCT))]), Level.NEGATIVE)
        case Multiply(factors):
            # A sum over an index reaches to the end of its term: it is bracketed where more factors follow.
            least = [Level.PRODUCT, *(notation.factor for _ in factors[1:])]
            least[-1] = Level.NEGATIVE if isinstance(factors[-1], Sum) else least[-1]
            shown = [(each, within(each, level)) for each, level in zip(factors, least, strict=True)]
            return Printed(notation.product(shown), Level.PRODUCT)
        case Divide(top, bottom):
            return notation.quotient(within(top, _top(notation)), within(bottom, notation.over))
        case Power(base, exponent):
            return notation.power(base, within(base, Level.ATOM), of(exponent))
        case Call(function, arguments):
            return notation.call(function, [of(argument) for argument in arguments])
        case Compare(relation, left, right):
            return notation.relation(relation, within(left, Level.SUM), within(right, Level.SUM))
        case Cases(cases, otherwise):
            pairs = [(of(condition).text, of(then).text) for condition, then in cases]
            return notation.cases(pairs, of(otherwise).text)
        case Sum(index, body):
            return notation.sum(index, of(body))


def bracketed(found: Printed, least: Level, notation: Printer) -> str:
    """Return what was written, in brackets where it is looser than it has to be."""
    return found.text if found.level >= least else notation.brackets(found.text)


def _top(notation: Printer) -> Level:
    """Write what stands first in a quotient: it may be a product, where a quotient is written in a line."""
    return min(notation.over, Level.PRODUCT)


def sign_apart(term: Expr, place: int) -> tuple[str, Expr]:
    """Return the sign of a term of a sum, and what follows it; the first one's is written where it is a minus."""
    if isinstance(term, Negative):
        return "-", term.body
    if isinstance(term, Rational) and term.value < 0:
        return "-", Rational(-term.value)
    return ("+" if place else ""), term


def term_text(term: Expr, place: int, notation: Printer, leaf: Leaf) -> tuple[str, str]:
    """Return a term of a sum as it is written: its sign, and what follows it."""
    sign, body = sign_apart(term, place)
    # A first negative number may stand as it is; behind a sign it is bracketed.
    least = Level.NEGATIVE if not sign else Level.SCALED
    return sign, bracketed(written(body, notation, leaf), least, notation)
