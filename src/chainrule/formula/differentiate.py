"""The derivative of a formula by the rules of calculus: by a name, or by one element of a value with indices.

Nothing is put in order here: `simplify` makes of the result what a textbook would print.
"""

from __future__ import annotations

from functools import cache

from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.parse import parse_formula, read
from chainrule.formula.tree import (
    ONE,
    ZERO,
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
    substituted,
    symbols_of,
)

_BASE, _EXPONENT = Symbol("x"), Symbol("y")
# Where the exponent is a formula, PyTorch's rules for 0 to the power of 0 and of more.
_BY_BASE = parse_formula("if(y == 0, 0, y * x^(y - 1))")
_BY_EXPONENT = parse_formula("if(x == 0, if(y >= 0, 0, x^y * log(x)), x^y * log(x))")


def derivative(expr: Expr, by: Symbol) -> Expr:
    """Return the derivative of a formula by a name, or by an element: `x[m,j]`, whose indices are those of no sum in
    it.

    An element of the same value at other indices counts where the indices are equal.
    """
    if by.name not in symbols_of(expr):
        return ZERO
    match expr:
        case Symbol(_, indices):
            return _same_place(indices, by.indices)
        case Add(terms):
            return added([derivative(term, by) for term in terms])
        case Negative(body):
            return negative(derivative(body, by))
        case Multiply(factors):
            return added([_with_derivative(factors, place, by) for place in range(len(factors))])
        case Divide(top, bottom):
            first = divided(derivative(top, by), bottom)
            second = divided(multiplied([top, derivative(bottom, by)]), Power(bottom, number(2)))
            return added([first, negative(second)])
        case Power(base, exponent):
            return _of_power(base, exponent, by)
        case Call(function, arguments):
            named = dict(zip("xy", arguments, strict=False))
            rules = zip(partials(function), arguments, strict=True)
            return added([multiplied([substituted(rule, named), derivative(one, by)]) for rule, one in rules])
        case Cases(cases, otherwise):
            changed = tuple((condition, derivative(then, by)) for condition, then in cases)
            return Cases(changed, derivative(otherwise, by))
        case Sum(index, body):
            inner = derivative(body, by)
            return inner if inner == ZERO else Sum(index, inner)
        case _:
            # Where a comparison changes, PyTorch sees no slope.
            return ZERO


@cache
def partials(function: str) -> tuple[Expr, ...]:
    """Return the partial derivatives of a function by its arguments, `x` and `y`."""
    return tuple(map(read, FUNCTIONS[function].derivatives))


def _with_derivative(factors: tuple[Expr, ...], place: int, by: Symbol) -> Expr:
    changed = derivative(factors[place], by)
    return multiplied([changed if at == place else factor for at, factor in enumerate(factors)])


def _of_power(base: Expr, exponent: Expr, by: Symbol) -> Expr:
    by_base, by_exponent = derivative(base, by), derivative(exponent, by)
    if isinstance(exponent, Rational):
        lower = Rational(exponent.value - 1)
        power = base if lower == ONE else ONE if lower == ZERO else Power(base, lower)
        return multiplied([exponent, power, by_base])
    named = {"x": base, "y": exponent}
    terms = [(substituted(_BY_BASE, named), by_base), (substituted(_BY_EXPONENT, named), by_exponent)]
    return added([multiplied(list(term)) for term in terms])


def _same_place(indices: tuple[Expr, ...], wanted: tuple[Expr, ...]) -> Expr:
    """Return 1 where the indices are equal, as a product of comparisons."""
    differing = [(one, other) for one, other in zip(indices, wanted, strict=True) if one != other]
    if any(isinstance(one, Rational) and isinstance(other, Rational) for one, other in differing):
        return ZERO
    return multiplied([Cases(((Compare("==", one, other), ONE),), ZERO) for one, other in differing])


# Formulas of formulas, without what is nothing: the zeros of a long product rule would hide what is there.


def added(terms: list[Expr]) -> Expr:
    """Return the sum of formulas."""
    kept = tuple(term for term in terms if term != ZERO)
    return Add(kept) if len(kept) > 1 else kept[0] if kept else ZERO


def multiplied(factors: list[Expr]) -> Expr:
    """Return the product of formulas."""
    if ZERO in factors:
        return ZERO
    kept = tuple(factor for factor in factors if factor != ONE)
    return Multiply(kept) if len(kept) > 1 else kept[0] if kept else ONE


def divided(top: Expr, bottom: Expr) -> Expr:
    """Return the quotient of two formulas."""
    return top if top == ZERO or bottom == ONE else Divide(top, bottom)


def negative(body: Expr) -> Expr:
    """Return minus a formula."""
    return body if body == ZERO else body.body if isinstance(body, Negative) else Negative(body)
