"""The elements of a value: the order in which its numbers are read, and which of them another is computed from."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING

from chainrule.catalog import refs
from chainrule.catalog.refs import ValueRef

if TYPE_CHECKING:
    from chainrule.engine.steps import MicroStep

Index = tuple[int, ...]
_OF_DATA, _OF_LAYERS = ("input", "target"), ("pre_activation", "activation")
# What is computed of the whole batch, on the way to the loss too; the output of a formula may be called the loss.
_IN_ONE_NUMBER = ((), ("next",), ("data",), ("penalties",), ("grad",))
# Numbers of a larger value are not walked through one by one.
MOST_ELEMENTS = 64


def per_sample(ref: ValueRef) -> bool:
    """Whether the first index of a value is the sample."""
    parts = refs.parse(ref)
    if parts.name in _OF_DATA or (parts.layer is not None and parts.name in _OF_LAYERS):
        return True
    return parts.name == "loss" and parts.suffixes[:1] not in _IN_ONE_NUMBER


def is_inside(index: Index, shape: Index) -> bool:
    """Whether an index is that of one element of a value of that shape."""
    return len(index) == len(shape) and all(0 <= place < size for place, size in zip(index, shape, strict=True))


def elements(ref: ValueRef, shape: Index, sample: int) -> tuple[Index, ...]:
    """The numbers of a value that are shown for a sample, in reading order: all of them, or that sample's."""
    if per_sample(ref):
        return tuple((sample, *rest) for rest in product(*map(range, shape[1:])))
    return tuple(product(*map(range, shape)))


def element_at(ref: ValueRef, shape: Index, sample: int, place: int) -> Index:
    """The number of `elements` at a place; the others of a large value need not be listed for it."""
    first = (sample,) if per_sample(ref) else ()
    rest: list[int] = []
    for size in reversed(shape[len(first) :]):
        place, index = divmod(place, size)
        rest.append(index)
    if place:
        raise IndexError(place)
    return (*first, *reversed(rest))


def element_count(ref: ValueRef, shape: Index) -> int:
    """How many numbers `elements` gives."""
    return math.prod(shape[1:] if per_sample(ref) else shape)


def depends(step: MicroStep, written: Index, ref: ValueRef, index: Index, shape: Callable[[ValueRef], Index]) -> bool:
    """Whether one element that a micro-step writes is computed from one element of a value that its formula reads.

    For gradients of parameters the sum over the batch makes every sample count. `shape` gives a value's shape.
    """
    if ref not in step.named:
        return False
    if step.couples_units and per_sample(ref):
        return index[0] == written[0]
    rule = _DEPENDENCIES.get(step.kind.value)
    if rule is not None:
        return rule(written, index, refs.parse(ref).name)
    to, at = shape(step.writes), shape(ref)
    if refs.parse(ref).learned or refs.parse(step.writes).learned:
        # What an activation learns goes with units, whatever the sample.
        return _broadcast(written[-1:], to[-1:], index[-1:], at[-1:])
    return _broadcast(written, to, index, at)


def _broadcast(written: Index, written_shape: Index, index: Index, shape: Index) -> bool:
    """The rule of elementwise steps: along an axis of one element all of the other's meet."""
    if len(written_shape) != len(shape):
        return True
    places = zip(written, written_shape, index, shape, strict=True)
    return all(to == at or 1 in (to_size, size) for to, to_size, at, size in places)


def _for_pre_activation(written: Index, index: Index, name: str) -> bool:
    # The unit's own row of weights and its bias, and all that the sample brings.
    return index[0] == written[1] if name in ("weight", "bias") else index[0] == written[0]


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
    "penalty": lambda written, index, name: True,
    "total_loss": lambda written, index, name: True,
    "weight_gradient": _for_weight_gradient,
    "bias_gradient": _for_bias_gradient,
    "activation_gradient": _for_activation_gradient,
}
