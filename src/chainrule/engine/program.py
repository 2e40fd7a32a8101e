"""`compile_program`: one training iteration as a flat tuple of micro-steps, each writing one value once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from chainrule.catalog import refs
from chainrule.catalog.activations import ACTIVATIONS, Activation
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.schedules.schedule import rates, scheduled_optimizer, scheduled_values
from chainrule.catalog.spec import Experiment, NetworkSpec
from chainrule.catalog.step_kinds import StepKind
from chainrule.catalog.tables import lookup
from chainrule.catalog.targets import has_classes
from chainrule.engine import activation_functions
from chainrule.engine.clipping import clipping_steps
from chainrule.engine.losses import LOSSES, SUM_OF_OUTPUTS
from chainrule.engine.optimizers import BETA1, GRAD, LR, MOMENTUM, OPTIMIZERS, Update
from chainrule.engine.schedule_steps import schedule_steps
from chainrule.engine.steps import MicroStep


@dataclass(frozen=True, slots=True)
class Memory:
    """What a carried value is before the first iteration: its shape, filled with one number."""

    shape: tuple[int, ...]
    initial: float


@dataclass(frozen=True)
class Program:
    """The micro-steps of one iteration, and the refs that are carried to the next.

    `parameters` are all of the network's, in the order of `nn.Module.parameters()`; `memory` is what optimizer and
    scheduler keep. Each of these that the steps update has a `.next`.
    """

    steps: tuple[MicroStep, ...]
    parameters: tuple[ValueRef, ...]
    memory: Mapping[ValueRef, Memory]

    @cached_property
    def carried(self) -> tuple[ValueRef, ...]:
        """Every ref that an iteration hands to the next."""
        return (*self.parameters, *self.memory)

    @cached_property
    def index(self) -> dict[ValueRef, int]:
        """Which step writes a ref."""
        return {step.writes: index for index, step in enumerate(self.steps)}

    @cached_property
    def gradients(self) -> tuple[ValueRef, ...]:
        """The gradients of the parameters that are trained, in parameter order."""
        return tuple(g for g in map(refs.grad, self.parameters) if g in self.index)


def compile_program(experiment: Experiment) -> Program:
    """Turn a checked experiment into its program."""
    network = experiment.network
    shapes = network.parameter_shapes()
    trained = [ref for ref in shapes if ref not in experiment.frozen]
    steps = (
        *_forward(network),
        *loss_steps(experiment),
        *_backward(experiment, frozenset(trained)),
        *clipping_steps(experiment.clipping, [refs.grad(ref) for ref in _in_update_order(trained)]),
        *_update(experiment, trained),
        *schedule_steps(experiment),
    )
    return Program(steps, tuple(shapes), _optimizer_memory(experiment, trained) | _schedule_memory(experiment))


def activation_entry(network: NetworkSpec, layer: int) -> Activation:
    """The table entry of a layer's activation."""
    return lookup(ACTIVATIONS, network.layers[layer].activation.name)


def _forward(network: NetworkSpec) -> list[MicroStep]:
    steps = []
    for index, layer in enumerate(network.layers):
        z, a = refs.pre_activation(index), refs.activation(index)
        reads = (refs.activation(index - 1), refs.weight(index), *((refs.bias(index),) if layer.bias else ()))
        steps.append(MicroStep(StepKind.PRE_ACTIVATION, z, reads, torch.nn.functional.linear))
        couples, reads = activation_entry(network, index).couples_units, (z, *learned_refs(network, index))
        compute = activation_functions.forward(layer.activation)
        steps.append(MicroStep(StepKind.ACTIVATION, a, reads, compute, couples))
    return steps


def loss_steps(experiment: Experiment) -> tuple[MicroStep, ...]:
    """The steps from the output to the loss, and the one to the output's gradient."""
    network, choice = experiment.network, experiment.loss
    output = refs.activation(len(network.layers) - 1)
    return lookup(LOSSES, choice.name).steps(choice, output, network.outputs, has_classes(experiment))


def learned_refs(network: NetworkSpec, layer: int) -> tuple[ValueRef, ...]:
    """What the layer's activation learns."""
    return tuple(refs.learned(layer, name) for name in network.layers[layer].learned)


def _backward(experiment: Experiment, trained: frozenset[ValueRef]) -> list[MicroStep]:
    """Gradients from the last layer down to the lowest that has something to train.

    Where there is no loss but the outputs themselves, their slopes are what one asks for: then down to the input's.
    """
    network = experiment.network
    to_input = experiment.loss.name == SUM_OF_OUTPUTS.name
    lowest = min((refs.parse(ref).layer or 0 for ref in trained), default=len(network.layers))
    lowest = -1 if to_input else lowest
    steps = []
    for index in reversed(range(max(lowest, 0), len(network.layers))):
        below, weight, delta = refs.activation(index - 1), refs.weight(index), refs.grad(refs.pre_activation(index))
        if index > lowest or not trained.isdisjoint((weight, refs.bias(index))):
            # What the activation learns needs no more than the gradient of a.
            steps.append(_pre_activation_gradient(network, index))
        steps += [step for step in _parameter_gradients(network, index) if refs.parse(step.writes).base in trained]
        if index > lowest:
            steps.append(MicroStep(StepKind.ACTIVATION_GRADIENT, refs.grad(below), (delta, weight), torch.mm))
    return steps


