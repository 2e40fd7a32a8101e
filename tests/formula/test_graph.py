"""Formulas as graphs: each operator a node, and the derivatives that autograd gives, share by share."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import assume, given, settings

from chainrule.engine.program.lowering import lowered
from chainrule.formula.errors import FormulaError
from chainrule.formula.evaluate import evaluate
from chainrule.formula.graph import MOST_OPERATORS, backward_steps, graph_of, run_graph
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Expr, symbols_of
from chainrule.formula.writing.equation import equation
from chainrule.formula.writing.text import formula_to_text
from tests.formula.drawn import FORMULAS, POINTS, at, close


def computed(lines: list[str], **values: float) -> dict[str, float]:
    graph = graph_of(lines)
    return run_graph((*graph.nodes, *backward_steps(graph)), values)


def written(lines: list[str]) -> list[str]:
    graph = graph_of(lines)
    return [f"{step.writes} = {formula_to_text(step.rule)}" for step in (*graph.nodes, *backward_steps(graph))]


def test_the_product_of_a_sum_is_cs231ns_first_circuit() -> None:
    assert written(["q = x + y", "f = q*z"]) == [
        "q = x + y",
        "f = q*z",
        "f.grad = 1",
        "q.grad = f.grad*z",
        "z.grad = f.grad*q",
        "x.grad = q.grad",
        "y.grad = q.grad",
    ]
    found = computed(["q = x + y", "f = q*z"], x=-2, y=5, z=-4)
    assert [found[name] for name in ("q", "f", "z.grad", "q.grad", "x.grad", "y.grad")] == [3, -12, 3, -4, -4, -4]


def test_the_sigmoid_of_two_weights_is_cs231ns_second_circuit() -> None:
    """Its figure rounds to two digits: 0.73, and -0.20, 0.39, -0.39, -0.59 and 0.20."""
    found = computed(["f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))"], w0=2, x0=-1, w1=-3, x1=-2, w2=-3)
    names = ("f", "w0.grad", "x0.grad", "w1.grad", "x1.grad", "w2.grad")
    assert [round(found[name], 2) for name in names] == [0.73, -0.2, 0.39, -0.39, -0.59, 0.2]


def test_the_staged_computation_is_cs231ns_third() -> None:
    """The notes' own lines for f = (x + sigmoid(y)) / (sigmoid(x) + (x + y)^2), at x = 3 and y = -4."""
    x, y = 3.0, -4.0
    sigy, sigx = 1.0 / (1 + math.exp(-y)), 1.0 / (1 + math.exp(-x))
    num, xpy = x + sigy, x + y
    den = sigx + xpy**2
    dden = num * (-1.0 / den**2)
    dx = (1 - sigx) * sigx * dden + 2 * xpy * dden + 1.0 / den
    dy = 2 * xpy * dden + (1 - sigy) * sigy / den
    found = computed(["f = (x + sigmoid(y))/(sigmoid(x) + (x + y)^2)"], x=x, y=y)
    assert [found[name] for name in ("x.grad", "y.grad")] == pytest.approx([dx, dy], rel=1e-14)


def test_a_value_that_several_read_has_a_share_from_each() -> None:
    assert written(["a = x*y", "b = x + 1", "f = a*b + x"]) == [
        "a = x*y",
        "b = x + 1",
        "n1 = a*b",
        "f = n1 + x",
        "f.grad = 1",
        "n1.grad = f.grad",
        "x.grad.from.f = f.grad",
        "a.grad = n1.grad*b",
        "b.grad = n1.grad*a",
        "x.grad.from.b = b.grad",
        "x.grad.from.a = a.grad*y",
        "x.grad = x.grad.from.f + x.grad.from.b + x.grad.from.a",
        "y.grad = a.grad*x",
    ]


def test_a_derivative_is_in_terms_of_the_nodes_own_value() -> None:
    assert "x.grad = f.grad*(f*(1 - f))" in written(["f = sigmoid(x)"])
    assert "x.grad = f.grad*f" in written(["f = exp(x)"])
    assert "x.grad = f.grad*(1 - f^2)" in written(["f = tanh(x)"])
    assert "x.grad = f.grad*(2*x)" in written(["f = x*x"])


