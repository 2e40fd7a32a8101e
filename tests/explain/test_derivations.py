"""Derivations: each row's number is autograd's, rows make the gradient, and what is printed can be worked out."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from chainrule.catalog.activation import Z, derived_tree
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.program import activations as activation_functions
from chainrule.explain.derivation.paths import Element
from chainrule.explain.derivation.words import derivation_in_words
from chainrule.explain.derivation.written import AT_A_KINK
from chainrule.formula.evaluate import evaluate as evaluated
from tests.explain.cases import EXPERIMENTS, MAZUR, MOCKUP, WIDE, Case, case
from tests.explain.derived import DELTA, assert_holds, assert_printed, derivation, derived_of, is_near, rows
from tests.explain.formulas.test_activations import CHOICES, PLACES, layer

ELEMENTWISE = [c for c in CHOICES if not ACTIVATIONS[c.name].couples_units and c.arguments.get("num_parameters") != 2]


@pytest.mark.parametrize("experiment", EXPERIMENTS.values(), ids=EXPERIMENTS)
def test_the_rows_make_every_gradient(experiment: Any) -> None:
    it = case(experiment)
    count = 0
    for step, index in it.elements():
        if experiment is EXPERIMENTS["wide"] and any(place % 3 for place in index):
            continue
        found = derived_of(it, step, index)
        assert (found is not None) == (step.phase is Phase.BACKWARD), step.writes
        if found is not None:
            count += 1
            assert_holds(found, it.value(step, index))
    assert count


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_every_activation_is_derived(choice: Choice) -> None:
    it = layer(choice, tuple((z, 0.3 - z) for z in PLACES[::2]))
    for step, index in it.elements():
        if step.kind in (StepKind.PRE_ACTIVATION_GRADIENT, StepKind.ACTIVATION_WEIGHT_GRADIENT):
            assert_holds(derivation(it, step.writes, index), it.value(step, index))
            assert_printed(derivation(it, step.writes, index, digits=None))


@pytest.mark.parametrize("choice", ELEMENTWISE, ids=str)
def test_what_is_derived_is_what_the_table_says_and_autograd_gives(choice: Choice) -> None:
    entry, it = ACTIVATIONS[choice.name], layer(choice, tuple((z,) for z in PLACES))
    checked = it.experiment.network.layers[0].activation
    for row, place in enumerate(PLACES):
        z = torch.tensor([place], dtype=torch.float64, requires_grad=True)
        learned = [torch.tensor([0.25], dtype=torch.float64) for _ in entry.learned]
        (slope,) = torch.autograd.grad(activation_functions.forward(checked)(z, *learned).sum(), z)
        numbers = entry.numbers(checked) | {"z": place} | {vector.name: 0.25 for vector in entry.learned}
        found = evaluated(derived_tree(entry.tree(checked), Z), lambda name, _, known=numbers: known[name])
        link = rows(derivation(it, DELTA, (row, 0)))[-1]
        assert is_near(link.value, slope.item())
        # At its kink max(0, z) has half of each slope, and ReLU none; torch keeps a sixth and 1/alpha in float32.
        assert is_near(found, slope.item(), 1e-7) or link.note == AT_A_KINK


def test_the_derivative_is_shown_as_it_is_derived_and_as_textbooks_have_it() -> None:
    it = layer(Choice("Sigmoid"), ((0.5,),))
    row = rows(derivation(it, DELTA, (0, 0)))[-1]

    assert row.formula == (r"\frac{1}{1+e^{-z}}",)
    assert row.left == r"\frac{{\partial}\hat{y}}{{\partial}z}"
    assert row.sides == (
        (r"\frac{e^{-z}}{(1+e^{-z})^2}",),
        (r"\hat{y}\,(1", r"-\,\hat{y})") if len(row.sides[1]) > 1 else (r"\hat{y}\,(1-\hat{y})",),
        (r"0.6225\,(1-0.6225)",),
    )
    assert row.number == "0.2350"


def test_the_case_that_holds_is_shown_with_its_condition() -> None:
    it = layer(Choice("ELU"), ((0.5, -0.5),))
    above, below = (rows(derivation(it, DELTA, (0, unit)))[-1] for unit in (0, 1))

    assert above.formula == ("z_1,", "z_1>0")
    assert (above.sides, above.number) == ((), "1")
    assert below.formula[-1] == r"z_2\leq 0"
    assert below.sides[0] == ("e^{z_2}",) or below.sides[0] == (r"\alpha\,e^{z_2}",)


def test_a_batch_has_a_row_for_each_sample_and_the_chain_of_the_one_that_is_shown() -> None:
    it = case(MOCKUP)
    shares, chain = derivation(it, "layers.0.weight.grad", (0, 1), sample=1).sections

    assert [row.what for row in shares.rows] == ["sample 1", "sample 2"]
    assert [row.value for row in shares.rows] == pytest.approx([-1.31, -5.7])
    assert shares.is_sum
    assert shares.number == "-7.010"
    assert chain.title == "The chain rule for sample 2"
    assert [row.number for row in chain.rows[-3:]] == ["0.5000", "1", "4.000"]
    assert chain.value == pytest.approx(-5.7)


def test_samples_are_called_by_their_rows_of_the_data() -> None:
    it = case(MOCKUP)
    step = it.step("layers.0.bias.grad")
    found = derived_of(it, step, (0,), rows=(6, 3))
    assert found is not None
    assert [row.what for row in found.sections[0].rows] == ["sample 7", "sample 4"]


def test_what_feeds_several_units_is_a_sum_over_them() -> None:
    it = case(MAZUR)
    paths, chain = derivation(it, "layers.0.activation.grad", (0, 0)).sections

    assert [row.what for row in paths.rows] == ["through z₁⁽²⁾", "through z₂⁽²⁾"]
    assert paths.rows[0].left.startswith(r"\delta")
    assert chain.title == "The chain rule through z₁⁽²⁾"
    # Mazur's own numbers: 0.05539942 and -0.01904912.
    assert [round(row.value, 8) for row in paths.rows] == [0.05539942, -0.01904912]
    # The chain of a weight below it comes to the same rows, and goes on from there up to the loss.
    below, further, rest = derivation(it, "layers.0.weight.grad", (0, 0)).sections
    assert below.rows[0].gradient == Element(ValueRef("layers.0.activation.grad"), (0, 0))
    assert [row.value for row in further.rows] == [row.value for row in paths.rows]
    assert [row.gradient for row in further.rows] == [
        Element(ValueRef(DELTA.replace("0", "1")), (0, k)) for k in (0, 1)
    ]
    assert rest == chain
    assert rest.rows[0].what == "HalfSquaredError"


def test_of_a_long_sum_some_rows_are_shown_and_the_others_added_up() -> None:
    it = case(WIDE)
    paths = derivation(it, "layers.0.weight.grad", (0, 1), sample=4).sections[0]

    assert [row.what for row in paths.rows] == ["sample 1", "sample 2", "sample 3", "sample 5", "sample 7", "2 more"]


def test_a_chain_stops_where_a_gradient_was_set_by_hand() -> None:
    it = case(MOCKUP)
    edited = Case(it.experiment, it.program, {**it.numbers, ValueRef(DELTA): [[5.0, 0.0], [0.0, 0.0]]})
    found = derived_of(edited, it.step("layers.0.weight.grad"), (0, 0))
    assert found is not None
    chain = found.sections[1]

    assert [row.what for row in chain.rows] == ["what came back", "weighted sum"]
    assert chain.rows[0].value == 5.0


def test_a_row_of_softmax_for_each_activation() -> None:
    it = layer(Choice("Softmax"), ((1.0, -0.5, 0.25),))
    for unit in range(3):
        paths = derivation(it, DELTA, (0, unit)).sections[0]
        z = torch.tensor([[1.0, -0.5, 0.25]], dtype=torch.float64, requires_grad=True)
        a = torch.softmax(z, 1)
        for k, row in enumerate(paths.rows):
            (slope,) = torch.autograd.grad(a[0, k], z, retain_graph=True)
            upstream = it.value_of(ValueRef("layers.0.activation.grad"), (0, k))
            assert is_near(row.value, upstream * slope[0, unit].item())


def test_all_of_it_can_be_read_as_text() -> None:
    it = layer(Choice("Sigmoid"), ((0.5,),))
    text = derivation_in_words(derivation(it, DELTA, (0, 0)))

    assert "Sigmoid: ŷ = 1/(1 + e^(−z)), so ∂ŷ/∂z = e^(−z)/(1 + e^(−z))² = ŷ·(1 − ŷ) = " in text


@pytest.mark.parametrize("ref", ["layers.0.pre_activation", "layers.0.activation", "loss", "layers.0.weight.next"])
def test_what_is_no_gradient_has_none(ref: str) -> None:
    it = case(MOCKUP)
    index = (0, 0) if it.step(ref).writes != "loss" else ()
    assert derived_of(it, it.step(ref), index) is None
