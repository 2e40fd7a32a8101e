"""Expressions: equal to Python's own evaluation of the same text, and nothing but `SpecError` for any other text."""

from __future__ import annotations

import ast
import math
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.schedules.expressions import (
    ALLOWED,
    MAX_LENGTH,
    ExpressionArgument,
    NoValueError,
    first_failure,
    parse_expression,
)
from tests.explain.latex_arithmetic import evaluate as evaluate_latex

NAMES = {"min": min, "max": max, "abs": abs, "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "sin": math.sin,
         "cos": math.cos, "floor": math.floor, "pi": math.pi}  # fmt: skip


class Floats(ast.NodeTransformer):
    """Makes every number of a text a float, as they are in ours."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.copy_location(ast.Constant(float(node.value)), node)


def python(text: str, iteration: float, epoch: float) -> float | None:
    """Python's value, or None where it has none that is real and finite."""
    tree = ast.fix_missing_locations(Floats().visit(ast.parse(text, mode="eval")))
    try:
        value = eval(compile(tree, "", "eval"), dict(NAMES), {"iteration": iteration, "epoch": epoch})
        return float(value) if math.isfinite(value) else None
    except (ArithmeticError, ValueError, TypeError):
        return None


def ours(text: str, iteration: float, epoch: float) -> float | None:
    try:
        return parse_expression(text).evaluate(iteration, epoch)
    except NoValueError:
        return None


LEAVES = st.sampled_from(["iteration", "epoch", "pi", "0", "1", "2", "10", "0.5", "0.95", "1e3"])


def combined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(
        parts,
        st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!=", "and", "or"]),
        parts,
    )
    return st.one_of(
        binary.map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["-", "+", "not "]), parts).map(lambda t: f"({t[0]}{t[1]})"),
        st.tuples(st.sampled_from(["abs", "sqrt", "exp", "log", "sin", "cos", "floor"]), parts).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        st.tuples(st.sampled_from(["min", "max"]), parts, parts).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        st.tuples(parts, parts, parts).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(parts, parts, parts).map(lambda t: f"({t[0]} < {t[1]} <= {t[2]})"),
    )


TEXTS = st.recursive(LEAVES, combined, max_leaves=8).filter(lambda text: len(text) <= MAX_LENGTH)
SYMBOLS = st.lists(
    st.sampled_from(
        [
            "iteration",
            "epoch",
            "pi",
            "min",
            "max",
            "floor",
            "(",
            ")",
            "(",
            ")",
            ",",
            "+",
            "-",
            "**",
            "//",
            "%",
            "1",
            "0",
            "9",
            ".",
            "e",
            "if",
            "else",
            "and",
            "or",
            "not",
            "<",
            "==",
            "=",
            ":",
            "[",
            "]",
            "{",
            "}",
            "'",
            "lambda",
            "__import__",
            "import",
            "x",
            "\\",
            "\n",
            "#",
            "@",
            ":=",
            "await",
            "*",
            "**",
            "j",
            "None",
            "True",
            "f''",
            "_",
            "...",
        ]
    ),
    max_size=30,
).map(" ".join)


@settings(deadline=None)
@given(TEXTS, st.integers(0, 1000), st.integers(0, 100))
def test_values_are_those_of_python(text: str, iteration: int, epoch: int) -> None:
    expected = python(text, float(iteration), float(epoch))
    found = ours(text, iteration, epoch)
    assert (found is None) == (expected is None)
    if expected is not None:
        assert found == pytest.approx(expected, rel=1e-15, abs=0)


@settings(deadline=None)
@given(st.one_of(st.text(max_size=250), SYMBOLS))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_expression(text)
        first_failure(text, "epoch", 3)
    except SpecError as error:
        assert error.path == "$"  # noqa: PT017 - that it is raised is not asked


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.95 ** epoch", 0.95**2),
        ("1 / (1 + 0.1 * iteration)", 1 / 1.7),
        ("max(0, 1 - iteration / 100)", 0.93),
        ("1 if epoch < 5 else 0.1", 1.0),
        ("(epoch % 2 == 0) * 3", 3.0),
        ("iteration // 3", 2.0),
        ("-2 ** 2", -4.0),
        ("not epoch or 7", 7.0),
        ("0 <= epoch < iteration < 5", 0.0),
        ("  2 * 3  ", 6.0),
    ],
)
def test_examples(text: str, value: float) -> None:
    assert parse_expression(text).evaluate(7, 2) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "x", "lr", "__import__('os')", "epoch.real", "[1, 2]", "(1, 2)", "'a'", "lambda: 1", "epoch := 1",
        "min(1)", "sqrt(1, 2)", "max(*[1, 2])", "max(1, 2, key=abs)", "eval('1')", "1j", "1e999", "True", "None",
        "epoch is 1", "epoch in (1, 2)", "1 @ 2", "1 << 2", "~1", "f'{epoch}'", "exit()", "1;2", "epoch = 1", "\x00",
        "(" * 150, "\ud800", "[e for e in (1,)]", "1" * (MAX_LENGTH + 1), "abs", "sqrt(log)", "floor(1)(2)",
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as error:
        ExpressionArgument("lr_lambda", "1", "factor").check(text, "$.scheduler.lr_lambda")
    assert error.value.path == "$.scheduler.lr_lambda"
    assert ALLOWED in error.value.message or str(MAX_LENGTH) in error.value.message


@pytest.mark.parametrize("text", ["9**9**9**9", "9**9**9", "10**400", "-9e300 * 9e300", "exp(1000)", "1e308 * 10"])
def test_what_is_too_large_has_no_value_and_takes_no_time(text: str) -> None:
    start = time.perf_counter()
    with pytest.raises(NoValueError, match=r"too large|no real value"):
        parse_expression(text).evaluate(1, 1)
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("text", "interval", "batches", "failure"),
    [
        ("1 / (iteration - 6)", "iteration", 1, "at iteration 6, epoch 6, it divides by zero"),
        ("1 / (iteration - 6)", "epoch", 2, "at iteration 6, epoch 3, it divides by zero"),
        ("1 / (iteration - 6)", "epoch", 4, ""),
        ("sqrt(3 - epoch)", "iteration", 5, "at iteration 20, epoch 4, it has no real value"),
    ],
)
def test_the_first_failure_is_told(text: str, interval: str, batches: int, failure: str) -> None:
    found = first_failure(text, interval, batches)
    assert found.endswith(failure)
    assert bool(found) == bool(failure)


@settings(deadline=None)
@given(
    st.recursive(
        LEAVES,
        lambda parts: st.one_of(
            st.tuples(parts, st.sampled_from(["+", "-", "*", "/"]), parts).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.tuples(parts, st.sampled_from("123")).map(lambda t: f"({t[0]} ** {t[1]})"),
            parts.map(lambda t: f"(-{t})"),
            st.tuples(st.sampled_from(["sin", "cos", "exp", "sqrt"]), parts).map(lambda t: f"{t[0]}({t[1]})"),
            st.tuples(parts, parts).map(lambda t: f"max({t[0]}, {t[1]})"),
        ),
        max_leaves=6,
    ).filter(lambda text: len(text) <= MAX_LENGTH)
)
def test_latex_means_the_same(text: str) -> None:
    expected = ours(text, 3, 2)
    if expected is None or abs(expected) > 1e30:
        return
    latex = parse_expression(text).written({"iteration": "3", "epoch": "2"}).text
    assert evaluate_latex(latex) == pytest.approx(expected, rel=1e-9, abs=1e-9)