def test_lines_stand_in_any_order_and_names_are_kept() -> None:
    graph = graph_of(["b = n1*a", "n1 = x + 1 + y", "a = n1^2", "f = b"])
    places = {node.writes: place for place, node in enumerate(graph.nodes)}
    assert all(places[name] < places[node.writes] for node in graph.nodes for name in node.reads if name in places)
    assert graph.output == "f"
    assert graph.inputs == ("x", "y")
    assert len({node.writes for node in graph.nodes}) == len(graph.nodes)


def test_what_the_output_does_not_depend_on_has_no_derivative() -> None:
    assert written(["unused = x*w", "f = 2*x"])[2:] == ["f.grad = 1", "x.grad = f.grad*2"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a = b", "b = a"], "a needs itself: a needs b needs a"),
        (["f = f + 1"], "f needs itself"),
        (["a = x", "a = y"], "a is defined twice"),
        (["v.next = x"], "v.next is what an optimizer writes; choose a name without .next"),
        (["f = " + "+".join(["x*x"] * 150)], f"a formula has at most {MOST_OPERATORS} operators, this one 299"),
    ],
)
def test_lines_that_make_no_graph_are_refused(lines: list[str], message: str) -> None:
    with pytest.raises(FormulaError) as refused:
        graph_of(lines)
    assert refused.value.message == message


def test_two_hundred_operators_are_taken() -> None:
    lines = ["s0 = x", *(f"s{at + 1} = s{at} * 1.01" for at in range(MOST_OPERATORS - 1))]
    found = computed(lines, x=1.0)
    assert found["x.grad"] == pytest.approx(1.01 ** (MOST_OPERATORS - 1))


@given(FORMULAS, POINTS)
@settings(max_examples=200)
def test_the_derivatives_by_all_inputs_are_autograds(expr: Expr, point: tuple[float, ...]) -> None:
    numbers, line = at(point), f"f = {formula_to_text(expr)}"
    assume(symbols_of(expr))
    graph = graph_of([line])
    steps = (*graph.nodes, *backward_steps(graph))
    found = run_graph(steps, numbers)
    # A choice hands autograd what it did not choose times 0, which is NaN where that is infinite.
    assume(all(math.isfinite(found[step.writes]) and abs(found[step.writes]) < 1e12 for step in steps))
    tensors = {name: torch.tensor(number, dtype=torch.float64).requires_grad_() for name, number in numbers.items()}
    value = lowered(expr)(tensors)
    assert close(found["f"], value.item())
    if value.requires_grad:
        value.backward()  # type: ignore[no-untyped-call]
    for name in graph.inputs:
        slope = tensors[name].grad
        expected = 0.0 if slope is None else slope.item()
        assume(math.isfinite(expected))
        size = max(abs(found[step.writes]) for step in steps)
        assert close(found.get(f"{name}.grad", 0.0), expected, 1e-9 * max(1.0, size))


@given(FORMULAS, POINTS)
@settings(max_examples=200)
def test_each_equation_gives_its_own_result(expr: Expr, point: tuple[float, ...]) -> None:
    """Worked out again from its printed digits, but for one unit of the last digit."""
    graph = graph_of([f"f = {formula_to_text(expr)}"])
    steps = (*graph.nodes, *backward_steps(graph))
    found = run_graph(steps, at(point))
    for step in steps:
        shown = equation(step, found)
        result = float(shown.result)
        if not math.isfinite(result) or "inf" in shown.numbers or "nan" in shown.numbers:
            continue
        again = evaluate(parse_formula(shown.numbers or shown.result, indexed=True), lambda name, places: math.nan)
        unit = 10.0 ** (math.floor(math.log10(abs(result))) - 3) if result else 1e-9
        assert abs(again - result) <= 1.5 * unit, shown.text
        assert shown.left == step.writes
        sides = [side for side in (shown.symbols, shown.numbers, shown.result) if side]
        assert all(one != other for one, other in pairwise(sides)), shown.text
