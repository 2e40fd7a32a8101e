"""`compile_program`: one training iteration as a flat tuple of micro-steps, each writing one value once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog import linear, refs
from chainrule.catalog.activations import ACTIVATIONS, Activation
from chainrule.catalog.arguments import Choice
from chainrule.catalog.groups import SETTINGS
from chainrule.catalog.loss import Targets
from chainrule.catalog.memory import Memory, memory_of, trained_parameters
from chainrule.catalog.optimizers import GRAD, OPTIMIZERS, Update, name_of
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.schedules.schedule import optimizer_setting, optimizers_of
from chainrule.catalog.spec import Experiment, NetworkSpec
from chainrule.catalog.step_kinds import StepKind
from chainrule.catalog.tables import lookup
from chainrule.catalog.targets import targets_of
from chainrule.catalog.values import Value, values_of
from chainrule.engine import activation_functions
from chainrule.engine.accumulation import adding_steps, update_gradient, zeroing_steps
from chainrule.engine.clipping import clipping_steps
from chainrule.engine.formula_program import formula_steps
from chainrule.engine.loss_steps import loss_steps as data_loss_steps
from chainrule.engine.penalties import with_penalties, with_pulls
from chainrule.engine.schedule_steps import schedule_steps
from chainrule.engine.steps import MicroStep
from chainrule.engine.updates import computation
from chainrule.formula.parse import read
from chainrule.formula.rule import Rule
from chainrule.formula.tree import symbols_of

# What of an experiment the steps of forward and backward pass do not depend on.
_UPDATE = (
    "optimizer", "clipping", "scheduler", "parameter_groups", "initialization", "parameters", "state", "title"
)  # fmt: skip


@dataclass(frozen=True)
class Program:
    """The micro-steps of one iteration, and the refs that are carried to the next.

    `parameters` are all of the network's, in the order of `nn.Module.parameters()`; `memory` is what optimizer and
    scheduler keep. Each of these that the steps update has a `.next`. `loss` is the value that training makes smaller:
    the output of a formula. `passes` are the first of the steps: forward pass, loss and backward pass.

    `values` describe what the steps read and write, and what else the experiment can have.

    Where the gradients of several batches are added up, the steps are those of an iteration with an update, and
    `waiting` is the program of one without.
    """

    steps: tuple[MicroStep, ...]
    parameters: tuple[ValueRef, ...]
    memory: Mapping[ValueRef, Memory]
    loss: ValueRef = refs.LOSS
    passes: tuple[MicroStep, ...] = ()
    waiting: Program | None = None
    accumulate: int = 1
    values: Mapping[ValueRef, Value] = field(default_factory=dict)

    def at(self, iteration: int) -> Program:
        """The program of one iteration: `waiting` where its gradients are kept for a later update."""
        return self if self.waiting is None or (iteration + 1) % self.accumulate == 0 else self.waiting

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

    @cached_property
    def numbers(self) -> frozenset[ValueRef]:
        """What is carried as a number: counters and rates."""
        return frozenset(ref for ref, memory in self.memory.items() if memory.is_number)


# An experiment with its program.
Compiled = tuple[Experiment, Program]


def compile_program(experiment: Experiment, like: Compiled | None = None) -> Program:
    """Turn a checked experiment into its program.

    `like` is another one and its program: forward and backward pass are the same steps where they compute the same.
    """
    trained = trained_parameters(experiment)
    is_known = like is not None and _passes_are_same(experiment, like[0])
    passes = like[1].passes if like is not None and is_known else _passes(experiment, trained)
    ordered = _in_update_order(experiment, trained)
    steps = (
        *passes,
        *adding_steps(experiment, ordered, updates=True),
        *clipping_steps(experiment.clipping, [update_gradient(experiment, ref) for ref in ordered]),
        *_update(experiment, trained),
        *zeroing_steps(experiment, ordered),
        *schedule_steps(experiment),
    )
    parameters, memory = tuple(experiment.network.parameter_shapes()), memory_of(experiment)
    values = values_of(experiment)
    program = Program(steps, parameters, memory, experiment.network.loss_ref, passes, values=values)
    if experiment.data.accumulate == 1:
        return program
    # What steps with each update waits with it; what steps with each epoch goes by its batches.
    by_epoch = experiment.scheduler is not None and experiment.scheduler["interval"] == "epoch"
    schedule = schedule_steps(experiment) if by_epoch else []
    kept = (*passes, *adding_steps(experiment, ordered, updates=False), *schedule)
    return replace(program, waiting=replace(program, steps=kept), accumulate=experiment.data.accumulate)


def _passes_are_same(one: Experiment, other: Experiment) -> bool:
    """Whether two experiments differ in nothing but what the update is made of, and what comes first."""
    update: dict[str, Any] = {name: getattr(one, name) for name in _UPDATE}
    return replace(other, **update) == one


def _passes(experiment: Experiment, trained: list[ValueRef]) -> tuple[MicroStep, ...]:
    """Forward pass, loss and backward pass."""
    if experiment.network.formula:
        return formula_steps(experiment, trained)
    return (
        *_forward(experiment.network),
        *loss_steps(experiment),
        *with_pulls(experiment, _backward(experiment, frozenset(trained))),
    )


def activation_entry(network: NetworkSpec, layer: int) -> Activation:
    """The table entry of a layer's activation."""
    return lookup(ACTIVATIONS, network.layers[layer].activation.name)


