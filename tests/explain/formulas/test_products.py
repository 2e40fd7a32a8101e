"""The products beside a neuron: what is written, worked out again, gives the sum as it is written."""

from __future__ import annotations

from fractions import Fraction
from math import isclose, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.explain.writing.products import ProductLine, product_lines

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def read(text: str) -> Fraction:
    """A number as it is written, exactly."""
    mantissa, _, power = text.strip("()").replace("−", "-").partition("e")
    return Fraction(mantissa) * Fraction(10) ** int(power or 0)


def worked_out(lines: list[ProductLine]) -> tuple[Fraction, Fraction, Fraction]:
    """The sum of all lines but the last, the last, and one unit of its last digit."""
    total = Fraction(0)
    for sign, text in lines[:-1]:
        found = Fraction(-1 if sign == "−" else 1)
        for factor in joined(text.rpartition(": ")[2]).split("·"):
            found *= read(factor)
        total += found
    mantissa, _, power = joined(lines[-1][1]).partition("e")
    unit = Fraction(10) ** (int(power or 0) - len(mantissa.partition(".")[2]))
    return total, read(joined(lines[-1][1])), unit


def joined(text: str) -> str:
    """With `e` in the place of a power of ten: `·10` before a superscript."""
    for superscript in "⁻⁰¹²³⁴⁵⁶⁷⁸⁹":
        text = text.replace(f"·10{superscript}", f"e{superscript}")
    return text.translate(SUPERSCRIPTS)


def test_each_product_has_a_line_of_its_own() -> None:
    lines = product_lines((0.15, -0.2), (0.05, 0.1), 0.35, 0.3375, 9, are_data=True)
    assert lines == [("z =", "0.1500·0.05"), ("−", "0.2000·0.1"), ("+", "0.3500"), ("=", "0.3375")]


def test_what_has_no_line_is_counted_and_added_up() -> None:
    weights, inputs = (1.0, 2.0, 3.0, 4.0), (0.5, -0.5, 1.0, 1.0)
    assert product_lines(weights, inputs, None, 6.5, 4) == [
        ("z =", "1.000·0.5000"),
        ("+", "2.000·(−0.5000)"),
        ("+", "2 more: 7.000"),
        ("=", "6.500"),
    ]
    assert len(product_lines(weights, inputs, 1.0, 7.5, 9)) == 6


def test_negative_numbers_have_their_sign_in_front() -> None:
    lines = product_lines((-0.5,), (-2.0,), -1.5, -0.5, 3)
    assert lines == [("z =", "−0.5000·(−2.000)"), ("−", "1.500"), ("=", "−0.5000")]


def test_the_sum_is_what_the_lines_make_to_the_last_digit() -> None:
    # 0.2875 times 2 would be 0.5750, and 0.2874 times 2 would be 0.5748.
    assert product_lines((0.28747,), (2.0,), 0.0, 0.57494, 9, are_data=True) == [
        ("z =", "0.28747·2"),
        ("+", "0"),
        ("=", "0.5749"),
    ]
    for w in range(1, 100):
        weights, inputs = (w / 7, w / 13), (w / 3, -w / 11)
        lines = product_lines(weights, inputs, 1 / w, sum(map(prod, zip(weights, inputs, strict=True))) + 1 / w, 9)
        total, wanted, unit = worked_out(lines)
        assert abs(total - wanted) <= unit / 2, lines
        assert len(lines[0][1]) <= len("0.5714286·1.333333"), lines


@pytest.mark.parametrize("z", [float("inf"), float("nan")])
def test_what_is_not_finite_is_written_all_the_same(z: float) -> None:
    assert product_lines((z,), (1.0,), 0.0, z, 9)[-1][0] == "="


numbers = st.floats(-1e4, 1e4).map(lambda x: 0.0 if abs(x) < 1e-9 else x)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=12), st.none() | numbers, st.integers(3, 9))
def test_the_lines_worked_out_give_the_sum(pairs: list[tuple[float, float]], bias: float | None, most: int) -> None:
    weights, inputs = zip(*pairs, strict=True)
    z = sum(w * x for w, x in pairs) + (bias or 0.0)
    lines = product_lines(weights, inputs, bias, z, most)
    assert len(lines) <= most
    total, wanted, unit = worked_out([("−", lines[0][1][1:]) if lines[0][1][0] == "−" else lines[0], *lines[1:]])
    # A sum that is all but nothing of its parts is rounded as floats are.
    lost = max(abs(w * x) for w, x in pairs) * 1e-13 + abs(bias or 0.0) * 1e-13
    assert abs(total - wanted) <= unit * Fraction(1000001, 1000000) or isclose(total, wanted, abs_tol=lost)
