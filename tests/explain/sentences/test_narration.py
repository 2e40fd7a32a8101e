"""Sentences: true for the numbers at hand, and for every table entry."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.explain.sentences.narration import introduce
from tests.experiments import neuron as one_neuron
from tests.experiments import parameters
from tests.explain.cases import EXPERIMENTS, MAZUR, MOCKUP, MOMENTUM, SCALAR, SINGLE, WIDE, Case, case, network


def edited(it: Case, **changes: object) -> Case:
    """The case with other values: refs are written with `__` for the dots."""
    numbers = {ValueRef(name.replace("__", ".")): value for name, value in changes.items()}
    return Case(it.experiment, it.program, {**it.numbers, **numbers})


def neuron(activation: str, x: tuple[float, ...], t: tuple[float, ...], weight: float) -> Experiment:
    """One neuron without a bias to speak of, with the mean squared error."""
    given = parameters({"layers.0.weight": ((weight,),), "layers.0.bias": (0.0,)})
    data = DataSpec(tuple((number,) for number in x), tuple((number,) for number in t))
    return Experiment(network(1, (1, activation)), data, parameters=given)


def test_the_mockup() -> None:
    it = case(MOCKUP)

    assert it.narrate("layers.0.weight.grad", (0, 1)) == (
        "The weight from x₂ to h₁ is blamed for the error of h₁ (δ) in proportion to what it carried (x₂), "
        "added over both samples of the batch."
    )
    assert it.narrate("layers.0.pre_activation", (0, 0)) == (
        "h₁ multiplies each value that reaches it (x₁ and x₂) by its weight, adds the products up and adds its "
        "bias: that is its z."
    )
    assert it.narrate("layers.0.activation", (0, 1)) == (
        "ReLU keeps a positive z and turns a negative one into 0. Here z is 1.100, so h₂ passes on 1.100."
    )
    assert it.narrate("loss") == (
        "The loss is one number for how wrong the outputs are: the squared distance from output to target, "
        "averaged over both samples."
    )
    assert it.narrate("layers.1.activation.grad", (1, 0)) == (
        "How would the loss change if ŷ grew a little? ŷ is −0.8500 and its target is 2: it would fall, so the "
        "gradient is negative."
    )
    assert it.narrate("layers.0.activation.grad", (0, 1)) == (
        "The error (δ) of ŷ comes back to h₂ through the weight that carried h₂ forward."
    )
    assert it.narrate("layers.0.pre_activation.grad", (0, 0)) == (
        "The slope of ReLU at z is 1, so the error of h₁ (δ) is what came back to it (∂L/∂a₁⁽¹⁾), unchanged."
    )
    assert it.narrate("layers.0.bias.grad", (0,)) == (
        "The bias of h₁ is added to z as it is, so it is blamed for all of the error of h₁ (δ), added over both "
        "samples of the batch."
    )
    assert it.narrate("layers.0.weight.next", (0, 1)) == (
        "The weight from x₂ to h₁ moves against its gradient, by the learning rate times the gradient. "
        "The gradient is negative, so the weight grows."
    )
    assert it.narrate("layers.0.weight.next", (1, 1)).endswith("The gradient is positive, so the weight falls.")


def test_several_outputs() -> None:
    it = case(MAZUR)

    assert it.narrate("loss").endswith("half the squared distance from output to target, added over the 2 outputs.")
    assert it.narrate("layers.0.activation.grad", (0, 0)) == (
        "The errors (δ) of ŷ₁ and ŷ₂ come back to h₁, each through the weight that carried h₁ there, and add up."
    )
    assert it.narrate("layers.1.pre_activation.grad", (0, 0)) == (
        "The error of ŷ₁ (δ) is what came back to it (∂L/∂ŷ₁) times the slope of Sigmoid at its z, 0.1868."
    )
    assert case(WIDE).narrate("loss").endswith("averaged over the 21 outputs of the batch.")
    assert "(x₁ to x₁₂)" in case(WIDE).narrate("layers.0.pre_activation", (0, 0))
    both = case(replace(WIDE, loss=Choice("MSELoss", {"reduction": "batchmean"})))
    assert both.narrate("loss").endswith("added over the outputs and averaged over all 7 samples.")


def test_a_relu_that_is_off() -> None:
    it = case(MOMENTUM)

    assert it.narrate("layers.0.pre_activation.grad", (0, 1)) == ("z is negative, so ReLU passes nothing back: δ is 0.")
    assert it.narrate("layers.0.weight.grad", (1, 0)).endswith(
        "The gradient is 0: the error of h₂ is 0 in every sample, so there is nothing to blame it for."
    )
    assert it.narrate("layers.0.bias.grad", (1,)).endswith("The gradient is 0: the error of h₂ is 0 in every sample.")
    assert it.narrate("layers.1.weight.grad", (0, 1)).endswith(
        "The gradient is 0: h₂ is 0 in every sample, so it had no part in the error."
    )
    at_zero = edited(it, layers__0__pre_activation=[[0.5, 0.0], [1.1, 0.0]])
    assert at_zero.narrate("layers.0.pre_activation.grad", (0, 1)) == (
        "z is 0, where ReLU has a corner: its slope is 0 below and 1 above. PyTorch takes 0, so it passes nothing "
        "back: δ is 0."
    )


def test_slopes() -> None:
    saturated = case(neuron("Sigmoid", (1.0,), (0.0,), 6.0))
    assert saturated.narrate("layers.0.pre_activation.grad", (0, 0)) == (
        "The error of ŷ (δ) is what came back to it (∂L/∂ŷ) times the slope of Sigmoid at its z, 0.002467. "
        "That slope is small, so little of the error passes back."
    )
    flat = case(neuron("Sigmoid", (1000.0,), (0.0,), 0.6))
    assert flat.narrate("layers.0.pre_activation.grad", (0, 0)) == (
        "At z = 600.0 Sigmoid is so nearly flat that its slope is 0 in float64: it passes nothing back, so δ is 0."
    )


def test_zero_gradients() -> None:
    given = {ref: ((0.5,),) if "weight" in ref else (0.0,) for ref in SCALAR.parameters}
    exact = case(replace(SCALAR, data=DataSpec(((0.0,),), ((0.0,),)), parameters=given))

    assert exact.narrate("loss").endswith("It is 0: every output is on its target.")
    assert exact.narrate("layers.1.activation.grad", (0, 0)) == (
        "How would the loss change if ŷ grew a little? ŷ is 0 and its target is 0: "
        "it would stay as it is, so the gradient is 0."
    )
    assert exact.narrate("layers.1.pre_activation.grad", (0, 0)) == (
        "Nothing came back to ŷ (∂L/∂ŷ is 0), so its error δ is 0."
    )
    assert exact.narrate("layers.0.activation.grad", (0, 0)).endswith(
        "There is no error to bring back, so the gradient is 0."
    )
    assert exact.narrate("layers.0.weight.grad", (0, 0)).endswith(
        "The gradient is 0: x is 0, so it had no part in the error."
    )
    assert exact.narrate("layers.0.weight.next", (0, 0)).endswith("The gradient is 0, so the weight stays as it is.")
    balanced = case(neuron("Identity", (1.0, 1.0), (-1.0, 1.0), 0.0))
    assert balanced.narrate("layers.0.weight.grad", (0, 0)).endswith("the samples cancel each other out.")
    assert balanced.narrate("layers.0.bias.grad", (0,)).endswith("the samples cancel each other out.")
    through_zero = edited(case(MOCKUP), layers__1__weight=[[0.0, -0.6]], layers__0__activation__grad=[[0.0, 0.786]])
    assert through_zero.narrate("layers.0.activation.grad", (0, 0)).endswith("That weight is 0, so nothing arrives.")


def test_updates_that_change_nothing() -> None:
    still = case(replace(MOCKUP, optimizer=Choice("SGD", {"lr": 0.0})))
    assert still.narrate("layers.0.weight.next", (0, 0)).endswith(
        "The learning rate is 0, so the weight stays as it is."
    )
    tiny = case(replace(MOCKUP, optimizer=Choice("SGD", {"lr": 1e-30})))
    assert tiny.narrate("layers.0.weight.next", (0, 0)).endswith(
        "The step is too small to change the weight in float64."
    )


def test_momentum() -> None:
    it = case(MOMENTUM)

    assert it.narrate("layers.1.bias.momentum_buffer.next", (0,)) == (
        "The momentum buffer of the bias of ŷ keeps a share (the momentum) of what it was and adds the new gradient."
    )
    assert it.narrate("layers.1.bias.next", (0,)).endswith("The momentum buffer is negative, so the bias grows.")


def test_elu_is_not_flat_for_every_negative_z() -> None:
    """`ELU is flat where z ≤ 0` was said where its slope had only become too small for the dtype."""
    said = case(neuron("ELU", (-1000.0,), (0.0,), 1.0)).narrate("layers.0.pre_activation.grad", (0, 0))
    assert said.startswith("At z = −1000 ELU is so nearly flat that its slope is 0 in float64")
    assert "z ≤ 0" not in said


@pytest.mark.parametrize("beta", [0.0, 0.2, 0.5, 0.95])
def test_an_average_keeps_as_much_as_its_beta_says(beta: float) -> None:
    it = case(replace(MOCKUP, optimizer=Choice("Adam", {"betas": (beta, beta)})), 1)
    for name in ("exp_avg", "exp_avg_sq"):
        said = it.narrate(f"layers.1.bias.{name}.next", (0,))
        kept = {0.0: "nothing is kept", 0.2: "keeps less than half", 0.5: "keeps half or more", 0.95: "keeps most"}
        assert kept[beta] in said
    correction = it.narrate("layers.1.bias.bias_correction2")
    assert ("is 1, because" in correction) == (beta == 0)


@pytest.mark.parametrize(
    ("optimizer", "ref"),
    [("SGD", "layers.1.bias.next"), ("Adam", "layers.1.bias.exp_avg.next"), ("Rprop", "layers.1.bias.prev.next")],
)
def test_the_gradient_that_is_read_is_called_by_its_name(optimizer: str, ref: str) -> None:
    clipped = replace(
        MOCKUP, optimizer=Choice(optimizer, {"lr": 0.1}), clipping=Choice("clip_grad_value_", {"clip_value": 0.01})
    )
    said = case(clipped).narrate(ref, (0,))
    assert "clipped gradient" in said
    assert not re.search(r"(?<!clipped )(?<!average )gradient\b(?! to remember)", said)


def test_numbers_that_differ_are_told_apart() -> None:
    """`grows from 0.5000 to 0.5000` is no growth."""
    it = case(replace(MOCKUP, optimizer=Choice("ASGD", {"lr": 1e-9})))
    said = it.narrate("layers.1.weight.next", (0, 0))
    before, after = re.findall(r"from (\S+) to (\S+)\.", said)[0]
    assert (before != after, "grows" in said) == (True, float(after) > float(before))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("iteration", [0, 3])
def test_growing_and_falling_are_those_of_the_numbers(optimizer: str, iteration: int) -> None:
    it = case(replace(MOCKUP, optimizer=Choice(optimizer, {})), iteration)
    for ref in ("layers.0.weight", "layers.1.weight"):
        for index in ((0, 0), (0, 1)):
            said = it.narrate(f"{ref}.next", index)
            moved = it.value_of(ValueRef(f"{ref}.next"), index) - it.value_of(ValueRef(ref), index)
            assert ("grows" in said, "falls" in said, "stays as it is" in said) == (moved > 0, moved < 0, moved == 0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_sentence_says_that_a_thing_is_itself(optimizer: str) -> None:
    """`The momentum of this step is the momentum of this step` explained nothing."""
    it = case(replace(MOCKUP, optimizer=Choice(optimizer, {})))
    for step, index in it.elements():
        called = it.program.values[step.writes].called
        if called and step.kind in (StepKind.STATE_UPDATE, StepKind.UPDATE_TERM):
            assert f" is the {called.words}" not in it.narrate(step, index)


def test_infinities_and_nan() -> None:
    it = case(neuron("Identity", (1e308, 1.0), (1.0, 0.0), -1e6))

    assert it.narrate("layers.0.pre_activation", (0, 0)) == (
        "z overflowed: no number of float64 is large enough to hold it."
    )
    assert it.narrate("layers.0.activation", (0, 0)) == (
        "ŷ is −∞, because something that it is computed from is infinite."
    )
    nan = edited(it, layers__0__pre_activation=[[math.nan], [1.0]], layers__0__activation=[[math.nan], [1.0]])
    assert nan.narrate("layers.0.activation", (0, 0)) == (
        "ŷ is NaN (not a number), because something that it is computed from is NaN."
    )
    assert nan.narrate("layers.0.pre_activation", (0, 0)) == (
        "z is NaN (not a number): infinities met, as in ∞ − ∞ or 0·∞, and that has no value."
    )


def test_introductions() -> None:
    press = "Press → to compute the first number."

    assert introduce(MOCKUP) == (
        "A network of 2 inputs, a hidden layer of 2 units (ReLU) and 1 output (Identity), "
        f"trained on 2 samples. {press}"
    )
    assert introduce(SINGLE) == f"A network of 1 input and 1 output (Sigmoid), trained on 1 sample. {press}"
    deep = replace(WIDE, network=network(12, (20, "Tanh"), (5, "ReLU"), (3, "Identity")),
                   data=replace(WIDE.data, batch_size=2))  # fmt: skip
    hidden = replace(deep.network.layers[0], units=4)
    for layers, words in (
        ((hidden,) * 99, "12 inputs, 99 hidden layers of 4 units (Tanh) each and 3 outputs"),
        ((hidden, hidden, deep.network.layers[1]), "hidden layers of 2 times 4 units (Tanh) and 5 units (ReLU) and"),
        (tuple(replace(hidden, units=units) for units in range(1, 8)), "7 hidden layers of 1 to 7 units and"),
    ):
        chain = replace(deep.network, layers=(*layers, deep.network.layers[-1]))
        assert words in introduce(replace(deep, network=chain))
    assert introduce(deep) == (
        "A network of 12 inputs, hidden layers of 20 units (Tanh) and 5 units (ReLU) and 3 outputs (Identity), "
        f"trained on 7 samples, 2 at a time. {press}"
    )
    for fraction, trained in ((0.1, "6 samples, 2 at a time, and tested on 1 other"),
                              (0.7, "2 samples, and tested on 5 others")):  # fmt: skip
        split = replace(deep, data=replace(deep.data, test_size=fraction))
        assert f"trained on {trained}. {press}" in introduce(split)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_sentence_is_tidy_and_its_direction_is_true(name: str) -> None:
    it = case(EXPERIMENTS[name], 1)
    for step, index in it.elements():
        text = it.narrate(step, index)
        assert text.endswith(".")
        assert not re.search(r"  |[<>{}\\]|(?<!\w)-\d|\.\.", text), text
        if step.kind is StepKind.PARAMETER_UPDATE:
            before, after = it.value_of(it.program.values[step.writes].owner.ref, index), it.value(step, index)
            verb = "grows" if after > before else "falls" if after < before else "stays"
            assert verb in text


@pytest.mark.parametrize(
    ("x", "delta", "why"),
    [
        (1e-200, 1e-200, "what it is made of is so small that float64 makes 0 of it"),
        (1e-200, 0.0, "the error of ŷ is 0, so there is nothing to blame it for"),
        (0.0, 1.0, "x is 0, so it had no part in the error"),
    ],
)
def test_a_gradient_of_0_is_told_why(x: float, delta: float, why: str) -> None:
    """Seen: of one sample, whose product is less than float64 holds, that the samples cancel each other out."""
    it = case(one_neuron("Identity", (x,), (0.0,), delta, target=0.0, lr=0.1))
    assert it.value_of(refs.grad(refs.weight(0)), (0, 0)) == 0
    assert it.narrate("layers.0.weight.grad", (0, 0)).endswith(f"The gradient is 0: {why}.")


def test_samples_that_cancel_are_told() -> None:
    it = case(replace(SCALAR, network=network(1, (1, "Identity")), parameters={}, loss=Choice("SumOfOutputs"),
                      data=replace(SCALAR.data, inputs=((2.0,), (-2.0,)))))  # fmt: skip
    assert it.narrate("layers.0.weight.grad", (0, 0)).endswith("The gradient is 0: the samples cancel each other out.")


def test_at_the_corner_of_the_hinge_nothing_is_said_of_the_loss() -> None:
    it = case(replace(one_neuron("Identity", (1.0,), (1.0,), 0.0, target=1.0, lr=0.1), loss=Choice("HingeLoss")))
    assert it.narrate("layers.0.activation.grad", (0, 0)) == (
        "How would the loss change if ŷ grew a little? ŷ is 1.000 and its target is 1, at the corner of the hinge, "
        "where PyTorch still takes the slope of its side: the gradient is negative."
    )


def test_of_an_output_that_is_not_a_number_no_change_is_told() -> None:
    overflowing = one_neuron("Identity", (1e200, 1e200), (1e200, -1e200), 0.0, target=1.0, lr=0.1)
    it = case(replace(overflowing, loss=Choice("HingeLoss")))
    assert it.narrate("layers.0.activation.grad", (0, 0)) == (
        "ŷ is not a number (NaN), so nobody can tell how the loss would change: PyTorch takes 0."
    )
    assert it.explain("layers.0.activation.grad", (0, 0)).numbers == ()


def test_an_average_that_keeps_nothing_is_told_whole() -> None:
    it = case(replace(MOCKUP, optimizer=Choice("Adam", {"betas": (0.0, 0.0)})))
    assert it.narrate("layers.0.bias.exp_avg_sq.next", (0,)).endswith(
        "is the gradient's square, how large gradients are here: nothing is kept of what it was."
    )
