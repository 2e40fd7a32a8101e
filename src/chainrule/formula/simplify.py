"""A formula as a textbook would print it: no `1*`, no `+0`, like terms and common factors gathered.

What is cancelled may lack a value that is left with one, as in x/x at 0: who prints a number beside the formula has to
compare the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, reduce
from math import isqrt

from chainrule.formula.differentiate import negative
from chainrule.formula.evaluate import as_float, holds
from chainrule.formula.tree import (
    ONE,
    ZERO,
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
    rebuilt,
    substituted,
    symbols_of,
    walk,
)
from chainrule.formula.writing.printing import sign_apart

# Powers of numbers are worked out up to there.
MOST_EXPONENT = 16
MOST_BITS = 64
# Of formulas that were made simple lately, the result is kept: a derivative holds the same parts many times.
MOST_KEPT = 4096
_AT_ZERO = dict.fromkeys(("sin", "tan", "sinh", "tanh", "erf", "sqrt", "abs", "sign", "relu", "floor"), Fraction(0))
_AT_ZERO |= {"exp": Fraction(1), "cos": Fraction(1), "cosh": Fraction(1), "sigmoid": Fraction(1, 2)}


@dataclass(frozen=True, slots=True)
class _Product:
    """A number times powers of formulas, in the order in which these are written."""

    coefficient: Fraction = Fraction(1)
    powers: dict[Expr, Fraction] = field(default_factory=dict)

    def times(self, other: _Product) -> _Product:
        """Return the product of two."""
        powers = dict(self.powers)
        for base, exponent in other.powers.items():
            powers[base] = powers.get(base, Fraction(0)) + exponent
        return _Product(self.coefficient * other.coefficient, {b: e for b, e in powers.items() if e})

    def to_the(self, exponent: int) -> _Product:
        """Return an integer power."""
        return _Product(self.coefficient**exponent, {b: e * exponent for b, e in self.powers.items()})

    @property
    def key(self) -> frozenset[tuple[Expr, Fraction]]:
        """What like terms have in common."""
        return frozenset(self.powers.items())


@lru_cache(maxsize=MOST_KEPT)
def simplify(expr: Expr) -> Expr:
    """Return the formula in a simpler form that has the same value wherever both have one."""
    found = rebuilt(expr, simplify) if not isinstance(expr, Symbol) else expr
    match found:
        case Add():
            return _add(found.terms)
        case Negative() | Multiply() | Divide() | Power():
            return _written(_exponentials(_product(found)))
        case Call(function, arguments):
            return _call(function, arguments) or found
        case Compare(relation, left, right):
            return _comparison(relation, left, right) or found
        case Cases():
            return _cases(found)
        case Sum(index, body):
            return _sum(index, body)
        case _:
            return found


# ----------------------------------------------------------------------------------------------------------- products


@lru_cache(maxsize=MOST_KEPT)
def _product(expr: Expr) -> _Product:
    """Return a formula whose parts are simple as one product."""
    match expr:
        case Rational(value):
            return _Product(value)
        case Negative(body):
            return _Product(Fraction(-1)).times(_product(body))
        case Multiply(factors):
            return reduce(_Product.times, map(_product, factors))
        case Divide(top, bottom):
            below = _product(bottom)
            # Division by 0 stays where it is.
            return _product(top).times(
                below.to_the(-1) if below.coefficient else _Product(powers={bottom: Fraction(-1)})
            )
        case Power(base, Rational(exponent)) if exponent.denominator == 1 and _is_small(base, exponent):
            return _product(base).to_the(int(exponent))
        case Power(base, Rational(exponent)) if not isinstance(base, Rational):
            return _Product(powers={base: exponent} if exponent else {})
        case Power(Constant("e"), exponent):
            return _Product(powers={Call("exp", (exponent,)): Fraction(1)})
        case _:
            return _Product(powers={expr: Fraction(1)})


def _is_small(base: Expr, exponent: Fraction) -> bool:
    """Return whether a power of what is a product can be taken apart, and that of a number be worked out."""
    coefficient = _product(base).coefficient
    if not coefficient:
        return exponent > 0
    bits = max(coefficient.numerator.bit_length(), coefficient.denominator.bit_length())
    return abs(coefficient) == 1 or (abs(exponent) <= MOST_EXPONENT and bits * abs(exponent) <= MOST_BITS)


def _exponentials(product: _Product) -> _Product:
    """Return the product with one power of e for those whose exponents add up, and no square of a square root."""
    powers: dict[Expr, Fraction] = {}
    # By what the exponent of e is a multiple of: how many times it is there, and where the first one stands.
    raised: dict[frozenset[tuple[Expr, Fraction]], tuple[Fraction, Expr]] = {}
    for base, exponent in product.powers.items():
        whole = exponent.denominator == 1
        if isinstance(base, Call) and base.function == "exp" and whole:
            found = _product(base.arguments[0])
            times, first = raised.get(found.key, (Fraction(0), base))
            raised[found.key] = times + found.coefficient * exponent, first
            powers.setdefault(first, Fraction(1))
        elif isinstance(base, Call) and base.function == "sqrt" and whole and exponent % 2 == 0:
            powers[base.arguments[0]] = powers.get(base.arguments[0], Fraction(0)) + exponent / 2
        else:
            powers[base] = powers.get(base, Fraction(0)) + exponent
    marks = {first: _e_to_the(times, key) for key, (times, first) in raised.items()}
    found_powers = {marks.get(base, base): exponent for base, exponent in powers.items() if exponent}
    return _Product(product.coefficient, {base: e for base, e in found_powers.items() if base != ONE})


def _e_to_the(times: Fraction, key: frozenset[tuple[Expr, Fraction]]) -> Expr:
    return Call("exp", (_written(_Product(times, dict(key))),)) if times else ONE


def _written(product: _Product) -> Expr:
    """Return the formula of a product: a quotient where there are negative powers or a fraction before it."""
    coefficient, powers = product.coefficient, product.powers
    if not coefficient:
        return ZERO
    in_order = sorted(powers.items(), key=lambda power: _rank(power[0]))
    above = [_power(base, exponent) for base, exponent in in_order if exponent > 0]
    below = [_power(base, -exponent) for base, exponent in in_order if exponent < 0]
    if coefficient == -1 and not below and len(above) == 1 and isinstance(above[0], Add):
        terms = above[0].terms
        if any(sign_apart(term, 0)[0] for term in terms):
            # t - o for -(o - t).
            return _add(map(negative, terms))
    size = abs(coefficient)
    if powers and _is_fraction(size):
        below.insert(0, Rational(Fraction(size.denominator)))
        size = Fraction(size.numerator)
    if size != 1 or not above:
        above.insert(0, Rational(size))
    found = _times(above)
    if below:
        found = Divide(found, _times(below))
    if coefficient > 0:
        return found
    return Rational(-found.value) if isinstance(found, Rational) else Negative(found)


def _rank(base: Expr) -> int:
    """Rank names first, then functions, brackets, and what stands for 1 or 0."""
    match base:
        case Symbol() | Constant() | Rational():
            return 0
        case Add() | Sum():
            return 2
        case Cases() | Compare():
            return 3
        case _:
            return 1


def _is_fraction(size: Fraction) -> bool:
    """Return whether a factor is written as a fraction: a third, a half and a quarter; not 4.5 or 0.01."""
    rest = size.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest > 1 or (size.numerator == 1 and size.denominator in (2, 4))


def _times(factors: list[Expr]) -> Expr:
    return factors[0] if len(factors) == 1 else Multiply(tuple(factors))


def _power(base: Expr, exponent: Fraction) -> Expr:
    return base if exponent == 1 else Power(base, Rational(exponent))


# --------------------------------------------------------------------------------------------------------------- sums


def _add(terms: Iterable[Expr]) -> Expr:
    gathered: dict[frozenset[tuple[Expr, Fraction]], _Product] = {}
    for term in _flat(terms):
        product = _product(term)
        before = gathered.get(product.key)
        coefficient = product.coefficient + (before.coefficient if before else 0)
        gathered[product.key] = _Product(coefficient, product.powers)
    products = [product for product in gathered.values() if product.coefficient]
    if len(products) < len("ab"):
        return _written(products[0]) if products else ZERO
    common = _common(products)
    if common.powers or common.coefficient != 1:
        inverse = common.to_the(-1)
        rest = _add(_written(product.times(inverse)) for product in products)
        return _written(_exponentials(common.times(_product(rest))))
    # A sum does not begin with a minus where it need not.
    first = next((place for place, product in enumerate(products) if product.coefficient > 0), 0)
    return Add(tuple(map(_written, [products[first], *products[:first], *products[first + 1 :]])))


def _flat(terms: Iterable[Expr]) -> Iterable[Expr]:
    for term in terms:
        if isinstance(term, Add):
            yield from _flat(term.terms)
        elif isinstance(term, Negative) and isinstance(term.body, Add):
            yield from (Negative(each) for each in _flat(term.body.terms))
        else:
            yield term


def _common(products: list[_Product]) -> _Product:
    """Return what all terms of a sum have as a factor."""
    first, *others = products
    powers = {}
    for base, exponent in first.powers.items():
        exponents = [exponent, *(other.powers.get(base, Fraction(0)) for other in others)]
        if min(exponents) > 0 or len(set(exponents)) == 1:
            powers[base] = min(exponents)
    coefficients = [product.coefficient for product in products]
    sizes = {abs(coefficient) for coefficient in coefficients}
    number = sizes.pop() if len(sizes) == 1 else Fraction(1)
    return _Product(-number if all(coefficient < 0 for coefficient in coefficients) else number, powers)


def _sum(index: str, body: Expr) -> Expr:
    """Return a sum over an index: only of what has it, and without the index where it can have one value only."""
    if body == ZERO:
        return ZERO
    if isinstance(body, Add) and any(_wanted(index, base) for term in body.terms for base in _product(term).powers):
        return _add(_sum(index, term) for term in body.terms)
    product = _product(body)
    for base in product.powers:
        place = _wanted(index, base)
        if place is not None:
            rest = _Product(product.coefficient, {b: e for b, e in product.powers.items() if b != base})
            return simplify(substituted(_written(rest), {index: place}))
    outside = {base: exponent for base, exponent in product.powers.items() if not _has_index(base, index)}
    inside = {base: exponent for base, exponent in product.powers.items() if base not in outside}
    if not inside or (not outside and product.coefficient == 1):
        return Sum(index, body)
    summed = Sum(index, _written(_Product(powers=inside)))
    return _written(_Product(product.coefficient, {**outside, summed: Fraction(1)}))


def _has_index(expr: Expr, index: str) -> bool:
    return any(found == Symbol(index) for found in walk(expr))


def _wanted(index: str, base: Expr) -> Expr | None:
    """Return what an index has to be for a factor not to be 0: the factor is 1 where the two are equal."""
    match base:
        case Cases(((Compare("==", left, right), then),), otherwise) if (then, otherwise) == (ONE, ZERO):
            if left == Symbol(index) and not _has_index(right, index):
                return right
            if right == Symbol(index) and not _has_index(left, index):
                return left
    return None


# ------------------------------------------------------------------------------------------------- functions and cases


def _call(function: str, arguments: tuple[Expr, ...]) -> Expr | None:
    argument = arguments[0]
    match function, argument:
        case "exp", Call("log", (inner,)):
            return inner
        case "log", Call("exp", (inner,)):
            return inner
        case ("exp", Constant()) | ("log", Constant("pi")):
            return None
        case "log", Constant("e"):
            return ONE
        case "log", Rational(value) if value == 1:
            return ZERO
        case "sqrt", Rational(value) if value > 0:
            top, bottom = isqrt(value.numerator), isqrt(value.denominator)
            return Rational(Fraction(top, bottom)) if Fraction(top, bottom) ** 2 == value else None
        case "abs" | "relu", Rational(value) if value > 0:
            return argument
        case "abs", Rational(value):
            return Rational(abs(value))
        case "abs", Negative(body):
            return Call("abs", (body,))
        case "sign", Rational(value) if value:
            return Rational(Fraction(1 if value > 0 else -1))
        case _, Rational(value) if not value and function in _AT_ZERO:
            return Rational(_AT_ZERO[function])
    if function in ("min", "max") and all(isinstance(each, Rational) for each in arguments):
        chosen = (min if function == "min" else max)(each.value for each in arguments if isinstance(each, Rational))
        return Rational(chosen)
    return None


def _comparison(relation: str, left: Expr, right: Expr) -> Expr | None:
    if isinstance(left, Rational) and isinstance(right, Rational):
        return ONE if holds(relation, as_float(left), as_float(right)) else ZERO
    if left == right and (isinstance(left, Symbol) or not symbols_of(left)):
        # Of a name that is not a number nothing holds; places in a value, which are compared alike, always are.
        return ONE if relation in ("==", "<=", ">=") else ZERO
    return None


def _cases(found: Cases) -> Expr:
    kept: list[tuple[Expr, Expr]] = []
    otherwise = found.otherwise
    for condition, then in found.cases:
        if condition == ZERO:
            continue
        if isinstance(condition, Rational):
            otherwise = then
            break
        kept.append((condition, then))
    while kept and kept[-1][1] == otherwise:
        kept.pop()
    return Cases(tuple(kept), otherwise) if kept else otherwise
