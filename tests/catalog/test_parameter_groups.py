"""Parameter groups against those of torch.optim: arguments of their own, with schedulers, in the plan as well."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import Experiment, ParameterGroup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.reference import TorchLoop
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from tests.experiments import article

BIASES = ParameterGroup(("*.bias",), {"weight_decay": 0.0, "lr": 0.1})
ITERATIONS = 6


def grouped(optimizer: Choice, *groups: ParameterGroup, **changes: Any) -> Experiment:
    """The article's network with an optimizer and its groups."""
    return check_experiment(replace(article(), optimizer=optimizer, parameter_groups=groups, **changes))


def torch_parameters(experiment: Experiment, make_scheduler: Any = None) -> list[dict[ValueRef, torch.Tensor]]:
    """What plain torch makes of the parameters, iteration by iteration, with groups written out by hand."""
    executor = Executor(experiment)
    loop = TorchLoop(experiment, executor.initial_state().values)
    named = loop.network.trained
    groups: list[dict[str, Any]] = [{"params": []}] + [
        {"params": [], **group.arguments} for group in experiment.parameter_groups
    ]
    for ref, parameter in named.items():
        place = next((i for i, g in enumerate(experiment.parameter_groups) if _matches(g, ref)), -1)
        groups[place + 1]["params"].append(parameter)
    choice = experiment.optimizer
    # torch's Adam has no such argument: it always corrects.
    arguments = {name: value for name, value in choice.arguments.items() if name != "bias_correction"}
    optimizer = getattr(torch.optim, choice.name)(groups, **arguments)
    scheduler = make_scheduler and make_scheduler(optimizer)
    inputs, targets = executor.batches.training()
    found = []
    for _ in range(ITERATIONS):
        loop.gradients(inputs, targets)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        found.append({ref: parameter.detach().clone() for ref, parameter in named.items()})
    return found


def _matches(group: ParameterGroup, ref: ValueRef) -> bool:
    return any(ref.endswith(pattern.removeprefix("*")) for pattern in group.parameters)


CASES = {
    "decay": (Choice("SGD", {"lr": 0.01, "weight_decay": 0.5}), BIASES),
    "momentum": (Choice("SGD", {"lr": 0.01, "momentum": 0.9}), ParameterGroup(("*.bias",), {"momentum": 0.5})),
    "none": (Choice("SGD", {"lr": 0.01, "momentum": 0.9}), ParameterGroup(("*.bias",), {"momentum": 0.0})),
    "AdamW": (Choice("AdamW", {"lr": 0.01, "weight_decay": 0.3}), BIASES),
    "betas": (Choice("Adam", {"lr": 0.01}), ParameterGroup(("*.weight",), {"betas": (0.5, 0.7), "eps": 0.1})),
    "Rprop": (Choice("Rprop", {"lr": 0.01}), ParameterGroup(("*.bias",), {"lr": 0.5})),
}


@pytest.mark.parametrize("name", CASES)
def test_each_group_is_updated_as_torch_does(name: str) -> None:
    experiment = grouped(*CASES[name])
    expected = torch_parameters(experiment)
    traces = list(islice(Executor(experiment).iterations(), ITERATIONS))
    for trace, parameters in zip(traces, expected, strict=True):
        for ref, value in parameters.items():
            assert torch.allclose(trace.values[refs.next_value(ref)], value, rtol=0, atol=1e-12), (name, ref)
    report = None
    for verification in verify_run(experiment, Executor(experiment).program, iter(traces), untouched=True):
        report = verification.report()
    assert report is not None
    assert report.agrees


@pytest.mark.parametrize("name", CASES)
def test_the_plan_gives_the_same_bits(name: str) -> None:
    experiment = grouped(*CASES[name])
    executor = Executor(experiment)
    training = Training(executor)
    list(training.run(ITERATIONS))
    trace = list(islice(executor.iterations(), ITERATIONS))[-1]
    for ref in executor.program.parameters:
        assert torch.equal(training.state.values[ref], trace.values[refs.next_value(ref)]), ref


