"""The elements of a value: the order in which its numbers are read, and which of them another is computed from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Value

if TYPE_CHECKING:
    from chainrule.engine.program.steps import MicroStep

Index = tuple[int, ...]
# Numbers of a larger value are not walked through one by one.
MOST_ELEMENTS = 64


def is_inside(index: Index, shape: Index) -> bool:
    """Return whether an index is that of one element of a value of that shape."""
    return len(index) == len(shape) and all(0 <= place < size for place, size in zip(index, shape, strict=True))


def elements(value: Value, sample: int) -> tuple[Index, ...]:
    """Return the numbers of a value that are shown for a sample, in reading order: all of them, or that sample's."""
    first = (range(sample, sample + 1),) if value.per_sample else ()
    return tuple(product(*first, *map(range, value.shape_without_batch)))


def element_at(value: Value, sample: int, place: int) -> Index:
    """Return the number of `elements` at a place; the others of a large value need not be listed for it."""
    first = (sample,) if value.per_sample else ()
    rest: list[int] = []
    for size in reversed(value.shape_without_batch):
        place, index = divmod(place, size)
        rest.append(index)
    if place:
        raise IndexError(place)
    return (*first, *reversed(rest))


def element_count(value: Value) -> int:
    """Return how many numbers `elements` gives."""
    return math.prod(value.shape_without_batch)


def depends(step: MicroStep, written: Index, ref: ValueRef, index: Index, values: Mapping[ValueRef, Value]) -> bool:
    """Return whether one element that a micro-step writes is computed from one element of a value that its formula
    reads.

    The formula's indices say so; where it has none, elements go together that have the same place on each axis that
    both values have. `values` describes them.
    """
    if ref not in step.named:
        return False
    if step.rule is not None:
        name = step.rule.names[step.reads.index(ref)]
        found = step.rule.reads(name, index, written)
        if found is not None:
            return found
    at, to = values[ref].axes, values[step.writes].axes
    places = dict(zip(to, written, strict=True))
    return all(axis is Axis.ONE or places.get(axis, place) == place for axis, place in zip(at, index, strict=True))
