"""The elements of a value: its shape, and the order in which its numbers are read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

from chainrule.engine import refs
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment

if TYPE_CHECKING:
    from chainrule.engine.steps import MicroStep

Index = tuple[int, ...]
# Numbers of a larger value are not walked through one by one.
MOST_ELEMENTS = 64


def value_shape(ref: ValueRef, experiment: Experiment, rows: int) -> Index:
    """Shape of a value in a batch of `rows` samples."""
    parts = refs.parse(ref)
    network = experiment.network
    if parts.layer is None:
        return {"input": (rows, network.inputs), "target": (rows, network.outputs)}.get(parts.name, ())
    units = network.layers[parts.layer].units
    if parts.name in ("pre_activation", "activation"):
        return (rows, units)
    return (units, network.fan_in(parts.layer)) if parts.name == "weight" else (units,)


def per_sample(ref: ValueRef) -> bool:
    """Whether the first index of a value is the sample."""
    return refs.parse(ref).name in ("input", "target", "pre_activation", "activation")


def elements(ref: ValueRef, experiment: Experiment, rows: int, sample: int) -> tuple[Index, ...]:
    """The numbers of a value that are shown for a sample, in reading order: all of them, or that sample's."""
    shape = value_shape(ref, experiment, rows)
    if per_sample(ref):
        return tuple((sample, unit) for unit in range(shape[1]))
    return tuple(product(*map(range, shape)))


def element_count(ref: ValueRef, experiment: Experiment) -> int:
    """How many numbers `elements` gives."""
    shape = value_shape(ref, experiment, 1)
    count = 1
    for size in shape:
        count *= size
    return count


def depends(step: MicroStep, written: Index, ref: ValueRef, index: Index) -> bool:
    """Whether one element that a micro-step writes is computed from one element of a value that it reads.

    For gradients of parameters the sum over the batch makes every sample count.
    """
    if ref not in step.reads:
        return False
    return _DEPENDENCIES.get(step.kind.value, _same_element)(written, index, refs.parse(ref).name)


def _same_element(written: Index, index: Index, name: str) -> bool:
    return index in (written, ())


def _for_pre_activation(written: Index, index: Index, name: str) -> bool:
    # The unit's own row of weights and its bias, and all that the sample brings.
    return index[0] == written[1] if name in refs.PARAMETER_NAMES else index[0] == written[0]


def _for_weight_gradient(written: Index, index: Index, name: str) -> bool:
    # z's gradient belongs to the unit that the weight goes to, the activation to the one that it comes from.
    return index[1] == (written[0] if name == "pre_activation" else written[1])


def _for_bias_gradient(written: Index, index: Index, name: str) -> bool:
    return index[1] == written[0]


def _for_activation_gradient(written: Index, index: Index, name: str) -> bool:
    return index[1] == written[1] if name == "weight" else index[0] == written[0]


_DEPENDENCIES: dict[str, Callable[[Index, Index, str], bool]] = {
    "pre_activation": _for_pre_activation,
    "loss": lambda written, index, name: True,
    "weight_gradient": _for_weight_gradient,
    "bias_gradient": _for_bias_gradient,
    "activation_gradient": _for_activation_gradient,
}
