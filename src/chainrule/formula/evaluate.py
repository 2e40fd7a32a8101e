"""One element of a formula as a Python float, as IEEE 754 has it: nothing raises, and what has no value is NaN."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from chainrule.formula.functions import FUNCTIONS, power, quotient
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

CONSTANTS = {"pi": math.pi, "e": math.e}
_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# What a name stands for, at whole-number indices.
ElementReader = Callable[[str, tuple[int, ...]], float]
# A formula that gives its number: from what names stand for, how many values each index has that is summed over, and
# where the indices are of the sums that it stands in.
Prepared = Callable[[ElementReader, Mapping[str, int], Mapping[str, int]], float]


def evaluate(expr: Expr, value: ElementReader, sizes: Mapping[str, int] | None = None) -> float:
    """Return the number that a formula gives where its names have these values.

    `sizes` says how many values each index has that is summed over.
    """
    return prepared(expr)(value, sizes or {}, {})


def prepared(expr: Expr) -> Prepared:
    """Return the formula as what gives its number, as often as one likes: the tree is read once, here."""
    match expr:
        case Rational() | Constant():
            number = CONSTANTS[expr.name] if isinstance(expr, Constant) else as_float(expr)
            return lambda value, sizes, places: number
        case Symbol():
            return _symbol(expr)
        case Add(terms):
            parts = [prepared(term) for term in terms]
            return lambda value, sizes, places: _added([part(value, sizes, places) for part in parts])
        case Negative(body):
            negated = prepared(body)
            return lambda value, sizes, places: -negated(value, sizes, places)
        case Multiply(factors):
            parts = [prepared(factor) for factor in factors]
            return lambda value, sizes, places: math.prod([part(value, sizes, places) for part in parts])
        case Divide(left, right):
            return _of_two(quotient, left, right)
        case Power(left, right):
            return _of_two(power, left, right)
        case Call(function, arguments):
            call, parts = FUNCTIONS[function].number, [prepared(argument) for argument in arguments]
            return lambda value, sizes, places: call(*[part(value, sizes, places) for part in parts])
        case Compare(relation, left, right):
            held = _of_two(_HOLDS[relation], left, right)
            return lambda value, sizes, places: float(held(value, sizes, places))
        case Cases(cases, otherwise):
            return _first_of(cases, otherwise)
        case Sum(index, body):
            return _summed(index, body)


def _symbol(symbol: Symbol) -> Prepared:
    name = symbol.name
    if symbol.indices:
        indices = [prepared(index) for index in symbol.indices]
        return lambda value, sizes, places: value(name, tuple([int(index(value, sizes, places)) for index in indices]))
    return lambda value, sizes, places: float(places[name]) if name in places else value(name, ())


def _of_two(function: Callable[[float, float], float], left: Expr, right: Expr) -> Prepared:
    one, other = prepared(left), prepared(right)
    return lambda value, sizes, places: function(one(value, sizes, places), other(value, sizes, places))


def _first_of(cases: tuple[tuple[Expr, Expr], ...], otherwise: Expr) -> Prepared:
    parts = [(prepared(condition), prepared(then)) for condition, then in cases]
    last = prepared(otherwise)

    def chosen(value: ElementReader, sizes: Mapping[str, int], places: Mapping[str, int]) -> float:
        # What does not apply is not worked out.
        found = next((then for condition, then in parts if condition(value, sizes, places)), last)
        return found(value, sizes, places)

    return chosen


def _summed(index: str, body: Expr) -> Prepared:
    part = prepared(body)

    def summed(value: ElementReader, sizes: Mapping[str, int], places: Mapping[str, int]) -> float:
        return _added([part(value, sizes, {**places, index: place}) for place in range(sizes[index])])

    return summed


def as_float(found: Rational) -> float:
    """Return the float that is nearest to an exact number; infinite where there is none so large."""
    try:
        return found.value.numerator / found.value.denominator
    except OverflowError:
        return math.inf if found.value > 0 else -math.inf


def holds(relation: str, left: float, right: float) -> bool:
    """Return whether a relation holds between two numbers."""
    return _HOLDS[relation](left, right)


def _added(terms: list[float]) -> float:
    # One after another: from 3.12 on Python's own sum keeps what is rounded off, and PyTorch's does not.
    total = terms[0] if terms else 0.0
    for term in terms[1:]:
        total += term
    return total
