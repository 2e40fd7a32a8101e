"""Formulas as they are written: every notation, worked out again, gives what the formula gives."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import assume, example, given, settings

from chainrule.formula.evaluate import evaluate
from chainrule.formula.functions import FUNCTIONS, power, quotient
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Expr, Symbol, walk
from chainrule.formula.writing.latex import parted_latex, term_latex, to_latex
from chainrule.formula.writing.printing import Level, Printed, written
from chainrule.formula.writing.text import TextPrinter, formula_to_text, to_python
from tests.explain.latex_arithmetic import evaluate as worked_out
from tests.formula.drawn import FORMULAS, NAMES, POINTS, at, close


class Real(float):
    """A number that is divided and raised as IEEE 754 has it; Python raises errors there."""

    def __truediv__(self, other: float) -> Real:
        return Real(quotient(float(self), float(other)))

    def __rtruediv__(self, other: float) -> Real:
        return Real(quotient(float(other), float(self)))

    def __pow__(self, other: float, modulo: None = None) -> Real:  # type: ignore[override]
        return Real(power(float(self), float(other)))

    def __rpow__(self, other: float, modulo: None = None) -> Real:  # type: ignore[override]
        return Real(power(float(other), float(self)))

    def _over(name: str) -> Any:  # noqa: N805 - makes the methods below
        def method(self: Real, *others: float) -> Real:
            return Real(getattr(float, name)(self, *others))

        return method

    __add__, __radd__, __sub__, __rsub__ = map(_over, ("__add__", "__radd__", "__sub__", "__rsub__"))
    __mul__, __rmul__, __neg__, __abs__ = map(_over, ("__mul__", "__rmul__", "__neg__", "__abs__"))


def named(function: Any) -> Any:
    return lambda *arguments: Real(function(*map(float, arguments)))


PYTHON = {name: named(function.number) for name, function in FUNCTIONS.items()}
PYTHON |= {"log1p": named(lambda x: FUNCTIONS["log"].number(1 + x)), "pi": Real(math.pi), "e": Real(math.e)}
PYTHON |= {"erfc": named(math.erfc)}


def real(expr: Expr, numbers: dict[str, float]) -> float:
    """What a formula gives, where nothing in it is beyond what can be told apart."""
    parts = [evaluate(part, lambda name, _: numbers[name]) for part in walk(expr)]
    assume(all(math.isfinite(part) and abs(part) < 1e200 for part in parts))
    return parts[0]


def number(found: Symbol, numbers: dict[str, float]) -> Printed:
    value = numbers[found.name]
    return Printed(repr(value), Level.NEGATIVE if math.copysign(1, value) < 0 else Level.ATOM)


@given(FORMULAS, POINTS)
@settings(max_examples=200)
def test_python_gives_what_the_formula_gives(expr: Expr, point: tuple[float, ...]) -> None:
    numbers = at(point)
    expected = real(expr, numbers)
    for text in (to_python(expr), to_python(expr, lambda found: number(found, numbers))):
        wrapped = {name: Real(value) for name, value in numbers.items()}
        assert close(float(eval(_real_numbers(text), {**PYTHON, "Real": Real}, wrapped)), expected), text


def _real_numbers(text: str) -> str:
    """Each number of a line in a bracket of its own kind, so that the line is worked out as IEEE 754 has it."""
    return re.sub(r"(?<![\w.])(\d+\.?\d*(?:e[-+]?\d+)?)", r"Real(\1)", text)


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("1/(1 + exp(-z))", r"\frac{1}{1+e^{-z}}"),
        ("(o - t)^2", r"(o-t)^2"),
        ("-(a + b)*c", r"-(a+b)\,c"),
        ("a - (b - c)", r"a-(b-c)"),
        ("2*x", r"2\,x"),
        ("x*2", r"x\cdot 2"),
        ("tanh(x)^2", r"\tanh^2(x)"),
        ("sqrt(x + 1)", r"\sqrt{x+1}"),
        ("abs(o - t)", r"|o-t|"),
        ("if(z > 0, 1, 0)", r"\mathbf{1}_{z>0}"),
        ("if(z > 0, z, 0.1*z)", r"\begin{cases}z & \text{if }z>0 \\ 0.1\,z & \text{otherwise}\end{cases}"),
        ("beta1*m + (1 - beta1)*g", r"\beta_{1}\cdot m+(1-\beta_{1})\,g"),
        ("param - lr*v.next", r"\mathrm{param}-\mathrm{lr}\cdot v^{\text{new}}"),
        ("v.next^2", r"(v^{\text{new}})^2"),
        ("exp(x)^2", r"(e^{x})^2"),
        ("(x/y)^2", r"\left(\frac{x}{y}\right)^2"),
        ("1e-30*x", r"10^{-30}\,x"),
        ("x <= 1", r"x\leq 1"),
    ],
)
def test_latex_is_a_textbooks(text: str, latex: str) -> None:
    assert to_latex(parse_formula(text)) == latex


def test_a_sum_can_be_cut_before_each_of_its_terms() -> None:
    assert term_latex(parse_formula("a - b*c + 1")) == ("a", r"-\,b\,c", r"+\,1")


@given(FORMULAS, POINTS)
@settings(max_examples=200)
@example(parse_formula("-x^2"), (-2.0, 0.0, 0.0))
@example(parse_formula("y - x"), (-2.0, 0.0, 0.0))
@example(parse_formula("2*x"), (-2.0, 0.0, 0.0))
@example(parse_formula("x^y"), (2.0, -1.0, 0.0))
def test_numbers_in_the_place_of_names_are_bracketed_as_they_need(expr: Expr, point: tuple[float, ...]) -> None:
    """The line with numbers, read again, gives the same value."""
    numbers = at(point)
    expected = real(expr, numbers)
    text = written(expr, TextPrinter(), lambda found: number(found, numbers)).text
    assert close(evaluate(parse_formula(text, indexed=True), lambda name, _: numbers[name]), expected), text
    assert not set(NAMES) & set(_names(text))


def _names(text: str) -> list[str]:
    return re.findall(r"[A-Za-z_]\w*", text)


def test_numbers_are_written_as_they_are_typed() -> None:
    for text in ("0.1", "1e-30", "2.5e+40", "100", "0.00001", "12345.678", "1e15"):
        assert float(formula_to_text(parse_formula(text))) == float(text)


@pytest.mark.parametrize(
    ("formula", "fragments"),
    [
        ("(1 + exp(z) + z*(2 - z))/2", (r"\frac{1}{2}", r"\cdot (1", r"+\,e^{z}", r"+\,z\,(2-z))")),
        ("3*z/((1 + z)*(2 + z)^2)", ("3", r"\cdot z", r"\cdot \frac{1}{1+z}", r"\cdot \frac{1}{(2+z)^2}")),
        ("z - (1 + z)*exp(z + 1)", ("z", r"-\,(1+z)", r"\cdot e^{z+1}")),
        ("sin(z)", (r"\sin(z)",)),
    ],
)
def test_what_is_wide_is_parted_between_its_factors(formula: str, fragments: tuple[str, ...]) -> None:
    assert parted_latex(parse_formula(formula), lambda fragment: len(fragment) <= 9) == fragments
    assert parted_latex(parse_formula(formula), lambda fragment: True) == term_latex(parse_formula(formula))


@pytest.mark.parametrize("room", [1, 9, 20, 60])
@pytest.mark.parametrize(
    "formula",
    [
        "(1 + exp(z) + z*(2 - z))/2",
        "3*z/((1 + z)*(2 + z)^2)",
        "z - (1 + z)*exp(z + 1)*(2 - z/3)",
        "-(z - 1/(1 + z))*(-z)",
        "(sin(z)*2 - (1 - z)/(z + 2))/(3*sqrt(z + 4))",
    ],
)
def test_fragments_beside_each_other_are_the_formula(formula: str, room: int) -> None:
    """Worked out again from the LaTeX, by a reader that shares no code with the program."""
    tree = parse_formula(formula)
    fragments = parted_latex(tree, lambda fragment: len(fragment) <= room, lambda _: Printed("1.25", Level.ATOM))
    expected = evaluate(tree, lambda *_: 1.25)
    assert worked_out("".join(fragments)) == pytest.approx(expected, rel=1e-12)
    assert worked_out("".join(term_latex(tree, lambda _: Printed("1.25", Level.ATOM)))) == pytest.approx(expected)
