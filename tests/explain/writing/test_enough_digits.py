"""As many digits as it takes to work a number out again, and no more."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.enough_digits import more_digits
from chainrule.explain.writing.numbers import FULL_PRECISION, latex_number
from chainrule.model.files.storage import read_experiment
from tests.experiments import neuron
from tests.explain.cases import case
from tests.explain.formulas.test_activations import layer
from tests.explain.formulas.test_losses import passed_on
from tests.explain.writing.worked import EXAMPLES, assert_holds, check, holds
from tests.formulas import formula_experiment


@pytest.mark.parametrize(
    ("name", "iteration", "ref", "index", "equation"),
    [
        ("single-neuron", 0, "layers.0.weight.grad", (0, 0), r"(0.28747)(2) = 0.5749"),
        ("simple-nn-torch-initialization", 0, "layers.1.bias.grad", (0,), r"-1.8727 +\,(-3.9705) = -5.843"),
        ("mazur-2-2-2", 1, "layers.1.activation", (0, 1), r"\frac{1}{1+e^{-1.2384}} = 0.7753"),
    ],
)
def test_no_digit_of_a_result_is_off_by_one(
    name: str, iteration: int, ref: str, index: tuple[int, ...], equation: str
) -> None:
    it = case(read_experiment(EXAMPLES / f"{name}.chainrule"), iteration)

    assert it.explain(ref, index).latex.endswith(f" = {equation}")


def test_no_digit_of_a_delta_of_binary_cross_entropy_is_off_by_one() -> None:
    single = read_experiment(EXAMPLES / "single-neuron.chainrule")
    for target in (0.0, 1.0):
        changed = replace(single, loss=Choice("BCELoss"), data=replace(single.data, targets=((target,),)))
        for iteration in range(3):
            it = case(changed, iteration)
            for step, index in it.elements():
                assert_holds(it, step, index)


def test_one_unit_is_near_enough_where_a_few_more_digits_do_not_make_the_result() -> None:
    # It never rounds to 1.000, as it would if it were 0.9995 or more.
    assert more_digits(1.0, 4, lambda more: f"0.9994{more}", 13) == (0, None)
    # Exact with so many digits, not with fewer.
    assert more_digits(1.0, 4, lambda more: "1.0004" if more == 3 else "1.0006", 13) == (3, None)
    assert more_digits(1.0, 4, lambda more: "1.0004" if more == 4 else "1.0006", 13) == (0, None)


@pytest.mark.parametrize(("digits", "raised"), [(2, 7), (3, 7), (3, 9)])
def test_numbers_get_as_many_digits_as_a_result_that_has_more_than_they(digits: int, raised: int) -> None:
    """One unit of a result of seven digits is what a number of two digits may be away by chance."""
    x = 1.000002499900004

    def written(more: int) -> str:
        return rf"\sqrt{{{latex_number(x, digits + more)}}}"

    more, exact = more_digits(math.sqrt(x), raised, written, FULL_PRECISION - digits)
    assert exact is None
    assert holds(written(more), latex_number(math.sqrt(x), raised), raised)


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_what_is_next_to_1_comes_out_at_few_digits(digits: int) -> None:
    experiment = formula_experiment(
        "f = 0.0032443482698016374*x + 1e-9*sqrt(y)",
        parameters={"x": 1.0000640655459883, "y": 1.000002499900004},
        optimizer={"name": "SGD", "lr": 0.01, "maximize": True},
    )
    check(case(experiment), digits=digits)


def test_a_result_keeps_its_zeros() -> None:
    it = case(neuron("Identity", (1.0,), (0.1150334319182,), 0.0, target=0.1150334169182, lr=0.1))
    equation = it.explain("layers.0.weight.next", (0, 0))

    assert equation.latex.endswith(r"0.115033432 -\,0.1\cdot (1.500\cdot 10^{-8}) = 0.115033430")


def test_a_saturated_sigmoid_shows_what_is_left() -> None:
    it = case(neuron("Sigmoid", (1.0,), (30.0,), 0.0, target=0.0, lr=0.1))
    a, delta = it.explain("layers.0.activation", (0, 0)), it.explain("layers.0.pre_activation.grad", (0, 0))

    assert a.result == "0.9999999999999"
    assert " ".join(delta.numbers) == (r"0.99999999999990652\cdot 0.99999999999990652\,(1-0.99999999999990652)")
    assert delta.result == r"9.348\cdot 10^{-14}"


def test_nothing_is_said_to_be_rounded_off_that_is_not() -> None:
    for z in (1e-300, -1e-40):
        it = layer(Choice("Tanh"), ((z,),))
        assert it.explain("layers.0.activation", (0, 0)).note == ""
        # Of one output alone it is 0, as printed.
        it = layer(Choice("LogSoftmax"), ((z,),))
        share = it.explain("layers.0.activation", (0, 0))
        assert (share.result, share.note) == ("0", "")


def test_what_tells_a_result_from_1_is_shown_where_it_is_not_rounding() -> None:
    it = case(neuron("Identity", (1.1,), (1.1,), -0.21, target=0.0, lr=0.1))
    z = it.explain("layers.0.pre_activation", (0, 0))
    assert it.value_of(ValueRef("layers.0.pre_activation"), (0, 0)) > 1
    assert (" ".join(z.numbers), z.result, z.note) == (r"(1.100)(1.1) +\,({-}0.2100)", "1.000", "")
    saturated = case(neuron("Tanh", (1.0,), (18.5,), 0.0, target=0.0, lr=0.1))
    assert saturated.explain("layers.0.activation", (0, 0)).result == "0.9999999999999998"


@pytest.mark.parametrize(("loss", "o"), [("BCEWithLogitsLoss", 100.0), ("CrossEntropyLoss", 100.0)])
def test_0_is_what_float64_leaves_of_a_smaller_number(loss: str, o: float) -> None:
    if loss == "BCEWithLogitsLoss":
        it = passed_on(Choice(loss), ((o,),), ((1.0,),))
        equation = it.explain("layers.0.activation.grad", (0, 0))
        assert equation.note == "float64 rounds off: worked out exactly, it would be −3.720·10⁻⁴⁴"
    else:
        it = passed_on(Choice(loss), ((o, 0.0),), ((0.0,),))
        equation = it.explain("loss.log_softmax", (0, 0))
        assert equation.note.startswith("float64 rounds off: worked out exactly, it would be −3.720·10⁻⁴⁴; m is ")
    assert equation.result == "0"


def test_a_divisor_that_pytorch_holds_in_float32_is_written_as_it_is() -> None:
    single = neuron("Sigmoid", (1.0,), (40.0,), 0.0, target=0.5, lr=0.1)
    it = case(replace(single, loss=Choice("BCELoss")))
    equation = it.explain("layers.0.activation.grad", (0, 0), digits=9)

    assert " ".join(equation.numbers) == r"\frac{1.00000000-0.5}{9.99999996\cdot 10^{-13}}"
    assert equation.result == r"5.00000002\cdot 10^{11}"
    assert "rounds off" not in equation.note
