"""How numbers are written."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.explain.numbers import format_number, format_short, latex_number, shorter_forms

FORMATS = [
    (0.1, "0.1000", "0.1", "0.1000"),
    (-4.93, "−4.9300", "−4.93", "-4.9300"),
    (1.0, "1.0000", "1", "1.0000"),
    (0.0, "0.0000", "0", "0.0000"),
    (-0.0, "0.0000", "0", "0.0000"),
    (0.1 + 0.2, "0.3000", "0.3", "0.3000"),
    (2 / 3, "0.6667", "0.6667", "0.6667"),
    (0.0123456, "0.0123", "0.0123", "0.0123"),
    (0.001, "0.0010", "0.001", "0.0010"),
    (0.0001, "1.000·10⁻⁴", "0.0001", r"1.000\times 10^{-4}"),
    (4.3857e-4, "4.386·10⁻⁴", "4.386·10⁻⁴", r"4.386\times 10^{-4}"),
    (-1e-9, "−1.000·10⁻⁹", "−1·10⁻⁹", r"-1.000\times 10^{-9}"),
    (999_999.0, "999999.0000", "999999", "999999.0000"),
    (1e6, "1.000·10⁶", "1·10⁶", r"1.000\times 10^{6}"),
    (-1.23456e123, "−1.235·10¹²³", "−1.235·10¹²³", r"-1.235\times 10^{123}"),
    (math.inf, "∞", "∞", r"\infty"),
    (-math.inf, "−∞", "−∞", r"-\infty"),
    (math.nan, "NaN", "NaN", r"\mathrm{NaN}"),
]


@pytest.mark.parametrize(("x", "text", "short", "latex"), FORMATS)
def test_four_digits(x: float, text: str, short: str, latex: str) -> None:
    assert (format_number(x), format_short(x), latex_number(x)) == (text, short, latex)


@pytest.mark.parametrize(
    ("x", "text", "short", "latex"),
    [
        (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004", "0.30000000000000004"),
        (-3.0, "−3.0", "−3", "-3.0"),
        (1e-5, "1·10⁻⁵", "1·10⁻⁵", r"1\times 10^{-5}"),
        (-1.5e300, "−1.5·10³⁰⁰", "−1.5·10³⁰⁰", r"-1.5\times 10^{300}"),
    ],
)
@pytest.mark.parametrize("digits", [None, 17])
def test_full_precision(x: float, text: str, short: str, latex: str, digits: int | None) -> None:
    assert format_number(x, digits) == text
    assert format_short(x, digits) == short
    assert latex_number(x, digits) == latex


@pytest.mark.parametrize(("digits", "text"), [(1, "0.5"), (2, "0.50"), (6, "0.500000")])
def test_other_digits(digits: int, text: str) -> None:
    assert format_number(0.5, digits) == text


@given(st.floats(-1e300, 1e300), st.integers(0, 18))
def test_any_number_reads_back_as_itself(x: float, digits: int) -> None:
    for written in (format_number(x, digits), format_short(x, digits)):
        plain = written.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789")).replace("·10", "e")
        back = float(plain)
        assert math.isclose(back, x, rel_tol=10.0 ** (1 - max(digits, 1)), abs_tol=10.0 ** -max(digits, 1))
        assert not (back == 0 and "−" in written), "minus zero"
        assert (back == 0) == (x == 0), "a number other than 0 is never written 0"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_full_precision_loses_nothing(x: float) -> None:
    mantissa, _, exponent = latex_number(x, None).partition(r"\times 10^")
    assert float(f"{mantissa}e{exponent.strip('{}') or 0}") == x


@pytest.mark.parametrize(
    ("x", "digits", "room", "text"),
    [
        (0.7513650695523157, None, 12, "0.7513650696"),
        (0.7513650695523157, 4, 12, "0.7514"),
        (-0.000438567, 9, 10, "−0.0004386"),
        (-0.000438567, 4, 8, "−4.39e−4"),
        (-123456.789, 4, 7, "−1.23e5"),
        (749998.5, 4, 8, "749998.5"),
        (float("inf"), 4, 3, "∞"),
    ],
)
def test_a_number_that_does_not_fit_loses_decimals_before_it_gets_an_exponent(
    x: float, digits: int | None, room: int, text: str
) -> None:
    assert next(form for form in shorter_forms(x, digits) if len(form) <= room) == text


def test_the_wanted_form_comes_first_and_each_stands_for_the_number() -> None:
    forms = list(shorter_forms(-0.0123456, 6))

    assert forms[0] == format_number(-0.0123456, 6)
    assert [float(form.replace("−", "-")) for form in forms] == pytest.approx([-0.0123456] * len(forms), rel=0.2)
