"""The check of an experiment: shapes, names and arguments of every table, and what belongs together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import ArgumentValue, Choice, SpecError
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.data_names import check_data_names
from chainrule.catalog.experiment.groups import check_groups, check_patterns
from chainrule.catalog.experiment.numbers import check_number
from chainrule.catalog.experiment.spec import (
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    ParameterGroup,
    PenaltySpec,
    check_structure,
)
from chainrule.catalog.experiment.targets import check_targets
from chainrule.catalog.initializers import check_formula_scheme, check_reach, check_scheme, layer_scheme
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import complete_optimizer
from chainrule.catalog.penalties import complete_penalty
from chainrule.catalog.schedules.schedulers import SCHEDULERS, check_scheduler
from chainrule.catalog.tables import Entry, complete
from chainrule.catalog.values.asked import check_asked
from chainrule.catalog.values.carried import check_state


def checked_experiment(experiment: Experiment, known: Experiment | None = None) -> Experiment:
    """Return the experiment with every argument filled in, or raise `SpecError` that names the place.

    `known` is an experiment that this has returned before: what is shared with it is not looked at again, so that an
    edit of large data costs no more than one of small data. Whether this machine can compute it the engine says.
    """
    check_structure(experiment, known)
    parts = {name: _known_or_checked(name, check, experiment, known) for name, check in _PARTS.items()}
    checked = replace(experiment, **parts)
    if checked.scheduler is not None:
        check_scheduler(checked.scheduler, checked.optimizer, batches_per_epoch(checked.data), "$.scheduler")
    checked = replace(checked, parameter_groups=_checked_groups(checked), penalties=_checked_penalties(checked))
    for path, choice in _choices(checked).items():
        _check_held(choice, path, experiment.dtype)
    if experiment.network.formula:
        check_formula_scheme(checked.initialization.scheme, "$.initialization", experiment.dtype)
    if known is None or any(getattr(known, name) is not getattr(checked, name) for name in _OF_LAYERS):
        _check_layers(checked)
    check_targets(checked, known)
    check_data_names(checked)
    check_state(checked)
    if checked.questions:
        check_asked(checked)
    return checked


def _checked_penalties(experiment: Experiment) -> tuple[PenaltySpec, ...]:
    names, found = tuple(experiment.network.parameter_shapes()), list[PenaltySpec]()
    if experiment.penalties and experiment.network.formula:
        raise SpecError("$.penalties", "a formula has none: write what is to be added into the formula itself")
    for index, penalty in enumerate(experiment.penalties):
        path = f"$.penalties[{index}]"
        choice = complete_penalty(penalty.choice, path)
        check_patterns(penalty.parameters, names, f"{path}.parameters")
        _check_held(choice, path, experiment.dtype)
        found.append(PenaltySpec(choice, penalty.parameters))
    return tuple(found)


def _checked_groups(experiment: Experiment) -> tuple[ParameterGroup, ...]:
    """Return the groups with their arguments checked as the optimizer's are, in their place."""
    check_groups(experiment)
    found = []
    for index, group in enumerate(experiment.parameter_groups):
        path, optimizer = f"$.parameter_groups[{index}]", experiment.optimizer
        checked = complete_optimizer(optimizer.replace(**group.arguments), path)
        arguments = {name: checked.arguments[name] for name in group.arguments}
        _check_held(tuple(arguments.values()), path, experiment.dtype)
        found.append(ParameterGroup(group.parameters, arguments))
    return tuple(found)


def _known_or_checked(name: str, check: Callable[[Any], Any], experiment: Experiment, known: Experiment | None) -> Any:
    """Return a part of an experiment with every argument filled in; that of a checked experiment is right already.

    What is equal is the same object as well, so that whoever shows it sees that nothing has changed.
    """
    given, before = getattr(experiment, name), getattr(known, name, None)
    if known is not None and given is before:
        return given
    checked = check(given)
    return before if known is not None and checked == before else checked


def _checked_network(network: NetworkSpec) -> NetworkSpec:
    layers = enumerate(network.layers)
    return replace(
        network, layers=tuple(_checked_layer(layer, f"$.network.layers[{index}]") for index, layer in layers)
    )


def _checked_initialization(first: InitializationSpec) -> InitializationSpec:
    return replace(first, scheme=check_scheme(first.scheme, "$.initialization"))


# What makes a part right that needs no other.
_PARTS: dict[str, Callable[[Any], Any]] = {
    "network": _checked_network,
    "initialization": _checked_initialization,
    "loss": lambda choice: complete(LOSSES, choice, "$.loss"),
    "optimizer": lambda choice: complete_optimizer(choice, "$.optimizer"),
    "clipping": lambda choice: _optional(CLIPPINGS, choice, "$.clipping"),
    "scheduler": lambda choice: _optional(SCHEDULERS, choice, "$.scheduler"),
}
# What the check of a layer depends on.
_OF_LAYERS = ("network", "initialization", "dtype")


def _check_layers(experiment: Experiment) -> None:
    """Refuse what of a layer the dtype cannot hold."""
    for index, layer in enumerate(experiment.network.layers):
        place = f"$.network.layers[{index}]"
        for name, value in (
            ("activation", layer.activation),
            ("initialization", layer.initialization),
            ("lr", layer.lr),
        ):
            _check_held(value, f"{place}.{name}", experiment.dtype)
        path = f"{place}.initialization" if layer.initialization else "$.initialization"
        check_reach(layer_scheme(experiment, index), path, experiment.network, index, experiment.dtype)


def _checked_layer(layer: LayerSpec, path: str) -> LayerSpec:
    scheme = layer.initialization
    activation = complete(ACTIVATIONS, layer.activation, f"{path}.activation")
    ACTIVATIONS[activation.name].check_units(activation, layer.units, f"{path}.activation")
    return replace(
        layer,
        activation=activation,
        initialization=scheme and check_scheme(scheme, f"{path}.initialization"),
    )


def _optional(table: Mapping[str, Entry], choice: Choice | None, path: str) -> Choice | None:
    return None if choice is None else complete(table, choice, path)


def _choices(experiment: Experiment) -> dict[str, Choice]:
    """Return every function of the experiment, by its path."""
    found = {
        "$.initialization": experiment.initialization.scheme,
        "$.loss": experiment.loss,
        "$.optimizer": experiment.optimizer,
        "$.clipping": experiment.clipping,
        "$.scheduler": experiment.scheduler,
    }
    return {path: choice for path, choice in found.items() if choice is not None}


def _check_held(value: ArgumentValue, path: str, dtype: str) -> None:
    """Refuse a number that the dtype cannot hold: torch would, but only once it computes with it."""
    if isinstance(value, Choice):
        for name, argument in value.arguments.items():
            _check_held(argument, f"{path}.{name}", dtype)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            _check_held(item, f"{path}.{name}", dtype)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _check_held(item, f"{path}[{index}]", dtype)
    elif isinstance(value, float):
        check_number(value, path, dtype)
