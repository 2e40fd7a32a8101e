"""Mistakes made on purpose, by hand, with NumPy: each is named as what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec, PenaltySpec
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.engine.trace import Executor
from chainrule.lessons.answer import number_answer as answer_of
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.check import CheckedNumber, NumberVerdict, Why, check_given
from chainrule.lessons.given_number import given_number
from tests.experiments import article, usual

W1, B1 = np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.0, 0.0])
W2, B2 = np.array([[0.5, -0.6]]), np.array([0.1])
X, T = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [2.0]])
LR = 0.01


def sigmoid(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def two_layers(**changes: Any) -> Experiment:
    """The article's network with sigmoids in the first layer and a bias that is not 0."""
    network = NetworkSpec(2, (LayerSpec(2, Choice("Sigmoid")), LayerSpec(1)))
    return article(**{"network": network, "loss": Choice("MSELoss", {"reduction": "mean"}), **changes})


def backward(**wrong: Any) -> Any:
    """Return dL/dW of layer 1, by hand: every argument is a mistake."""
    z1 = X @ wrong.get("w1", W1).T + B1
    a1 = sigmoid(z1)
    out = a1 @ wrong.get("w2", W2).T + B2
    delta2 = wrong.get("two", 2.0) * (out - T) / wrong.get("divisor", 2.0)
    upstream = delta2 @ wrong.get("w2_back", wrong.get("w2", W2))
    slope = wrong.get("slope", lambda z, a: a * (1 - a))(z1, a1)
    return (upstream * slope).T @ X


def calculation_of(experiment: Experiment, iteration: int = 0) -> Calculation:
    return Calculation.of_iteration(Executor(experiment), iteration)


def told(calculation: Calculation, ref: str, index: tuple[int, ...], number: float) -> tuple[CheckedNumber, str]:
    found = check_given(calculation, refs.ValueRef(ref), index, given_number(f"{number:.6g}"))
    return found, answer_of(calculation, found).text


A1 = sigmoid(X @ W1.T + B1)
UPDATED_W2 = W2 - LR * (A1 @ W2.T + B2 - T).T @ A1
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "no slope": ({"slope": lambda z, a: 1.0}, "You left out f′(z) of layer 1's Sigmoid."),
    "slope at a": ({"slope": lambda z, a: sigmoid(a) * (1 - sigmoid(a))}, "f′ of layer 1's Sigmoid at a, and not at z"),
    "z for a": ({"slope": lambda z, a: z * (1 - z)}, "you took z of layer 1 in the place of a of layer 1"),
    "a for the slope": ({"slope": lambda z, a: a}, "You took a itself for f′(z) of layer 1's Sigmoid"),
    "not divided": ({"divisor": 1.0}, "In ∂L/∂ŷ you did not divide by 2"),
    "without the 2": ({"two": 1.0}, "In ∂L/∂ŷ you left out the factor 2"),
    "updated": ({"w2_back": UPDATED_W2}, "you used the weights of layer 2 as updated already"),
    "transposed": ({"w1": W1.T}, "you used the weights of layer 1 with rows and columns exchanged"),
}


def test_the_hand_calculation_is_right_without_a_mistake() -> None:
    calculation = calculation_of(two_layers())
    for index in ((0, 0), (0, 1), (1, 0), (1, 1)):
        found, said = told(calculation, "layers.0.weight.grad", index, backward()[index])
        assert found.verdict is NumberVerdict.RIGHT
        assert not said


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_the_backward_pass_is_named(name: str) -> None:
    wrong, words = MISTAKES[name]
    found, said = told(calculation_of(two_layers()), "layers.0.weight.grad", (0, 1), backward(**wrong)[0, 1])
    assert found.verdict is NumberVerdict.WRONG
    assert words in said


def test_a_sign_turned_round_and_one_sample_alone_are_named() -> None:
    calculation, right = calculation_of(two_layers()), backward()[0, 1]
    assert "In ∂L/∂w₁₂⁽¹⁾ you have the opposite sign" in told(calculation, "layers.0.weight.grad", (0, 1), -right)[1]
    a1 = sigmoid(X @ W1.T + B1)
    delta = ((a1 @ W2.T + B2 - T) @ W2) * a1 * (1 - a1)
    said = told(calculation, "layers.0.weight.grad", (0, 1), delta[0, 0] * X[0, 1])[1]
    assert "you took the share of sample 1 of 2 samples alone" in said


def test_mistakes_of_the_forward_pass_are_named() -> None:
    calculation = calculation_of(two_layers())
    a1 = sigmoid(X @ W1.T + B1)
    assert "In z" in told(calculation, "layers.1.pre_activation", (0, 0), (a1 @ W2.T)[0, 0])[1]
    assert "you left out the bias b⁽²⁾" in told(calculation, "layers.1.pre_activation", (0, 0), (a1 @ W2.T)[0, 0])[1]
    z1 = X @ W1.T + B1
    said = told(calculation, "layers.1.pre_activation", (0, 0), (z1 @ W2.T + B2)[0, 0])[1]
    assert "z of layer 1 in the place of a of layer 1" in said or "left out layer 1's Sigmoid" in said
    out = a1 @ W2.T + B2
    loss = float(((out - T) ** 2).sum())
    assert "In L you did not divide by 2" in told(calculation, "loss", (), loss)[1]


def test_mistakes_of_the_update_are_named() -> None:
    calculation, gradient = calculation_of(two_layers()), backward()
    ref = "layers.0.weight.next"
    assert "you left out the learning rate η" in told(calculation, ref, (1, 0), W1[1, 0] - gradient[1, 0])[1]
    assert "the opposite sign" in told(calculation, ref, (1, 0), W1[1, 0] + LR * gradient[1, 0])[1]


