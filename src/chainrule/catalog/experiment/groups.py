"""Parameter groups: with which arguments the optimizer treats each parameter, and which refs its settings have."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from chainrule.catalog.arguments import Choice, SpecError, one_of
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value

# What the optimizer is set to that is a value of the trace, because a scheduler may change it.
SETTINGS = ("lr", "momentum", "beta1")


def matching(patterns: Iterable[str], names: Iterable[ValueRef]) -> list[ValueRef]:
    """Return the refs that shell patterns such as `*.bias` are of, in their order."""
    return [ref for ref in names if any(fnmatchcase(ref, pattern) for pattern in patterns)]


def parameter_group(experiment: Experiment, parameter: ValueRef) -> int | None:
    """Return the group that a parameter belongs to, by its place among those that are given.

    None where it is in none.
    """
    for index, group in enumerate(experiment.parameter_groups):
        if matching(group.parameters, (parameter,)):
            return index
    return None


def with_group(experiment: Experiment, parameter: ValueRef) -> Choice:
    """Return the optimizer with the arguments that the parameter's group has in the place of its own."""
    choice, group = experiment.optimizer, parameter_group(experiment, parameter)
    return choice if group is None else choice.replace(**experiment.parameter_groups[group].arguments)


def group_settings(experiment: Experiment) -> dict[ValueRef, float]:
    """Return the settings of groups that have own ones, by their refs."""
    found = {}
    for index, group in enumerate(experiment.parameter_groups):
        for name, value in group.arguments.items():
            if name in SETTINGS:
                found[refs.group_setting(index, name)] = float(str(value))
            if name == "betas" and isinstance(value, tuple):
                found[refs.group_setting(index, refs.BETA1)] = float(str(value[0]))
    return found


def setting_ref(experiment: Experiment, parameter: Value, name: str, *, is_cycled: bool = False) -> ValueRef:
    """Return the value that a parameter's updates read for a setting: its group's, its layer's rate, or the
    optimizer's.

    What a scheduler cycles (momentum or beta1) it sets for all groups alike: `is_cycled` says that it does.
    """
    group, layer = parameter_group(experiment, parameter.ref), parameter.layer
    if group is not None and not is_cycled:
        own = refs.group_setting(group, name)
        if own in group_settings(experiment):
            return own
    if name == refs.LR and layer is not None and experiment.network.layers[layer].lr is not None:
        return refs.layer_lr(layer)
    return ValueRef(name)


def check_groups(experiment: Experiment) -> None:
    """Refuse patterns that no parameter has, parameters in two groups, and groups that change nothing."""
    names = tuple(experiment.network.parameter_shapes())
    taken: dict[ValueRef, int] = {}
    for index, group in enumerate(experiment.parameter_groups):
        path = f"$.parameter_groups[{index}]"
        check_patterns(group.parameters, names, f"{path}.parameters")
        if not group.arguments:
            raise SpecError(path, f"expected arguments of {experiment.optimizer.name} beside the parameters, got none")
        for ref in matching(group.parameters, names):
            if ref in taken:
                raise SpecError(f"{path}.parameters", f"{ref} is in parameter_groups[{taken[ref]}] already")
            taken[ref] = index


def check_patterns(patterns: tuple[str, ...], names: tuple[ValueRef, ...], path: str) -> None:
    """Refuse a pattern that no parameter has, and an empty list of them."""
    if not patterns:
        raise SpecError(path, 'expected at least 1 pattern, such as "*.bias", got none')
    for place, pattern in enumerate(patterns):
        if not matching((pattern,), names):
            raise SpecError(f"{path}[{place}]", f'no parameter is called "{pattern}"; this network has {one_of(names)}')
