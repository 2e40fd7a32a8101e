"""Equations worked out again from the digits that are printed: they give the printed result, in every table."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.explain.writing.working_out import work_out
from chainrule.model.files.storage import read_experiment
from tests.engine.program.test_optimizers import CHOICES as OPTIMIZER_CHOICES
from tests.engine.program.test_schedulers import PLATEAUS, name_of
from tests.engine.scheduler_cases import CASES as SCHEDULERS
from tests.engine.scheduler_cases import experiment as scheduled
from tests.experiments import neuron, usual
from tests.explain.cases import MAZUR, MOMENTUM, WIDE, case, network, random_rows
from tests.explain.formulas.optimizer_steps import SMALL
from tests.explain.formulas.test_activation_symbols import FORMULAS
from tests.explain.formulas.test_activations import CHOICES as ACTIVATION_CHOICES
from tests.explain.formulas.test_activations import layer
from tests.explain.formulas.test_clipping import CLIPPINGS
from tests.explain.formulas.test_losses import passed_on
from tests.explain.formulas.test_schedules import cases_of
from tests.explain.formulas.test_updates import CHAIN
from tests.explain.writing.worked import EXAMPLES, assert_holds, check, holds

# Numbers that come out even, that do not, and that saturate.
ODD = (-30.0, -7.77, -4 / 3, -0.5, 0.0, 1 / 7, 1.0, 2.345678, 6.0, 13.3333)


# -------------------------------------------------------------------------------------------------- all tables


@pytest.mark.parametrize("choice", ACTIVATION_CHOICES, ids=str)
def test_activations(choice: Choice) -> None:
    # Where torch's erf or tanh have become 1 in float64, no digits can tell what is left, and the equation says so.
    for digits in (4, None):
        check(
            layer(choice, tuple((z, 0.9 * z) for z in ODD)),
            digits=digits,
            rounds=choice.name == "GELU" or digits is None,
        )


@pytest.mark.parametrize("choice", FORMULAS, ids=str)
def test_typed_activations(choice: Choice) -> None:
    check(layer(choice, tuple((z, 0.9 * z) for z in ODD)), rounds=True)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
# Nobody has the sine of 1e9 by hand.
@pytest.mark.parametrize("choice", [choice for choice in ACTIVATION_CHOICES if choice.name != "Formula"], ids=str)
def test_activations_of_extreme_numbers(choice: Choice, dtype: str) -> None:
    """What is said to be rounded off is rounded off, and no number is too small or too large for the arithmetic."""
    extremes = (1e-300, -1e-40, 100.0, -710.0, 1e9, -1e300) if dtype == "float64" else (1e-37, -1e-20, 95.0, -1e9)
    for digits in (4, 9, None):
        check(layer(choice, tuple((z, z / 3) for z in extremes), dtype=dtype), digits=digits, rounds=True, units=1.0)


@pytest.mark.parametrize("reduction", ["mean", "sum", "batchmean"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str, reduction: str) -> None:
    kind, loss = targets_of(Choice(name)), usual(LOSSES, name, reduction=reduction)
    outputs = ((-7.77, 1 / 7), (2.345678, -0.5), (1 / 3, 1.0))
    if kind is Targets.CLASSES:
        targets: tuple[tuple[float, ...], ...] = ((1.0,), (0.0,), (1.0,))
    elif kind is Targets.SIGNS:
        targets = ((1.0, -1.0), (-1.0, 1.0), (1.0, 1.0))
    else:
        targets = ((0.25, 0.75), (1.0, 0.0), (1 / 3, 2 / 3))
    check(passed_on(loss, outputs, targets))


@pytest.mark.parametrize("choice", OPTIMIZER_CHOICES, ids=str)
def test_optimizers(choice: Choice) -> None:
    for experiment, iteration in ((SMALL, 0), (CHAIN, 3)):
        it = case(replace(experiment, optimizer=choice), iteration)
        check(it, Phase.UPDATE)


@pytest.mark.parametrize("clipping", CLIPPINGS, ids=str)
def test_clipping(clipping: Choice) -> None:
    check(case(replace(SMALL, clipping=clipping, optimizer=Choice("Adam"))), Phase.UPDATE)


@pytest.mark.parametrize("scheduler", [*SCHEDULERS, *PLATEAUS], ids=name_of)
def test_schedulers(scheduler: Choice) -> None:
    checked = scheduled(scheduler)
    for it in islice(cases_of(checked, 40), 0, None, 3):
        for step in it.program.steps:
            if step.kind is StepKind.SCHEDULE:
                equation = it.explain(step)
                if equation.numbers:
                    assert holds("".join(equation.numbers), equation.result, 4), equation


@pytest.mark.parametrize("digits", [2, 3, 6, 9])
@pytest.mark.parametrize("experiment", [MAZUR, MOMENTUM, WIDE], ids=["mazur", "momentum", "wide"])
def test_any_number_of_digits(experiment: Experiment, digits: int) -> None:
    it = case(experiment, 1)
    for step, index in islice(it.elements(), 0, None, 7):
        equation = it.explain(step, index, 0, digits)
        assert not equation.numbers or holds(" ".join(equation.numbers), equation.result, digits), equation


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.chainrule")), ids=lambda path: path.stem)
def test_examples(path: Path) -> None:
    for iteration in (0, 1):
        it = case(read_experiment(path), iteration)
        small = len(it.experiment.data.inputs) < 10
        for step, index in it.elements() if small else islice(it.elements(), 0, None, 23):
            assert_holds(it, step, index)


@pytest.mark.parametrize("experiment", [SMALL, MAZUR, MOMENTUM, WIDE], ids=["small", "mazur", "momentum", "wide"])
def test_all_digits(experiment: Experiment) -> None:
    for dtype in ("float64", "float32"):
        it = case(replace(experiment, dtype=dtype), 1)
        for step, index in islice(it.elements(), 0, None, 1 if experiment is not WIDE else 7):
            assert_holds(it, step, index, digits=None, rounds=True)


@pytest.mark.parametrize("choice", OPTIMIZER_CHOICES, ids=str)
def test_all_digits_of_an_optimizer(choice: Choice) -> None:
    check(case(replace(CHAIN, optimizer=choice), 3), Phase.UPDATE, digits=None, rounds=True)


@pytest.mark.parametrize("name", LOSSES)
def test_all_digits_of_a_loss(name: str) -> None:
    kind = targets_of(Choice(name))
    targets = ((1.0,), (0.0,)) if kind is Targets.CLASSES else ((1.0, 0.0), (0.0, 1.0))
    if kind is Targets.SIGNS:
        targets = ((1.0, -1.0), (-1.0, 1.0))
    check(passed_on(usual(LOSSES, name), ((-7.77, 1 / 7), (2.345678, -0.5)), targets), digits=None, rounds=True)


@pytest.mark.parametrize("norm_type", ["1", "2", "inf"])
def test_the_norm_of_one_gradient(norm_type: str) -> None:
    one = Experiment(network(1, (1, "Identity"), bias=False), DataSpec(((1.0,),), ((0.5,),)))
    check(
        case(replace(one, clipping=Choice("clip_grad_norm_", {"max_norm": 1.0, "norm_type": norm_type}))), Phase.UPDATE
    )


@pytest.mark.parametrize("activation", ["Hardtanh", "ReLU6", "Hardswish", "Hardsigmoid"])
def test_nothing_is_worked_out_of_a_z_that_is_not_a_number(activation: str) -> None:
    it = case(neuron(activation, (1e200, 1e200), (1e200, -1e200), 0.0, target=0.0, lr=0.1))
    delta = it.explain("layers.0.pre_activation.grad", (0, 0))
    assert math.isnan(it.value_of(ValueRef("layers.0.pre_activation"), (0, 0)))
    if delta.result == r"\mathrm{NaN}":
        return
    assert (delta.numbers, delta.note) == ((), "z is not a number (NaN), for which no case holds")
    sentence = it.narrate("layers.0.pre_activation.grad", (0, 0))
    assert sentence == f"z is not a number (NaN), so {activation} has no slope there: δ becomes 0."


def test_a_new_weight_is_told_from_the_old_one() -> None:
    it = case(neuron("Identity", (1.0,), (0.5,), 0.0, target=0.50001, lr=0.01))
    equation = it.explain("layers.0.weight.next", (0, 0))

    assert equation.latex.endswith(r" = 0.5000 -\,0.01\cdot (-1.000\cdot 10^{-5}) = 0.5000001")


def test_a_product_shows_more_digits_where_four_do_not_suffice() -> None:
    it = case(neuron("Identity", (1 / 3,), (1.23456,), 0.0, target=1.0, lr=0.1))

    assert it.explain("layers.0.pre_activation", (0, 0)).latex == r"z = w\,x +\,b = (1.2346)(0.33333) +\,0 = 0.4115"


def test_of_terms_that_cancel_it_is_said() -> None:
    """Seen: the 0 of three equal shares was said to be -3·10⁻¹⁷, and no more."""
    it = layer(Choice("LogSoftmax"), ((0.0, 0.0, 0.0),), loss=Choice("SumOfOutputs"))
    notes = {it.explain("layers.0.pre_activation.grad", (0, unit)).note for unit in range(3)}
    cancelled = [note for note in notes if note]
    assert all(note.startswith("the terms cancel out, up to rounding; float64 rounds off: ") for note in cancelled)
    assert cancelled


def test_what_float32_rounds_off_is_said() -> None:
    it = case(replace(neuron("Identity", (1.0,), (1.00001,), -1.0, target=1.0, lr=0.1), dtype="float32"))
    equation = it.explain("layers.0.pre_activation", (0, 0))

    # What float32 makes of 1.00001 is what the sum is made of: nothing is rounded but the number itself.
    assert (equation.result, equation.note) == (r"1.001\cdot 10^{-5}", "")
    third = case(replace(neuron("Identity", (1 / 3,), (3.0,), -1.0, target=1.0, lr=0.1), dtype="float32"))
    equation = third.explain("layers.0.pre_activation", (0, 0))
    assert (" ".join(equation.numbers), equation.result) == (r"(3.000)(0.333333343267) +\,({-}1.000)", "0")
    assert equation.note == (
        "the terms cancel out, up to rounding; float32 rounds off: worked out exactly, it would be 2.980·10⁻⁸"
    )


@pytest.mark.parametrize(
    ("activation", "loss"), [("Tanh", "MSELoss"), ("Softmax", "CrossEntropyLoss"), ("LogSoftmax", "L1Loss")]
)
def test_long_sums_say_what_they_leave_out(activation: str, loss: str) -> None:
    targets = random_rows(9, 8, 4) if loss != "CrossEntropyLoss" else tuple((float(row % 8),) for row in range(9))
    data = DataSpec(random_rows(9, 10, 3), targets)
    it = case(Experiment(network(10, (9, "PReLU"), (8, activation)), data, Choice(loss), Choice("Adafactor")))
    long = [it.explain(step, index) for step, index in it.elements() if sum(index) % 3 == 0]

    assert {"5 of 9 terms are added up here", "6 of 10 terms are added up here"} <= {each.note for each in long}
    assert all(r"\cdots" not in "".join(each.numbers) for each in long)
    for equation in long:
        assert not equation.numbers or holds(" ".join(equation.numbers), equation.result, 4), equation


# ------------------------------------------------------------------------------------------ working out, by itself


@pytest.mark.parametrize(
    ("latex", "value"),
    [
        (r"({-}0.5)(2)+\,(\text{8 more: }{-}0.25)", -1.25),
        (r"\frac{1}{2}\,[({-}0.31-1)^2 +\,|{-}3|]", 2.35805),
        (r"(4\cdot 10^{-5})\cdot 2/4", 2e-5),
        (r"\max(0,\,{-}1)+\mathbf{1}_{0.5\geq 0.5}+\lfloor \frac{7}{2}\rfloor", 4.0),
        (r"2\text{ if }7\text{ mod }4=3\text{ and }\text{not }0>1\text{ else }5", 2.0),
        (r"2\text{ if }{-}7\text{ mod }4\text{ else }5", 2.0),
        (r"2\text{ if }1>2\text{ or }0\text{ else }5", 5.0),
        (r"\mathrm{sgn}({-}0.2)\cdot \tanh^2(0)", 0.0),
        (r"0^0", 1.0),
    ],
)
def test_working_out(latex: str, value: float) -> None:
    assert float(work_out(latex) or 0) == pytest.approx(value)


@pytest.mark.parametrize(
    "latex", ["", r"\infty-1", r"\ln(0)", r"\frac{1}{0}", r"e^{10^{20}}", r"({-}2)^{0.5}", "2)", "x", r"\sigma", "q"]
)
def test_what_has_no_value_is_not_worked_out(latex: str) -> None:
    assert work_out(latex) is None
