"""PyTorch's own way through an experiment: `nn.Module`, autograd, `torch.nn.utils` and `torch.optim`, by their names.

It shares no formula with the tables, so that an error in one cannot hide in the other. What torch lacks is written out
here a second time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.referee.formula_module import FormulaModule
from chainrule.engine.referee.losses import criterion, loss_terms
from chainrule.engine.referee.penalties import penalty_values
from chainrule.engine.referee.update import TorchUpdate

# Activations whose axis torch wants to be told: the units of a sample.
OVER_UNITS = ("Softmax", "LogSoftmax")


class Layer(nn.Linear):
    """`nn.Linear` with its activation as a child, so that the keys of `state_dict` are our refs."""

    def __init__(self, experiment: Experiment, index: int) -> None:
        network, spec = experiment.network, experiment.network.layers[index]
        # On "meta" nothing is allocated: the values come from outside.
        super().__init__(network.fan_in(index), spec.units, bias=spec.bias, device="meta")
        self.activation = activation_module(spec.activation, spec.units)

    def reset_parameters(self) -> None:
        """Draw nothing, which takes most of the time that a layer takes: the values come from outside."""


class Network(nn.Module):
    """The experiment's network, with a copy of the parameters that are given. The frozen ones require no gradient."""

    def __init__(self, experiment: Experiment, parameters: Mapping[ValueRef, Tensor]) -> None:
        super().__init__()
        # On "meta" nothing is allocated and no random number is drawn: the values come from outside.
        with torch.device("meta"):
            self.layers = nn.ModuleList(Layer(experiment, index) for index in range(len(experiment.network.layers)))
        for index, layer in enumerate(self.layers):
            # Layer by layer: of a whole network torch looks through all names for each of its modules.
            names = {name: ValueRef(f"layers.{index}.{name}") for name in layer.state_dict()}
            layer.load_state_dict({name: parameters[ref].clone() for name, ref in names.items()}, assign=True)
        self.by_ref = {ValueRef(name): parameter for name, parameter in self.named_parameters()}
        for ref in experiment.frozen:
            self.by_ref[ref].requires_grad_(False)

    @property
    def trained(self) -> dict[ValueRef, nn.Parameter]:
        """The parameters that are not frozen."""
        return {ref: parameter for ref, parameter in self.by_ref.items() if parameter.requires_grad}

    def forward(self, x: Tensor) -> dict[ValueRef, Tensor]:
        """Return every pre-activation and activation, (B, out)."""
        values = {}
        for index, layer in enumerate(self.layers):
            z = layer(x)
            assert isinstance(layer, Layer)
            x = layer.activation(z)
            values[refs.pre_activation(index)], values[refs.activation(index)] = z, x
        return values

    def through(self, first: int, count: int, x: Tensor) -> Tensor:
        """Return the activation of the last of so many layers, if the layer below the first had these values."""
        for layer in list(self.layers)[first : first + count]:
            assert isinstance(layer, Layer)
            x = layer.activation(layer(x))
        return x

    def activated(self, index: int, z: Tensor) -> Tensor:
        """Return the activation of a layer, if its pre-activation had these values."""
        layer = self.layers[index]
        assert isinstance(layer, Layer)
        found: Tensor = layer.activation(z)
        return found


def activation_module(choice: Choice, units: int) -> nn.Module:
    """Return the module of `torch.nn` by that name; where it has none, the formula of the table."""
    if not hasattr(nn, choice.name):
        return FormulaModule(choice, units)
    arguments = dict(choice.arguments)
    if choice.name in OVER_UNITS and arguments.get("dim") is None:
        arguments["dim"] = 1
    module: nn.Module = getattr(nn, choice.name)(**arguments)
    return module


class TorchLoop:
    """Training as it is usually written in torch, from parameters on, on the batches that it is given.

    It computes on its own from one iteration to the next: nothing of the trace enters but the rows, unless
    `updating.restore` puts it where the trace is. `torch.optim` costs most of a second when its first optimizer is
    made, so that it is made only for an `update`.
    """

    def __init__(self, experiment: Experiment, parameters: Mapping[ValueRef, Tensor]) -> None:
        self.experiment = experiment
        self.network = Network(experiment, parameters)
        self.criterion = criterion(experiment.loss)
        self._output = refs.activation(len(experiment.network.layers) - 1)
        self._loss = math.nan

    # Whatever the mode is in which it is called: an error elsewhere may have left gradients switched off.
    @torch.enable_grad()
    def gradients(self, inputs: Tensor, targets: Tensor) -> dict[ValueRef, Tensor]:
        """Run forward pass, loss and backward pass: return every value and every gradient of it, by ref."""
        self.network.zero_grad()
        # An input that requires a gradient gives every value behind it one, whatever is frozen.
        x = inputs.clone().requires_grad_()
        values = self.network(x)
        for value in values.values():
            value.retain_grad()
        output = values[self._output]
        if not torch.isfinite(output).all():
            # The loss of a run that overflows is beyond comparison, and nn.BCELoss refuses it.
            return _detached(values)
        data_loss = self.criterion(output, targets.clone())
        penalties = penalty_values(self.experiment, self.network.by_ref)
        loss = data_loss + sum(penalties)
        loss.backward()
        self._loss = loss.item()
        derived = {refs.INPUT: x, **values, **self.network.trained}
        gradients = {refs.grad(ref): value.grad for ref, value in derived.items() if value.grad is not None}
        terms = loss_terms(self.experiment.loss, output, targets)
        if penalties:
            terms |= {refs.DATA_LOSS: data_loss, **{refs.penalty(i): value for i, value in enumerate(penalties)}}
        found = {**values, **terms, refs.LOSS: loss, **gradients}
        return _detached(found)

    def update(self, iteration: int) -> dict[ValueRef, Tensor]:
        """Return what clipping, `torch.optim` and `lr_scheduler` make on the gradients of now: what they make."""
        return self.updating.step(iteration, self._loss)

    @cached_property
    def updating(self) -> TorchUpdate:
        """The optimizer and the scheduler."""
        return TorchUpdate(self.experiment, self.network.trained)


def _detached(values: Mapping[ValueRef, Tensor]) -> dict[ValueRef, Tensor]:
    """Return copies that the next iteration leaves alone."""
    return {ref: value.detach().clone() for ref, value in values.items()}
