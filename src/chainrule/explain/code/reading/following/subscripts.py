"""What stands in square brackets in a script: items of lists, rows of arrays, the rows of a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from chainrule.explain.code.reading.findings import NotUnderstoodError
from chainrule.explain.code.reading.numbers.arrays import guarded, unwrapped
from chainrule.explain.code.reading.state import ScriptCall, ScriptState
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    DrawnOrder,
    LoopIndex,
    RowSet,
    ScriptArray,
    ScriptModule,
    Signal,
)


def item_of(owner: object, index: object, call: ScriptCall) -> object:
    """Return an item, or some, of a value."""
    if owner is UNKNOWN or index is UNKNOWN:
        return UNKNOWN
    if isinstance(owner, ScriptModule):
        return _of_module(owner, index)
    if isinstance(owner, Signal):
        return _of_signal(owner, index)
    if isinstance(owner, DrawnOrder):
        return _batch(owner, index, call.state, owner.rows)
    if isinstance(owner, ScriptArray):
        return _of_array(owner, index, call)
    if isinstance(owner, RowSet) and isinstance(index, LoopIndex):
        return tuple(item_of(each, index, call) for each in owner.arrays)
    if isinstance(owner, dict):
        return owner.get(index, UNKNOWN) if isinstance(index, str | int | float) else UNKNOWN
    if isinstance(owner, list | tuple | str | range) and isinstance(index, int | slice):
        if isinstance(index, slice) and not all(
            isinstance(e, int | None) for e in (index.start, index.stop, index.step)
        ):
            return UNKNOWN
        if isinstance(index, slice):
            call.state.spend_items(len(owner))
        return guarded(lambda: owner[index])
    return UNKNOWN


def _of_module(owner: ScriptModule, index: object) -> object:
    children = [child for _, child in owner.children()]
    if isinstance(index, str):
        return dict(owner.children()).get(index, UNKNOWN)
    if isinstance(index, slice):
        return ScriptModule("Sequential", {str(place): each for place, each in enumerate(children[index])})
    return guarded(lambda: children[index]) if isinstance(index, int) else UNKNOWN


def _of_signal(owner: Signal, index: object) -> object:
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, slice) and part == slice(None) for part in parts):
        return owner
    if parts == (slice(None), 0):
        return owner.then(is_flat=True)
    raise NotUnderstoodError("a part of the outputs is taken")


def _of_array(owner: ScriptArray, index: object, call: ScriptCall) -> object:
    if _names_batch(index):
        return _batch(owner, index, call.state, owner.shape[0] if owner.shape else 0)
    if isinstance(index, DrawnOrder):
        call.state.training.shuffle |= index.is_drawn
        call.state.training.batch_size = index.batch_size or call.state.training.batch_size
        return owner
    chosen: Any = _index(index)
    data = owner.data
    if isinstance(data, torch.Tensor) and isinstance(chosen, np.ndarray):
        chosen = torch.as_tensor(chosen)
    # An index may take a row as often as it names it.
    counts = [each.size if isinstance(each, np.ndarray) else each.numel() for each in _arrays(chosen)]
    width = 1
    for size in owner.shape[1:]:
        width *= size
    call.state.spend(max(counts, default=1) * max(1, width))
    found = guarded(lambda: data[chosen])
    if isinstance(found, torch.Tensor | np.ndarray):
        return ScriptArray(found)
    return found.item() if isinstance(found, np.generic) else UNKNOWN


def _arrays(chosen: Any) -> list[Any]:
    parts = chosen if isinstance(chosen, tuple) else (chosen,)
    return [part for part in parts if isinstance(part, torch.Tensor | np.ndarray)]


def _index(index: object) -> Any:
    if isinstance(index, tuple):
        return tuple(_index(each) for each in index)
    if isinstance(index, slice):
        return slice(*(_index(each) for each in (index.start, index.stop, index.step)))
    return unwrapped(index)


def _names_batch(index: object) -> bool:
    if isinstance(index, tuple) and index:
        return _names_batch(index[0]) and all(part == slice(None) for part in index[1:])
    return isinstance(index, LoopIndex) or (isinstance(index, slice) and isinstance(index.start, LoopIndex))


def _batch(owner: object, index: object, state: ScriptState, rows: int) -> object:
    """Return all rows where a loop takes them batch by batch, and remember how many it takes at a time."""
    first = index[0] if isinstance(index, tuple) else index
    start = first.start if isinstance(first, slice) else first
    if not isinstance(start, LoopIndex):
        raise NotUnderstoodError
    if start.stop > rows > 0:
        raise NotUnderstoodError("the loop goes beyond the rows")
    if state.loops:
        state.loops[-1] = "batch"
    state.training.batch_size = start.step
    if isinstance(owner, DrawnOrder):
        state.training.shuffle |= owner.is_drawn
    return owner


def set_item(owner: object, index: object, value: object, call: ScriptCall) -> None:
    """Follow an assignment to an item."""
    if isinstance(owner, dict) and "optimizer" in owner:
        text = "the learning rate is set by hand here, which was left out; a scheduler can say it"
        call.state.findings.add(call.line, text)
    elif isinstance(owner, dict) and isinstance(index, str | int | float):
        owner.update({index: value})
    elif isinstance(owner, list) and isinstance(index, int) and -len(owner) <= index < len(owner):
        owner[index] = value
    elif isinstance(owner, ScriptArray) and value is not UNKNOWN:
        data: Any = owner.data
        chosen, new = _index(index), unwrapped(value)
        if isinstance(data, torch.Tensor) and isinstance(new, np.ndarray):
            new = torch.as_tensor(new)

        def put() -> None:
            data[chosen] = new

        call.state.spend(data.size if isinstance(data, np.ndarray) else data.numel())
        guarded(put)
    elif owner is not UNKNOWN and not isinstance(owner, list | dict):
        raise NotUnderstoodError
