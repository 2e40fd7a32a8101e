"""Rules: where a formula reads a value, and the gradients that the chain rule makes of it."""

from __future__ import annotations

import pytest
import torch

from chainrule.catalog import linear
from chainrule.engine.program.lowering import lowered
from chainrule.engine.trace import Executor
from chainrule.formula.parse import read
from chainrule.formula.rule import Rule, pullback
from chainrule.formula.writing.text import formula_to_text
from tests.experiments import dense


def rule(formula: str, names: str, indices: str = "") -> Rule:
    return Rule(read(formula), tuple(names.split()), tuple(indices))


@pytest.mark.parametrize(
    ("by", "formula", "names", "indices"),
    [
        ("w", "sum(n, delta[n, o]*x[n, i])", ("delta", "x"), ("o", "i")),
        ("x", "sum(o, delta[n, o]*w[o, i])", ("delta", "w"), ("n", "i")),
        ("b", "sum(n, delta[n, o])", ("delta",), ("o",)),
    ],
)
def test_the_gradients_of_a_linear_layer_follow_from_its_formula(
    by: str, formula: str, names: tuple[str, ...], indices: tuple[str, ...]
) -> None:
    found = pullback(linear.WITH_BIAS, by, "delta")
    assert (formula_to_text(found.formula), found.names, found.indices) == (formula, names, indices)


def test_a_pullback_is_what_autograd_gives() -> None:
    """Of a formula that no layer has: a sum over two indices, of three factors."""
    found = rule("sum(i, sum(j, x[n,i]*w[i,j]*exp(y[j,k])))", "x w y", "nk")
    generator = torch.Generator().manual_seed(0)
    shapes = {"x": (2, 3), "w": (3, 4), "y": (4, 5)}
    values = {
        name: torch.rand(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for name, shape in shapes.items()
    }
    result = lowered(found.formula, found.indices)(values)
    upstream = torch.rand(2, 5, generator=generator, dtype=torch.float64)
    gradients = torch.autograd.grad(result, list(values.values()), upstream)
    for name, expected in zip(values, gradients, strict=True):
        back = pullback(found, name, "g")
        torch.testing.assert_close(lowered(back.formula, back.indices)({**values, "g": upstream}), expected)


def test_a_value_at_no_letter_has_no_pullback() -> None:
    with pytest.raises(ValueError, match="no letters"):
        pullback(rule("sum(i, x[n,i+1]*w[i])", "x w", "n"), "x", "g")


def test_each_step_of_a_layer_computes_its_rule() -> None:
    executor = Executor(dense((3, 4, 2), rows=5))
    values = next(executor.iterations()).values
    checked, gradients = 0, (linear.WEIGHT_GRADIENT, linear.BIAS_GRADIENT, linear.INPUT_GRADIENT)
    for step in executor.program.steps:
        if step.rule not in (linear.WITH_BIAS, *gradients):
            continue
        named = dict(zip(step.rule.names, (values[ref] for ref in step.reads), strict=True))
        found = lowered(step.rule.formula, step.rule.indices)(named)
        torch.testing.assert_close(found, values[step.writes], rtol=1e-12, atol=1e-14)
        checked += 1
    # z, and the gradients of weight, bias and of a below, of two layers; the input has none.
    assert checked == 2 * 3 + 1


@pytest.mark.parametrize(
    ("name", "at", "written", "is_read"),
    [
        ("w", (1, 2), (0, 1), True),
        ("w", (0, 2), (0, 1), False),
        ("x", (3, 2), (3, 1), True),
        ("x", (2, 2), (3, 1), False),
        ("b", (1,), (3, 1), True),
        ("b", (0,), (3, 1), False),
    ],
)
def test_an_element_reads_what_its_indices_say(
    name: str, at: tuple[int, ...], written: tuple[int, ...], is_read: bool
) -> None:
    assert linear.WITH_BIAS.reads(name, at, written) is is_read


def test_a_summed_letter_is_none_of_the_result() -> None:
    """The sum over k around hides the k of the result."""
    found = rule("z[n,k]/sum(k, z[n,k])", "z", "nk")
    assert found.reads("z", (0, 2), (0, 1))
    assert not found.reads("z", (1, 1), (0, 1))


def test_a_class_can_be_any_and_what_has_no_indices_says_nothing() -> None:
    found = rule("-o[n,t[n]] + c", "o t c", "nk")
    assert found.reads("o", (0, 2), (0, 1))
    assert found.reads("t", (0, 0), (0, 1))
    assert not found.reads("t", (1, 0), (0, 1))
    assert found.reads("c", (), (0, 1)) is None
