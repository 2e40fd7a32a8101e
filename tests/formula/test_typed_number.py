"""A formula of numbers alone: its number is Python's own, and what is none is refused with its place."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chainrule.formula.errors import FormulaError
from chainrule.formula.typed_number import MOST_CHARACTERS, constant_number

LEAVES = st.integers(0, 99).map(str) | st.floats(0.001, 999).map(lambda x: f"{x:.3f}") | st.sampled_from(["pi", "e"])
TEXTS = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({''.join(parts)})")
        | inner.map(lambda text: f"sqrt({text})")
        | inner.map(lambda text: f"-{text}")
    ),
    max_leaves=6,
)


@given(TEXTS)
def test_it_is_what_python_makes_of_it(text: str) -> None:
    try:
        wanted = eval(text, {"__builtins__": {}}, {"sqrt": math.sqrt, "pi": math.pi, "e": math.e})
    except (ZeroDivisionError, ValueError):
        with pytest.raises(FormulaError):
            constant_number(text)
    else:
        assume(math.isfinite(wanted))
        assert constant_number(text) == wanted


@given(st.text("0123456789.+-*/^()e pisqrtlog,<", max_size=30) | st.text(max_size=10))
def test_whatever_is_typed_is_a_finite_number_or_refused(text: str) -> None:
    try:
        number = constant_number(text)
    except FormulaError as error:
        places = range(len(text) + 1)
        if error.at not in (None, *places):
            pytest.fail(f"{error.at}")
    else:
        assert math.isfinite(number)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("1/x", 2, "x is not known here; there are pi and e"),
        ("1/", 2, "the formula ends where a number, a name or a bracket is expected"),
        ("1/0", 0, "1/0 has no value"),
        ("2*log(-1)", 0, "2*log(-1) has no value"),
        ("9^9^9", 0, "9^(9^9) is too large for a number"),
        ("1 < 2", None, "this compares two numbers, and one is needed"),
        ("1" + "+1" * MOST_CHARACTERS, MOST_CHARACTERS, "a number has at most 200 characters, this one 401"),
    ],
)
def test_what_is_none_is_refused_with_its_place(text: str, at: int | None, words: str) -> None:
    with pytest.raises(FormulaError) as raised:
        constant_number(text)
    assert (raised.value.at, raised.value.message) == (at, words)
