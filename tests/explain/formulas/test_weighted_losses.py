"""Weights, ignored rows and typed losses explained: every printed side makes the result, and the sentences are true."""

from __future__ import annotations

import math
from unittest.mock import patch

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.loss import REDUCTION, Loss, Targets
from chainrule.catalog.losses import CLASS_WEIGHT, IGNORED_CLASS, LOSSES, OUTPUT_WEIGHT
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.explain.equations import explain_step
from chainrule.model.files.storage import decode_experiment, encode_experiment
from tests.explain.cases import Case
from tests.explain.checks import typeset, typeset_fragment
from tests.explain.formulas.test_losses import passed_on
from tests.explain.writing.worked import check

OUTPUTS: Rows = ((-1.77, 1 / 7, 0.5), (2.345678, -0.5, 1.25), (1 / 3, 1.0, -2.0))
CLASSES: Rows = ((1.0,), (2.0,), (-100.0,))
WEIGHT = (2.0, 4.0, 6.5)
SLOPE = "layers.0.activation.grad"
CROSS, LIKELIHOOD = "CrossEntropyLoss", "NLLLoss"
UNEVEN = [
    (Choice(name, {"reduction": reduction, **arguments}), targets)
    for reduction in ("mean", "sum", "batchmean")
    for name, arguments, targets in (
        (CROSS, {"weight": WEIGHT}, CLASSES),
        (CROSS, {"weight": WEIGHT, "label_smoothing": 0.1}, CLASSES),
        (CROSS, {}, CLASSES),
        (CROSS, {"ignore_index": 1, "weight": WEIGHT}, (*CLASSES[:2], (0.0,))),
        (CROSS, {"weight": WEIGHT}, ((0.2, 0.5, 0.3), (0.0, 1.0, 0.0), (1 / 3, 1 / 3, 1 / 3))),
        (LIKELIHOOD, {"weight": WEIGHT}, CLASSES),
        (LIKELIHOOD, {"ignore_index": 2}, (*CLASSES[:2], (0.0,))),
        ("BCELoss", {"weight": WEIGHT}, ((0.0, 1.0, 0.25),) * 3),
        ("BCEWithLogitsLoss", {"weight": WEIGHT, "pos_weight": (3.0, 0.5, 1.0)}, ((0.0, 1.0, 0.25),) * 3),
        ("BCEWithLogitsLoss", {"pos_weight": (3.0, 0.5, 1.0)}, ((1.0, 0.0, 0.25),) * 3),
        ("Formula", {"formula": "(o - t)^4"}, ((0.0, 1.0, -0.25),) * 3),
        ("Formula", {"formula": "log(1 + exp(-t*o))"}, ((1.0, -1.0, 1.0),) * 3),
        ("Formula", {"formula": "if(abs(o - t) < 1, (o - t)^2/2, abs(o - t) - 1/2)"}, ((0.0, 1.0, -0.25),) * 3),
    )
]


@pytest.mark.parametrize(("loss", "targets"), UNEVEN, ids=str)
def test_every_printed_side_makes_the_result(loss: Choice, targets: Rows) -> None:
    it = passed_on(loss, OUTPUTS, targets)
    check(it)
    for step, index in it.elements():
        if step.phase.value == "loss" or step.writes == SLOPE:
            typeset(it.explain(step, index))
            sentence = it.narrate(step, index)
            assert sentence[0].isupper() or sentence[0] in "ŷh"
            assert sentence.endswith(".")
    for step in it.program.steps:
        typeset_fragment(explain_step(it.experiment, it.program, step))


def test_weights_and_their_sum_are_shown() -> None:
    it = passed_on(Choice(CROSS, {"weight": WEIGHT}), OUTPUTS, CLASSES)
    w, counted = r"w^{\text{class}}", r"\sum_{n:\,t_n\neq {-}100}"
    equation = it.explain("loss")
    assert equation.symbols == (
        rf"-\frac{{1}}{{{counted}{w}_{{t_n+1}}}}\,{counted}\sum_{{k}} {w}_k\,q_{{k,n}}\,\ln p_{{k,n}}",
    )
    assert equation.numbers[0].startswith(r"-\frac{1}{4+\,6.5}\,[4\cdot 1\,({-}")
    assert equation.note == (
        "where q is 0, the term is 0 and left out here; 1 of the 3 samples is of the class −100, which is ignored"
    )
    assert math.isclose(sum(equation.samples), it.value_of(refs.LOSS, ()))
    assert equation.samples[2] == 0
    assert "Each sample counts by the weight of its class" in it.narrate("loss")
    assert "1 sample is ignored and adds nothing." in it.narrate("loss")
    slope = it.explain(SLOPE, (2, 0))
    assert (slope.numbers, slope.result) == ((), "0")
    assert it.narrate(SLOPE, (2, 0)) == (
        "How would the loss change if ŷ₁ grew a little? The class of its sample, −100, is ignored: "
        "it would stay as it is."
    )
    assert it.narrate("loss.target", (2, 0)).startswith("The target is class −100, which is ignored")


