"""Formulas drawn by chance, and numbers to put into them."""

from __future__ import annotations

import math
from fractions import Fraction

from hypothesis import strategies as st

from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import (
    RELATIONS,
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
    Symbol,
)
from chainrule.formula.writing.text import formula_to_text

NAMES = ("x", "y", "z")
_NUMBERS = st.sampled_from([0, 1, 2, 3, -1, -2, 10]).map(lambda n: Rational(Fraction(n))) | st.sampled_from(
    ["0.5", "0.1", "2.25", "1e-3", "-0.75", "1e30"]
).map(lambda text: Rational(Fraction(text)))
_LEAVES = (
    st.sampled_from([Symbol(name) for name in NAMES]) | _NUMBERS | st.sampled_from([Constant("pi"), Constant("e")])
)


def _branches(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    calls = [
        st.builds(Call, st.just(name), st.tuples(*[inner] * function.count))
        for name, function in FUNCTIONS.items()
        if function.is_typed
    ]
    compared = st.builds(Compare, st.sampled_from(RELATIONS), inner, inner)
    return st.one_of(
        st.builds(Add, several),
        st.builds(Multiply, several),
        st.builds(Negative, inner),
        st.builds(Divide, inner, inner),
        st.builds(Power, inner, inner | _NUMBERS),
        st.one_of(calls),
        st.builds(Cases, st.tuples(st.tuples(compared, inner)), inner),
    )


# As it is read from text: a tree that was put together can say the same in two ways.
FORMULAS: st.SearchStrategy[Expr] = st.recursive(_LEAVES, _branches, max_leaves=12).map(
    lambda expr: parse_formula(formula_to_text(expr))
)
POINTS = st.tuples(*[st.floats(-3, 3, allow_subnormal=False).map(lambda x: round(x, 3))] * len(NAMES))


def at(point: tuple[float, ...]) -> dict[str, float]:
    """The numbers of the names."""
    return dict(zip(NAMES, point, strict=True))


def close(one: float, other: float, tolerance: float = 1e-9) -> bool:
    """Equal but for rounding; infinite and NaN where the other is."""
    if not (math.isfinite(one) and math.isfinite(other)):
        return one == other or (math.isnan(one) and math.isnan(other))
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
