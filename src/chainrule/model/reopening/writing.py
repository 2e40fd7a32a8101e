"""Writing a history: the object that stands in a file, and its numbers, in the JSON where they are few. No torch."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chainrule.catalog.experiment.row_blocks import DOUBLE
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing.overrides import places
from chainrule.model.files.file_format import HISTORY_ARRAY, HISTORY_FILE
from chainrule.model.files.rendering import listed
from chainrule.model.reopening.differences import difference
from chainrule.model.reopening.saved_history import (
    SavedDocument,
    SavedHistory,
    SavedPin,
    SavedRun,
    SavedSegment,
    SavedSeries,
    SavedState,
    SavedView,
)
from chainrule.model.reopening.saved_numbers import SavedNumbers

# More numbers go into an array: as text they take three times the room, and a second for a million.
MOST_AS_TEXT = 20_000
# Values of which only what differs from others is written.
MOST_LIKE = 10_000
# Into a row of an array; its last one is filled with zeros.
COLUMNS = 4096


@dataclass(frozen=True, slots=True)
class WrittenHistory:
    """What stands in the JSON, and the numbers that go into an array beside it; None where all stand there."""

    object: Mapping[str, object]
    apart: Rows | None


def written_history(history: SavedHistory, experiment: Experiment) -> WrittenHistory:
    """Return how a file has a history, of the experiment in it."""
    numbers, apart = _numbers(history)
    changed = zip(history.experiments[1:], (experiment, *history.experiments[1:]), strict=False)
    experiments = list(history.differences) or [difference(after, before) for after, before in changed]
    view = history.view
    found: dict[str, object] = {
        "iteration": view.cursor.iteration,
        "micro_step": view.cursor.position,
        "horizon": view.horizon,
        "segments": [_segment(each) for each in history.segments],
        "documents": [_document(each) for each in history.documents],
        "experiments": experiments,
        "edits": [
            {"text": each.text, "before": _view(each.before), "after": _view(each.after)} for each in history.edits
        ],
        "done": history.done,
        "runs": [_run(each) for each in history.runs],
        "numbers": numbers,
    }
    if history.pinned:
        found["pinned"] = [_pin(each) for each in history.pinned]
    if apart is not None:
        found["array"] = {"file": HISTORY_FILE, "array": HISTORY_ARRAY}
    return WrittenHistory(found, apart)


def _numbers(history: SavedHistory) -> tuple[list[object], Rows | None]:
    """Return what stands in the list of numbers, and those that stand apart."""
    # A value is often that of the state before it, but for a number or two.
    changes = {}
    for index, other in islice(_values_before(history).items(), MOST_LIKE):
        change = history.numbers[index].changes_since(history.numbers[other])
        if change is not None:
            changes[index] = {"like": other, "places": change[0], "numbers": _special(change[1])}
    whole = [each for index, each in enumerate(history.numbers) if index not in changes]
    if sum(len(each.memory) for each in whole) <= MOST_AS_TEXT:
        return [changes.get(index) or _as_text(each) for index, each in enumerate(history.numbers)], None
    found, at = list[object](), 0
    for index, each in enumerate(history.numbers):
        if index in changes:
            found.append(changes[index])
        else:
            found.append({"shape": list(each.shape), "at": at})
            at += len(each.memory)
    return found, _joined(whole)


def _values_before(history: SavedHistory) -> dict[int, int]:
    """Return for the numbers of a state those that the same value had in the state before it."""
    found, last = dict[int, int](), dict[ValueRef, int]()
    for segment in history.segments:
        for ref, index in (segment.state or {}).items():
            other = last.get(ref)
            if other is not None and other < index:
                found.setdefault(index, other)
            last[ref] = index
    return found


def _joined(whole: Iterable[SavedNumbers]) -> Rows:
    flat = array(DOUBLE)
    for each in whole:
        flat.frombytes(each.memory.cast("B"))
    flat.frombytes(bytes(-len(flat) % COLUMNS * flat.itemsize))
    # Nobody asks for the bounds of what is only written.
    return Rows.of_memory(memoryview(flat), COLUMNS, lambda _: (0.0, 0.0))


def _as_text(numbers: SavedNumbers) -> object:
    plain = numbers.nested()
    return listed(_tuples(plain)) if numbers.is_finite else plain


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _special(numbers: list[float]) -> object:
    return SavedNumbers.of((len(numbers),), numbers).nested()


def _state(state: SavedState) -> dict[str, int]:
    return {str(ref): index for ref, index in state.items()}


def _segment(segment: SavedSegment) -> dict[str, object]:
    found: dict[str, object] = {"start": segment.start, "experiment": segment.experiment}
    if segment.state is not None:
        found["state"] = _state(segment.state)
    if segment.overrides:
        found["overrides"] = [
            {"ref": ref, "index": list(index), "value": value} for ref, index, value in places(segment.overrides)
        ]
    return found


def _document(document: SavedDocument) -> dict[str, object]:
    found: dict[str, object] = {"segments": list(document.segments), "trained": document.trained}
    return found | {"pinned": list(document.pinned)} if document.pinned else found


def _pin(pin: SavedPin) -> dict[str, object]:
    return {"document": pin.document, "horizon": pin.horizon, "name": pin.name, "shown": pin.shown}


def _view(view: SavedView) -> dict[str, int]:
    here = view.cursor
    return {
        "document": view.document,
        "iteration": here.iteration,
        "micro_step": here.position,
        "horizon": view.horizon,
    }


def _run(run: SavedRun) -> dict[str, object]:
    return {
        "segments": list(run.segments),
        "states": [{"iteration": at, "values": _state(values)} for at, values in run.states],
        "curves": {name: _series(series) for name, series in run.curves.items()},
    }


def _series(series: SavedSeries) -> dict[str, int]:
    found = {"length": series.length, "first": series.first}
    for key in ("low", "high", "newest"):
        index = getattr(series, key)
        if index is not None:
            found |= {key: index, "block": series.block}
    return found
