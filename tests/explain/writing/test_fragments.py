"""Pieces of equations: that all can be typeset, those of new entries too."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from chainrule.catalog.activation import Activation
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, Number
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.loss import Loss
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import LEARNING_RATE, OPTIMIZERS, Buffer, Called, Extent, Optimizer, Update
from chainrule.explain.equations import explain_step
from tests.experiments import experiments, parameters
from tests.explain.cases import EXPERIMENTS, MAZUR, case, network
from tests.explain.checks import assert_true, typeset, typeset_fragment

# ------------------------------------------------------------------------------------------------- templates, fragments


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_fragment_can_be_typeset(name: str) -> None:
    it = case(EXPERIMENTS[name], 1)
    last: dict[str, tuple[int, ...]] = {}
    for step, index in it.elements():
        if name != "wide" or sum(index) == 0:
            typeset(it.explain(step, index))
        last[step.writes] = index
    for step in it.program.steps:
        typeset(it.explain(step, last[step.writes]))
        typeset_fragment(explain_step(it.experiment, it.program, step))


@settings(max_examples=6)
@given(experiments())
def test_every_table_entry_can_be_typeset(experiment: Experiment) -> None:
    it = case(experiment)
    for step, index in it.elements():
        if sum(index) == 0:
            typeset(it.explain(step, index))
            typeset_fragment(explain_step(it.experiment, it.program, step))


# ----------------------------------------------------------------------------------------- entries that are not there


LEAKY = Activation(
    name="Leaky",
    formula="max(0, z) + leak*min(0, z)",
    slope="if(z > 0, 1, 0) + leak*if(z <= 0, 1, 0)",
    words="keeps a positive z and a share of a negative one",
    arguments=(Number("leak", 0.25, "leak", minimum=0.0, maximum=1.0),),
)
CROSS_ENTROPY = Loss(
    "CrossEntropy",
    "the surprise at the target",
    formula="-(t*log(o) + (1 - t)*log(1 - o))",
    slope="(o - t)/(o*(1 - o))",
)
# A number for all of a parameter, and one for each of its rows: shapes that no entry has so.
SCALED = Optimizer(
    "Scaled",
    (LEARNING_RATE, Number("decay", 0.5, "decay", symbol=r"\beta", minimum=0.0, maximum=1.0)),
    state=lambda choice, shape: (Buffer("energy", 2.0, Extent.SCALAR), *row_buffers(shape)),
    updates=lambda choice, shape: (
        Update(
            "energy.next",
            ("grad", "energy"),
            "decay*energy + total/count",
            words="is a share of what it was, plus the mean of the gradient's squares",
            extent=Extent.SCALAR,
            term="x^2",
        ),
        *row_updates(shape),
        Update(
            "next",
            ("", "grad", "energy.next", "lr", *(("scale.next",) if len(shape) > 1 else ())),
            "param - lr*grad/sqrt(energy.next)" + ("/scale.next" if len(shape) > 1 else ""),
            words="moves against its gradient, over the scale of its row",
        ),
    ),
)


def row_buffers(shape: tuple[int, ...]) -> tuple[Buffer, ...]:
    """What is kept for each row of a matrix."""
    called = Called("k", "scale of a row")
    return (Buffer("scale", 1.0, Extent.ROWS, called),) if len(shape) > 1 else ()


def row_updates(shape: tuple[int, ...]) -> tuple[Update, ...]:
    """The largest that the sum of the sizes of a row's gradients has been."""
    if len(shape) == 1:
        return ()
    words = "is the sum of the sizes of the row's gradients, or what it was where that is more"
    formula = "max(scale, total)"
    return (Update("scale.next", ("grad", "scale"), formula, words, extent=Extent.ROWS, term="abs(x)"),)


def test_a_new_entry_of_each_table_needs_no_change() -> None:
    with (
        patch.dict(ACTIVATIONS, {LEAKY.name: LEAKY}),
        patch.dict(LOSSES, {CROSS_ENTROPY.name: CROSS_ENTROPY}),
        patch.dict(OPTIMIZERS, {SCALED.name: SCALED}),
    ):
        it = case(
            replace(
                MAZUR,
                network=network(2, (2, "Leaky"), (2, "Sigmoid")),
                data=DataSpec(((0.05, -0.1), (-0.7, 0.2)), ((0.0, 1.0), (1.0, 0.25))),
                loss=Choice("CrossEntropy"),
                optimizer=Choice("Scaled"),
                parameters={**MAZUR.parameters, **parameters({"layers.0.bias": (0.0, -0.1)})},
            ),
            1,
        )
        for step, index in it.elements():
            assert_true(it.explain(step, index, 1, digits=17), it.value(step, index), 1)
            if sum(index) == 0:
                typeset(it.explain(step, index))
            assert it.narrate(step, index).endswith(".")
        z = r"z^{(1)}_1"
        assert it.explain("layers.0.activation", (0, 0)).symbols == (
            rf"\max(0,\,{z})",
            rf"+\,\text{{leak}}\cdot \min(0,\,{z})",
        )
        assert it.plain("layers.0.weight.energy.next").startswith(
            "new energy = β·energy + (Σᵢₖ (∂L/∂wᵢₖ⁽¹⁾)²)/4 = 0.5·1.000 + ("
        )
        assert it.narrate("layers.0.weight.energy.next") == (
            "The energy of the weights of layer 1 is a share of what it was, plus the mean of the gradient's squares."
        )
        assert it.plain("layers.0.weight.scale.next", (1, 0)).startswith(
            "new k₂⁽¹⁾ = max(k₂⁽¹⁾, Σₖ |∂L/∂w₂ₖ⁽¹⁾|) = max(1, |"
        )
        assert it.narrate("layers.0.weight.scale.next", (1, 0)).startswith("The scale of a row of the weights to h₂ is")
        assert it.narrate("layers.0.weight.next", (0, 0)).startswith(
            "The weight from x₁ to h₁ moves against its gradient, over the scale of its row. The weight "
        )
