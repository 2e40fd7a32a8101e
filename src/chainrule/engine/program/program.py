"""`compile_program`: one training iteration as a flat tuple of micro-steps, each writing one value once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.groups import SETTINGS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.optimizers import GRAD, OPTIMIZERS, Update, formula_name
from chainrule.catalog.schedules.schedule import optimizer_setting, optimizers_of
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.carried import InitialValue, initial_values, trained_parameters
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Value
from chainrule.engine.program.accumulation import adding_steps, update_gradient, zeroing_steps
from chainrule.engine.program.clipping import clipping_steps
from chainrule.engine.program.formula_network import formula_steps
from chainrule.engine.program.graph import differentiate
from chainrule.engine.program.layers import layer_nodes
from chainrule.engine.program.losses import data_loss_steps
from chainrule.engine.program.penalties import with_penalties, with_pulls
from chainrule.engine.program.schedule import schedule_steps
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.program.updates import computation, names_in
from chainrule.formula.parse import read
from chainrule.formula.rule import Rule

# What of an experiment the steps of forward and backward pass do not depend on.
_UPDATE = (
    "optimizer", "clipping", "scheduler", "parameter_groups", "initialization", "parameters", "state", "title", "board",
    "questions"
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
    memory: Mapping[ValueRef, InitialValue]
    loss: ValueRef = refs.LOSS
    passes: tuple[MicroStep, ...] = ()
    waiting: Program | None = None
    accumulate: int = 1
    values: Mapping[ValueRef, Value] = field(default_factory=dict)

    def at(self, iteration: int) -> Program:
        """Return the program of one iteration: `waiting` where its gradients are kept for a later update."""
        return self if self.waiting is None or (iteration + 1) % self.accumulate == 0 else self.waiting

    def alike(self, iteration: int, most: int) -> int:
        """Return how many iterations have the same steps, from one on in a row, but at most so many."""
        if self.waiting is None:
            return most
        place = (iteration + 1) % self.accumulate
        return min(most, self.accumulate - place) if place else 1

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
CompiledExperiment = tuple[Experiment, Program]


def compile_program(experiment: Experiment, like: CompiledExperiment | None = None) -> Program:
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
        *_update(experiment, ordered),
        *zeroing_steps(experiment, ordered),
        *schedule_steps(experiment),
    )
    parameters, memory = tuple(experiment.network.parameter_shapes()), initial_values(experiment)
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
    """Return whether two experiments differ in nothing but what the update is made of, and what comes first."""
    update: dict[str, Any] = {name: getattr(one, name) for name in _UPDATE}
    return replace(other, **update) == one


def _passes(experiment: Experiment, trained: list[ValueRef]) -> tuple[MicroStep, ...]:
    """Return the steps of forward pass, loss and backward pass."""
    if experiment.network.formula:
        return formula_steps(experiment, trained)
    nodes, output = layer_nodes(experiment.network), refs.activation(len(experiment.network.layers) - 1)
    # Where there is no loss but the outputs themselves, their slopes are what one asks for: down to the input's.
    wanted = [*trained, refs.INPUT] if targets_of(experiment.loss) is Targets.UNUSED else trained
    return (
        *(node.step for node in nodes),
        *loss_steps(experiment),
        *with_pulls(experiment, differentiate(nodes, output, wanted)),
    )


def loss_steps(experiment: Experiment) -> tuple[MicroStep, ...]:
    """Return the steps from the output to the loss, and the one to the output's gradient."""
    return with_penalties(experiment, data_loss_steps(experiment))


def _update(experiment: Experiment, ordered: list[ValueRef]) -> list[MicroStep]:
    steps = list[MicroStep]()
    for parameter, (choice, updates) in updates_by_parameter(experiment, ordered).items():
        for update in updates:
            reads = tuple(update_ref(experiment, parameter, name) for name in update.reads)
            writes = update_ref(experiment, parameter, update.writes)
            kind, compute = _update_kind(update), computation(update, choice)
            steps.append(MicroStep(kind, writes, reads, compute, _rule(update), update))
    return steps


def _rule(update: Update) -> Rule:
    """Return the formula of an update; what is summed has another name there."""
    names, tree = tuple(map(formula_name, update.reads)), read(update.formula)
    if update.term:
        return Rule(tree, names)
    named = names_in(update.formula)
    return Rule(tree, tuple(name if name in named else "" for name in names))


def _in_update_order(experiment: Experiment, trained: list[ValueRef]) -> list[ValueRef]:
    """Sort by the last layer first: the order in which the gradients became known."""
    values = values_of(experiment)
    return sorted(trained, key=lambda ref: values[ref].layer or 0, reverse=True)


def updates_by_parameter(
    experiment: Experiment, parameters: Iterable[ValueRef]
) -> dict[ValueRef, tuple[Choice, tuple[Update, ...]]]:
    """Return the optimizer that each parameter has, and its computations."""
    shapes, entry = experiment.network.parameter_shapes(), lookup(OPTIMIZERS, experiment.optimizer.name)
    choices = optimizers_of(experiment, parameters)
    return {ref: (choice, entry.updates(choice, shapes[ref])) for ref, choice in choices.items()}


def _update_kind(update: Update) -> StepKind:
    if update.writes == "next":
        return StepKind.PARAMETER_UPDATE
    return StepKind.UPDATE_TERM if update.changes == update.writes else StepKind.STATE_UPDATE


_ARGUMENT_OF = {"lr": "lr", "momentum": "momentum", "beta1": "betas"}


def update_ref(experiment: Experiment, parameter: ValueRef, name: str) -> ValueRef:
    """Return the ref that an `Update` means by a name, for one parameter."""
    # Of an optimizer without such an argument it is a name as any other.
    if name in SETTINGS and _ARGUMENT_OF[name] in experiment.optimizer.arguments:
        return optimizer_setting(experiment, values_of(experiment)[parameter], name)
    if name == GRAD and experiment.clipping is not None:
        return refs.clipped(refs.grad(parameter))
    if name == GRAD:
        return update_gradient(experiment, parameter)
    return ValueRef(f"{parameter}.{name}") if name else parameter
