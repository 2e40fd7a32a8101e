"""What an experiment is set to, as cells with names: formulas read a rate as `lr`, and follow when it is changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import torch

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, ArgumentValue, Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.groups import group_settings, parameter_group
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import SCHEDULERS, SEQUENTIAL, parts_of
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.initializers import torch_dtype
from chainrule.explain.sheet.workbook import Named

# What a sheet would take for a cell: A1, or R1C1.
_LIKE_CELLS = re.compile(r"[A-Za-z]{1,3}\d+|[Rr]\d*([Cc]\d*)?|[Cc]\d*")


@dataclass(frozen=True, slots=True)
class SheetSetting:
    """One setting: its name in formulas, what it is called, and what it is; a word is never read by a formula."""

    name: str
    label: str
    value: float | str


@dataclass(frozen=True, slots=True)
class SheetSettings:
    """All settings, in sections with titles; the parts find their own by the prefix of the names.

    `used` are the names that formulas read. What no formula reads cannot be changed in the sheet: it says how the
    formulas were made.
    """

    experiment: Experiment
    sections: tuple[tuple[str, tuple[SheetSetting, ...]], ...]
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, experiment: Experiment) -> SheetSettings:
        """Return those of an experiment."""
        return cls(experiment, tuple((title, tuple(found)) for title, found in _sections(experiment) if found))

    def named(self, prefix: str, choice: Choice) -> dict[str, Named]:
        """Return the numbers of a choice by their names in formulas."""
        known = {setting.name: setting for _, found in self.sections for setting in found}
        return {
            name: Named(safe_name(prefix + name), float(setting.value))
            for name, _ in _values(choice)
            if (setting := known.get(safe_name(prefix + name))) is not None and not isinstance(setting.value, str)
        }

    def of_parameter(self, parameter: ValueRef) -> dict[str, Named]:
        """Return what an optimizer's formulas for one parameter can read: its group's own numbers before the others."""
        found, group = self.named("", self.experiment.optimizer), parameter_group(self.experiment, parameter)
        if group is None:
            return found
        own = Choice("", self.experiment.parameter_groups[group].arguments)
        return found | self.named(f"group_{group + 1}_", own)

    def of_refs(self) -> dict[ValueRef, Named]:
        """Return the settings that are values of the program, unless a scheduler sets them: rates, momentum, beta1."""
        experiment, main = self.experiment, self.named("", self.experiment.optimizer)
        names = {refs.LR: "lr", refs.MOMENTUM: "momentum", refs.BETA1: "betas_0"}
        found = {ref: main[name] for ref, name in names.items() if name in main}
        for index, layer in enumerate(experiment.network.layers):
            if layer.lr is not None:
                found[refs.layer_lr(index)] = Named(f"layer_{index + 1}_lr", layer.lr)
        own = group_settings(experiment)
        for index, group in enumerate(experiment.parameter_groups):
            named = self.named(f"group_{index + 1}_", Choice("", group.arguments))
            for name, key in names.items():
                ref = refs.group_setting(index, name)
                if ref in own and key in named:
                    found[ref] = named[key]
        return found


def safe_name(name: str) -> str:
    """Return a name that a sheet does not take for a cell."""
    return f"{name}_" if _LIKE_CELLS.fullmatch(name) else name


def activation_prefix(layer: int) -> str:
    """Return what the names of an activation's settings begin with."""
    return f"layer_{layer + 1}_"


def penalty_prefix(index: int) -> str:
    """Return what the names of a penalty's settings begin with."""
    return f"penalty_{index + 1}_"


def schedule_prefix(part: int, parts: int) -> str:
    """Return what the names of a scheduler's settings begin with."""
    return "schedule_" if parts == 1 else f"schedule_{part + 1}_"


LOSS_PREFIX, CLIPPING_PREFIX = "loss_", "clipping_"


