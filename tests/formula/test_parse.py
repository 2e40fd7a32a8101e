"""Reading formulas: what they mean, and what is refused, where, in which words, in bounded time."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import MOST_CHARACTERS, parse_assignment, parse_formula
from chainrule.formula.tree import Expr
from chainrule.formula.writing.text import formula_to_text
from tests.formula.drawn import FORMULAS


def value(text: str, **names: float) -> float:
    return evaluate(parse_formula(text), lambda name, places: names[name])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*3", 7),
        ("2*3^2", 18),
        ("-2^2", -4),
        ("(-2)^2", 4),
        ("2^3^2", 512),
        ("2**-1", 0.5),
        ("8/4/2", 1),
        ("8/4*2", 4),
        ("7 - 2 - 1", 4),
        ("1e-3*2", 0.002),
        ("1/3*3", 1),
        ("--3", 3),
        ("if(2 > 1, 10, 20)", 10),
        ("if(1 == 2, 1, if(2 <= 2, 5, 6))", 5),
        ("(3 > 2)*4 + (3 < 2)", 4),
        ("min(3, 1, 2) + max(1, 5)", 6),
        ("sqrt(abs(-16))", 4),
        ("floor(-0.5) + sign(-3)", -2),
        ("relu(-1) + relu(2)", 2),
        ("3 − 1·2", 1),
        (".5 + 5.", 5.5),
        ("log(exp(2))", 2),
        ("ln(exp(2))", 2),
        ("3² + 2³·2⁻¹", 13),
        ("-2²", -4),
        ("(1 + 1)¹⁰", 1024),
    ],
)
def test_a_formula_means_what_mathematics_says(text: str, expected: float) -> None:
    assert value(text) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("", 1, "the formula ends where a number, a name or a bracket is expected"),
        ("x +", 4, "the formula ends where a number, a name or a bracket is expected"),
        ("x + * y", 5, 'expected a number, a name or a bracket, not "*"'),
        ("(x + 1", 1, "this bracket is never closed"),
        ("sin(x", 4, "this bracket is never closed"),
        ("x + 1)", 6, "this bracket was never opened"),
        ("2x", 2, "write 2*x for a product"),
        ("x y", 3, 'expected an operator before "y": a product is written with *'),
        ("x(y + 1)", 1, "x is no function; write x*(...) for a product, or one of exp, "),
        ("sen(x)", 1, "sen is no function; did you mean sin?"),
        ("sin", 1, "sin is a function: it needs brackets, as in sin(x)"),
        ("sin x", 1, "sin is a function: it needs brackets, as in sin(x)"),
        ("sin(x, y)", 1, "sin takes one argument, not 2"),
        ("max(x)", 1, "max takes 2 arguments, not 1"),
        ("if(x, 1, 2)", 1, "if needs a condition first, such as x > 0"),
        ("if(x > 0, 1)", 1, "if takes a condition and two formulas, not 2 arguments"),
        ("q + 1", 1, "q is not known here; there are x and y"),
        ("x1 + 1", 1, "x1 is not known here; did you mean x?"),
        ("x.real", 2, '"." cannot stand in a formula; numbers are written with a point, as 0.5'),
        ("x = 1", 3, '"=" does not compare: write == for a condition'),
        ("x < 1 < y", 7, "a condition compares two formulas; put the first comparison in brackets"),
        ("x[0]", 2, "values have no indices here"),
        ("__import__('os')", 1, "__import__ is no function"),
        ("x; y", 2, '";" cannot stand in a formula'),
        ("x +\u200by", 4, "a character that cannot be seen (U+200B) cannot stand in a formula"),
        ("x\ud800", 2, "a character that cannot be seen (U+D800) cannot stand in a formula"),
        ("1e999", 1, "1e999 is beyond what a number can be"),
        ("1e-999", 1, "1e-999 is beyond what a number can be"),
        ("9" * 500, 1, "99999999999999999999 is beyond what a number can be"),
        ("² + x", 1, 'expected a number, a name or a bracket, not "²"'),
        ("0,5*x", 2, "decimals are written with a point, as in 0.5"),
        ("2*(x + 1,25)", 9, "decimals are written with a point, as in 0.5"),
        ("x + 1, 25", 6, 'expected the end of the formula or an operator, not ","'),
        ("exp(0,5)", 1, "exp takes one argument, not 2"),
        ("x²²²^2", 5, 'expected the end of the formula or an operator, not "^"'),
        ("lambda x: x", 1, "lambda is not known here"),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_is_wrong(text: str, at: int, words: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parse_formula(text, ("x", "y"))
    assert str(refused.value).startswith(f"character {at}: {words}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1000 + "x" + ")" * 990,
        "-" * 1900 + "x",
        "^".join("x" * 900),
        "/".join("x" * 900),
        "sin(" * 400 + "x" + ")" * 400,
        "if(x > 0, 1, " * 100 + "x" + ")" * 100,
        "x" * (MOST_CHARACTERS + 1),
        "+".join("x" * 10_000),
        "max(" + ",".join("x" * 900) + ")",
    ],
    ids=["brackets", "minus", "powers", "quotients", "calls", "cases", "letters", "terms", "arguments"],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match=r"has at most|can be nested|takes at most|never closed"):
        parse_formula(text, ("x",))


def test_a_power_of_powers_is_never_worked_out_in_whole_numbers() -> None:
    assert value("9^9^9") == float("inf")
    assert value("2^-9^9") == 0


def test_a_line_has_a_name() -> None:
    assert parse_assignment("f = (x + y)*z") == ("f", parse_formula("(x + y)*z"))
    assert parse_assignment("v.next = 0.9*v + grad")[0] == "v.next"
    for text, words in [
        ("sin = x", "sin has a meaning already; choose another name"),
        ("3 = x", 'expected a name and =, as in f = x + y, not "3"'),
        ("f x", 'expected "=" after the name that the formula is given, not "x"'),
        ("f == x", "== compares: write f = for what f is"),
        ("f = x = y", '"=" does not compare: write == for a condition'),
    ]:
        with pytest.raises(FormulaError) as refused:
            parse_assignment(text)
        assert refused.value.message == words


def test_indices_and_sums_are_the_tables_alone() -> None:
    found = parse_formula("sum(i, j, x[n,i]*w[o,i+1]) + b[o]", ("x", "w", "b"), indexed=True)
    assert formula_to_text(found) == "sum(i, sum(j, x[n, i]*w[o, i + 1])) + b[o]"
    with pytest.raises(FormulaError, match="sum is no function"):
        parse_formula("sum(i, x)", ("x",))


@given(FORMULAS)
@settings(max_examples=200)
def test_a_formula_that_is_written_is_read_as_it_was(expr: Expr) -> None:
    assert parse_formula(formula_to_text(expr), indexed=True) == expr


@given(st.text("x1.e+-*/^()<>=,if sqrt[]π²\t\n", max_size=40) | st.text(max_size=20))
@example("0" * 401)
@settings(max_examples=300)
def test_any_text_is_read_or_refused_in_a_line(text: str) -> None:
    refused = None
    try:
        parse_formula(text, ("x",))
    except FormulaError as error:
        refused = error
    assert refused is None or 0 <= refused.at <= len(text)
    assert "\n" not in str(refused)
