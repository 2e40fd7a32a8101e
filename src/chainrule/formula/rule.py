"""A formula with the place of each value in it: what a step computes, element by element.

`z[n,o] = sum(i, w[o,i]*x[n,i]) + b[o]` is a formula of w, x and b whose result has the indices n and o. A formula
without indices holds for each element alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from chainrule.formula.differentiate import derivative, multiplied
from chainrule.formula.tree import ZERO, Add, Expr, Rational, Sum, Symbol, parts

# What formulas call the gradient that comes back to a result.
UPSTREAM = "upstream"


@dataclass(frozen=True)
class Rule:
    """What a step computes: the formula of one element of its result, at `indices`.

    `names` are what the formula calls the values that the step reads, in their order; "" stands for one that is handed
    to the computation alone, and that no element depends on.
    """

    formula: Expr
    names: tuple[str, ...]
    indices: tuple[str, ...] = ()

    @cached_property
    def occurrences(self) -> dict[str, tuple[tuple[Expr, ...], ...]]:
        """The indices of each place at which the formula reads a value, by its name.

        An index that a sum runs over is called "": it is that of no element of the result.
        """
        found: dict[str, list[tuple[Expr, ...]]] = {}
        for symbol, summed in _read(self.formula, frozenset()):
            letters = [Symbol(letter) for letter in summed]
            indices = tuple(Symbol("") if index in letters else index for index in symbol.indices)
            found.setdefault(symbol.name, []).append(indices)
        return {name: tuple(places) for name, places in found.items()}

    def reads(self, name: str, at: tuple[int, ...], written: tuple[int, ...]) -> bool | None:
        """Return whether the element `written` is computed from that of a value at some place.

        None where the formula has no indices for the value: each element is then computed from its own.
        """
        places = self.occurrences.get(name, ())
        if not any(places):
            return None
        known = dict(zip(self.indices, written, strict=False))
        return any(_meets(indices, at, known) for indices in places)


def _meets(indices: tuple[Expr, ...], at: tuple[int, ...], known: dict[str, int]) -> bool:
    """Return whether indices can be those of an element: a letter that is summed over, or a value's, can be any."""
    for index, place in zip(indices, at, strict=False):
        if isinstance(index, Rational) and index.value != place:
            return False
        if isinstance(index, Symbol) and not index.indices and known.get(index.name, place) != place:
            return False
    return True


def _read(expr: Expr, summed: frozenset[str]) -> Iterator[tuple[Symbol, frozenset[str]]]:
    """Yield each place where a value is read, those within indices too,
    with the letters that sums around it run over.
    """
    if isinstance(expr, Symbol):
        yield expr, summed
    for part in parts(expr):
        if isinstance(expr, Symbol) and isinstance(part, Symbol) and not part.indices:
            # An index by its letter is no value.
            continue
        yield from _read(part, summed | {expr.index} if isinstance(expr, Sum) else summed)


@lru_cache(maxsize=64)
def pullback(rule: Rule, by: str, upstream: str = UPSTREAM) -> Rule:
    """Return the gradient by a value that the rule's formula reads at one place, from that of its result, `upstream`.

    By the chain rule it is the sum of upstream times the derivative, over every index that the value does not have.
    """
    (place,) = (symbol for symbol, _ in _read(rule.formula, frozenset()) if symbol.name == by)
    indices = tuple(index.name for index in place.indices if isinstance(index, Symbol) and not index.indices)
    if len(indices) != len(place.indices):
        raise ValueError(f"the indices of {by} are no letters")
    found = multiplied([Symbol(upstream, tuple(map(Symbol, rule.indices))), _local(rule.formula, place, set(indices))])
    for letter in reversed([letter for letter in rule.indices if letter not in indices]):
        found = Sum(letter, found)
    return Rule(found, tuple(name for name in (upstream, *rule.names) if _is_read(found, name)), indices)


def _local(expr: Expr, by: Symbol, indices: set[str]) -> Expr:
    """Return the derivative by an element:
    a sum over one of its indices comes down to the term that has the element.
    """
    if isinstance(expr, Sum) and expr.index in indices:
        return _local(expr.body, by, indices)
    if isinstance(expr, Sum):
        inner = _local(expr.body, by, indices)
        return inner if inner == ZERO else Sum(expr.index, inner)
    found = [part for part in _terms(expr) if any(each == by for each, _ in _read(part, frozenset()))]
    if len(found) == 1 and found[0] is not expr:
        return _local(found[0], by, indices)
    return derivative(expr, by)


def _terms(expr: Expr) -> tuple[Expr, ...]:
    return expr.terms if isinstance(expr, Add) else (expr,)


def _is_read(expr: Expr, name: str) -> bool:
    return any(symbol.name == name for symbol, _ in _read(expr, frozenset()))
