"""Derivatives: of every function and of drawn formulas against autograd, and in the form that textbooks print."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import assume, given, settings

from chainrule.engine.program.lowering import lowered
from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import evaluate
from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.parse import parse_formula
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Call, Compare, Expr, Symbol, walk
from chainrule.formula.writing.text import formula_to_text
from tests.formula.drawn import FORMULAS, POINTS, at, close

X = Symbol("x")


def autograd(expr: Expr, numbers: dict[str, float]) -> tuple[float, float]:
    """The value, and the derivative by x."""
    tensors = {name: torch.tensor(number, dtype=torch.float64) for name, number in numbers.items()}
    x = tensors["x"].requires_grad_()
    found = lowered(expr)(tensors)
    if not found.requires_grad:
        return found.item(), 0.0
    (slope,) = torch.autograd.grad(found, x, allow_unused=True)
    return found.item(), 0.0 if slope is None else slope.item()


def of(expr: Expr, numbers: dict[str, float]) -> float:
    return evaluate(expr, lambda symbol, _: numbers[symbol])


@pytest.mark.parametrize("x", [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 30.0, -800.0, 800.0])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_and_its_derivative_are_pytorchs(name: str, x: float) -> None:
    """At its kinks too; where PyTorch gives no number, none is asked for."""
    for other in (-1.0, 0.5, x)[: FUNCTIONS[name].count ** 2 - 1 or 1]:
        numbers = {"x": x, "y": other}
        expr = parse_formula(f"{name}(x, y)" if FUNCTIONS[name].count > 1 else f"{name}(x)", indexed=True)
        value, slope = autograd(expr, numbers)
        assert close(of(expr, numbers), value, 1e-14)
        assert close(of(derivative(expr, X), numbers), slope, 1e-12)


@given(FORMULAS, POINTS)
@settings(max_examples=300)
def test_the_derivative_of_any_formula_is_autograds(expr: Expr, point: tuple[float, ...]) -> None:
    numbers = at(point)
    value, slope = autograd(expr, numbers)
    # A choice hands autograd what it did not choose times 0, which is NaN where that is infinite.
    assume(math.isfinite(value) and math.isfinite(slope) and abs(slope) < 1e12)
    found = of(derivative(expr, X), numbers)
    assume(math.isfinite(found))
    assert close(found, slope, 1e-7 * max(1.0, *(abs(_number(part, numbers)) for part in walk(expr))))


def _number(expr: Expr, numbers: dict[str, float]) -> float:
    found = of(expr, numbers)
    return found if math.isfinite(found) else 1e300


def is_clear(expr: Expr, numbers: dict[str, float]) -> bool:
    """Whether nothing in a formula stands at a jump or at a kink, where rounding alone decides."""
    for part in walk(expr):
        match part:
            case Compare(_, left, right) | Call("min" | "max", (left, right)):
                far = abs(of(left, numbers) - of(right, numbers))
            case Call("floor", (inner,)):
                far = abs(of(inner, numbers) - round(of(inner, numbers)))
            case Call("sign" | "abs" | "relu", (inner,)):
                far = abs(of(inner, numbers))
            case _:
                continue
        if far < 1e-6:
            return False
    return True


@given(FORMULAS, POINTS)
@settings(max_examples=300)
def test_a_simpler_form_has_the_same_value(expr: Expr, point: tuple[float, ...]) -> None:
    numbers = at(point)
    for formula in (expr, derivative(expr, X)):
        simple = simplify(formula)
        before, after = (of(form, numbers) for form in (formula, simple))
        assume(math.isfinite(before) and math.isfinite(after))
        size = max(1.0, *(abs(_number(part, numbers)) for part in walk(formula)))
        assume(size < 1e100 and is_clear(formula, numbers))
        assert close(before, after, 1e-9 * size), formula_to_text(simple)
        assert simplify(simple) == simple or formula_to_text(simplify(simple)) == formula_to_text(simple)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("x", "1"),
        ("y", "0"),
        ("x^2", "2*x"),
        ("3*x^2 + 2*x - 7", "6*x + 2"),
        ("x^3/3 + 2*x", "x^2 + 2"),
        ("(x + 1)*(x - 1)", "2*x"),
        ("x*y*z", "y*z"),
        ("(y - x)^2/2", "x - y"),
        ("1/x", "-1/x^2"),
        ("sqrt(x)", "1/(2*sqrt(x))"),
        ("sqrt(x^2 + 1)", "x/sqrt(x^2 + 1)"),
        ("exp(-x)", "-exp(-x)"),
        ("x*exp(-x)", "exp(-x)*(1 - x)"),
        ("exp(-x^2/2)", "-x*exp(-x^2/2)"),
        ("1/(1 + exp(-x))", "exp(-x)/(1 + exp(-x))^2"),
        ("log(x^2 + 1)", "2*x/(x^2 + 1)"),
        ("sin(x)*cos(x)", "cos(x)^2 - sin(x)^2"),
        ("x*sin(x)", "sin(x) + x*cos(x)"),
        ("tanh(2*x)", "2*(1 - tanh(2*x)^2)"),
        ("sigmoid(x)", "sigmoid(x)*(1 - sigmoid(x))"),
        ("x*sigmoid(x)", "sigmoid(x)*(1 + x*(1 - sigmoid(x)))"),
        ("log(1 + exp(x))", "exp(x)/(1 + exp(x))"),
        ("relu(x)", "if(x > 0, 1, 0)"),
        ("if(x > 0, x, 0.01*x)", "if(x > 0, 1, 0.01)"),
        ("abs(x - 1)", "sign(x - 1)"),
        ("floor(x)", "0"),
        ("2^x", "2^x*log(2)"),
        ("y*log(x) + (1 - y)*log(1 - x)", "y/x - (1 - y)/(1 - x)"),
        ("0.1*x^2", "0.2*x"),
    ],
)
def test_a_derivative_is_in_the_form_of_a_textbook(text: str, printed: str) -> None:
    assert formula_to_text(simplify(derivative(parse_formula(text), X))) == printed


def element(text: str, by: str) -> str:
    return formula_to_text(simplify(derivative(parse_formula(text, indexed=True), parse_formula(by, indexed=True))))  # type: ignore[arg-type]


def test_the_derivative_by_an_element_leaves_out_the_sum() -> None:
    linear = "sum(i, x[n,i]*w[o,i]) + b[o]"
    assert element(linear, "w[p,j]") == "x[n, j]*if(o == p, 1, 0)"
    assert element(linear, "b[p]") == "if(o == p, 1, 0)"
    assert element(linear, "x[m,j]") == "w[o, j]*if(n == m, 1, 0)"
    loss = "sum(n, k, (o[n,k] - t[n,k])^2)/(N*K)"
    assert element(loss, "o[m,j]") == "2*(o[m, j] - t[m, j])/(N*K)"
    assert element("sum(n, k, (o[n,k] - t[n,k])^2)", "o[0,1]") == "2*(o[0, 1] - t[0, 1])"
