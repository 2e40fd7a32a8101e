"""What is said of an update is derived from its formula: of the table's entries and of what users type alike."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values.refs import ValueRef
from tests.catalog.test_added_descriptions import COUNTED
from tests.explain.cases import Case, case, network
from tests.explain.formulas.optimizer_steps import NEURON, SMALL


def typed(*lines: str, lr: float = 0.1, **state: float) -> Case:
    return case(replace(NEURON, optimizer=Choice("Formula", {"lr": lr, "state": state, "updates": lines})))


def reason(it: Case) -> str:
    """The sentence behind the one that says what the line is."""
    return it.narrate("layers.0.weight.next", (0, 0)).partition("optimizer says. ")[2]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("next = param - lr*grad",), "The gradient is positive, so the weight falls."),
        (("next = param - lr*sign(grad)",), "The gradient is positive, so the weight falls."),
        (("next = param - lr*grad^3",), "The gradient is positive, so the weight falls."),
        (("u = -grad", "next = param - lr*u"), "The u is negative, so the weight grows."),
        (("u = 0*grad", "next = param - lr*u"), "The u is 0, so the weight stays as it is."),
        (("next = param - 1e-30*grad",), "The step is too small to change the weight in float64."),
        (("next = param - 0*grad",), "The weight stays as it is."),
        # It moves with the gradient, whatever its sign, or by itself as well.
        (("next = param + lr*grad",), "The weight grows from "),
        (("next = param - lr*grad^2",), "The weight falls from "),
        (("next = 0.99*param - lr*grad",), "The weight falls from "),
        (("u = 2*grad", "next = param - lr*grad - lr*u"), "The weight falls from "),
    ],
)
def test_a_cause_is_named_where_the_formula_makes_it_one(lines: tuple[str, ...], said: str) -> None:
    it = typed(*lines)
    assert it.value_of(ValueRef("layers.0.weight.grad"), (0, 0)) > 0
    assert reason(it).startswith(said)


def test_a_rate_of_0_is_why_nothing_moves() -> None:
    assert reason(typed("next = param - lr*grad", lr=0.0)) == "The learning rate is 0, so the weight stays as it is."


def test_a_state_that_somebody_named_is_what_moves_the_parameter() -> None:
    assert reason(typed("v.next = 0.9*v + grad", "next = param - lr*v.next", v=0.0)) == (
        "The v is positive, so the weight falls."
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("param - log(param - 100)", "The new w is NaN: for these numbers its formula has no value."),
        ("param - log(param - param)", "The new w is ∞: for these numbers its formula has no value."),
        ("param - 1/(grad - grad)", "The new w is −∞, because it is divided by 0."),
        ("-sqrt(-abs(param))", "The new w is NaN (not a number), because it is the root of a negative number."),
        ("param*1e300*1e300", "The new w overflowed: no number of float64 is large enough to hold it."),
        ("0*(param*1e300*1e300)", "The new w is NaN (not a number): infinities met, as in ∞ − ∞ or 0·∞"),
    ],
)
def test_why_an_update_has_no_finite_value(line: str, said: str) -> None:
    assert typed(f"next = {line}").narrate("layers.0.weight.next", (0, 0)).startswith(said)


def test_what_is_kept_for_a_row_of_a_bias_is_of_all_of_it() -> None:
    with patch.dict(OPTIMIZERS, {COUNTED.name: COUNTED}):
        it = case(replace(SMALL, optimizer=Choice(COUNTED.name, {"lr": 0.01})))
        assert it.narrate("layers.0.bias.row_size.next", (0,)).startswith("The row size of the biases of layer 1 ")
        assert it.narrate("layers.1.bias.total_size.next", ()).startswith("The whole size of the bias of layer 2 ")
        assert it.narrate("layers.0.weight.row_size.next", (1, 0)).startswith("The row size of the weights to h₂ ")
        assert it.plain("layers.0.bias.row_size.next", (0,)).startswith("new row size")


def test_a_layers_own_rate_is_written_as_it_was_given() -> None:
    first, last = network(1, (1, "Tanh"), (1, "Identity")).layers
    own = replace(NEURON, network=replace(NEURON.network, layers=(replace(first, lr=0.02), last)))
    assert r"-\,0.02\cdot " in case(own).explain("layers.0.weight.next", (0, 0)).latex
