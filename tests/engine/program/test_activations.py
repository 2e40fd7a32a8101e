"""Each activation against torch's own: at kinks, at 0, in saturation and far beyond, in both dtypes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program import activations as activation_functions
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import Executor
from tests.engine import oracles

DTYPES = [torch.float64, torch.float32]
# Kinks of the piecewise functions are at whole and half numbers; beyond 40 everything has saturated.
PLACES = [
    *(step / 2 for step in range(-14, 15)),
    -0.0,
    *(sign * z for sign in (1, -1) for z in (1e-300, 1e-30, 1e-7, 0.1, 19.9, 20.1, 40.0, 100.0, 750.0, 1e4, 1e30)),
]
# What each argument is tried with; an activation with an argument that is not here fails.
ARGUMENTS: dict[tuple[str, str], list[Any]] = {
    ("LeakyReLU", "negative_slope"): [0.01, 0.3, 0.0, 1.0, -0.5, 7.0],
    ("ELU", "alpha"): [1.0, 0.5, 2.0, 0.0, -1.5],
    ("CELU", "alpha"): [1.0, 0.5, 0.9, 2.0, -1.5, 1e-30],
    ("GELU", "approximate"): ["none", "tanh"],
    ("Softplus", "beta"): [1.0, 0.5, 3.0, -1.0],
    ("Softplus", "threshold"): [20.0, 0.0, 1.5, -2.0, 60.0],
    ("Hardtanh", "min_val"): [-1.0, -2.5, 0.5],
    ("Hardtanh", "max_val"): [1.0, 3.0],
    ("PReLU", "num_parameters"): [1],
    ("PReLU", "init"): [0.25, 0.0, 1.0, -2.0],
    ("Softmax", "dim"): [None, 1, -1],
    ("LogSoftmax", "dim"): [None, 1, -1],
    ("Formula", "formula"): list(oracles.FORMULAS),
}
RANGES: dict[tuple[str, str], st.SearchStrategy[float]] = {
    ("LeakyReLU", "negative_slope"): st.floats(-3, 3),
    ("ELU", "alpha"): st.floats(-3, 3),
    ("CELU", "alpha"): st.floats(0.01, 3) | st.floats(-3, -0.01),
    ("Softplus", "beta"): st.floats(0.01, 3) | st.floats(-3, -0.01),
    ("Softplus", "threshold"): st.floats(-5, 60),
    ("Hardtanh", "min_val"): st.floats(-3, 0.5),
    ("Hardtanh", "max_val"): st.floats(0.625, 3),
}


def choices_of(name: str) -> list[Choice]:
    """An activation with each combination of the arguments above."""
    names = [argument.name for argument in ACTIVATIONS[name].arguments]
    values = product(*(ARGUMENTS[name, argument] for argument in names))
    return [Choice(name, dict(zip(names, combination, strict=True))) for combination in values]


CHOICES = [choice for name in ACTIVATIONS for choice in choices_of(name)]
ELEMENTWISE = [choice for choice in CHOICES if not ACTIVATIONS[choice.name].couples_units]
MATRICES = [choice for choice in CHOICES if ACTIVATIONS[choice.name].couples_units]


def assert_near(actual: Tensor, expected: Tensor, units: int = 8) -> None:
    """Equal to a few units in the last place of the dtype, inf and NaN included."""
    rtol = units * torch.finfo(expected.dtype).eps
    torch.testing.assert_close(actual, expected, rtol=rtol, atol=rtol, equal_nan=True)


def compare(choice: Choice, z: Tensor, upstream: Tensor, units: int = 8) -> None:
    """The steps' functions against autograd: a, dL/dz and what the activation learns; (B, out) of z and dL/da."""
    entry, module = ACTIVATIONS[choice.name], oracles.activation(choice, z.dtype)
    z = z.clone().requires_grad_()
    expected = module(z)
    expected.backward(upstream)
    assert z.grad is not None
    weights = [parameter.detach() for parameter in module.parameters()]

    before = z.detach().clone()
    a = activation_functions.forward(choice)(z.detach(), *weights)
    delta = activation_functions.backward(choice)(upstream, z.detach(), a, *weights)
    assert (a.shape, a.dtype, delta.shape, delta.dtype) == (z.shape, z.dtype, z.shape, z.dtype)
    assert_near(a, expected.detach(), units)
    assert_near(delta, z.grad, units)
    assert torch.equal(before, z.detach())
    for vector, weight in zip(entry.learned, module.parameters(), strict=True):
        assert weight.grad is not None
        backward = activation_functions.learned_backward(choice, vector, shared=weight.shape == (1,))
        gradient = backward(upstream, z.detach())
        assert gradient.shape == weight.shape
        assert_near(gradient, weight.grad, units)


