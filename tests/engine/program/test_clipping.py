"""Gradient clipping against `torch.nn.utils`, and learning rates of layers against torch's parameter groups."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import ArgumentValue, Choice, SpecError
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.clipping import clipping_steps
from chainrule.engine.trace import Executor, run_steps
from tests.engine import oracles
from tests.engine.oracles import float64_scalars
from tests.engine.program.test_optimizers import CHOICES
from tests.experiments import article

NORMS = [
    Choice("clip_grad_norm_", {"max_norm": most, "norm_type": p}) for most in (1e-3, 1.0, 50.0) for p in (1, "2", "inf")
]
VALUES = [Choice("clip_grad_value_", {"clip_value": most}) for most in (1e-3, 1.0, 50.0)]
GRADIENTS: dict[str, list[list[float]]] = {
    "short": [[0.1, -0.2], [0.3, 1e-3]],
    "long": [[3.0, -4.0], [12.0, 0.0]],
    "zero": [[0.0, -0.0], [0.0, 0.0]],
    "huge": [[1e30, -1e30], [1.0, 2.0]],
    "infinite": [[math.inf, 1.0], [-2.0, 0.5]],
    "not a number": [[math.nan, 1.0], [-2.0, 0.5]],
}


def clipped_by_torch(choice: Choice, gradients: list[Tensor]) -> tuple[list[Tensor], Tensor | None]:
    parameters = [nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    function = getattr(torch.nn.utils, choice.name)
    norm = function(parameters, **{name: float(str(value)) for name, value in choice.arguments.items()})
    return [parameter.grad for parameter in parameters if parameter.grad is not None], norm


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("gradients", GRADIENTS.values(), ids=GRADIENTS)
@pytest.mark.parametrize("choice", NORMS + VALUES, ids=str)
def test_clipping_is_torchs(choice: Choice, gradients: list[list[float]], dtype: torch.dtype) -> None:
    completed = complete(CLIPPINGS, choice, "$")
    tensors = [torch.tensor(gradient, dtype=dtype) for gradient in gradients]
    names = [ValueRef(f"layers.{i}.bias.grad") for i in range(len(tensors))]
    values = dict(zip(names, (tensor.clone() for tensor in tensors), strict=True))
    run_steps(tuple(clipping_steps(completed, names)), values)

    expected, norm = clipped_by_torch(completed, tensors)
    rtol = 1e-14 if dtype is torch.float64 else 1e-6
    for name, before, wanted in zip(names, tensors, expected, strict=True):
        torch.testing.assert_close(values[refs.clipped(name)], wanted, rtol=rtol, atol=0, equal_nan=True)
        assert torch.equal(values[name].nan_to_num(), before.nan_to_num())
    if norm is not None:
        torch.testing.assert_close(values[refs.GRAD_NORM], norm.double(), rtol=rtol, atol=0, equal_nan=True)
        share = torch.clamp(completed.number("max_norm") / (norm.double() + 1e-6), max=1.0)
        torch.testing.assert_close(values[refs.CLIP_COEFFICIENT], share, rtol=rtol, atol=0, equal_nan=True)


def test_every_clipping_is_held_against_torch() -> None:
    assert {choice.name for choice in NORMS + VALUES} == set(CLIPPINGS)
    for name, entry in CLIPPINGS.items():
        known = set(inspect.signature(getattr(torch.nn.utils, name)).parameters)
        assert {argument.name for argument in entry.arguments} == known - {
            "parameters",
            "foreach",
            "error_if_nonfinite",
        }


@pytest.mark.parametrize(
    ("choice", "path", "message"),
    [
        (Choice("clip_grad_norm_"), "$.clipping", 'missing key "max_norm"'),
        (Choice("clip_grad_norm_", {"max_norm": 0.0}), "$.clipping.max_norm", "a number above 0"),
        (Choice("clip_grad_norm_", {"max_norm": 1.0, "norm_type": 3}), "$.clipping.norm_type", "1, 2 or inf"),
        (Choice("clip_grad_norm_", {"max_norm": 1.0, "norm_type": True}), "$.clipping.norm_type", "1, 2 or inf"),
        (Choice("clip_grad_value_", {"clip_value": -1.0}), "$.clipping.clip_value", "a number above 0"),
        (Choice("clip"), "$.clipping.name", "clip_grad_norm_ or clip_grad_value_"),
    ],
)
def test_wrong_arguments_are_refused(choice: Choice, path: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        article(clipping=choice)
    assert error.value.path == path
    assert message in error.value.message


@pytest.mark.parametrize(("given", "kept"), [(1, "1"), (2.0, "2"), ("inf", "inf"), ("2", "2")])
def test_a_norm_can_be_a_number_or_a_word(given: ArgumentValue, kept: str) -> None:
    clipping = article(clipping=Choice("clip_grad_norm_", {"max_norm": 1.0, "norm_type": given})).clipping
    assert clipping is not None
    assert clipping["norm_type"] == kept


def test_clipping_comes_between_gradients_and_updates() -> None:
    steps = Executor(article(clipping=NORMS[0])).program.steps
    kinds = [step.kind for step in steps]
    first = kinds.index(StepKind.GRADIENT_NORM)

    assert kinds[first : first + 6] == [
        StepKind.GRADIENT_NORM,
        StepKind.CLIP_COEFFICIENT,
        *[StepKind.CLIPPED_GRADIENT] * 4,
    ]
    assert all("grad.clipped" in step.reads[1] for step in steps if step.kind is StepKind.PARAMETER_UPDATE)


def test_with_every_parameter_frozen_nothing_is_clipped() -> None:
    experiment = article(clipping=NORMS[0])
    frozen = frozenset(experiment.network.parameter_shapes())
    kinds = {step.kind for step in Executor(replace(experiment, frozen=frozen)).program.steps}

    assert StepKind.GRADIENT_NORM not in kinds


# ------------------------------------------------------------------------------------------- whole training runs


@pytest.fixture
def _float64_scalars() -> Iterator[None]:
    with float64_scalars():
        yield


def experiment_of(optimizer: Choice, clipping: Choice | None) -> Experiment:
    """Three layers, of which two have learning rates of their own and one bias is frozen."""
    layers = (
        LayerSpec(3, Choice("Tanh"), lr=0.5),
        LayerSpec(2, Choice("Sigmoid")),
        LayerSpec(1, lr=0.0 if clipping is None else 0.125),
    )
    data = DataSpec(((0.5, -1.0), (2.0, 0.25), (-0.75, 1.5)), ((1.0,), (-2.0,), (0.5,)))
    frozen = frozenset([refs.bias(1)])
    network = NetworkSpec(2, layers)
    return check_experiment(
        Experiment(network=network, data=data, optimizer=optimizer, clipping=clipping, frozen=frozen)
    )


def trained_by_torch(experiment: Experiment, start: dict[ValueRef, Tensor], count: int) -> list[dict[ValueRef, Tensor]]:
    """The parameters before each iteration, by a loop as it is written in torch."""
    parameters = {ref: nn.Parameter(value.clone()) for ref, value in start.items()}
    layers = {ref: each.layer for ref, each in parameters_of(experiment.network).items()}
    groups = []
    for index, layer in enumerate(experiment.network.layers):
        mine = [p for ref, p in parameters.items() if layers[ref] == index and ref not in experiment.frozen]
        groups.append({"params": mine} if layer.lr is None else {"params": mine, "lr": layer.lr})
    optimizer = oracles.optimizer(experiment.optimizer, groups)  # type: ignore[arg-type]
    inputs, targets = torch.tensor(experiment.data.inputs), torch.tensor(experiment.data.targets)
    found = []
    for _ in range(count):
        found.append({ref: p.detach().clone() for ref, p in parameters.items()})
        a = inputs
        for index, layer in enumerate(experiment.network.layers):
            z = nn.functional.linear(a, parameters[refs.weight(index)], parameters[refs.bias(index)])
            a = oracles.activation(layer.activation)(z)
        optimizer.zero_grad()
        nn.functional.mse_loss(a, targets).backward()
        trained = [p for group in groups for p in group["params"]]
        if experiment.clipping is not None:
            arguments = {name: float(str(value)) for name, value in experiment.clipping.arguments.items()}
            getattr(torch.nn.utils, experiment.clipping.name)(trained, **arguments)
        optimizer.step()
    return found


# Steps of ordinary size; with a negative decay torch divides by zero here.
TAME = [
    choice
    for choice in CHOICES
    if choice.arguments.get("eps") not in (0.0, (0.0, 0.0))
    and choice.arguments.get("lr", 0.1) not in (100.0, 1e3)
    and choice.arguments.get("lambd") != -0.5
]


@pytest.mark.usefixtures("_float64_scalars")
@pytest.mark.parametrize("clipping", [None, NORMS[4], NORMS[5], VALUES[0]], ids=str)
def test_training_with_learning_rates_of_layers(clipping: Choice | None) -> None:
    for choice in TAME:
        experiment = experiment_of(choice, clipping)
        executor = Executor(experiment)
        start = {ref: executor.initial_state().values[ref] for ref in executor.program.parameters}
        expected = trained_by_torch(experiment, start, 6)
        for trace, wanted in zip(islice(executor.iterations(), 6), expected, strict=True):
            for ref, value in wanted.items():
                torch.testing.assert_close(trace.values[ref], value, rtol=1e-8, atol=1e-8, msg=f"{choice}: {ref}")


def test_the_learning_rate_of_a_layer_is_read_in_its_place() -> None:
    program = Executor(experiment_of(Choice("SGD"), None)).program
    rates = {
        program.values[step.writes].layer: {ref for ref in step.reads if program.values[ref].name == "lr"}
        for step in program.steps
        if step.kind is StepKind.PARAMETER_UPDATE
    }
    assert rates == {0: {"layers.0.lr"}, 1: {"lr"}, 2: {"layers.2.lr"}}


@pytest.mark.parametrize("name", ["Rprop", "ASGD"])
def test_a_buffer_that_starts_from_the_learning_rate_starts_from_its_layers(name: str) -> None:
    executor = Executor(experiment_of(Choice(name), None))
    buffer = {"Rprop": "step_size", "ASGD": "eta"}[name]
    first = {
        layer: float(executor.initial_state().values[refs.optimizer_state(refs.weight(layer), buffer)].max())
        for layer in range(3)
    }
    assert first == {0: 0.5, 1: 0.01, 2: 0.0}