def _forward(network: NetworkSpec) -> list[MicroStep]:
    steps = []
    for index, layer in enumerate(network.layers):
        z, a = refs.pre_activation(index), refs.activation(index)
        reads = (refs.activation(index - 1), refs.weight(index), *((refs.bias(index),) if layer.bias else ()))
        rule = linear.WITH_BIAS if layer.bias else linear.WITHOUT_BIAS
        steps.append(MicroStep(StepKind.PRE_ACTIVATION, z, reads, torch.nn.functional.linear, rule))
        learned = layer.learned
        reads = (z, *(refs.learned(index, name) for name in learned))
        rule = activation_entry(network, index).rule(layer.activation)
        steps.append(MicroStep(StepKind.ACTIVATION, a, reads, activation_functions.forward(layer.activation), rule))
    return steps


def loss_steps(experiment: Experiment) -> tuple[MicroStep, ...]:
    """The steps from the output to the loss, and the one to the output's gradient."""
    return with_penalties(experiment, data_loss_steps(experiment))


def learned_refs(network: NetworkSpec, layer: int) -> tuple[ValueRef, ...]:
    """What the layer's activation learns."""
    return tuple(refs.learned(layer, name) for name in network.layers[layer].learned)


def _backward(experiment: Experiment, trained: frozenset[ValueRef]) -> list[MicroStep]:
    """Gradients from the last layer down to the lowest that has something to train.

    Where there is no loss but the outputs themselves, their slopes are what one asks for: then down to the input's.
    """
    network = experiment.network
    to_input = targets_of(experiment.loss) is Targets.UNUSED
    values, wanted = values_of(experiment), set(map(refs.grad, trained))
    lowest = min((values[ref].layer or 0 for ref in trained), default=len(network.layers))
    lowest = -1 if to_input else lowest
    steps = []
    for index in reversed(range(max(lowest, 0), len(network.layers))):
        below, weight, delta = refs.activation(index - 1), refs.weight(index), refs.grad(refs.pre_activation(index))
        if index > lowest or not trained.isdisjoint((weight, refs.bias(index))):
            # What the activation learns needs no more than the gradient of a.
            steps.append(_pre_activation_gradient(network, index))
        steps += [step for step in _parameter_gradients(network, index) if step.writes in wanted]
        if index > lowest:
            steps.append(
                MicroStep(
                    StepKind.ACTIVATION_GRADIENT, refs.grad(below), (delta, weight), torch.mm, linear.INPUT_GRADIENT
                )
            )
    return steps


def _pre_activation_gradient(network: NetworkSpec, layer: int) -> MicroStep:
    z, a, choice = refs.pre_activation(layer), refs.activation(layer), network.layers[layer].activation
    reads = (refs.grad(a), z, a, *learned_refs(network, layer))
    rule = activation_entry(network, layer).slope_rule(choice)
    return MicroStep(StepKind.PRE_ACTIVATION_GRADIENT, refs.grad(z), reads, activation_functions.backward(choice), rule)


def _parameter_gradients(network: NetworkSpec, layer: int) -> list[MicroStep]:
    """The gradient of each parameter that a layer can have, in the order of `nn.Module.parameters()`."""
    z, weight, bias = refs.pre_activation(layer), refs.weight(layer), refs.bias(layer)
    reads = (refs.grad(z), refs.activation(layer - 1))
    steps = [
        MicroStep(StepKind.WEIGHT_GRADIENT, refs.grad(weight), reads, weight_gradient, linear.WEIGHT_GRADIENT),
        MicroStep(StepKind.BIAS_GRADIENT, refs.grad(bias), reads[:1], bias_gradient, linear.BIAS_GRADIENT),
    ]
    return steps + _learned_gradients(network, layer)


