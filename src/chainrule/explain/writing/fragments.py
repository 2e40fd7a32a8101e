r"""Parts of formulas: LaTeX fragments that a line may break between, factors of the chain rule, sums and matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.context import Context, Index
from chainrule.explain.writing.symbols import signed_latex

# A longer sum shows its first terms and its last, and the sum of those between.
MOST_TERMS = 6
FIRST_TERMS = 3
# e to the power of more is written with the largest power taken off: float32 holds no larger number.
LARGEST_POWER = 80.0

Fragments = tuple[str, ...]
RefIndex = tuple[ValueRef, Index]
Product = tuple[RefIndex, RefIndex]


@dataclass(frozen=True, slots=True)
class Factor:
    """One multiplier of the chain rule: its symbol and its number in LaTeX, and the number itself."""

    symbol: str
    number: str
    value: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix of LaTeX numbers behind an equation, and the formula of one of its entries; large ones with gaps.

    `column` is the one that the equation reads.
    """

    entry: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    column: int

    @property
    def latex(self) -> str:
        """The matrix with its name."""
        lines = [" & ".join(map(signed_latex, row)) for row in self.rows]
        body = r" \\ ".join(lines)
        return rf"{self.name} = \begin{{pmatrix}}{body}\end{{pmatrix}}"


@dataclass(frozen=True, slots=True)
class Formula:
    """The right-hand sides of an equation; see `Equation`."""

    symbols: Fragments
    numbers: Fragments
    note: str = ""
    samples: tuple[float, ...] = ()
    chain: tuple[Factor, ...] = ()
    matrix: Matrix | None = None
    aside: str = ""


def shown_places(count: int, wanted: int) -> list[int | None]:
    """Return the places of many that are shown, with None for a gap: the first, the wanted one and the last."""
    if count <= MOST_TERMS:
        return list(range(count))
    kept = sorted({*range(FIRST_TERMS), wanted, count - 1})
    places: list[int | None] = []
    for place in kept:
        if places and place - 1 not in kept:
            places.append(None)
        places.append(place)
    return places


def sum_of(count: int, term: Callable[[int], str], between: str = r"\cdots") -> Fragments:
    """Return the terms of a sum, each a fragment; `between` stands for the middle of a long one."""
    if count <= MOST_TERMS:
        shown = [term(i) for i in range(count)]
    else:
        shown = [*map(term, range(FIRST_TERMS)), between, term(count - 1)]
    return (shown[0], *(rf"+\,{fragment}" for fragment in shown[1:]))


def sum_of_numbers(
    c: Context, count: int, term: Callable[[int], str], value: Callable[[int], float], name: str = "terms"
) -> Fragments:
    """Return the same in numbers.

    The middle of a long one is written as its sum, so that all of it can be worked out.
    """
    if count <= MOST_TERMS:
        return sum_of(count, term)
    between = range(FIRST_TERMS, count - 1)
    written = c.left_out(name, lambda: map(value, between))
    return sum_of(count, term, rf"(\text{{{len(between)} more: }}{signed_latex(written)})")


def sum_of_products(c: Context, count: int, factors: Callable[[int], Product]) -> tuple[Fragments, Fragments]:
    """Return symbols and numbers of a sum of products of two elements."""

    def symbols(i: int) -> str:
        return r"\,".join(c.notation.latex(*element) for element in factors(i))

    def numbers(i: int) -> str:
        return "".join(f"({signed_latex(c.latex(*element))})" for element in factors(i))

    def value(i: int) -> float:
        one, other = factors(i)
        return c.number(*one) * c.number(*other)

    return sum_of(count, symbols), sum_of_numbers(c, count, numbers, value)


def flat(value: object) -> list[float]:
    """Return the numbers of nested lists, in reading order: there can be a million of them."""
    if not isinstance(value, Sequence):
        assert isinstance(value, int | float)
        return [float(value)]
    if len(value) and isinstance(value[0], Sequence):
        return [number for row in value for number in flat(row)]
    return list(value)


def largest_power(powers: Sequence[float]) -> float | None:
    """Return the largest power of e of several, where one is too large to be written as it is."""
    return max(powers) if max(map(abs, powers)) > LARGEST_POWER else None


def taken_off(what: str) -> str:
    """Return what is said where the largest power is taken off from each."""
    return f"m is the largest {what}: taken off, no power of e is too large"


def joined_latex(*notes: str) -> str:
    """Return all that is to be said, in one note."""
    return "; ".join(note for note in notes if note)


def no_case(what: str) -> str:
    """Return what is said where a formula in fragments has none for a number."""
    return f"{what} is not a number (NaN), for which no case holds"


def left_out(count: int) -> str:
    """Return how many terms of a long sum are not shown one by one."""
    return f"{count - FIRST_TERMS - 1} of {count} terms are added up here" if count > MOST_TERMS else ""


def sample_letter(c: Context) -> str:
    """Return what a value of one sample has for an index in a sum over the batch."""
    return "n" if c.batch > 1 else ""


def over_batch(c: Context) -> str:
    """Return LaTeX of the sum over the batch, where there is more than one sample."""
    return r"\sum_{n}" if c.batch > 1 else ""


def fraction(divisor: int) -> str:
    """Return LaTeX of one over a number."""
    return rf"\frac{{1}}{{{divisor}}}"
