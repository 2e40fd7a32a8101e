"""How much memory is in use, in bytes: memory that several hold is counted once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import Experiment, NestedNumbers, rows_beside
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.model.document import Document
from chainrule.model.editing.overrides import count

if TYPE_CHECKING:
    from torch import Tensor

# Bytes by what they belong to: the address of a tensor's memory, or the id of a Python object that lives.
MemoryUse = dict[int, int]
# What a tensor takes beside its numbers, and a place in a tuple, a number in Python, and one that is set by hand.
TENSOR, PLACE, NUMBER, BY_HAND = 512, 8, 24, 400


def of_tensors(tensors: Iterable[Tensor]) -> MemoryUse:
    """Return what tensors hold, by the address of their memory."""
    stores = (tensor.untyped_storage() for tensor in tensors)
    return {store.data_ptr(): store.nbytes() + TENSOR for store in stores}


def of_document(experiment: Experiment, overrides: Overrides, before: Experiment | None) -> MemoryUse:
    """Return what an experiment's numbers take as Python objects,
    without the rows that it shares with the one before.
    """
    data, given = experiment.data, before.data if before else None
    found = {
        id(data.inputs): _of_rows(data.inputs, given.inputs if given else ()),
        id(data.targets): _of_rows(data.targets, given.targets if given else ()),
        id(overrides): BY_HAND * count(overrides),
    }
    known = _kept(before) if before else {}
    return found | {id(numbers): _of_rows(numbers, known.get(ref, ())) for ref, numbers in _kept(experiment).items()}


def _kept(experiment: Experiment) -> Mapping[ValueRef, NestedNumbers]:
    """Return the parameters that are given, and what training starts from beside them."""
    return {**experiment.parameters, **(experiment.state.values if experiment.state else {})}


def of_replaced(before: Document, after: Document) -> MemoryUse:
    """Return what a document holds, and the one that takes its place does not.

    As good as nothing after a small edit.
    """
    stays, new = set(after.segments), set(after.segments).difference(before.segments)
    gone = [segment for segment in before.segments if segment not in stays]
    if not gone:
        return {}
    found: MemoryUse = {}
    for segment in gone:
        found |= of_document(segment.experiment, segment.overrides, after.experiment_at(segment.start))
        found |= of_tensors(segment.state.values.values() if segment.state else ())
    for segment in new:
        for key in of_tensors(segment.state.values.values() if segment.state else ()):
            found.pop(key, None)
    for experiment in {id(segment.experiment): segment.experiment for segment in after.segments}.values():
        for numbers in (experiment.data.inputs, experiment.data.targets, *_kept(experiment).values()):
            found.pop(id(numbers), None)
    return found


def _of_rows(numbers: NestedNumbers, before: NestedNumbers) -> int:
    if numbers is before or isinstance(numbers, float) or not numbers:
        return 0
    if not isinstance(numbers[0], tuple):
        return (PLACE + NUMBER) * len(numbers)
    rows: tuple[object, ...] = numbers
    new = len(list(rows_beside(rows, before if isinstance(before, tuple) else ())))
    return PLACE * len(numbers) + (PLACE + NUMBER) * len(numbers[0]) * new