def test_the_mean_of_what_counts() -> None:
    it = passed_on(Choice(LIKELIHOOD), OUTPUTS, CLASSES)
    assert it.plain("loss") == "L = −1/2·Σ(n:·tₙ ≠ −100) ŷ[tₙ + 1,n] = −1/2·[0.1429 + 1.25] = −0.6964"
    assert ", averaged over the 2 samples that count." in it.narrate("loss")


@pytest.mark.parametrize("weight", [None, WEIGHT])
def test_a_mean_of_nothing_says_so(weight: tuple[float, ...] | None) -> None:
    it = passed_on(Choice(CROSS, {"weight": weight}), OUTPUTS, ((-100.0,),) * 3)
    for step, index in it.elements():
        typeset(it.explain(step, index))
    assert math.isnan(it.value_of(refs.LOSS, ()))
    assert it.explain("loss").numbers == ()
    assert it.narrate("loss") == (
        "L is NaN: all 3 samples of the batch are ignored, and the mean of nothing has no value."
    )
    assert it.value_of(ValueRef(SLOPE), (0, 0)) == 0


def test_a_formula_without_a_value_says_where() -> None:
    it = passed_on(Choice("Formula", {"formula": "log(o - t)"}), ((3.0,), (1.0,)), ((1.0,), (2.0,)))
    assert it.narrate("loss") == (
        "L is NaN: the loss's formula has no value where ŷ is 1.000 and its target 2 in sample 2."
    )


def test_a_typed_loss_is_explained_by_its_formula() -> None:
    it = passed_on(Choice("Formula", {"formula": "(o - t)^4", "reduction": "sum"}), ((3.0,),), ((1.0,),))
    assert it.plain("loss") == "L = (ŷ − t)⁴ = (3 − 1)⁴ = 16"
    assert it.plain(SLOPE, (0, 0)) == "∂L/∂ŷ = 4·(ŷ − t)³ = 4·(3 − 1)³ = 32"
    assert it.narrate("loss") == "The loss is what the formula (o − t)^4 makes of each output o and its target t."
    rises = "it would rise, so the gradient is positive."
    assert it.narrate(SLOPE, (0, 0)).endswith(f"ŷ is 3.000 and its target is 1: {rises}")
    alone = passed_on(Choice("Formula", {"formula": "o^2"}), ((3.0,),), ((1.0,),))
    assert alone.step("loss").reads == (refs.activation(0),)
    assert alone.narrate(SLOPE, (0, 0)).endswith(f"ŷ is 3.000: {rises}")


# ------------------------------------------------------------------------------------ entries that are not in the table

COSH = Loss(
    "WeightedLogCosh",
    "the logarithm of the hyperbolic cosine of the distance",
    "weight[k]*log(cosh(o - t))",
    arguments=(REDUCTION, OUTPUT_WEIGHT),
)
BRIER = Loss(
    "ClassBrierLoss",
    "the squared distance of the sigmoid of each output from 1 at the target's class and from 0 elsewhere",
    "weight[t[n]]*sum(j, (sigmoid(o[n,j]) - if(j == t[n], 1, 0))^2)/K",
    targets=Targets.CLASSES,
    arguments=(REDUCTION, CLASS_WEIGHT, IGNORED_CLASS),
)


@pytest.mark.parametrize(
    ("entry", "targets"), [(COSH, ((0.5, 1.0, -0.25),) * 3), (BRIER, CLASSES)], ids=["outputs", "classes"]
)
@pytest.mark.parametrize("reduction", ["mean", "batchmean"])
def test_an_entry_of_formulas_alone_has_everything(entry: Loss, targets: Rows, reduction: str) -> None:
    with patch.dict(LOSSES, {entry.name: entry}):
        it = passed_on(Choice(entry.name, {"weight": WEIGHT, "reduction": reduction}), OUTPUTS, targets)
        assert_trains(it)
        check(it)
        for step, index in it.elements():
            typeset(it.explain(step, index))
            assert it.narrate(step, index).endswith(".")
        for step in it.program.steps:
            typeset_fragment(explain_step(it.experiment, it.program, step))


def assert_trains(it: Case) -> None:
    executor = Executor(it.experiment)
    losses = [explained.loss for explained in Training(executor).run(40)]
    assert losses[-1] < losses[0]
    trace = next(executor.iterations())
    assert losses[0] == trace.values[refs.LOSS].item()
    report = list(verify_run(it.experiment, executor.program, [trace], untouched=True))[-1].report()
    assert report.agrees, report
    saved = decode_experiment(encode_experiment(it.experiment))
    assert check_experiment(saved).loss == it.experiment.loss
