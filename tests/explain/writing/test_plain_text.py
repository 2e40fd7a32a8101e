"""A formula as a line of text, whoever has written it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.explain.writing.plain_text import latex_to_text

# What formulas are made of, in any order.
PIECES = st.sampled_from(
    [
        *"a1{}_^&+=(' ",
        *(r"\frac", r"\sqrt", r"\hat", r"\sum", r"\text", r"\mathbf", r"\begin{cases}", r"\end{cases}"),
        *(r"\begin", r"\end", r"\\", r"\,", r"\ln", r"\eta", r"\nonsense"),
    ]
)


@given(st.lists(PIECES, max_size=30))
def test_any_formula_has_a_text_of_one_line(pieces: list[str]) -> None:
    assert "\n" not in latex_to_text("".join(pieces))


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{1}", "1/"),
        (r"\frac", "/"),
        (r"\hat", "\u0302"),
        (r"x^", "x"),
        (r"a_{1", "a₁"),
        (r"w^{\text{new", "new w"),
        (r"\begin{cases} 1 & \text{if } z > 0", "{1 if z > 0}"),
    ],
)
def test_what_is_left_open_ends_with_the_formula(latex: str, text: str) -> None:
    assert latex_to_text(latex) == text
