"""The referee: the same iteration by `torch.nn`, autograd and `torch.optim`, and how far the trace is off.

It shares no formula with the tables, so that an error in one cannot hide in the other. `torch.optim` costs
most of a second when its first optimizer is made, so it is used only where `update` is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from chainrule.engine import refs
from chainrule.engine.arguments import Choice
from chainrule.engine.program import Program
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment
from chainrule.engine.trace import Trace


@dataclass(frozen=True, slots=True)
class Verdict:
    """The largest difference between trace and referee, where it is, and over how many values it was taken.

    `relative` is divided by the largest magnitude among the referee's values of that ref, or by 1 if that is
    smaller.
    """

    difference: float
    relative: float
    ref: ValueRef
    compared: int
    agrees: bool


TOLERANCE = {"float64": 1e-10, "float32": 1e-3}


class Reference(nn.Module):
    """The experiment's network made of `nn.Linear` and `torch.nn` activations, by their names."""

    def __init__(self, experiment: Experiment, parameters: Mapping[ValueRef, Tensor]) -> None:
        super().__init__()
        network = experiment.network
        dtype = next(iter(parameters.values())).dtype
        self.linears = nn.ModuleList(
            nn.Linear(network.fan_in(i), layer.units, bias=layer.bias, dtype=dtype, device=experiment.device)
            for i, layer in enumerate(network.layers)
        )
        self.activations = nn.ModuleList(
            getattr(nn, layer.activation.name)(**layer.activation.arguments) for layer in network.layers
        )
        self.by_ref = {ref: self._parameter(ref) for ref in parameters}
        with torch.no_grad():
            for ref, value in parameters.items():
                self.by_ref[ref].copy_(value)
                self.by_ref[ref].requires_grad_(ref not in experiment.frozen)

    def _parameter(self, ref: ValueRef) -> nn.Parameter:
        parts = refs.parse(ref)
        parameter: nn.Parameter = getattr(self.linears[parts.layer or 0], parts.name)
        return parameter

    def forward(self, x: Tensor) -> dict[ValueRef, Tensor]:
        """Every pre-activation and activation, keeping their gradients; x must require one."""
        values = {}
        for index, (linear, activation) in enumerate(zip(self.linears, self.activations, strict=True)):
            z = linear(x)
            x = activation(z)
            values[refs.pre_activation(index)], values[refs.activation(index)] = z, x
        for value in values.values():
            value.retain_grad()
        return values


def reference_loss(choice: Choice, output: Tensor, target: Tensor) -> Tensor:
    """The loss by `torch.nn`, where torch has it."""
    textbook = choice.name == "HalfSquaredError"
    criterion: nn.Module = getattr(nn, "MSELoss" if textbook else choice.name)(reduction="sum")
    total: Tensor = criterion(output, target) / (2 if textbook else 1)
    if choice["reduction"] == "mean":
        return total / output.numel()
    return total / output.shape[0] if choice["reduction"] == "batchmean" else total


def reference_values(experiment: Experiment, program: Program, trace: Trace, *, update: bool) -> dict[ValueRef, Tensor]:
    """What autograd, and with `update` also `torch.optim`, gives for the refs that the trace computed."""
    start = {ref: trace.values[ref].clone() for ref in program.parameters}
    module = Reference(experiment, start)
    # The input requires a gradient so that the output has one even where every parameter is frozen.
    values = module(trace.values[refs.INPUT].clone().requires_grad_())
    output = values[refs.activation(len(experiment.network.layers) - 1)]
    loss = reference_loss(experiment.loss, output, trace.values[refs.TARGET].clone())
    loss.backward()
    found = {**values, **module.by_ref}
    result = {**values, refs.LOSS: loss}
    result |= {refs.grad(ref): value.grad for ref, value in found.items() if value.grad is not None}
    if update:
        result |= _updated(experiment, program, trace, module)
    return {ref: value.detach() for ref, value in result.items()}


def _updated(experiment: Experiment, program: Program, trace: Trace, module: Reference) -> dict[ValueRef, Tensor]:
    trained = {ref: value for ref, value in module.by_ref.items() if value.requires_grad}
    if not trained:
        return {}
    choice = experiment.optimizer
    optimizer = getattr(torch.optim, choice.name)(trained.values(), **choice.arguments)
    for ref in program.memory:
        parts = refs.parse(ref)
        if parts.base in trained:
            optimizer.state[trained[parts.base]][parts.suffixes[0]] = trace.values[ref].clone()
    optimizer.step()
    result: dict[ValueRef, Tensor] = {refs.next_value(ref): value for ref, value in trained.items()}
    for ref in program.memory:
        parts = refs.parse(ref)
        if parts.base in trained:
            result[refs.next_value(ref)] = optimizer.state[trained[parts.base]][parts.suffixes[0]]
    return result


def verify_trace(experiment: Experiment, program: Program, trace: Trace, *, update: bool = True) -> Verdict:
    """Compare every ref that the referee computes with the trace's own value of it."""
    expected = reference_values(experiment, program, trace, update=update)
    worst = Verdict(0.0, 0.0, refs.LOSS, 0, agrees=True)
    compared = 0
    for step in program.steps:
        if step.writes not in expected:
            continue
        reference = expected[step.writes]
        difference = _difference(trace.values[step.writes], reference)
        relative = difference / max(1.0, float(reference.abs().nan_to_num(nan=0.0, posinf=0.0).max()))
        compared += reference.numel()
        if relative > worst.relative:
            worst = Verdict(difference, relative, step.writes, 0, relative <= TOLERANCE[experiment.dtype])
    return Verdict(worst.difference, worst.relative, worst.ref, compared, worst.agrees)


def _difference(value: Tensor, reference: Tensor) -> float:
    """The largest difference; NaN and inf agree with themselves, and are infinitely far from all else."""
    same = (value == reference) | (value.isnan() & reference.isnan())
    apart = (value - reference).abs().nan_to_num(nan=math.inf, posinf=math.inf)
    return float(apart.masked_fill(same, 0.0).max())