# ----------------------------------------------------------------------------------------------- each one, alone


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_function_and_derivative_are_those_of_torch(choice: Choice, dtype: torch.dtype) -> None:
    z = torch.tensor(PLACES, dtype=dtype).reshape(-1, 1)
    compare(choice, z, torch.ones_like(z))
    # Alone, too: torch's kernels take another way through the ends of a tensor.
    for row in z:
        compare(choice, row.reshape(1, 1), torch.ones(1, 1, dtype=dtype))


@pytest.mark.parametrize("choice", ELEMENTWISE, ids=str)
def test_a_derivative_alone_is_that_of_torch(choice: Choice) -> None:
    module = oracles.activation(choice)
    z = torch.tensor(PLACES, dtype=torch.float64, requires_grad=True)
    a = module(z)
    a.sum().backward()
    assert z.grad is not None
    learned = [parameter.detach() for parameter in module.parameters()]
    assert_near(activation_functions.slope(choice)(z.detach(), a.detach(), *learned), z.grad)


@given(st.data())
def test_any_arguments_and_any_numbers(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(ACTIVATIONS)))
    arguments = {
        argument.name: data.draw(RANGES.get((name, argument.name), st.sampled_from(ARGUMENTS[name, argument.name])))
        if (name, argument.name) in ARGUMENTS
        else argument.default
        for argument in ACTIVATIONS[name].arguments
    }
    choice = complete(ACTIVATIONS, Choice(name, arguments), "$")
    numbers = st.lists(st.floats(-30, 30), min_size=3, max_size=3)
    rows = data.draw(st.lists(numbers, min_size=1, max_size=4))
    z = torch.tensor(rows, dtype=torch.float64)
    upstream = torch.linspace(-1, 2, z.numel(), dtype=torch.float64).reshape(z.shape)
    if name == "PReLU" and data.draw(st.booleans()):
        choice = choice.replace(num_parameters=3)
    compare(choice, z, upstream, units=64)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_shapes(choice: Choice, dtype: torch.dtype) -> None:
    for shape in [(1, 1), (3, 2), (2, 100)]:
        z = torch.linspace(-3, 3, shape[0] * shape[1], dtype=dtype).reshape(shape)
        compare(choice, z, z.flip(0).contiguous(), units=64)


# ----------------------------------------------------------------------------------------------- what is a matrix


@pytest.mark.parametrize("choice", MATRICES, ids=str)
@pytest.mark.parametrize(
    "row",
    [
        [0.3],
        [0.5, -1.25, 3.0],
        [0.0, 0.0, 0.0, 0.0],
        [-0.0, 1e-300, 1e-30, 20.0],
        [750.0, -750.0, 0.0],
        [1e30, -1e30, 1e30],
        [-1e30, -1e30, 40.0],
    ],
    ids=str,
)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_jacobians(choice: Choice, row: list[float], dtype: torch.dtype) -> None:
    z = torch.tensor([row, [number / 2 for number in row]], dtype=dtype)
    a = activation_functions.forward(choice)(z)
    matrices = activation_functions.jacobian(choice)(z, a)
    assert matrices.shape == (2, len(row), len(row))
    for sample in range(2):
        # One sample at a time: across samples it is 0.
        expected = jacobian(oracles.activation(choice), z[sample : sample + 1]).reshape(len(row), len(row))
        assert_near(matrices[sample], expected)
    upstream = torch.linspace(-1, 2, z.numel(), dtype=dtype).reshape(z.shape)
    by_matrix = torch.einsum("bk,bki->bi", upstream, matrices)
    assert_near(activation_functions.backward(choice)(upstream, z, a), by_matrix, units=32)
    compare(choice, z, upstream, units=32)


