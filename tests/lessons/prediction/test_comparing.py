"""What a number is compared with before it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.trace import Executor
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.prediction.comparing import AnsweredSide, Yardstick, yardstick_of
from tests.experiments import article

NUMBERS = st.floats(allow_nan=False)
ADAM = article(optimizer=Choice("Adam", {"lr": 0.1}))


def of(
    experiment: Experiment, ref: str, index: tuple[int, ...], loss: tuple[int, float] | None = None
) -> Yardstick | None:
    executor = Executor(experiment)
    calculation = Calculation.of_iteration(executor)
    value = executor.program.values[ValueRef(ref)]
    return yardstick_of(experiment, value, index, calculation.number, loss)


@given(NUMBERS, NUMBERS)
def test_a_comparison_is_the_order_of_the_numbers(number: float, other: float) -> None:
    found = Yardstick(other).compared(number)
    assert (found is AnsweredSide.LARGER, found is AnsweredSide.SMALLER) == (number > other, number < other)


def test_a_weight_is_compared_with_what_it_was() -> None:
    found = of(article(), refs.next_value(refs.weight(0)), (1, 0))
    assert found is not None
    assert (found.number, found.name) == (0.3, "w₂₁⁽¹⁾")
    assert found.question == "larger or smaller than w₂₁⁽¹⁾?"
    assert found.answer(AnsweredSide.SAME) == "the same"


def test_what_the_optimizer_keeps_is_compared_with_what_it_was() -> None:
    found = of(ADAM, refs.next_value(ValueRef("layers.0.weight.exp_avg")), (1, 0))
    assert found is not None
    assert found.number == 0


@pytest.mark.parametrize("ref", ["layers.0.pre_activation", "layers.0.weight.grad", "layers.1.activation.grad"])
def test_of_what_may_have_either_sign_that_is_asked(ref: str) -> None:
    found = of(article(), ref, (0, 0))
    assert found == Yardstick(0.0)
    assert [found.answer(each) for each in AnsweredSide] == ["negative", "zero", "positive"]


def test_an_activation_is_compared_with_its_z() -> None:
    found = of(article(), "layers.0.activation", (1, 1))
    assert found is not None
    assert found.number == pytest.approx(3 * 0.3 + 4 * 0.4)
    assert found.name == "z₂⁽¹⁾"


def test_the_loss_is_compared_with_the_one_before() -> None:
    assert of(article(), refs.LOSS, ()) is None
    found = of(article(), refs.LOSS, (), (4, 0.25))
    assert found == Yardstick(0.25, "in iteration 4")
