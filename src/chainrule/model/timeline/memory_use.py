"""How much memory is in use, in bytes: memory that several hold is counted once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.numbers import NestedNumbers, rows_beside
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.model.document import Document, Segment
from chainrule.model.editing.overrides import count

if TYPE_CHECKING:
    from torch import Tensor

# Bytes by what they belong to: the address of a tensor's memory, or the id of a Python object that lives.
MemoryUse = dict[int, int]
# What a tensor and a block of rows take beside their numbers, and a place in a tuple, a number in Python, and one that
# is set by hand.
TENSOR, BLOCK, PLACE, NUMBER, BY_HAND = 512, 400, 8, 24, 400


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
        id(data.inputs): _of_data(data.inputs, given.inputs if given else Rows()),
        id(data.targets): _of_data(data.targets, given.targets if given else Rows()),
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
    stays, new = set(_segments(after)), set(after.segments).difference(before.segments)
    gone = [segment for segment in dict.fromkeys(_segments(before)) if segment not in stays]
    if not gone:
        return {}
    found: MemoryUse = {}
    for segment in gone:
        found |= of_document(segment.experiment, segment.overrides, after.experiment_at(segment.start))
        found |= of_tensors(segment.state.values.values() if segment.state else ())
    for segment in new:
        for key in of_tensors(segment.state.values.values() if segment.state else ()):
            found.pop(key, None)
    for experiment in {id(segment.experiment): segment.experiment for segment in _segments(after)}.values():
        for numbers in (experiment.data.inputs, experiment.data.targets, *_kept(experiment).values()):
            found.pop(id(numbers), None)
    return found


def _segments(document: Document) -> Iterator[Segment]:
    """Yield what a document holds, the runs beside it included."""
    yield from document.segments
    for run in document.pinned:
        yield from run.segments


def _of_data(rows: Rows, before: Rows) -> int:
    return sum(BLOCK + block.nbytes for _, block in rows.beside(before)) + 2 * PLACE * len(rows.blocks)


def _of_rows(numbers: NestedNumbers, before: NestedNumbers) -> int:
    if numbers is before or isinstance(numbers, float) or not numbers:
        return 0
    if not isinstance(numbers[0], tuple):
        return (PLACE + NUMBER) * len(numbers)
    rows: tuple[object, ...] = numbers
    new = len(list(rows_beside(rows, before if isinstance(before, tuple) else ())))
    return PLACE * len(numbers) + (PLACE + NUMBER) * len(numbers[0]) * new
