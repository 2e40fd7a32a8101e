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
    Number,
    Power,
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
Value = Callable[[str, tuple[int, ...]], float]


def evaluate(expr: Expr, value: Value, sizes: Mapping[str, int] | None = None) -> float:
    """The number that a formula gives where its names have these values.

    `sizes` says how many values each index has that is summed over.
    """
    return _number(expr, value, sizes or {}, {})


def _number(expr: Expr, value: Value, sizes: Mapping[str, int], places: Mapping[str, int]) -> float:
    def of(part: Expr) -> float:
        return _number(part, value, sizes, places)

    match expr:
        case Number(exact):
            return as_float(expr) if exact else 0.0
        case Constant(name):
            return CONSTANTS[name]
        case Symbol(name, ()) if name in places:
            return float(places[name])
        case Symbol(name, indices):
            return value(name, tuple(int(of(index)) for index in indices))
        case Add(terms):
            return _added([of(term) for term in terms])
        case Negative(body):
            return -of(body)
        case Multiply(factors):
            return math.prod(map(of, factors))
        case Divide(top, bottom):
            return quotient(of(top), of(bottom))
        case Power(base, exponent):
            return power(of(base), of(exponent))
        case Call(function, arguments):
            return FUNCTIONS[function].number(*map(of, arguments))
        case Compare(relation, left, right):
            return float(holds(relation, of(left), of(right)))
        case Cases(cases, otherwise):
            return of(next((then for condition, then in cases if of(condition)), otherwise))
        case Sum(index, body):
            rows = (_number(body, value, sizes, {**places, index: place}) for place in range(sizes[index]))
            return _added(list(rows))


def as_float(found: Number) -> float:
    """The float that is nearest to an exact number; infinite where there is none so large."""
    try:
        return found.value.numerator / found.value.denominator
    except OverflowError:
        return math.inf if found.value > 0 else -math.inf


def holds(relation: str, left: float, right: float) -> bool:
    """Whether a relation holds between two numbers."""
    return _HOLDS[relation](left, right)


def _added(terms: list[float]) -> float:
    # One after another: from 3.12 on Python's own sum keeps what is rounded off, and PyTorch's does not.
    total = terms[0] if terms else 0.0
    for term in terms[1:]:
        total += term
    return total
