"""The values of an experiment: every one that its program can have, described."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Generic, TypeVar

from chainrule.catalog.experiment.groups import SETTINGS, group_settings
from chainrule.catalog.experiment.spec import Experiment, NetworkSpec
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.losses import LOSS_TERMS
from chainrule.catalog.optimizers import OPTIMIZERS, Called, Kept, kept_values
from chainrule.catalog.schedules.plateau import BAD, BEST, COOLDOWN, LOSS_COUNT, LOSS_SUM, METRIC
from chainrule.catalog.schedules.schedule import optimizers_of
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.carried import trained_parameters
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role, Value
from chainrule.formula.graph import backward_steps, grad_name, graph_of

T = TypeVar("T")
_CALLED = {
    Role.CLIPPED: Called("g", "clipped gradient", above="clipped"),
    Role.ACCUMULATED: Called("G", "accumulated gradient", above="all"),
    Role.KEPT_GRADIENT: Called("G", "kept gradient"),
}


class ExperimentValues(Mapping[ValueRef, Value]):
    """The values of one experiment by their refs; those of the update are described when one is asked for."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        network, penalties = _Same(experiment.network), len(experiment.penalties)
        self._passes = _passes(network, penalties, has_classes(experiment))

    def __getitem__(self, ref: ValueRef) -> Value:
        found = self._passes.get(ref)
        return self._update[ref] if found is None else found

    def __iter__(self) -> Iterator[ValueRef]:
        yield from self._passes
        yield from self._update

    def __len__(self) -> int:
        return len(self._passes) + len(self._update)

    @cached_property
    def _update(self) -> dict[ValueRef, Value]:
        made = (*_of_settings(self._experiment), *_of_updates(self._experiment, self._passes))
        return {value.ref: value for value in made}


class _Same(Generic[T]):
    """An object that is looked up by what it is, and not by what it says."""

    __slots__ = ("it",)

    def __init__(self, it: T) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.it is self.it


def values_of(experiment: Experiment) -> ExperimentValues:
    """Return every value that a checked experiment can have, whether its program computes it or not."""
    return _values_of(_Same(experiment))


# What is on the screen, and what it was before.
@lru_cache(maxsize=4)
def _values_of(same: _Same[Experiment]) -> ExperimentValues:
    return ExperimentValues(same.it)


# ------------------------------------------------------------------------------------------ forward and backward pass


# Most edits leave the network as it is.
@lru_cache(maxsize=4)
def _passes(network: _Same[NetworkSpec], penalties: int, classes: bool) -> Mapping[ValueRef, Value]:
    return {value.ref: value for value in _of_passes(network.it, penalties, classes)}


def _of_passes(network: NetworkSpec, penalties: int, classes: bool) -> Iterator[Value]:
    if network.formula:
        yield from _of_formula(network)
        return
    per_sample = (Axis.BATCH, Axis.UNIT)
    # A class is one number for all outputs.
    per_target, targets = ((Axis.BATCH, Axis.ONE), 1) if classes else (per_sample, network.outputs)
    given = Value(refs.INPUT, Role.INPUT, "input", per_sample, (None, network.inputs))
    yield given
    yield _gradient(given)
    yield Value(refs.TARGET, Role.TARGET, "target", per_target, (None, targets))
    parameters = parameters_of(network)
    for index, layer in enumerate(network.layers):
        sizes = (None, layer.units)
        for ref, role in ((refs.pre_activation(index), Role.PRE_ACTIVATION), (refs.activation(index), Role.ACTIVATION)):
            value = Value(ref, role, role.value, per_sample, sizes, layer=index)
            yield value
            yield _gradient(value)
    for parameter in parameters.values():
        yield parameter
        yield _next(parameter)
        yield _gradient(parameter)
        if penalties:
            yield from _shares(parameter, penalties)
    yield Value(refs.LOSS, Role.LOSS, "loss")
    for name in LOSS_TERMS:
        yield Value(refs.loss_term(name), Role.LOSS_TERM, name, per_sample, (None, network.outputs))
    if penalties:
        yield Value(refs.DATA_LOSS, Role.DATA_LOSS, "data", source="data")
    for index in range(penalties):
        yield Value(refs.penalty(index), Role.PENALTY, "penalty", penalty=index)


def _gradient(value: Value) -> Value:
    return replace(value, ref=refs.grad(value.ref), role=Role.GRADIENT, name="grad", of=value)


def _shares(parameter: Value, penalties: int) -> Iterator[Value]:
    """Yield what the data and each penalty add to a parameter's gradient."""
    gradient = _gradient(parameter)
    yield replace(gradient, ref=refs.share(gradient.ref, "data"), role=Role.SHARE, source="data")
    for index in range(penalties):
        yield replace(gradient, ref=refs.penalty_share(gradient.ref, index), role=Role.SHARE, penalty=index)