def _pre_activation_gradient(network: NetworkSpec, layer: int) -> MicroStep:
    z, a = refs.pre_activation(layer), refs.activation(layer)
    entry, choice = activation_entry(network, layer), network.layers[layer].activation
    operands = {"z": z, "a": a} | {each.name: refs.learned(layer, each.name) for each in entry.learned}
    named = entry.named_in_slope(choice)
    unnamed = frozenset(ref for name, ref in operands.items() if name not in named)
    reads, compute = (refs.grad(a), *operands.values()), activation_functions.backward(choice)
    return MicroStep(StepKind.PRE_ACTIVATION_GRADIENT, refs.grad(z), reads, compute, entry.couples_units, unnamed)


def _parameter_gradients(network: NetworkSpec, layer: int) -> list[MicroStep]:
    """The gradient of each parameter that a layer can have, in the order of `nn.Module.parameters()`."""
    z, weight, bias = refs.pre_activation(layer), refs.weight(layer), refs.bias(layer)
    reads = (refs.grad(z), refs.activation(layer - 1))
    steps = [
        MicroStep(StepKind.WEIGHT_GRADIENT, refs.grad(weight), reads, weight_gradient),
        MicroStep(StepKind.BIAS_GRADIENT, refs.grad(bias), reads[:1], bias_gradient),
    ]
    return steps + _learned_gradients(network, layer)


def _learned_gradients(network: NetworkSpec, layer: int) -> list[MicroStep]:
    """The gradient of each vector that the layer's activation learns."""
    spec, steps = network.layers[layer], []
    for vector in activation_entry(network, layer).learned:
        operands = activation_functions.learned_operands(spec.activation, vector)
        named = [refs.pre_activation(layer) if name == "z" else refs.learned(layer, name) for name in operands]
        reads = (refs.grad(refs.activation(layer)), *named)
        shared = spec.learned[vector.name] == 1
        compute = activation_functions.learned_backward(spec.activation, vector, shared)
        writes = refs.grad(refs.learned(layer, vector.name))
        steps.append(MicroStep(StepKind.ACTIVATION_WEIGHT_GRADIENT, writes, reads, compute))
    return steps


def weight_gradient(delta: Tensor, below: Tensor) -> Tensor:
    """dL/dW: dL/dz times what the weight carried, summed over the batch, (B, out), (B, in) -> (out, in)."""
    return torch.mm(delta.t(), below)


def bias_gradient(delta: Tensor) -> Tensor:
    """dL/db: the sum of dL/dz over the batch, (B, out) -> (out,)."""
    return delta.sum(0)


def _optimizer_memory(experiment: Experiment, trained: list[ValueRef]) -> dict[ValueRef, Memory]:
    choice, shapes = scheduled_optimizer(experiment), experiment.network.parameter_shapes()
    entry = lookup(OPTIMIZERS, choice.name)
    return {
        refs.optimizer_state(ref, buffer.name): Memory(
            buffer.extent.shape(shapes[ref]), _initial(experiment, ref, buffer.initial)
        )
        for ref in trained
        for buffer in entry.state(choice, shapes[ref])
    }


def _schedule_memory(experiment: Experiment) -> dict[ValueRef, Memory]:
    return {ref: Memory((), number) for ref, number in scheduled_values(experiment).items()}


def _initial(experiment: Experiment, parameter: ValueRef, initial: float | str) -> float:
    """What a buffer of a parameter begins with; "lr" is the first learning rate of its parameter group."""
    if not isinstance(initial, str):
        return initial
    first = rates(experiment) | scheduled_values(experiment)
    return first[update_ref(experiment, parameter, initial)]


def _update(experiment: Experiment, trained: list[ValueRef]) -> list[MicroStep]:
    shapes = experiment.network.parameter_shapes()
    steps = []
    for parameter in _in_update_order(trained):
        for update in updates_of(experiment, shapes[parameter]):
            reads = tuple(update_ref(experiment, parameter, name) for name in update.reads)
            writes = update_ref(experiment, parameter, update.writes)
            steps.append(MicroStep(_update_kind(update), writes, reads, update.compute))
    return steps


def _in_update_order(trained: list[ValueRef]) -> list[ValueRef]:
    """The last layer first: the order in which the gradients became known."""
    return sorted(trained, key=lambda ref: refs.parse(ref).layer or 0, reverse=True)


def updates_of(experiment: Experiment, shape: tuple[int, ...]) -> tuple[Update, ...]:
    """The optimizer's computations for a parameter of that shape."""
    choice = scheduled_optimizer(experiment)
    return lookup(OPTIMIZERS, choice.name).updates(choice, shape)


def _update_kind(update: Update) -> StepKind:
    if update.writes == "next":
        return StepKind.PARAMETER_UPDATE
    return StepKind.STATE_UPDATE if update.writes.endswith(".next") else StepKind.UPDATE_TERM


def update_ref(experiment: Experiment, parameter: ValueRef, name: str) -> ValueRef:
    """The ref that an `Update` means by a name, for one parameter."""
    if name == LR:
        layer = refs.parse(parameter).layer or 0
        return refs.LR if experiment.network.layers[layer].lr is None else refs.layer_lr(layer)
    if name in (MOMENTUM, BETA1):
        return ValueRef(name)
    if name == GRAD and experiment.clipping is not None:
        return refs.clipped(refs.grad(parameter))
    return ValueRef(f"{parameter}.{name}") if name else parameter
