"""Clipping of the gradients, in symbols, numbers and sentences."""

from __future__ import annotations

import math
from dataclasses import replace
from unittest.mock import patch

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.equations import explain_step
from chainrule.explain.formulas import clipping as clipping_formulas
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_mark, step_title
from tests.explain.cases import case
from tests.explain.checks import small_font, typeset, typeset_fragment
from tests.explain.formulas.optimizer_steps import NEURON, SMALL, same, updates
from tests.explain.latex_arithmetic import evaluate

CLIPPINGS = [
    *(Choice("clip_grad_norm_", {"max_norm": m, "norm_type": p}) for m in (0.01, 100.0) for p in ("1", "2", "inf")),
    *(Choice("clip_grad_value_", {"clip_value": value}) for value in (0.01, 100.0)),
]


@pytest.mark.parametrize("clipping", CLIPPINGS, ids=str)
def test_clipping_is_explained(clipping: Choice) -> None:
    font, it = small_font(), case(replace(SMALL, clipping=clipping, optimizer=Choice("Adam")))
    notation = Notation.of(it.experiment)
    for step, index in updates(it):
        with patch.object(clipping_formulas, "MOST_TERMS", 1000):
            equation, value = it.explain(step, index, digits=17), it.value(step, index)
        assert same(evaluate(equation.result), value)
        assert same(evaluate(" ".join(equation.numbers) or equation.result), value), equation
        if "clip" in step.writes or step.writes == "grad_norm":
            line, sentence = it.plain(step.writes, index), it.narrate(step, index)
            for text in (step_mark(notation, step), step_title(notation, step), line, sentence):
                assert not [c for c in text if not font.glyphindex(c) or c in "\\_{"], text
            typeset(it.explain(step, index))
            typeset_fragment(explain_step(it.experiment, it.program, step))


def test_what_clipping_says() -> None:
    it = case(replace(NEURON, clipping=Choice("clip_grad_norm_", {"max_norm": 0.5})))
    weight, bias = (
        it.value_of(ValueRef(f"layers.0.{name}.grad"), at) for name, at in (("weight", (0, 0)), ("bias", (0,)))
    )

    assert it.explain("grad_norm").latex.startswith(
        r"\lVert g\rVert = \sqrt{\sum_{p}\left(\frac{\partial L}{\partial p}\right)^2} = \sqrt{("
    )
    assert it.value_of(refs.GRAD_NORM, ()) == pytest.approx(math.hypot(weight, bias))
    assert it.narrate("grad_norm") == (
        "The norm says in one number how large all gradients are together: "
        "the root of the sum of their squares, the length of one long arrow."
    )
    assert "so every gradient is multiplied by 0." in it.narrate("clip_coef")
    assert it.narrate("layers.0.bias.grad.clipped", (0,)).startswith(
        "The gradient of the bias of ŷ is multiplied by the share that is kept. It goes from "
    )
    assert it.explain("layers.0.bias.grad.clipped", (0,)).left == r"g^{\text{clipped}}_b"
    assert "The clipped gradient is" in it.narrate("layers.0.bias.next", (0,))


def test_clipping_that_does_nothing_says_so() -> None:
    it = case(replace(NEURON, clipping=Choice("clip_grad_norm_", {"max_norm": 500.0})))

    assert it.narrate("clip_coef").endswith("so every gradient stays as it is: the share that is kept is 1.")
    assert it.narrate("layers.0.weight.grad.clipped", (0, 0)).endswith("It stays as it is.")


def test_a_long_norm_is_cut() -> None:
    it = case(replace(SMALL, clipping=CLIPPINGS[1]))
    equation = it.explain("grad_norm")

    assert equation.note == "9 of 13 terms are added up here"
    assert r"+\,(\text{9 more: }" in equation.numbers[0]


def test_a_clipped_gradient_is_called_one() -> None:
    clipped = replace(NEURON, clipping=Choice("clip_grad_value_", {"clip_value": 0.01}))
    text = case(clipped).narrate("layers.0.weight.next", (0, 0))
    assert text.startswith(
        "The weight from x to ŷ moves against its clipped gradient, by the learning rate times the clipped gradient. "
        "The clipped gradient is "
    )
