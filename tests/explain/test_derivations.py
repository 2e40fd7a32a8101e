"""Derivations: each row's number is autograd's, rows make the gradient, and what is printed can be worked out."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch

from chainrule.catalog.activation import Z, derived_tree
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LayerSpec, NetworkSpec, PenaltySpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.program import activations as activation_functions
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.derivation.derivation import (
    MOST_LINKS,
    Derivation,
    DerivationRow,
    DerivationSection,
    derive,
    derived_element,
)
from chainrule.explain.derivation.paths import Element
from chainrule.explain.derivation.words import derivation_in_words
from chainrule.explain.derivation.written import AT_A_CORNER, AT_A_JUMP
from chainrule.explain.writing.symbols import partial_latex
from chainrule.formula.evaluate import evaluate as evaluated
from chainrule.formula.graph import graph_of
from tests.explain.cases import EXPERIMENTS, MAZUR, MOCKUP, WIDE, Case, case
from tests.explain.checks import typeset_piece
from tests.explain.formulas.test_activations import CHOICES, PLACES, layer
from tests.explain.formulas.test_losses import passed_on
from tests.explain.latex_arithmetic import evaluate
from tests.formulas import formula_experiment

ELEMENTWISE = [c for c in CHOICES if not ACTIVATIONS[c.name].couples_units and c.arguments.get("num_parameters") != 2]
DELTA = "layers.0.pre_activation.grad"


def derivation(it: Case, ref: str, index: tuple[int, ...] = (), sample: int = 0, digits: int | None = 4) -> Derivation:
    """The derivation of a number that has one."""
    found = derived_of(it, it.step(ref), index, sample, digits)
    assert found is not None
    return found


def derived_of(
    it: Case, step: MicroStep, index: tuple[int, ...], sample: int = 0, digits: int | None = 4, rows: Sequence[int] = ()
) -> Derivation | None:
    return derive(derived_element(it.experiment, step, index, sample, it.values, digits), it.program, rows)


def rows(found: Derivation) -> list[DerivationRow]:
    return [row for section in found.sections for row in section.rows]


def is_near(one: float, other: float, tolerance: float = 1e-9) -> bool:
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


def worked_out(section: DerivationSection) -> float:
    """What the printed numbers of a section make."""
    return evaluate((r"\cdot " if not section.is_sum else " ").join(section.numbers), exactly=True)


def assert_holds(found: Derivation, value: float) -> None:
    """The rows of each section make its number, the first one's is the gradient, and all of it is LaTeX."""
    for section in found.sections:
        values = [row.value for row in section.rows]
        assert is_near(math.fsum(values) if section.is_sum else math.prod(values), section.value)
        for row in section.rows:
            for pieces in (row.formula, *row.sides, (row.left, row.of, row.number)):
                for piece in filter(None, pieces):
                    typeset_piece(piece)
    first, *others = found.sections
    assert is_near(first.value, value)
    if first.is_sum and others and not others[0].is_sum:
        # The chain that follows is that of one of the rows.
        assert any(is_near(others[0].value, row.value) for row in first.rows)


def assert_printed(found: Derivation) -> None:
    """What is printed can be worked out again: to all digits where all are printed."""
    for section in found.sections:
        if math.isfinite(section.value):
            assert is_near(worked_out(section), section.value, 1e-8)
        for row in section.rows:
            if row.sides and math.isfinite(row.value) and not _has_names(row.sides[-1]):
                assert is_near(evaluate(" ".join(row.sides[-1]), exactly=True), row.value, 1e-7), row


def _has_names(pieces: tuple[str, ...]) -> bool:
    """Whether a side is still in symbols: where a derivative is 0 or a constant there is nothing to put in."""
    text = re.sub(
        r"\\(?:frac|sqrt|cdot|ln|tanh|sigma|Phi|phi|max|min|left|right|pi|mathrm\{sgn\}|,)", "", " ".join(pieces)
    )
    return bool(re.search(r"[a-zA-Z]", re.sub(r"\be\^", "", text)))


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
        # At its corner max(0, z) has half of each slope, and ReLU none; torch keeps a sixth and 1/alpha in float32.
        assert is_near(found, slope.item(), 1e-7) or link.note == AT_A_CORNER


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
    [("abs(z)", 0.0, AT_A_CORNER), ("max(z, 2*z)", 0.0, AT_A_CORNER), ("floor(z)", 2.0, AT_A_JUMP), ("z^2", 0.0, "")],
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