SCHEDULERS: dict[str, tuple[dict[str, Any], Any]] = {
    "StepLR": ({"step_size": 2, "gamma": 0.5}, lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5)),
    "CosineAnnealingLR": ({"T_max": 5}, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 5)),
    "OneCycleLR": (
        {"max_lr": 0.2, "total_steps": 10},
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.2, total_steps=10),
    ),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_scheduler_acts_on_each_group(name: str) -> None:
    arguments, make = SCHEDULERS[name]
    optimizer = Choice("SGD", {"lr": 0.01, "momentum": 0.9})
    groups = (ParameterGroup(("*.bias",), {"lr": 0.1, "momentum": 0.3}),)
    experiment = grouped(optimizer, *groups, scheduler=Choice(name, {**arguments, "interval": "iteration"}))
    traces = list(islice(Executor(experiment).iterations(), ITERATIONS))
    for trace, parameters in zip(traces, torch_parameters(experiment, make), strict=True):
        for ref, value in parameters.items():
            assert torch.allclose(trace.values[refs.next_value(ref)], value, rtol=0, atol=1e-12), (name, ref)
    report = None
    for verification in verify_run(experiment, Executor(experiment).program, iter(traces), untouched=True):
        report = verification.report()
    assert report is not None
    assert report.agrees


def test_a_rate_of_a_layer_holds_where_the_group_has_none() -> None:
    base = article()
    layers = (replace(base.network.layers[0], lr=0.5), base.network.layers[1])
    network = replace(base.network, layers=layers)
    experiment = grouped(
        Choice("SGD", {"lr": 0.01}), ParameterGroup(("*.bias",), {"weight_decay": 0.5}), network=network
    )
    trace = next(Executor(experiment).iterations())
    for ref, lr, decay in (("layers.0.bias", 0.5, 0.5), ("layers.0.weight", 0.5, 0.0), ("layers.1.bias", 0.01, 0.5)):
        old, grad = trace.values[ValueRef(ref)], trace.values[refs.grad(ValueRef(ref))]
        assert torch.allclose(trace.values[refs.next_value(ValueRef(ref))], old - lr * (grad + decay * old))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            [ParameterGroup(("*.slope",), {"lr": 1.0})],
            "$.parameter_groups[0].parameters[0]: no parameter is called",
        ),
        ([ParameterGroup((), {"lr": 1.0})], "$.parameter_groups[0].parameters: expected at least 1 pattern"),
        (
            [BIASES, ParameterGroup(("layers.0.*",), {"lr": 1.0})],
            "$.parameter_groups[1].parameters: layers.0.bias",
        ),
        ([ParameterGroup(("*.bias",), {})], "$.parameter_groups[0]: expected arguments of SGD"),
        ([ParameterGroup(("*.bias",), {"lr": -1.0})], "$.parameter_groups[0].lr: expected a number of at least 0"),
        ([ParameterGroup(("*.bias",), {"betas": (0.5, 0.5)})], "$.parameter_groups[0].betas: unknown key; SGD takes"),
    ],
)
def test_what_makes_no_group_is_refused(groups: list[ParameterGroup], message: str) -> None:
    with pytest.raises(SpecError) as refused:
        grouped(Choice("SGD", {"lr": 0.01}), *groups)
    assert str(refused.value).startswith(message)


def test_a_cycled_beta1_leaves_a_group_its_own_beta2() -> None:
    cyclic = {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 2, "interval": "iteration"}
    groups = (ParameterGroup(("*.bias",), {"betas": (0.5, 0.9)}),)
    experiment = grouped(Choice("Adam", {"lr": 0.1}), *groups, scheduler=Choice("CyclicLR", cyclic))

    def make(optimizer: Any) -> Any:
        return torch.optim.lr_scheduler.CyclicLR(optimizer, 0.01, 0.1, step_size_up=2)

    traces = list(islice(Executor(experiment).iterations(), ITERATIONS))
    for trace, parameters in zip(traces, torch_parameters(experiment, make), strict=True):
        for ref, value in parameters.items():
            assert torch.allclose(trace.values[refs.next_value(ref)], value, rtol=0, atol=1e-12), ref
