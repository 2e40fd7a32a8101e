"""Formulas as spreadsheets have them: worked out as a sheet does, they give what the formulas give."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.tables import complete
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import parse_formula, read
from chainrule.formula.tree import Expr, Symbol, walk
from chainrule.formula.writing.printing import Printed
from chainrule.formula.writing.spreadsheet import to_sheet
from tests.formula.drawn import FORMULAS, POINTS, at, close
from tests.spreadsheet_arithmetic import worked_out

CELLS = {"x": "A1", "y": "B1", "z": "C1"}


def cell(found: Symbol) -> Printed:
    return Printed(CELLS[found.name])


def is_tame(expr: Expr, numbers: dict[str, float]) -> bool:
    """Nothing in it is an error in a sheet, and no power has two answers."""
    parts = [(part, evaluate(part, lambda name, _: numbers[name])) for part in walk(expr)]
    return all(math.isfinite(value) and abs(value) < 1e200 for _, value in parts)


@given(FORMULAS, POINTS)
@settings(max_examples=300)
@example(parse_formula("-x^2"), (3.0, 0.0, 0.0))
@example(parse_formula("-x^2*y"), (3.0, 2.0, 0.0))
@example(parse_formula("1 - x^2"), (3.0, 2.0, 0.0))
@example(parse_formula("exp(-x^2/2)"), (1.5, 0.0, 0.0))
@example(parse_formula("x^(y^z)"), (2.0, 3.0, 2.0))
@example(parse_formula("(x^y)^z"), (2.0, 3.0, 2.0))
@example(parse_formula("x^-y"), (2.0, 3.0, 2.0))
@example(parse_formula("x - (y - z)"), (2.0, 3.0, 2.0))
@example(parse_formula("x/(y/z)"), (2.0, 3.0, 2.0))
@example(parse_formula("(x < y) + 2*(x != y)"), (2.0, 3.0, 2.0))
@example(parse_formula("if((x < y) == 1, y, z)"), (2.0, 3.0, 2.0))
def test_a_sheet_gives_what_the_formula_gives(expr: Expr, point: tuple[float, ...]) -> None:
    numbers = at(point)
    assume(is_tame(expr, numbers))
    text = to_sheet(expr, cell)
    found = worked_out(text, {CELLS[name]: value for name, value in numbers.items()})
    assert close(found, evaluate(expr, lambda name, _: numbers[name])), text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("-x^2", "-(A1^2)"),
        ("y - x^2", "B1-A1^2"),
        ("(-2)^2", "(-2)^2"),
        ("max(0, x)", "MAX(0,A1)"),
        ("tanh(x)", "TANH(A1)"),
        ("if(x > 0, x, 0.01*x)", "IF(A1>0,A1,0.01*A1)"),
        ("if(x == y, 1, if(x != z, 2, 3))", "IF(A1=B1,1,IF(A1<>C1,2,3))"),
        ("(x < y)*z", "IF(A1<B1,1,0)*C1"),
        ("floor(x) + erf(y)", "INT(A1)+ERF(B1)"),
        ("1e-8*x + 1e30", "1E-8*A1+1E+30"),
        ("1/3*x", "1/3*A1"),
        ("pi*e", "PI()*EXP(1)"),
    ],
)
def test_it_is_what_one_would_type(formula: str, text: str) -> None:
    assert to_sheet(parse_formula(formula), cell) == text


# As the tables write them; each overflows, or ends at log(0), where it is worked out as it stands.
STEEP = [
    "1/(1 + exp(-x))",
    "log(1/(1 + exp(-x)))",
    "1/(1 + exp(x))",
    "log(1 + exp(x))",
    "log(1 + exp(-x))",
    "x*tanh(log(1 + exp(x)))",
    "-y*log(sigmoid(x)) - (1 - y)*log(1 - sigmoid(x))",
    "sigmoid(x)*(1 + x*(1 - sigmoid(x)))",
    "softplus(x)",
    "x*Phi(x)",
    "Phi(x) + x*phi(x)",
]
STABLE = {
    "log(1/(1 + exp(-x)))": "-softplus(-x)",
    "-y*log(sigmoid(x)) - (1 - y)*log(1 - sigmoid(x))": "y*softplus(-x) + (1 - y)*softplus(x)",
    "1/(1 + exp(-x))": "sigmoid(x)",
    "1/(1 + exp(x))": "sigmoid(-x)",
    "log(1 + exp(x))": "softplus(x)",
    "log(1 + exp(-x))": "softplus(-x)",
    "x*tanh(log(1 + exp(x)))": "x*tanh(softplus(x))",
}


@pytest.mark.parametrize("formula", STEEP)
@given(x=st.floats(-1000, 1000, allow_subnormal=False) | st.sampled_from([-1e6, 1e6, 0.0]))
@example(x=-20.0)
@example(x=-12.0)
@settings(max_examples=60)
def test_a_number_that_is_finite_is_no_error_in_a_sheet(formula: str, x: float) -> None:
    text = to_sheet(read(formula), cell)
    expected = evaluate(read(STABLE.get(formula, formula)), lambda name, _: {"x": x, "y": 0.25}[name])
    found = worked_out(text, {"A1": x, "B1": 0.25})
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-15), text


def test_a_number_with_more_digits_than_a_sheet_reads_stands_in_a_cell() -> None:
    asked: list[float] = []

    def constant(number: float) -> str:
        asked.append(number)
        return "Q1"

    assert to_sheet(parse_formula("0.1666666716337204*x + 0.123456789012345"), cell, constant) == (
        "Q1*A1+0.123456789012345"
    )
    assert asked == [0.1666666716337204]
    assert to_sheet(parse_formula("0.1666666716337204*x"), cell) == "0.1666666716337204*A1"


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if not entry.couples_units])
def test_each_activation_can_be_written(name: str) -> None:
    entry = ACTIVATIONS[name]
    choice = complete(ACTIVATIONS, Choice(name, {"formula": "sin(z)"} if name == "Formula" else {}), "$")
    for tree in (entry.tree(choice), entry.slope_tree(choice)):
        numbers = {"z": 0.7, "a": 0.3} | {vector.name: 0.25 for vector in entry.learned}
        whole = entry.with_numbers(tree, choice)
        cells = {chr(65 + place) + "1": value for place, value in enumerate(numbers.values())}
        places = dict(zip(numbers, cells, strict=True))
        text = to_sheet(whole, lambda found, places=places: Printed(places[found.name]))
        assert close(worked_out(text, cells), evaluate(whole, lambda name, _, n=numbers: n[name])), text
