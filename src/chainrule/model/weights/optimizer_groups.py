"""The settings of an optimizer that a checkpoint holds: learning rate, betas and the rest, by groups of parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from chainrule.catalog.arguments import ArgumentValue
from chainrule.catalog.experiment.spec import Experiment, ParameterGroup
from chainrule.catalog.experiment.spec_error import SpecError, one_line
from chainrule.catalog.optimizers import OPTIMIZERS, complete_optimizer
from chainrule.catalog.values.carried import trained_parameters
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.code.writing.optimizers import groups_of

# Of arguments, what torch.optim has no word for.
_OURS = ("bias_correction", "state", "updates")
# What groups that older versions of torch wrote may lack.
_RECENT = ("maximize", "decoupled_weight_decay")
_CYCLING = ("OneCycleLR", "CyclicLR")

SavedGroups = Sequence[Mapping[str, Any]]


def groups_in(optimizer: Mapping[str, Any] | None) -> SavedGroups:
    """Return the groups of an optimizer's `state_dict`; none where they are not as torch writes them."""
    found = (optimizer or {}).get("param_groups")
    if not isinstance(found, list) or not all(isinstance(group, dict) for group in found):
        return ()
    places = [group.get("params") for group in found]
    if not all(isinstance(each, list) for each in places):
        return ()
    return found if [place for each in places for place in each] == list(range(sum(map(len, places)))) else ()


def order_of(experiment: Experiment, groups: SavedGroups, named: Sequence[ValueRef]) -> list[ValueRef] | None:
    """Return the parameters in the order in which torch counted them; None where it cannot be told.

    `named` are those of the file in its order, which is the module's.
    """
    trained = trained_parameters(experiment)
    sizes = [len(group["params"]) for group in groups]
    if len(sizes) > 1:
        ours = groups_of(experiment)
        fits = [len(members) for members, _ in ours] == sizes
        return [ref for members, _ in ours for ref in members] if fits else None
    choices = (list(named), [ref for ref in named if ref in trained])
    return next((each for each in choices if not sizes or len(each) == sizes[0]), None)


def with_settings(experiment: Experiment, groups: SavedGroups, notes: list[str]) -> Experiment:
    """Return a checked experiment with the settings of a checkpoint's groups; a note says what was left out.

    SavedGroups are the experiment's own, in their order; one group is all parameters.
    """
    name, ours = experiment.optimizer.name, groups_of(experiment)
    if len(groups) > 1 and [len(members) for members, _ in ours] != [len(group["params"]) for group in groups]:
        notes.append("the optimizer's settings were left out: the file has other groups of parameters")
        return experiment
    if not all(_is_of_kind(name, group) for group in groups):
        notes.append(f"the optimizer's settings were left out: in the file they are those of another one than {name}")
        return experiment
    base = dict(experiment.optimizer.arguments)
    before = [{**base, **own} for _, own in ours] if len(groups) > 1 else [base] * len(groups)
    taken = [_settings(experiment, group, old, notes) for group, old in zip(groups, before, strict=True)]
    try:
        choices = [complete_optimizer(experiment.optimizer.replace(**new), "$") for new in taken]
    except SpecError as error:
        notes.append(
            one_line(f"the optimizer's settings were left out: {error.path.removeprefix('$.')} {error.message}")
        )
        return experiment
    after = [dict(choice.arguments) for choice in choices]
    if after == before and (len(groups) > 1 or len(ours) == 1):
        return experiment
    layers = tuple(replace(layer, lr=None) for layer in experiment.network.layers)
    different = [
        ParameterGroup(tuple(members), {key: new[key] for key in new if new[key] != after[0][key]})
        for (members, _), new in zip(ours, after, strict=False)
        if new != after[0] and members
    ]
    network = replace(experiment.network, layers=layers)
    return replace(experiment, optimizer=choices[0], network=network, parameter_groups=tuple(different))


def _is_of_kind(name: str, group: Mapping[str, Any]) -> bool:
    """Return whether torch's optimizer of a name has such a group: it says its kind by its settings alone."""
    own = {argument.name for argument in OPTIMIZERS[name].arguments}
    every = {argument.name for entry in OPTIMIZERS.values() for argument in entry.arguments}
    if name == "AdamW" and group.get("decoupled_weight_decay") is False:
        return False
    foreign = (every - own - set(_RECENT)) & set(group)
    return not foreign and own - set(_OURS) - set(_RECENT) <= set(group)


def _settings(
    experiment: Experiment, group: Mapping[str, Any], old: dict[str, ArgumentValue], notes: list[str]
) -> dict[str, ArgumentValue]:
    """Return a group's arguments; those that a scheduler sets are where it began, not where it is."""
    found = {key: _plain(group[key]) for key in old if key in group and key not in _OURS}
    if experiment.scheduler is not None:
        now = found.pop("lr", None)
        if "initial_lr" in group:
            found["lr"] = _plain(group["initial_lr"])
        elif now != old["lr"]:
            notes.append(
                one_line(f"the learning rate {now!s:.40} was left out: the scheduler sets it from {old['lr']}")
            )
        if experiment.scheduler.name in _CYCLING:
            found = {key: value for key, value in found.items() if key not in ("betas", "momentum")}
    return {**old, **found}


def _plain(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.item() if value.numel() == 1 else None
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value