def _sections(experiment: Experiment) -> Iterator[tuple[str, list[SheetSetting]]]:
    optimizer = experiment.optimizer
    found = list(_settings("", lookup(OPTIMIZERS, optimizer.name).arguments, optimizer))
    several = optimizer.arguments.get("eps")
    if isinstance(several, tuple) and several[0] is None:
        found.append(SheetSetting("eps_0", "epsilon of the dtype", torch.finfo(torch_dtype(experiment)).eps))
    for index, layer in enumerate(experiment.network.layers):
        if layer.lr is not None:
            found.append(SheetSetting(f"layer_{index + 1}_lr", f"learning rate of layer {index + 1}", layer.lr))
    yield f"Optimizer: {optimizer.name}", found
    for index, group in enumerate(experiment.parameter_groups):
        choice = Choice(optimizer.name, group.arguments)
        arguments = lookup(OPTIMIZERS, optimizer.name).arguments
        title = f"Parameter group {index + 1}: {', '.join(group.parameters)}"
        yield title, list(_settings(f"group_{index + 1}_", arguments, choice))
    yield from _of_schedule(experiment)
    if experiment.clipping is not None:
        choice = experiment.clipping
        yield f"Clipping: {choice.name}", list(_settings(CLIPPING_PREFIX, CLIPPINGS[choice.name].arguments, choice))
    for index, penalty in enumerate(experiment.penalties):
        choice, entry = penalty.choice, lookup(PENALTIES, penalty.choice.name)
        title = f"Penalty {index + 1}: {choice.name} of {', '.join(penalty.parameters)}"
        yield title, list(_settings(penalty_prefix(index), entry.arguments, choice))
    if not experiment.network.formula:
        choice, loss = experiment.loss, lookup(LOSSES, experiment.loss.name)
        # What it has a number of for each output stands below, with the parameters.
        given = {name: value for name, value in choice.arguments.items() if name not in loss.lists}
        yield f"Loss: {choice.name}", list(_settings(LOSS_PREFIX, loss.arguments, Choice(choice.name, given)))
    for index, layer in enumerate(experiment.network.layers):
        activation = lookup(ACTIVATIONS, layer.activation.name)
        found = list(_settings(activation_prefix(index), activation.arguments, layer.activation))
        yield f"Layer {index + 1}: {layer.units} × {layer.function}", found


def _of_schedule(experiment: Experiment) -> Iterator[tuple[str, list[SheetSetting]]]:
    whole = experiment.scheduler
    if whole is None:
        return
    parts = parts_of(whole)
    if whole.name == SEQUENTIAL:
        yield f"Schedule: {SEQUENTIAL}", [SheetSetting("", "milestones", _word(whole["milestones"]))]
    for index, part in enumerate(parts):
        arguments = SCHEDULERS[part.name].arguments
        yield f"Schedule: {part.name}", list(_settings(schedule_prefix(index, len(parts)), arguments, part))


def _settings(prefix: str, arguments: Iterable[Argument], choice: Choice) -> Iterator[SheetSetting]:
    labels = {argument.name: argument.label or argument.name for argument in arguments}
    for name, value in choice.arguments.items():
        if isinstance(value, tuple) and value and all(map(_is_number, value)):
            for place, each in enumerate(value):
                yield SheetSetting(safe_name(f"{prefix}{name}_{place}"), f"{labels[name]}[{place}]", float(str(each)))
        elif _is_number(value):
            yield SheetSetting(safe_name(prefix + name), labels.get(name, name), float(str(value)))
        elif isinstance(value, tuple) and any(map(_is_number, value)):
            yield from _of_several(prefix, name, labels[name], value)
        else:
            yield SheetSetting("", labels.get(name, name), _word(value))


def _of_several(prefix: str, name: str, label: str, values: tuple[ArgumentValue, ...]) -> Iterator[SheetSetting]:
    for place, each in enumerate(values):
        if _is_number(each):
            yield SheetSetting(safe_name(f"{prefix}{name}_{place}"), f"{label}[{place}]", float(str(each)))


def _values(choice: Choice) -> Iterator[tuple[str, ArgumentValue]]:
    for name, value in choice.arguments.items():
        yield name, value
        if isinstance(value, tuple):
            yield from ((f"{name}_{place}", each) for place, each in enumerate(value))


def _is_number(value: ArgumentValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(value: ArgumentValue) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_word, value)) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_word(each)}" for name, each in value.items()) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value if value is not None else "none")
