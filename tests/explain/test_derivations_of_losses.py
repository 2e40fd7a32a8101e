"""How gradients of losses, penalties and formulas came to be."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LayerSpec, NetworkSpec, PenaltySpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.lowering import lowered
from chainrule.explain.derivation.derivation import (
    MOST_LINKS,
    Derivation,
)
from chainrule.explain.derivation.written import AT_A_JUMP, AT_A_KINK
from chainrule.explain.writing.symbols import partial_latex
from chainrule.formula.graph import graph_of
from tests.explain.cases import MAZUR, MOCKUP, case
from tests.explain.derived import DELTA, assert_holds, assert_printed, derivation, derived_of, is_near, rows
from tests.explain.formulas.test_activations import layer
from tests.explain.formulas.test_losses import passed_on
from tests.formulas import formula_experiment

LOSSES_OF = {
    "numbers": ((0.4, -1.3, 2.0), (0.9, 0.1, -0.4)),
    "fractions": ((0.4, 0.7, 0.05), (0.2, 0.9, 0.6)),
}
NUMBERS = ((1.0, -1.0, 0.5), (0.0, 1.0, -1.0))
FRACTIONS = ((1.0, 0.0, 0.25), (0.5, 1.0, 0.0))
SIGNS = ((1.0, -1.0, 1.0), (-1.0, 1.0, 1.0))
CLASSES = ((2.0,), (0.0,))
LOSS_CASES: list[tuple[Choice, str, tuple[tuple[float, ...], ...]]] = [
    *((Choice(name), "numbers", NUMBERS) for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HalfSquaredError")),
    (Choice("HuberLoss", {"delta": 0.5, "reduction": "sum"}), "numbers", NUMBERS),
    (Choice("SumOfOutputs"), "numbers", NUMBERS),
    (Choice("HingeLoss"), "numbers", SIGNS),
    (Choice("BCELoss", {"weight": (1.0, 2.0, 3.0)}), "fractions", FRACTIONS),
    (Choice("BCEWithLogitsLoss", {"pos_weight": (0.5, 2.0, 1.0)}), "numbers", FRACTIONS),
    (Choice("CrossEntropyLoss"), "numbers", CLASSES),
    (Choice("CrossEntropyLoss", {"weight": (1.0, 2.0, 4.0), "label_smoothing": 0.1}), "numbers", CLASSES),
    (Choice("CrossEntropyLoss", {"ignore_index": 2}), "numbers", CLASSES),
    (Choice("CrossEntropyLoss", {"reduction": "sum"}), "numbers", ((0.2, 0.5, 0.3), (0.0, 1.0, 0.0))),
    (Choice("NLLLoss"), "numbers", CLASSES),
    (Choice("NLLLoss", {"weight": (1.0, 2.0, 4.0)}), "numbers", CLASSES),
    (Choice("Formula", {"formula": "(o - t)^4 + exp(-o)"}), "numbers", NUMBERS),
]


@pytest.mark.parametrize(("loss", "outputs", "targets"), LOSS_CASES, ids=str)
def test_every_loss_is_derived(loss: Choice, outputs: str, targets: tuple[tuple[float, ...], ...]) -> None:
    it = passed_on(loss, LOSSES_OF[outputs], targets)
    for index in product(range(2), range(3)):
        value = it.value_of(ValueRef("layers.0.activation.grad"), index)
        assert_holds(derivation(it, "layers.0.activation.grad", index), value)
        assert_printed(derivation(it, "layers.0.activation.grad", index, digits=None))


def test_losses_are_divided_and_put_in_order() -> None:
    it = passed_on(Choice("MSELoss"), ((0.5,), (1.0,)), ((1.0,), (0.0,)))
    (row,) = rows(derivation(it, "layers.0.activation.grad", (0, 0)))

    assert row.what == "MSELoss"
    assert [" ".join(side) for side in row.sides] == [
        r"\frac{1}{2}\cdot 2\,(\hat{y}-t)",
        r"\hat{y} -\,t",
        r"\frac{1}{2}\cdot 2\,(0.5000-1)",
    ]


def test_cross_entropy_has_a_row_for_each_class() -> None:
    it = passed_on(Choice("CrossEntropyLoss"), ((1.0, 2.0, -1.0),), ((1.0,),))
    paths, chain = derivation(it, "layers.0.activation.grad", (0, 0)).sections

    assert [row.what for row in paths.rows] == ["class 0", "class 1", "class 2"]
    assert chain.title == "The chain rule for class 1"
    assert chain.rows[1].sides[1] == ("-p_1",)
    # Each row says what its factors are, not only their numbers.
    assert [row.sides[0] for row in paths.rows] == [
        (r"({-}q_1)\cdot (1-p_1)",),
        (r"({-}q_2)\cdot ({-}p_1)",),
        (r"({-}q_3)\cdot ({-}p_1)",),
    ]


@pytest.mark.parametrize(
    ("formula", "z", "note"),
    [("abs(z)", 0.0, AT_A_KINK), ("max(z, 2*z)", 0.0, AT_A_KINK), ("floor(z)", 2.0, AT_A_JUMP), ("z^2", 0.0, "")],
)
def test_a_slope_that_is_a_choice_says_so(formula: str, z: float, note: str) -> None:
    it = layer(Choice("Formula", {"formula": formula}), ((z,),))
    assert rows(derivation(it, DELTA, (0, 0)))[-1].note == note
    circuit = case(formula_experiment(f"f = {formula}", parameters={"z": z}))
    assert rows(derivation(circuit, "z.grad"))[-1].note == note


def test_a_derivation_of_many_layers_ends_with_a_gradient_that_can_be_gone_to() -> None:
    layers = tuple(LayerSpec(2, Choice("Tanh")) for _ in range(40))
    it = case(replace(MAZUR, network=NetworkSpec(2, layers), parameters={}))
    found = derivation(it, "layers.0.weight.grad", (0, 0))
    assert sum(len(section.rows) for section in found.sections if not section.is_sum) <= MOST_LINKS + 2
    last = [section for section in found.sections if not section.is_sum][-1].rows[0]
    assert last.gradient is not None
    assert derivation(it, last.gradient.ref, last.gradient.index).sections


@pytest.mark.parametrize("name", ["L1", "L2"])
def test_a_penalty_has_a_share(name: str) -> None:
    penalty = PenaltySpec(Choice(name, {"factor": 0.25}), ("*.weight",))
    it = case(replace(MOCKUP, penalties=(penalty,)))
    shares, *others = derivation(it, "layers.0.weight.grad", (0, 1)).sections
    assert [row.what for row in shares.rows] == ["the data", f"the {name} penalty"]
    assert_holds(Derivation((shares,)), it.value_of(ValueRef("layers.0.weight.grad"), (0, 1)))
    assert any(section.is_sum for section in others)
    ref = "layers.0.weight.grad.from.penalties.0"
    assert_holds(derivation(it, ref, (0, 1)), it.value_of(ValueRef(ref), (0, 1)))
    assert_printed(derivation(it, ref, (0, 1), digits=None))


ONE_OF_THREE = (((1.5, -0.5, 0.25), (0.5, 1.0, -2.0)), ((2.0,), (0.0,)))
PENALIZED = {
    "MSELoss": (Choice("MSELoss"), ONE_OF_THREE[0], ((1.0, 0.0, 0.5),) * 2),
    "classes": (Choice("CrossEntropyLoss", {"weight": (2.0, 4.0, 6.5)}), *ONE_OF_THREE),
    "typed": (Choice("Formula", {"formula": "(o - t)^4"}), ONE_OF_THREE[0], ((1.0, 0.0, 0.5),) * 2),
}


@pytest.mark.parametrize(("loss", "outputs", "targets"), PENALIZED.values(), ids=PENALIZED)
def test_a_penalized_loss_is_the_sum_of_that_of_the_data_and_its_penalty(
    loss: Choice, outputs: Any, targets: Any
) -> None:
    """L = L_data + R has a row of its own, and what is of the data alone is called so."""
    penalties = (PenaltySpec(Choice("L2", {"factor": 0.25}), ("*.weight",)),)
    it = case(replace(passed_on(loss, outputs, targets).experiment, penalties=penalties))
    data, whole = r"L_{\text{data}}", it.explain("loss").symbols
    slope = derivation(it, "layers.0.activation.grad", (0, 1))
    assert_holds(slope, it.value_of(ValueRef("layers.0.activation.grad"), (0, 1)))
    total, of_data, *_ = slope.sections[-1].rows
    assert (total.what, total.of, total.formula, total.value) == ("loss with the penalties", "L", whole, 1.0)
    assert total.left == partial_latex("L", data)
    assert (of_data.of, of_data.formula) == (data, it.explain("loss.data").symbols)
    assert of_data.left.startswith(partial_latex(data, "X").partition("X")[0])
    # No penalty depends on z: its gradient is that of the whole loss, and a weight's share is that of the data.
    for ref, index, begins in (
        (DELTA, (0, 1), ("L", data)),
        ("layers.0.weight.grad", (1, 0), (data,)),
        ("layers.0.weight.grad.from.data", (1, 0), (data,)),
    ):
        chain = derivation(it, ref, index).sections[-1].rows
        assert tuple(row.of for row in chain)[: len(begins)] == begins


FORMULAS = {
    "circuit": (("q = x + y", "f = q*z"), {"x": -2, "y": 5, "z": -4}),
    "neuron": (("f = 1/(1 + exp(-(w0*x0 + w1*x1 + w2)))",), {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}),
    "shares": (("q = x*y + sin(x)", "f = max(q, z)*x"), {"x": -2, "y": 5, "z": -40}),
    "cases": (("f = if(x > y, x^2, y^3) + abs(x*y) + tanh(x)",), {"x": 0.5, "y": -1.5}),
}


@pytest.mark.parametrize(("lines", "given"), FORMULAS.values(), ids=FORMULAS)
def test_formulas_are_derived(lines: tuple[str, ...], given: dict[str, float]) -> None:
    it = case(formula_experiment(*lines, parameters=given))
    tensors = {name: torch.tensor(float(x), dtype=torch.float64, requires_grad=True) for name, x in given.items()}
    values = dict(tensors)
    for node in graph_of(lines).nodes:
        values[node.writes] = lowered(node.rule)(values)
    for step in it.program.steps:
        if step.kind not in (StepKind.GRADIENT, StepKind.GRADIENT_SHARE):
            continue
        found = derivation(it, step.writes)
        assert_holds(found, it.value(step, ()))
        assert_printed(derivation(it, step.writes, digits=None))
        if step.kind is StepKind.GRADIENT:
            assert step.node is not None
            output = values[graph_of(lines).output]
            (slope,) = torch.autograd.grad(output, values[step.node.by], retain_graph=True)
            assert is_near(found.sections[0].value, slope.item())


def test_a_row_of_an_operator_is_called_as_its_node_is() -> None:
    it = case(formula_experiment(*FORMULAS["neuron"][0], parameters=FORMULAS["neuron"][1]))
    assert [row.what for row in rows(derivation(it, "w0.grad"))] == ["1/n₇", "+1", "exp", "×−1", "+", "+", "×"]


def test_a_slope_that_is_one_of_the_numbers_is_written_once() -> None:
    it = case(formula_experiment(*FORMULAS["neuron"][0], parameters=FORMULAS["neuron"][1]))
    *_, last = rows(derivation(it, "w0.grad"))
    assert (last.sides, last.number) == ((("x_{0}",),), "-1")


def test_what_several_operators_read_has_a_row_for_each() -> None:
    it = case(formula_experiment(*FORMULAS["shares"][0], parameters=FORMULAS["shares"][1]))
    paths = derivation(it, "x.grad").sections[0]

    assert [row.what for row in paths.rows] == ["through f", "through n₂", "through n₁"]
    assert paths.title == "Several operators read x: each passes a share back, one row for each"


def test_the_derivative_of_a_formula_by_itself_is_1() -> None:
    it = case(formula_experiment("q = x + y", "f = q*z", parameters={"x": -2, "y": 5, "z": -4}))
    (chain,) = derivation(it, "x.grad").sections

    assert [row.left for row in chain.rows] == [
        r"\frac{{\partial}f}{{\partial}q}",
        r"\frac{{\partial}q}{{\partial}x}",
    ]
    assert derived_of(it, it.step("f.grad"), ()) is None