def test_no_dimension_is_the_units() -> None:
    z = torch.tensor([[0.5, -1.0, 2.0], [1.0, 1.0, 0.0]], dtype=torch.float64)
    for name in ("Softmax", "LogSoftmax"):
        with pytest.warns(UserWarning, match="Implicit dimension choice"):
            expected = getattr(nn, name)()(z)
        assert_near(activation_functions.forward(complete(ACTIVATIONS, Choice(name), "$"))(z), expected)


# ------------------------------------------------------------------------------------------------------ arguments

NOT_ZERO = "a number of at least 1e-30, or of at most -1e-30"


def network(choice: Choice, units: int = 3) -> Experiment:
    """A layer with an activation, and another to bring gradients back to it."""
    layers = (LayerSpec(units, choice), LayerSpec(2))
    rows, targets = ((1.0, -2.0), (0.5, 0.25), (-1.0, 1.5)), ((1.0, 0.0), (0.0, 2.0), (-1.0, 1.0))
    return Experiment(NetworkSpec(2, layers), DataSpec(rows, targets), optimizer=Choice("SGD", {"lr": 0.01}))


@pytest.mark.parametrize(
    ("choice", "path", "message"),
    [
        (Choice("Hardtanh", {"min_val": 2.0}), "max_val", "expected a number above min_val (2), got 1"),
        (Choice("Hardtanh", {"max_val": -1.0}), "max_val", "expected a number above min_val (-1), got -1"),
        (Choice("CELU", {"alpha": 0.0}), "alpha", f"expected {NOT_ZERO}, got 0.0"),
        (Choice("CELU", {"alpha": -1e-50}), "alpha", f"expected {NOT_ZERO}, got -1e-50"),
        (Choice("CELU", {"alpha": "1"}), "alpha", 'expected a finite number, got "1"'),
        (Choice("Softplus", {"beta": 0}), "beta", f"expected {NOT_ZERO}, got 0"),
        (Choice("GELU", {"approximate": "exact"}), "approximate", 'expected none or tanh, got "exact"'),
        (
            Choice("PReLU", {"num_parameters": 2}),
            "num_parameters",
            "expected 1 (one slope for all units) or 3 (one for each unit of the layer), got 2",
        ),
        (Choice("PReLU", {"num_parameters": 0}), "num_parameters", "expected an integer of at least 1, got 0"),
        (Choice("PReLU", {"num_parameters": "a"}), "num_parameters", 'expected an integer of at least 1, got "a"'),
        (
            Choice("PReLU", {"num_parameters": float("nan")}),
            "num_parameters",
            "expected an integer of at least 1, got nan",
        ),
        (
            Choice("Softmax", {"dim": 0}),
            "dim",
            "expected null or 1 or -1 (over the units of each sample), got 0; "
            "it would run over the samples of the batch",
        ),
        (Choice("LogSoftmax", {"dim": 2}), "dim", "expected null or 1 or -1 (over the units of each sample), got 2"),
        (
            Choice("LogSoftmax", {"dim": True}),
            "dim",
            "expected null or 1 or -1 (over the units of each sample), got true",
        ),
        (Choice("ReLU", {"inplace": True}), "inplace", "unknown key; ReLU takes no arguments"),
    ],
    ids=str,
)
def test_what_torch_does_not_take_is_refused(choice: Choice, path: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        check_experiment(network(choice))
    assert error.value.path == f"$.network.layers[0].activation.{path}"
    assert error.value.message == message


def test_one_unit_has_one_slope() -> None:
    with pytest.raises(SpecError, match="expected 1, got 2"):
        check_experiment(network(Choice("PReLU", {"num_parameters": 2}), units=1))


def test_whole_numbers_of_files_are_taken() -> None:
    for dim in (1, -1, 1.0, None):
        checked = check_experiment(network(Choice("Softmax", {"dim": dim})))
        assert checked.network.layers[0].activation["dim"] == dim
    checked = check_experiment(network(Choice("PReLU", {"num_parameters": 3.0})))
    assert checked.network.parameter_shapes()[refs.learned(0, "weight")] == (3,)


# --------------------------------------------------------------------------------------------- what PReLU learns


@pytest.mark.parametrize("count", [1, 3])
def test_prelu_trains_its_slopes_like_any_parameter(count: int) -> None:
    choice = Choice("PReLU", {"num_parameters": count, "init": 0.3})
    experiment = check_experiment(network(choice))
    executor = Executor(experiment)
    slopes = refs.learned(0, "weight")
    assert executor.program.parameters[:4] == (refs.weight(0), refs.bias(0), slopes, refs.weight(1))

    state = executor.initial_state()
    assert torch.equal(state.values[slopes], torch.full((count,), 0.3, dtype=torch.float64))
    module = nn.Sequential(nn.Linear(2, 3), nn.PReLU(count), nn.Linear(3, 2)).double()
    names = {"0.weight": refs.weight(0), "0.bias": refs.bias(0), "1.weight": slopes, "2.weight": refs.weight(1)}
    names["2.bias"] = refs.bias(1)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(state.values[names[name]])
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    for _ in range(3):
        values, state = executor.advance(state)
        optimizer.zero_grad()
        nn.functional.mse_loss(module(values[refs.INPUT].clone()), values[refs.TARGET].clone()).backward()
        optimizer.step()
        for name, parameter in module.named_parameters():
            assert parameter.grad is not None
            assert_near(values[refs.grad(names[name])], parameter.grad)
            assert_near(state.values[names[name]], parameter.detach())


def steps_of(experiment: Experiment) -> Mapping[str, MicroStep]:
    """The program's steps by what they write."""
    return {step.writes: step for step in Executor(check_experiment(experiment)).program.steps}


def test_prelu_has_a_step_for_its_slopes() -> None:
    steps = steps_of(network(Choice("PReLU")))
    slopes = refs.learned(0, "weight")
    gradient = steps[refs.grad(slopes)]
    assert gradient.kind is StepKind.ACTIVATION_WEIGHT_GRADIENT
    assert gradient.reads == (refs.grad(refs.activation(0)), refs.pre_activation(0))
    assert steps[refs.activation(0)].reads == (refs.pre_activation(0), slopes)
    assert steps[refs.next_value(slopes)].kind is StepKind.PARAMETER_UPDATE


def test_frozen_slopes_stay() -> None:
    experiment = network(Choice("PReLU"))
    slopes = refs.learned(0, "weight")
    frozen = Experiment(experiment.network, experiment.data, frozen=frozenset({slopes}))
    assert refs.grad(slopes) not in steps_of(frozen)
    assert refs.grad(refs.weight(0)) in steps_of(frozen)
    others = frozenset(experiment.network.parameter_shapes()) - {slopes}
    alone = Experiment(experiment.network, experiment.data, frozen=others)
    values = values_of(check_experiment(alone))
    assert [step.writes for step in steps_of(alone).values() if values[step.writes].is_of_parameter] == [
        refs.grad(slopes),
        refs.next_value(slopes),
    ]


def test_slopes_that_appear_in_the_middle_of_training_begin_at_their_first_value() -> None:
    plain, learned = network(Choice("ReLU")), network(Choice("PReLU", {"num_parameters": 3, "init": 0.5}))
    executor = Executor(check_experiment(plain))
    _, state = executor.advance(executor.initial_state())
    other = Executor(check_experiment(learned))
    fitted = other.fit(state)
    assert fitted.values[refs.learned(0, "weight")].tolist() == [0.5] * 3
    assert all(fitted.values[ref] is value for ref, value in state.values.items())
    _, trained = other.advance(fitted)
    shared = Executor(check_experiment(network(Choice("PReLU"))))
    assert shared.fit(trained).values[refs.learned(0, "weight")].tolist() == [0.25]
    assert list(executor.fit(trained).values) == list(executor.program.carried)
