"""Edits of penalties and parameter groups: what is added to the loss, and what the optimizer does in other ways.

Both say by shell patterns which parameters they are of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.groups import parameter_group
from chainrule.catalog.experiment.spec import Experiment, ParameterGroup, PenaltySpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing.edits import Edit
from chainrule.model.editing.patterns import Patterns

# The arguments that differ most often, and what they are first: books leave biases out of the decay.
DECAY, RATE = "weight_decay", "lr"


# Penalties


def add_penalty(choice: Choice, parameters: Patterns) -> Edit:
    """Add a penalty to the loss."""
    added = PenaltySpec(choice, parameters)
    return lambda experiment: replace(experiment, penalties=(*experiment.penalties, added))


def remove_penalty(index: int) -> Edit:
    """Take a penalty out of the loss."""

    def edit(experiment: Experiment) -> Experiment:
        kept = experiment.penalties[:index] + experiment.penalties[index + 1 :]
        return replace(experiment, penalties=kept)

    return edit


def set_penalty(index: int, choice: Choice) -> Edit:
    """Return another kind of penalty, or other arguments of it."""
    return _change_penalty(index, lambda penalty: replace(penalty, choice=choice))


def set_penalty_parameters(index: int, parameters: Patterns) -> Edit:
    """Let a penalty be of other parameters."""
    return _change_penalty(index, lambda penalty: replace(penalty, parameters=parameters))


def _change_penalty(index: int, change: Callable[[PenaltySpec], PenaltySpec]) -> Edit:
    def edit(experiment: Experiment) -> Experiment:
        penalties = list(experiment.penalties)
        penalties[index] = change(penalties[index])
        return replace(experiment, penalties=tuple(penalties))

    return edit


# Parameter groups


def add_group(parameters: Patterns, name: str, value: ArgumentValue) -> Edit:
    """Add a group of parameters in which one argument of the optimizer differs."""
    added = ParameterGroup(parameters, {name: value})
    return lambda experiment: replace(experiment, parameter_groups=(*experiment.parameter_groups, added))


def remove_group(index: int) -> Edit:
    """Let the optimizer treat the parameters of a group as it does the rest."""

    def edit(experiment: Experiment) -> Experiment:
        kept = experiment.parameter_groups[:index] + experiment.parameter_groups[index + 1 :]
        return replace(experiment, parameter_groups=kept)

    return edit


def set_group_parameters(index: int, parameters: Patterns) -> Edit:
    """Let a group be of other parameters."""
    return _change_group(index, lambda group: replace(group, parameters=parameters))


def set_group_argument(index: int, name: str, value: ArgumentValue) -> Edit:
    """Return another value of an argument that differs in a group, or one that did not differ so far."""
    return _change_group(index, lambda group: replace(group, arguments={**group.arguments, name: value}))


def remove_group_argument(index: int, name: str) -> Edit:
    """Let an argument be the optimizer's in a group; where none differs any more, the group goes."""

    def edit(experiment: Experiment) -> Experiment:
        group = experiment.parameter_groups[index]
        kept = {key: value for key, value in group.arguments.items() if key != name}
        if not kept:
            return remove_group(index)(experiment)
        return _change_group(index, lambda group: replace(group, arguments=kept))(experiment)

    return edit


def without_arguments(names: Collection[str], experiment: Experiment) -> Experiment:
    """Return the groups without some arguments; those in which then nothing differs go."""
    found = []
    for group in experiment.parameter_groups:
        kept = {name: value for name, value in group.arguments.items() if name not in names}
        found += [group if kept == group.arguments else replace(group, arguments=kept)] if kept else []
    return replace(experiment, parameter_groups=tuple(found))


def _change_group(index: int, change: Callable[[ParameterGroup], ParameterGroup]) -> Edit:
    def edit(experiment: Experiment) -> Experiment:
        groups = list(experiment.parameter_groups)
        groups[index] = change(groups[index])
        return replace(experiment, parameter_groups=tuple(groups))

    return edit


def ungrouped(experiment: Experiment) -> tuple[ValueRef, ...]:
    """Return the parameters that are in no group."""
    return tuple(ref for ref in experiment.network.parameter_shapes() if parameter_group(experiment, ref) is None)


def first_difference(optimizer: Choice) -> tuple[str, ArgumentValue]:
    """Return the argument that a new group begins with.

    No weight decay where the rest decays, else a rate of its own.
    """
    if optimizer.arguments.get(DECAY):
        return DECAY, 0.0
    return RATE, optimizer.arguments[RATE]