def _of_formula(network: NetworkSpec) -> Iterator[Value]:
    """Yield the names of a formula, their gradients, and the shares of these."""
    graph = graph_of(network.formula)
    named = parameters_of(network)
    yield from map(_next, named.values())
    for node in graph.nodes:
        ref = ValueRef(node.writes)
        named[ref] = Value(ref, Role.OPERATOR, ref)
    yield from named.values()
    for step in backward_steps(graph):
        of = named[ValueRef(step.by)]
        if step.writes == grad_name(step.by):
            yield _gradient(of)
        else:
            yield Value(ValueRef(step.writes), Role.SHARE, "grad", of=of, source=step.through)


# ----------------------------------------------------------------------------------------------------------- update


def _of_settings(experiment: Experiment) -> Iterator[Value]:
    """Yield what optimizer and schedule are set to and count; each setting can have a next value."""
    settings = [Value(ValueRef(name), Role.SETTING, name) for name in SETTINGS]
    for index, layer in enumerate(experiment.network.layers):
        if layer.lr is not None:
            settings.append(Value(refs.layer_lr(index), Role.SETTING, "lr", layer=index))
    own = group_settings(experiment)
    for index in range(len(experiment.parameter_groups)):
        named = ((name, refs.group_setting(index, name)) for name in SETTINGS)
        settings += [Value(ref, Role.SETTING, name, group=index) for name, ref in named if ref in own]
    if experiment.scheduler is not None:
        names = (BEST, BAD, COOLDOWN, METRIC, LOSS_SUM, LOSS_COUNT)
        settings += [Value(refs.scheduler_state(name), Role.SCHEDULER, name) for name in names]
    for value in settings:
        yield value
        yield _next(value)
    yield Value(refs.ITERATION, Role.ITERATION, "iteration")
    yield Value(refs.GRAD_NORM, Role.CLIPPING, "grad_norm")
    yield Value(refs.CLIP_COEFFICIENT, Role.CLIPPING, "clip_coef")


def _of_updates(experiment: Experiment, passes: Mapping[ValueRef, Value]) -> Iterator[Value]:
    """Yield what becomes of each trained parameter's gradient, and what the optimizer keeps and computes for it."""
    entry = lookup(OPTIMIZERS, experiment.optimizer.name)
    # Many parameters have the same optimizer and one of a few shapes.
    known = dict[tuple[int, tuple[int, ...]], Mapping[str, Kept]]()
    choices = optimizers_of(experiment, trained_parameters(experiment))
    for ref, choice in choices.items():
        parameter = passes[ref]
        yield from _on_the_way(parameter)
        key = id(choice), parameter.shape_without_batch
        if key not in known:
            known[key] = kept_values(entry, choice, parameter.shape_without_batch)
        yield from _kept(parameter, known[key])


def _on_the_way(parameter: Value) -> Iterator[Value]:
    """Yield a gradient as it is added up and clipped."""
    gradient = refs.grad(parameter.ref)
    for role, ref in (
        (Role.ACCUMULATED, refs.accumulated(gradient)),
        (Role.CLIPPED, refs.clipped(gradient)),
        (Role.KEPT_GRADIENT, refs.kept_gradient(parameter.ref)),
    ):
        value = replace(parameter, ref=ref, role=role, name=role.value, of=parameter, called=_CALLED[role])
        yield value
        if role is Role.KEPT_GRADIENT:
            yield _next(value)


def _kept(parameter: Value, kept: Mapping[str, Kept]) -> Iterator[Value]:
    for name, each in kept.items():
        value = Value(
            refs.optimizer_state(parameter.ref, name),
            Role.BUFFER if each.carried else Role.TERM,
            name,
            each.extent.along(parameter.axes, Axis.ONE),
            each.extent.along(parameter.sizes, 1),
            of=parameter,
            layer=parameter.layer,
            learned=parameter.learned,
            called=each.called,
            extent=each.extent,
        )
        yield value
        if each.carried:
            yield _next(value)


def _next(value: Value) -> Value:
    """Return the value that the next iteration starts from."""
    return replace(value, ref=refs.next_value(value.ref), of=value.of or value, next_of=value)


def by_parameter(values: Iterable[Value]) -> dict[ValueRef, list[Value]]:
    """Return values by the parameter that they belong to, in their order."""
    found: dict[ValueRef, list[Value]] = {}
    for value in values:
        if value.is_of_parameter:
            found.setdefault(value.owner.ref, []).append(value)
    return found
