"""The tree of a formula: numbers, names with indices, operations, calls, cases, and sums over an index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


class _Node:
    """What has its hash worked out once: formulas are looked up by what they are, and are large."""

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            found = hash((type(self), *(getattr(self, name) for name in self.__match_args__)))  # type: ignore[attr-defined]
            object.__setattr__(self, "_hash", found)
            return found


RELATIONS = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Rational(_Node):
    """A number, exactly as it was written: 0.1 is one tenth."""

    __hash__ = _Node.__hash__

    value: Fraction


@dataclass(frozen=True, slots=True)
class Constant(_Node):
    """A number that has a name: pi or e."""

    __hash__ = _Node.__hash__

    name: str


@dataclass(frozen=True, slots=True)
class Symbol(_Node):
    """A value by its name; one element of it where it has indices, which are counted from 0."""

    __hash__ = _Node.__hash__

    name: str
    indices: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Add(_Node):
    """A sum of two terms or more; what is subtracted is a `Negative`."""

    __hash__ = _Node.__hash__

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Negative(_Node):
    """Minus a formula."""

    __hash__ = _Node.__hash__

    body: Expr


@dataclass(frozen=True, slots=True)
class Multiply(_Node):
    """A product of two factors or more."""

    __hash__ = _Node.__hash__

    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Divide(_Node):
    """A quotient."""

    __hash__ = _Node.__hash__

    top: Expr
    bottom: Expr


@dataclass(frozen=True, slots=True)
class Power(_Node):
    """A base raised to an exponent."""

    __hash__ = _Node.__hash__

    base: Expr
    exponent: Expr


@dataclass(frozen=True, slots=True)
class Call(_Node):
    """A function of one argument or two, by its name in `functions.FUNCTIONS`."""

    __hash__ = _Node.__hash__

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Compare(_Node):
    """1 where a relation holds and 0 elsewhere; nothing holds for what is not a number, but that it differs."""

    __hash__ = _Node.__hash__

    relation: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Cases(_Node):
    """The first formula whose condition is not 0, or the one that holds otherwise."""

    __hash__ = _Node.__hash__

    cases: tuple[tuple[Expr, Expr], ...]
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Sum(_Node):
    """The sum of a formula over all values of an index; `index` is bound in `body`."""

    __hash__ = _Node.__hash__

    index: str
    body: Expr


Expr: TypeAlias = (
    Rational | Constant | Symbol | Add | Negative | Multiply | Divide | Power | Call | Compare | Cases | Sum
)

ZERO, ONE, TWO = (Rational(Fraction(n)) for n in range(3))


def number(value: int | float | Fraction) -> Rational:
    """Return a number of the tree; a float stands for its shortest decimal, so that 0.1 is one tenth."""
    return Rational(Fraction(repr(value)) if isinstance(value, float) else Fraction(value))


def parts(expr: Expr) -> tuple[Expr, ...]:
    """Return the formulas that a formula is directly made of, its indices among them."""
    match expr:
        case Symbol(indices=found) | Add(terms=found) | Multiply(factors=found) | Call(arguments=found):
            return found
        case Negative(body) | Sum(body=body):
            return (body,)
        case Divide(left, right) | Power(left, right) | Compare(left=left, right=right):
            return (left, right)
        case Cases(cases, otherwise):
            return (*(part for case in cases for part in case), otherwise)
        case _:
            return ()


def with_parts(expr: Expr, made: tuple[Expr, ...]) -> Expr:
    """Return the same kind of formula, made of others: the inverse of `parts`."""
    match expr:
        case Symbol(name):
            return Symbol(name, made)
        case Add():
            return Add(made)
        case Multiply():
            return Multiply(made)
        case Call(function):
            return Call(function, made)
        case Negative():
            return Negative(*made)
        case Sum(index):
            return Sum(index, *made)
        case Divide():
            return Divide(*made)
        case Power():
            return Power(*made)
        case Compare(relation):
            return Compare(relation, *made)
        case Cases():
            *pairs, otherwise = made
            return Cases(tuple(zip(pairs[::2], pairs[1::2], strict=True)), otherwise)
        case _:
            return expr


def rebuilt(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return the formula with each of its direct parts changed; itself where none is another."""
    old = parts(expr)
    new = tuple(map(change, old))
    return expr if all(a is b for a, b in zip(old, new, strict=True)) else with_parts(expr, new)


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield a formula and all that it is made of, each before its parts."""
    waiting = [expr]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(parts(found)))


def symbols_of(expr: Expr) -> tuple[str, ...]:
    """Return the names that a formula reads, in the order in which they are first written; indices are none of them."""
    names: dict[str, None] = {}

    def find(found: Expr) -> None:
        if isinstance(found, Symbol):
            names[found.name] = None
            return
        for part in parts(found):
            find(part)

    find(expr)
    return tuple(names)


def substituted(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """Return the formula with other formulas for names that have no index; a sum's own index is left alone."""
    match expr:
        case Symbol(name, ()):
            return values.get(name, expr)
        case Sum(index, _) if index in values:
            return substituted(expr, {name: value for name, value in values.items() if name != index})
        case _:
            return rebuilt(expr, lambda part: substituted(part, values))
