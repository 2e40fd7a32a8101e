"""Numbers as they are given: to so many digits, or exactly."""

from __future__ import annotations

import pytest

from chainrule.formula.errors import FormulaError
from chainrule.lessons.given_number import given_number


@pytest.mark.parametrize(
    ("text", "low", "high", "digits"),
    [
        ("0.38", 0.375, 0.385, 2),
        ("-0.380", -0.3805, -0.3795, 3),
        ("−4.386·10⁻⁵", -4.3865e-5, -4.3855e-5, 4),
        ("1.2e3", 1150.0, 1250.0, 2),
        ("1235", 1234.5, 1235.5, 4),
        (".5", 0.45, 0.55, 1),
        ("0.00", -0.005, 0.005, 0),
    ],
)
def test_what_is_rounded_to_a_number_is_what_it_stands_for(text: str, low: float, high: float, digits: int) -> None:
    found = given_number(text)
    assert (found.low, found.high, found.digits) == (pytest.approx(low), pytest.approx(high), digits)
    assert found.stands_for(low)
    assert found.stands_for(high)
    assert not found.stands_for(low - (high - low) / 10)


@pytest.mark.parametrize(("text", "value"), [("2", 2.0), ("-1/3", -1 / 3), ("sqrt(2)/2", 2**0.5 / 2), ("12", 12.0)])
def test_a_small_whole_number_or_a_formula_is_meant_exactly(text: str, value: float) -> None:
    found = given_number(text)
    assert found.digits is None
    assert found.stands_for(value)
    assert not found.stands_for(value + 0.01)


@pytest.mark.parametrize("text", ["", "abc", "1/0", "0.3.8", "1e999", "w + 1", "1" * 400])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        given_number(text)
