"""Losses explained: the numbers make the result in every form, and the sentences are true at kinks and limits."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.equations import explain_step
from chainrule.explain.writing import fragments
from tests.experiments import parameters, usual
from tests.explain.cases import Case, case
from tests.explain.checks import assert_true, typeset, typeset_fragment

OUTPUTS = (-12.0, -1.0, 0.0, 0.25, 0.5, 1.0, 3.0, 40.0)
WANTED = {Targets.FRACTIONS: (0.0, 1.0, 0.25), Targets.SIGNS: (-1.0, 1.0)}


def passed_on(loss: Choice, outputs: Rows, targets: Rows) -> Case:
    """A network whose outputs are its inputs; for BCELoss behind a Sigmoid."""
    width = len(outputs[0])
    activation = Choice("Sigmoid" if loss.name == "BCELoss" else "Identity")
    unit = tuple(tuple(float(row == column) for column in range(width)) for row in range(width))
    given = parameters({"layers.0.weight": unit})
    network = NetworkSpec(width, (LayerSpec(width, activation, bias=False),))
    return case(Experiment(network, DataSpec(outputs, targets), loss, parameters=given))


def assert_explained(it: Case) -> None:
    with patch.object(fragments, "MOST_TERMS", 1000):
        for step, index in it.elements():
            equation = it.explain(step, index, digits=17)
            assert_true(equation, it.value(step, index), 0)
            typeset(it.explain(step, index))
            assert it.narrate(step, index).endswith(".")
    for step in it.program.steps:
        typeset_fragment(explain_step(it.experiment, it.program, step))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", LOSSES)
def test_every_form_is_true(name: str, reduction: str) -> None:
    kind, loss = targets_of(Choice(name)), usual(LOSSES, name, reduction=reduction)
    if kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        assert_explained(passed_on(loss, (OUTPUTS[:3], OUTPUTS[5:]), ((2.0,), (0.0,))))
        return
    pairs = [(output, target) for output in OUTPUTS for target in WANTED.get(kind, (0.0, 1.0, -2.0))]
    # 1 - 1e-18 is 1: BCELoss then reaches its limit, which is float32's 1e-12 and told in a note.
    pairs = [pair for pair in pairs if name != "BCELoss" or abs(pair[0]) < 20]
    for output, target in pairs:
        assert_explained(passed_on(loss, ((output,),), ((target,),)))
    assert_explained(passed_on(loss, tuple((o, -o) for o, _ in pairs[:5]), tuple((t, t) for _, t in pairs[:5])))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("targets", [((1.0,), (0.0,)), ((0.2, 0.5, 0.3), (0.0, 1.0, 0.0))], ids=["classes", "shares"])
def test_cross_entropy_is_true(targets: Rows, smoothing: float) -> None:
    loss = Choice("CrossEntropyLoss", {"label_smoothing": smoothing})
    assert_explained(passed_on(loss, ((0.5, -1.0, 2.0), (700.0, -300.0, 699.0)), targets))


def test_limits_of_bce_loss_are_told() -> None:
    it = passed_on(Choice("BCELoss"), ((1000.0,),), ((0.0,),))

    assert it.value_of(ValueRef("loss"), ()) == 100.0
    assert it.explain("loss").note == "PyTorch takes −100 for a logarithm that is less"
    assert it.explain("loss").numbers == (r"-0\cdot \ln(1.000)", r"-\,(1-0)\,({-}100)")
    gradient = it.explain("layers.0.activation.grad", (0, 0))
    assert gradient.note.startswith("PyTorch takes 10⁻¹²")


def test_the_case_that_applies() -> None:
    near, far = (passed_on(Choice("HuberLoss", {"delta": 1.5}), ((o,),), ((0.0,),)) for o in (0.5, -3.0))

    symbols = (
        r"\begin{cases}-\text{delta} & \hat{y}-t\leq -\text{delta} \\ "
        r"\hat{y}-t & -\text{delta}<\hat{y}-t<\text{delta} \\ "
        r"\text{delta} & \hat{y}-t\geq \text{delta}\end{cases}",
    )
    for it, numbers in ((near, ("0.5000", r"-\,0")), (far, ("-1.5",))):
        equation = it.explain("layers.0.activation.grad", (0, 0))
        assert (equation.symbols, equation.numbers) == (symbols, numbers)
    assert passed_on(Choice("L1Loss"), ((0.25,),), ((1.0,),)).plain("layers.0.activation.grad", (0, 0)) == (
        "∂L/∂ŷ = sgn(ŷ − t) = sgn(0.25 − 1) = −1"
    )


def test_steps_of_the_cross_entropy() -> None:
    it = passed_on(Choice("CrossEntropyLoss"), ((1.0, 2.0, -1.0), (0.0, 0.0, 0.0)), ((1.0,), (2.0,)))

    assert it.plain("loss.softmax", (0, 1)) == "p₂ = e^(ŷ₂)/(Σⱼ e^(ŷⱼ)) = e²/(e¹ + e² + e⁻¹) = 0.7054"
    assert it.explain("loss.log_softmax", (0, 1)).left == r"\ln p_2"
    assert it.explain("loss.target", (0, 1)).symbols == (r"\mathbf{1}_{t=1}",)
    assert it.explain("loss").symbols == (r"-\frac{1}{2}\,\sum_{n}\sum_{k} q_{k,n}\,\ln p_{k,n}",)
    assert it.explain("loss").numbers == (r"-\frac{1}{2}\,[1\,({-}0.34901)", r"+\,1\,({-}1.0986)]")
    assert it.explain("layers.0.activation.grad", (0, 1)).symbols == (r"\frac{1}{2}\cdot (p_2-q_2)",)
    assert it.narrate("loss.target", (0, 1)) == (
        "The target is class 1, counted from 0: that is ŷ₂. The target's probability of ŷ₂ is 1."
    )
    assert "p²" not in it.plain("loss")


def test_probabilities_set_by_hand_need_not_sum_to_1() -> None:
    it = passed_on(Choice("CrossEntropyLoss"), ((1.0, 2.0),), ((1.0,),))
    p = it.value_of(ValueRef("loss.softmax"), (0, 1))
    edited = Case(
        it.experiment,
        it.program,
        {**it.numbers, ValueRef("loss.target"): [[0.5, 1.0]], ValueRef("layers.0.activation.grad"): [[0, 1.5 * p - 1]]},
    )
    equation = edited.explain("layers.0.activation.grad", (0, 1), digits=17)

    assert_true(equation, 1.5 * p - 1, 0)
    assert equation.symbols[0] == r"p_2\cdot \sum_{j} q_j"


def test_sentences_at_corners() -> None:
    def said(name: str, output: float, target: float) -> str:
        it = passed_on(Choice(name), ((output,),), ((target,),))
        return it.narrate("layers.0.activation.grad", (0, 0))

    assert "has a corner and PyTorch takes the slope 0" in said("L1Loss", 1.0, 1.0)
    assert "corner" not in said("L1Loss", 0.5, 1.0)
    assert "at the corner of the hinge" in said("HingeLoss", 1.0, 1.0)
    assert "t·ŷ is more than 1: it would stay as it is" in said("HingeLoss", 2.0, 1.0)
    assert "t·ŷ is less than 1: it would fall" in said("HingeLoss", 0.5, 1.0)


@pytest.mark.parametrize(
    ("formula", "output", "target", "sentence", "equation"),
    [
        (
            "max(0, 1 - o*t)",
            1.0,
            1.0,
            "where the formula has a corner: its slope is −1 below and 0 above. PyTorch takes −0.5: the gradient is "
            "negative.",
            " = −1·0.5 = −0.5",
        ),
        (
            "if(o > t, o - t, 0)",
            2.0,
            2.0,
            "where the formula has a corner: its slope is 0 below and 1 above. PyTorch takes 0: the gradient is 0.",
            " = 1(ŷ > t) = 1(2 > 2) = 0",
        ),
        (
            "floor(o) + t",
            2.0,
            3.0,
            "where the formula jumps from 4 to 5: there is no slope. PyTorch takes 0: the gradient is 0.",
            "∂L/∂ŷ = 0",
        ),
        ("max(0, 1 - o*t)", 2.0, 1.0, "it would stay as it is, so the gradient is 0.", " = −1·0 = 0"),
        ("-o*t", 2.0, 3.0, "it would fall, so the gradient is negative.", "∂L/∂ŷ = −t = −3"),
    ],
)
def test_what_is_said_of_a_typed_loss_at_its_corners(
    formula: str, output: float, target: float, sentence: str, equation: str
) -> None:
    it = passed_on(Choice("Formula", {"formula": formula}), ((output,),), ((target,),))
    assert it.narrate("layers.0.activation.grad", (0, 0)).endswith(sentence)
    assert it.plain("layers.0.activation.grad", (0, 0)).endswith(equation)


def test_nll_loss_says_what_it_takes_the_outputs_for() -> None:
    it = passed_on(Choice("NLLLoss"), ((-0.5, -1.5), (-2.0, -0.1)), ((0.0,), (1.0,)))

    assert it.explain("loss").symbols == (r"-\frac{1}{2}\,\sum_{n}\hat{y}_{t_n+1,n}",)
    assert "as LogSoftmax makes them; Identity as the last activation does not" in it.narrate("loss")
    assert it.narrate("layers.0.activation.grad", (0, 1)).endswith("so it would stay as it is: 0.")
    assert it.narrate("layers.0.activation.grad", (1, 1)).endswith("it would fall, so the gradient is negative.")


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_one_output_is_explained_as_well(smoothing: float) -> None:
    it = passed_on(Choice("CrossEntropyLoss", {"label_smoothing": smoothing}), ((0.5,), (1.5,)), ((0.0,), (0.0,)))
    assert it.explain("loss", ()).result == "0"
    assert it.narrate("loss", ()).endswith(".")
