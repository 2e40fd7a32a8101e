"""The values of an experiment, described: what each is, which axes it has, and what it belongs to.

A ref is a name and nothing more. What a reader of the program wants to know of it (which layer, per sample or not, a
gradient of what, kept by whom) stands in its `Value`, which says so in fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache

from chainrule.catalog import refs
from chainrule.catalog.activation import Learned
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.extent import Extent
from chainrule.catalog.groups import SETTINGS, group_settings
from chainrule.catalog.losses import LOSS_TERMS
from chainrule.catalog.memory import trained_parameters
from chainrule.catalog.optimizers import OPTIMIZERS, Called, Kept, kept_values
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.schedules.plateau import BAD, BEST, COOLDOWN, LOSS_COUNT, LOSS_SUM, METRIC
from chainrule.catalog.schedules.schedule import optimizers_of
from chainrule.catalog.spec import Experiment, NetworkSpec
from chainrule.catalog.tables import lookup
from chainrule.catalog.targets import has_classes
from chainrule.formula.graph import backward, grad, graph_of


class Axis(Enum):
    """What one index of a value counts. Along `ONE` there is a single number, which is that of all others."""

    BATCH = "batch"
    UNIT = "unit"
    # Of a weight: the unit of the layer below that it comes from.
    SOURCE = "source"
    ONE = "one"


class Role(Enum):
    """What a value is to the program."""

    INPUT = "input"
    TARGET = "target"
    PARAMETER = "parameter"
    PRE_ACTIVATION = "pre_activation"
    ACTIVATION = "activation"
    # What an operator of a formula gives.
    OPERATOR = "operator"
    LOSS_TERM = "loss_term"
    LOSS = "loss"
    # The loss of the data alone, where penalties are added to it.
    DATA_LOSS = "data_loss"
    PENALTY = "penalty"
    GRADIENT = "gradient"
    # What one source adds to a gradient: the data, a penalty, a reader of a name.
    SHARE = "share"
    ACCUMULATED = "accumulated"
    CLIPPED = "clipped"
    # The sum of the gradients since the last update.
    KEPT_GRADIENT = "kept_gradient"
    # What the optimizer carries from one iteration to the next for a parameter, and what it computes between.
    BUFFER = "buffer"
    TERM = "term"
    SETTING = "setting"
    SCHEDULER = "scheduler"
    ITERATION = "iteration"
    # What clipping by norm computes from all gradients together.
    CLIPPING = "clipping"


OF_OPTIMIZERS = (Role.BUFFER, Role.TERM)
# What a scheduler sets or keeps, where there is one.
SCHEDULED = (Role.SETTING, Role.SCHEDULER)
# Gradients on their way from the backward pass to the update.
GRADIENTS = (Role.GRADIENT, Role.SHARE, Role.ACCUMULATED, Role.CLIPPED)
_CALLED = {
    Role.CLIPPED: Called("g", "clipped gradient", above="clipped"),
    Role.ACCUMULATED: Called("G", "accumulated gradient", above="all"),
    Role.KEPT_GRADIENT: Called("G", "kept gradient"),
}


_PLURALS = {"bias": "biases"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a program.

    `name` is what its owner calls it: weight, exp_avg, softmax, lr. `of` is what it belongs to: the value that a
    gradient is by, the parameter that a buffer is kept for. `sizes` go with `axes`; along the batch there are as many
    as the batch has rows, which is None here. `layer` and `group` count from 0. `source` says of a share where it comes
    from: "data", or the name of a formula's operator; `penalty` is the place of one among the experiment's. `next_of`
    is what it takes the place of in the next iteration. `learned` is what the table says of the vector that an
    activation learns, of that vector and of what belongs to it. `called` are the words and letters for what an update
    makes, and `extent` is what it has a number for beside its parameter: of a parameter that is one number the axes do
    not tell.
    """

    ref: ValueRef
    role: Role
    name: str
    axes: tuple[Axis, ...] = ()
    sizes: tuple[int | None, ...] = ()
    of: Value | None = None
    layer: int | None = None
    group: int | None = None
    source: str = ""
    penalty: int | None = None
    next_of: Value | None = None
    learned: Learned | None = None
    called: Called | None = None
    extent: Extent = Extent.ELEMENTS

    @property
    def owner(self) -> Value:
        """What it belongs to; itself where it belongs to nothing else."""
        return self.of or self

    @property
    def is_next(self) -> bool:
        """Whether it is what the iteration hands to the next."""
        return self.next_of is not None

    @property
    def per_sample(self) -> bool:
        """Whether its first index is the sample."""
        return bool(self.axes) and self.axes[0] is Axis.BATCH

    @property
    def shape_without_batch(self) -> tuple[int, ...]:
        """Its shape; of a value that has samples, that of one sample's numbers."""
        return tuple(size for size in self.sizes if size is not None)

    @property
    def is_of_parameter(self) -> bool:
        """Whether it is a parameter, or belongs to one."""
        return self.owner.role is Role.PARAMETER

    @property
    def is_learned(self) -> bool:
        """Whether it is a vector that an activation learns, or belongs to one."""
        return self.learned is not None

    @property
    def noun(self) -> str:
        """What its owner is called in words: weight, bias, what an activation learns; or whose number it is."""
        if self.role is Role.SCHEDULER:
            return "scheduler"
        return self.learned.word if self.learned else self.owner.name

    @property
    def nouns(self) -> str:
        """The same of several: weights, biases."""
        return self.learned.plural if self.learned else _PLURALS.get(self.noun, f"{self.noun}s")

    @property
    def written_sizes(self) -> tuple[int, ...]:
        """How many numbers there are along each index that is written: not the sample's, nor that of a single one."""
        pairs = zip(self.axes, self.sizes, strict=True)
        return tuple(size for axis, size in pairs if size is not None and axis is not Axis.ONE)

    def written(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """The places of an index that are written, as `written_sizes` has them."""
        pairs = zip(self.axes, index, strict=True)
        return tuple(place for axis, place in pairs if axis not in (Axis.BATCH, Axis.ONE))


class Values(Mapping[ValueRef, Value]):
    """The values of one experiment by their refs; those of the update are described when one is asked for."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._passes = {value.ref: value for value in _of_passes(experiment)}

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


class _Same:
    """An object that is looked up by what it is, and not by what it says."""

    __slots__ = ("it",)

    def __init__(self, it: Experiment) -> None:
        self.it = it

    def __hash__(self) -> int:
        return id(self.it)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.it is self.it


def values_of(experiment: Experiment) -> Values:
    """Every value that a checked experiment can have, whether its program computes it or not."""
    return _values_of(_Same(experiment))


# What is on the screen, and what it was before.
@lru_cache(maxsize=4)
def _values_of(same: _Same) -> Values:
    return Values(same.it)


# ------------------------------------------------------------------------------------------ forward and backward pass


def _of_passes(experiment: Experiment) -> Iterator[Value]:
    network = experiment.network
    if network.formula:
        yield from _of_formula(network)
        return
    per_sample = (Axis.BATCH, Axis.UNIT)
    # A class is one number for all outputs.
    per_target, targets = ((Axis.BATCH, Axis.ONE), 1) if has_classes(experiment) else (per_sample, network.outputs)
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
        if experiment.penalties:
            yield from _shares(parameter, len(experiment.penalties))
    yield Value(refs.LOSS, Role.LOSS, "loss")
    for name in LOSS_TERMS:
        yield Value(refs.loss_term(name), Role.LOSS_TERM, name, per_sample, (None, network.outputs))
    if experiment.penalties:
        yield Value(refs.DATA_LOSS, Role.DATA_LOSS, "data", source="data")
    for index in range(len(experiment.penalties)):
        yield Value(refs.penalty(index), Role.PENALTY, "penalty", penalty=index)


def parameters_of(network: NetworkSpec) -> dict[ValueRef, Value]:
    """The parameters of a network, in the order of `nn.Module.parameters()`."""
    if network.formula:
        return {ref: Value(ref, Role.PARAMETER, ref) for ref in network.parameter_shapes()}
    found = []
    for index, layer in enumerate(network.layers):
        units, below = layer.units, network.fan_in(index)
        axes = (Axis.UNIT, Axis.SOURCE)
        found.append(Value(refs.weight(index), Role.PARAMETER, "weight", axes, (units, below), layer=index))
        if layer.bias:
            found.append(Value(refs.bias(index), Role.PARAMETER, "bias", axes[:1], (units,), layer=index))
        entry = ACTIVATIONS.get(layer.activation.name)
        vectors = {each.name: each for each in entry.learned} if entry else {}
        for name, size in layer.learned.items():
            along = Axis.UNIT if size == units else Axis.ONE
            ref = refs.learned(index, name)
            found.append(Value(ref, Role.PARAMETER, name, (along,), (size,), layer=index, learned=vectors.get(name)))
    return {value.ref: value for value in found}


def _gradient(value: Value) -> Value:
    return replace(value, ref=refs.grad(value.ref), role=Role.GRADIENT, name="grad", of=value)


def _shares(parameter: Value, penalties: int) -> Iterator[Value]:
    """What the data and each penalty add to a parameter's gradient."""
    gradient = _gradient(parameter)
    yield replace(gradient, ref=refs.share(gradient.ref, "data"), role=Role.SHARE, source="data")
    for index in range(penalties):
        ref = refs.share(gradient.ref, f"penalties.{index}")
        yield replace(gradient, ref=ref, role=Role.SHARE, penalty=index)


def _of_formula(network: NetworkSpec) -> Iterator[Value]:
    """The names of a formula, their gradients, and the shares of these."""
    graph = graph_of(network.formula)
    named = parameters_of(network)
    yield from map(_next, named.values())
    for node in graph.nodes:
        ref = ValueRef(node.writes)
        named[ref] = Value(ref, Role.OPERATOR, ref)
    yield from named.values()
    for step in backward(graph):
        of = named[ValueRef(step.by)]
        if step.writes == grad(step.by):
            yield _gradient(of)
        else:
            yield Value(ValueRef(step.writes), Role.SHARE, "grad", of=of, source=step.through)


# ----------------------------------------------------------------------------------------------------------- update


def _of_settings(experiment: Experiment) -> Iterator[Value]:
    """What optimizer and schedule are set to and count; each setting can have a next value."""
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
    """What becomes of each trained parameter's gradient, and what the optimizer keeps and computes for it."""
    entry = lookup(OPTIMIZERS, experiment.optimizer.name)
    trained = trained_parameters(experiment)
    for ref, choice in optimizers_of(experiment, trained).items():
        parameter = passes[ref]
        yield from _on_the_way(parameter)
        yield from _kept(parameter, kept_values(entry, choice, parameter.shape_without_batch))


def _on_the_way(parameter: Value) -> Iterator[Value]:
    """A gradient as it is added up and clipped."""
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
        axes, sizes = _along(each.extent, parameter)
        value = Value(
            refs.optimizer_state(parameter.ref, name),
            Role.BUFFER if each.carried else Role.TERM,
            name,
            axes,
            sizes,
            of=parameter,
            layer=parameter.layer,
            learned=parameter.learned,
            called=each.called,
            extent=each.extent,
        )
        yield value
        if each.carried:
            yield _next(value)


def _along(extent: Extent, parameter: Value) -> tuple[tuple[Axis, ...], tuple[int | None, ...]]:
    """The axes and sizes that a value of an extent has beside a parameter."""
    axes, sizes = parameter.axes, parameter.sizes
    if extent is Extent.ELEMENTS:
        return axes, sizes
    if extent is Extent.SCALAR:
        return (), ()
    if extent is Extent.ROWS:
        return (*axes[:-1], Axis.ONE), (*sizes[:-1], 1)
    return (*axes[:-2], Axis.ONE, *axes[-1:]), (*sizes[:-2], 1, *sizes[-1:])


def _next(value: Value) -> Value:
    """The value that the next iteration starts from."""
    return replace(value, ref=refs.next_value(value.ref), of=value.of or value, next_of=value)


def by_parameter(values: Iterable[Value]) -> dict[ValueRef, list[Value]]:
    """Values by the parameter that they belong to, in their order."""
    found: dict[ValueRef, list[Value]] = {}
    for value in values:
        if value.is_of_parameter:
            found.setdefault(value.owner.ref, []).append(value)
    return found