def test_state_that_was_not_carried_over_is_named() -> None:
    momentum = usual(OPTIMIZERS, "SGD", lr=LR, momentum=0.9)
    calculation = calculation_of(two_layers(optimizer=momentum), 1)
    gradient = calculation.number(refs.ValueRef("layers.0.weight.grad"), (0, 0))
    said = told(calculation, "layers.0.weight.momentum_buffer.next", (0, 0), gradient)[1]
    assert "You began with 0 for" in said or "you began with 0 for" in said or "left out" in said
    weight = calculation.number(refs.ValueRef("layers.0.weight"), (0, 0))
    said = told(calculation, "layers.0.weight.next", (0, 0), weight - LR * gradient)[1]
    assert "began with 0 for" in said


def test_a_bias_correction_that_was_left_out_is_named() -> None:
    adam = usual(OPTIMIZERS, "Adam", lr=LR)
    calculation, gradient = calculation_of(two_layers(optimizer=adam)), backward()[0, 0]
    m, v = 0.1 * gradient, 0.001 * gradient**2
    # Of both corrections the second alone, and the first alone.
    said = told(calculation, "layers.0.weight.next", (0, 0), 0.1 - LR * m / (np.sqrt(v / 0.001) + 1e-8))[1]
    assert "did not divide by" in said
    said = told(calculation, "layers.0.weight.next", (0, 0), 0.1 - LR * (m / 0.1) / (np.sqrt(v) + 1e-8))[1]
    assert "did not divide by" in said


def test_weight_decay_clipping_and_a_penalty_that_were_left_out_are_named() -> None:
    gradient = backward()[0, 0]
    decay = calculation_of(two_layers(optimizer=usual(OPTIMIZERS, "SGD", lr=LR, weight_decay=0.5)))
    assert "left out" in told(decay, "layers.0.weight.next", (0, 0), 0.1 - LR * gradient)[1]
    clipped = calculation_of(two_layers(clipping=Choice("clip_grad_norm_", {"max_norm": 0.1, "norm_type": "2"})))
    assert "before clipping" in told(clipped, "layers.0.weight.next", (0, 0), 0.1 - LR * gradient)[1]
    penalty = PenaltySpec(Choice("L2", {"factor": 0.5, "half": False}))
    penalized = calculation_of(two_layers(penalties=(penalty,)))
    assert "you left out" in told(penalized, "layers.0.weight.grad", (0, 0), gradient)[1]


@pytest.mark.parametrize(
    ("factor", "digits", "why"), [(1.0, 3, Why.NONE), (10.0, 5, Why.POINT), (0.01, 5, Why.POINT), (1.003, 6, Why.CLOSE)]
)
def test_digits_and_the_point_are_told_apart(factor: float, digits: int, why: Why) -> None:
    calculation, right = calculation_of(two_layers()), backward()[0, 1]
    given = given_number(f"{right * factor:.{digits}g}")
    assert check_given(calculation, refs.ValueRef("layers.0.weight.grad"), (0, 1), given).why is why


def test_rounding_on_the_way_is_recognized() -> None:
    calculation = calculation_of(two_layers())
    a1 = np.round(sigmoid(np.round(X @ W1.T + B1, 2)), 2)
    out = np.round(a1 @ W2.T + B2, 2)
    delta2 = np.round((out - T), 2)
    upstream = np.round(delta2 @ W2, 2)
    delta = np.round(upstream * a1 * (1 - a1), 2)
    number = (delta.T @ X)[0, 1]
    found, said = told(calculation, "layers.0.weight.grad", (0, 1), number)
    assert found.verdict in (NumberVerdict.ROUNDED, NumberVerdict.WRONG)
    assert found.rounded is not None
    assert (found.rounded.count, found.rounded.is_decimals) == (2, True)
    assert "2 decimals" in said


def test_a_number_of_another_place_is_recognized() -> None:
    calculation, gradient = calculation_of(two_layers()), backward()
    found, said = told(calculation, "layers.0.weight.grad", (0, 1), gradient[1, 0])
    assert found.why is Why.OTHER_NUMBER
    assert said == "That is ∂L/∂w₂₁⁽¹⁾, and not ∂L/∂w₁₂⁽¹⁾."


def test_a_number_set_by_hand_and_one_that_is_not_finite_are_said_to_be_that() -> None:
    experiment = two_layers()
    executor = Executor(experiment)
    ref = refs.ValueRef("layers.0.pre_activation")
    trace = executor.trace(executor.initial_state(), {ref: {(0, 0): 7.0}})
    calculation = Calculation.of(experiment, executor.program, trace, {ref: {(0, 0): 7.0}})
    assert check_given(calculation, ref, (0, 0), given_number("0.5")).why is Why.BY_HAND
    infinite = executor.trace(executor.initial_state(), {ref: {(0, 0): float("inf")}})
    calculation = Calculation.of(experiment, executor.program, infinite, {ref: {(0, 0): float("inf")}})
    assert check_given(calculation, ref, (0, 0), given_number("0.5")).verdict is NumberVerdict.NO_NUMBER


def test_the_same_is_found_in_float32() -> None:
    experiment = replace(two_layers(), dtype="float32")
    found, said = told(calculation_of(experiment), "layers.0.weight.grad", (0, 1), backward()[0, 1])
    assert found.verdict is NumberVerdict.RIGHT
    found, said = told(calculation_of(experiment), "layers.0.weight.grad", (0, 1), backward(divisor=1.0)[0, 1])
    assert "you did not divide by 2" in said
