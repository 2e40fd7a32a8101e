"""How numbers are written."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from chainrule.explain.writing.numbers import (
    format_count,
    format_number,
    format_short,
    last_power,
    latex_number,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
DIGITS = st.integers(1, 17)
NOTATION = re.compile(r"0|−?(0\.0{0,3}[1-9]\d*|[1-9]\d{0,5}(\.\d+)?|[1-9](\.\d+)?·10⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")

FORMATS = [
    (0.1, "0.1000", "0.1", "0.1000"),
    (-4.93, "−4.930", "−4.93", "-4.930"),
    (1.0, "1.000", "1", "1.000"),
    (0.0, "0", "0", "0"),
    (-0.0, "0", "0", "0"),
    (0.1 + 0.2, "0.3000", "0.3", "0.3000"),
    (2 / 3, "0.6667", "0.6667", "0.6667"),
    (0.00877, "0.008770", "0.00877", "0.008770"),
    (0.0123456, "0.01235", "0.01235", "0.01235"),
    (0.0001, "0.0001000", "0.0001", "0.0001000"),
    (4.3857e-4, "0.0004386", "0.0004386", "0.0004386"),
    (9.687e-5, "9.687·10⁻⁵", "9.687·10⁻⁵", r"9.687\cdot 10^{-5}"),
    (-1e-9, "−1.000·10⁻⁹", "−1·10⁻⁹", r"-1.000\cdot 10^{-9}"),
    (9.99996e-5, "0.0001000", "0.0001000", "0.0001000"),
    (12.345, "12.35", "12.35", "12.35"),
    (1234.5, "1234", "1234", "1234"),
    (1234.6, "1235", "1235", "1235"),
    (9999.96, "10000", "10000", "10000"),
    (123456.7, "123457", "123457", "123457"),
    (999_999.0, "999999", "999999", "999999"),
    (999_999.7, "1.000·10⁶", "1.000·10⁶", r"1.000\cdot 10^{6}"),
    (1e6, "1.000·10⁶", "1·10⁶", r"1.000\cdot 10^{6}"),
    (-1.23456e123, "−1.235·10¹²³", "−1.235·10¹²³", r"-1.235\cdot 10^{123}"),
    (math.inf, "∞", "∞", r"\infty"),
    (-math.inf, "−∞", "−∞", r"-\infty"),
    (math.nan, "NaN", "NaN", r"\mathrm{NaN}"),
]


@pytest.mark.parametrize(("x", "text", "short", "latex"), FORMATS)
def test_four_digits(x: float, text: str, short: str, latex: str) -> None:
    assert (format_number(x), format_short(x), latex_number(x)) == (text, short, latex)


@pytest.mark.parametrize(
    ("x", "text", "latex"),
    [
        (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
        (-3.0, "−3", "-3"),
        (1e-5, "1·10⁻⁵", r"1\cdot 10^{-5}"),
        (-1.5e300, "−1.5·10³⁰⁰", r"-1.5\cdot 10^{300}"),
        (999_999.75, "999999.75", "999999.75"),
    ],
)
def test_as_many_digits_as_a_number_has(x: float, text: str, latex: str) -> None:
    assert format_number(x, None) == format_short(x, None) == text
    assert latex_number(x, None) == latex


@pytest.mark.parametrize(("digits", "text"), [(1, "0.5"), (2, "0.50"), (6, "0.500000"), (17, "0.50000000000000000")])
def test_other_digits(digits: int, text: str) -> None:
    assert format_number(0.5, digits) == text


@pytest.mark.parametrize("x", [0.999999999999, 1.000001, 0.1 + 1e-9, 2 - 1e-10])
def test_a_number_beside_a_round_one_is_not_written_as_it(x: float) -> None:
    assert format_short(x) == format_number(x)
    assert "." in format_short(x)


def test_what_float32_makes_of_a_number_is_written_as_that_number() -> None:
    assert format_short(0.10000000149011612) == "0.1"
    assert format_short(0.0010000000474974513) == "0.001"


def test_digits_beyond_the_least_are_written_where_they_say_something() -> None:
    assert latex_number(0.1, 9, least=4) == "0.1000"
    assert latex_number(0.123456, 9, least=4) == "0.123456"
    assert latex_number(1.00000001e-9, 9, least=2) == r"1.00000001\cdot 10^{-9}"
    assert latex_number(-0.0, 9, least=4) == "0"


def test_counts() -> None:
    assert [format_count(n) for n in (7, 300_000, -1234567)] == ["7", "300,000", "−1,234,567"]


# ------------------------------------------------------------------------------------------------- of any number


def read(text: str) -> Fraction:
    """The number that a text says, exactly."""
    return Fraction(text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")).replace("·10", "e"))


@given(FINITE, DIGITS)
def test_what_is_written_is_within_half_a_unit_of_its_last_digit(x: float, digits: int) -> None:
    mantissa, _, power = format_number(x, digits).partition("·10")
    decimals = len(mantissa.partition(".")[2])
    unit = Fraction(10) ** ((int(read(power)) if power else 0) - decimals)

    assert abs(read(format_number(x, digits)) - Fraction(x)) <= unit / 2
    assert read(format_short(x, digits)) == read(format_number(x, digits))
    assert (read(format_number(x, digits)) == 0) == (x == 0), "a number other than 0 is never written 0"
    assert x == 0 or math.isclose(unit, 10.0 ** last_power(x, digits), rel_tol=1e-9)


@given(FINITE, st.one_of(st.none(), DIGITS))
def test_there_is_one_notation(x: float, digits: int | None) -> None:
    for text in (format_number(x, digits), format_short(x, digits)):
        assert NOTATION.fullmatch(text), text


@given(FINITE, DIGITS)
def test_as_many_digits_as_were_asked_for(x: float, digits: int) -> None:
    assume(x)
    figures = re.sub(r"·.*|[−.]", "", format_number(x, digits)).lstrip("0")
    assert len(figures) == digits or (len(figures) > digits and "." not in format_number(x, digits))
    assert len(format_number(x, digits)) <= max(digits, 6) + len("−0.0001·10⁻³⁰⁸")


@given(FINITE, FINITE, DIGITS)
def test_a_larger_number_is_not_written_as_a_smaller_one(one: float, other: float, digits: int) -> None:
    less, more = sorted((one, other))
    assert read(format_number(less, digits)) <= read(format_number(more, digits))


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(2.0**-24)
def test_as_many_digits_as_a_number_has_lose_nothing(x: float) -> None:
    mantissa, _, exponent = latex_number(x, None).partition(r"\cdot 10^")
    assert float(f"{mantissa}e{exponent.strip('{}') or 0}") == x
    assert float(read(format_number(x, None))) == x
