"""Corners and jumps of formulas: found where there are some, with the slopes beside them, and nowhere else."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import ElementReader, evaluate
from chainrule.formula.kinks import kink_at, kinks_between
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Add, Call, Cases, Compare, Divide, Expr, Power, Rational, Symbol, walk
from tests.formula.drawn import FORMULAS

GIVEN = {"x": 0.0, "y": 2.0, "z": -1.0}


def at(**given: float) -> ElementReader:
    numbers = GIVEN | given
    return lambda name, _: numbers[name]


@pytest.mark.parametrize(
    ("text", "x", "slopes"),
    [
        ("abs(x)", 0.0, (-1, 1)),
        ("relu(x - 1)", 1.0, (0, 1)),
        ("relu(1 - x)", 1.0, (-1, 0)),
        ("max(x, 3)", 3.0, (0, 1)),
        ("min(x, 3)", 3.0, (1, 0)),
        ("max(x, y)", 2.0, (0, 1)),
        ("max(x, -x)*3", 0.0, (-3, 3)),
        ("if(x > 0, x, x/10)", 0.0, (0.1, 1)),
        ("if(x < 1, x^2, if(x < 2, 1, x))", 1.0, (2, 0)),
        ("exp(abs(x))", 0.0, (-1, 1)),
        ("x^2 + 2*abs(x - 1)", 1.0, (0, 4)),
    ],
)
def test_a_kink_has_another_slope_on_each_side(text: str, x: float, slopes: tuple[float, float]) -> None:
    found = kink_at(parse_formula(text), "x", at(x=x))
    assert found is not None
    assert not found.is_jump
    assert (found.below.slope, found.above.slope) == pytest.approx(slopes)


@pytest.mark.parametrize(
    ("text", "x", "values"),
    [
        ("floor(x)", 2.0, (1, 2, 2)),
        ("floor(-x)", 2.0, (-2, -2, -3)),
        ("sign(x)", 0.0, (-1, 0, 1)),
        ("if(x > 0, 5, 7)", 0.0, (7, 7, 5)),
        ("if(x == 0, 1, 0)", 0.0, (0, 1, 0)),
        ("x >= 0", 0.0, (0, 1, 1)),
        ("(x > 0)*y", 0.0, (0, 0, 2)),
    ],
)
def test_a_jump_has_another_value(text: str, x: float, values: tuple[float, float, float]) -> None:
    found = kink_at(parse_formula(text), "x", at(x=x))
    assert found is not None
    assert found.is_jump
    assert (found.below.value, found.here, found.above.value) == values


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("x^2", 0.0),
        ("abs(x)", 0.5),
        ("abs(x)*x", 0.0),
        ("x/(1 + abs(x))", 0.0),
        ("abs(x^2)", 0.0),
        ("max(x, x)", 1.0),
        ("relu(x)", -1.0),
        ("floor(x)", 2.5),
        ("sign(x)", 3.0),
        ("if(y > 0, x, -x)", 0.0),
        ("max(y, 2)*x", 0.0),
        ("if(x > 0, exp(x) - 1, x)", 0.0),
        # No finite slope.
        ("sqrt(abs(x))", 0.0),
        ("1/x + abs(x)", 0.0),
        # Whether the case changes beside it cannot be told from a slope of 0.
        ("if(x^2 > 0, 1, 2)", 0.0),
    ],
)
def test_elsewhere_there_is_none(text: str, x: float) -> None:
    assert kink_at(parse_formula(text), "x", at(x=x)) is None


@given(FORMULAS, st.tuples(*[st.integers(-4, 4).map(lambda n: n / 2)] * 3))
def test_what_is_smooth_has_a_kink_where_its_size_is_0(formula: Expr, numbers: tuple[float, ...]) -> None:
    value = at(**dict(zip("xyz", numbers, strict=True)))
    here, slope = evaluate(formula, value), evaluate(derivative(formula, Symbol("x")), value)
    if not (math.isfinite(here) and 1e-4 < abs(slope) < 1e6) or kink_at(formula, "x", value) is not None:
        return
    size = Call("abs", (Add((formula, Rational(-Fraction(here)))),))
    found = kink_at(size, "x", value)
    if found is not None:
        assert not found.is_jump
        assert (found.below.slope, found.above.slope) == pytest.approx((-abs(slope), abs(slope)))
    else:
        # Beside it the formula has no finite slope, or one that is another than at the place itself.
        assert any(isinstance(part, Cases | Compare | Power | Call | Divide) for part in walk(formula))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("max(0, z)", [0.0]),
        ("if(z <= -3, 0, if(z < 3, z*(z + 3)/6, z))", [-3.0, 3.0]),
        ("min(1, max(-1, z))", [-1.0, 1.0]),
        ("max(z, z^2)", [0.0, 1.0]),
        ("floor(z)", [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]),
        ("if(z == 0.7, 1, 0)", [0.7]),
        ("abs(3*z - 1)", [1 / 3]),
        ("if(3*z > 1, z, 0)", [math.nextafter(1 / 3, 1.0)]),
        ("if(z > 0, z, exp(z) - 1)", []),
        ("abs(z)^3", []),
        ("sin(z)", []),
        ("log(z)", []),
    ],
)
def test_all_kinks_between_two_places_are_found(text: str, places: list[float]) -> None:
    found = kinks_between(parse_formula(text), "z", at(), -4.0, 4.0)
    assert [place for place, _ in found] == pytest.approx(places, abs=1e-15)
    for place, kink in found:
        near = [evaluate(parse_formula(text), at(z=place + side * 1e-9)) for side in (-1, 1)]
        assert [kink.below.value, kink.above.value] == pytest.approx(near, abs=1e-7)


def test_of_very_many_kinks_some_are_told() -> None:
    found = kinks_between(parse_formula("abs(sin(100*z))"), "z", at(), -4.0, 4.0)
    assert 10 < len(found) < 30