def _learned_gradients(network: NetworkSpec, layer: int) -> list[MicroStep]:
    """The gradient of each vector that the layer's activation learns."""
    spec, steps = network.layers[layer], []
    entry = activation_entry(network, layer)
    for vector in entry.learned:
        operands = activation_functions.learned_operands(spec.activation, vector)
        named = [refs.pre_activation(layer) if name == "z" else refs.learned(layer, name) for name in operands]
        reads = (refs.grad(refs.activation(layer)), *named)
        shared = spec.learned[vector.name] == 1
        compute = activation_functions.learned_backward(spec.activation, vector, shared)
        writes = refs.grad(refs.learned(layer, vector.name))
        rule = entry.learned_rule(vector, spec.activation, operands, shared=shared)
        steps.append(MicroStep(StepKind.ACTIVATION_WEIGHT_GRADIENT, writes, reads, compute, rule, vector))
    return steps


def weight_gradient(delta: Tensor, below: Tensor) -> Tensor:
    """dL/dW: dL/dz times what the weight carried, summed over the batch, (B, out), (B, in) -> (out, in)."""
    return torch.mm(delta.t(), below)


def bias_gradient(delta: Tensor) -> Tensor:
    """dL/db: the sum of dL/dz over the batch, (B, out) -> (out,)."""
    return delta.sum(0)


def _update(experiment: Experiment, trained: list[ValueRef]) -> list[MicroStep]:
    steps = list[MicroStep]()
    for parameter, (choice, updates) in updates_by_parameter(experiment, _in_update_order(experiment, trained)).items():
        for update in updates:
            reads = tuple(update_ref(experiment, parameter, name) for name in update.reads)
            writes = update_ref(experiment, parameter, update.writes)
            kind, compute = _update_kind(update), computation(update, choice)
            steps.append(MicroStep(kind, writes, reads, compute, _rule(update), update))
    return steps


def _rule(update: Update) -> Rule:
    """The formula of an update; what is summed has another name there."""
    names, tree = tuple(map(name_of, update.reads)), read(update.formula)
    if update.term:
        return Rule(tree, names)
    named = _named_in(update.formula)
    return Rule(tree, tuple(name if name in named else "" for name in names))


# The same few formulas are those of every parameter.
@lru_cache(maxsize=1024)
def _named_in(formula: str) -> tuple[str, ...]:
    return symbols_of(read(formula))


def _in_update_order(experiment: Experiment, trained: list[ValueRef]) -> list[ValueRef]:
    """The last layer first: the order in which the gradients became known."""
    values = values_of(experiment)
    return sorted(trained, key=lambda ref: values[ref].layer or 0, reverse=True)


def updates_of(experiment: Experiment, parameter: ValueRef) -> tuple[Update, ...]:
    """The optimizer's computations for a parameter."""
    return updates_by_parameter(experiment, (parameter,))[parameter][1]


def updates_by_parameter(
    experiment: Experiment, parameters: Iterable[ValueRef]
) -> dict[ValueRef, tuple[Choice, tuple[Update, ...]]]:
    """The optimizer that each parameter has, and its computations."""
    shapes, entry = experiment.network.parameter_shapes(), lookup(OPTIMIZERS, experiment.optimizer.name)
    choices = optimizers_of(experiment, parameters)
    return {ref: (choice, entry.updates(choice, shapes[ref])) for ref, choice in choices.items()}


def _update_kind(update: Update) -> StepKind:
    if update.writes == "next":
        return StepKind.PARAMETER_UPDATE
    return StepKind.STATE_UPDATE if update.writes.endswith(".next") else StepKind.UPDATE_TERM


_ARGUMENT_OF = {"lr": "lr", "momentum": "momentum", "beta1": "betas"}


def update_ref(experiment: Experiment, parameter: ValueRef, name: str) -> ValueRef:
    """The ref that an `Update` means by a name, for one parameter."""
    # Of an optimizer without such an argument it is a name as any other.
    if name in SETTINGS and _ARGUMENT_OF[name] in experiment.optimizer.arguments:
        return optimizer_setting(experiment, parameter, name)
    if name == GRAD and experiment.clipping is not None:
        return refs.clipped(refs.grad(parameter))
    if name == GRAD:
        return update_gradient(experiment, parameter)
    return ValueRef(f"{parameter}.{name}") if name else parameter
