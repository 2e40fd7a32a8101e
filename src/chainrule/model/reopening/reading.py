"""Reading a history out of a file: bounds first, then indices, each checked where it stands. No torch.

What is wrong is a `SpecError` with its path. Whether segments and states fit their experiments is seen when they are
put together; what was computed, and does not fit, is computed once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.row_blocks import NOTHING
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.carried import ITERATION
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.model.document import MOST_PINNED
from chainrule.model.files.converting import Reader, converted, read_fields
from chainrule.model.files.json_text import member
from chainrule.model.navigation import Cursor
from chainrule.model.reopening.differences import changed_experiment
from chainrule.model.reopening.saved_history import (
    MOST_ALL_DOCUMENTS,
    MOST_EDITS,
    MOST_EXPERIMENTS,
    MOST_HELD,
    MOST_NAMED,
    MOST_PARTS,
    MOST_PINS,
    MOST_TEXT,
    SavedDocument,
    SavedEdit,
    SavedHistory,
    SavedPin,
    SavedRun,
    SavedSegment,
    SavedSeries,
    SavedState,
    SavedView,
    check_gaps,
)
from chainrule.model.reopening.saved_numbers import MOST_AXES, SavedNumbers, numbers_at, special_number

if TYPE_CHECKING:
    from chainrule.model.arrays.archive import Archive

T = TypeVar("T")
# Of a program of any size.
MOST_POSITION = 1_000_000
CURVES = ("losses", "test_losses", "gradients", "rates", "layers")


@dataclass(frozen=True, slots=True)
class _File:
    """The keys of a history, as they stand in a file."""

    iteration: int
    micro_step: int
    horizon: int
    segments: list[Any]
    documents: list[Any]
    experiments: list[Any] = field(default_factory=list)
    edits: list[Any] = field(default_factory=list)
    done: int = 0
    runs: list[Any] = field(default_factory=list)
    numbers: list[Any] = field(default_factory=list)
    pinned: list[Any] = field(default_factory=list)
    array: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _FileView:
    document: int
    iteration: int
    micro_step: int
    horizon: int


@dataclass(frozen=True, slots=True)
class _FileState:
    iteration: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _FileOverride:
    ref: str
    index: list[Any]
    value: float


@dataclass(frozen=True, slots=True)
class _Placed:
    """Numbers that are in an array: their shape, and where they begin."""

    shape: tuple[int, ...]
    at: int


@dataclass(frozen=True, slots=True)
class _Like:
    """Numbers that are those of an index before, but at some places."""

    like: int
    places: tuple[int, ...]
    numbers: list[Any]


def read_history(raw: object, path: str, experiment: Experiment, archive: Archive | None) -> SavedHistory:
    """Return the history that stands at a path of a file, of an experiment that was read there."""
    found = _File(**_object(_File, raw, path))
    numbers = _numbers(found, path, archive)
    named = [0]
    state = partial(_state, len(numbers), named)
    experiments = [experiment]
    for place, each in _places(found.experiments, f"{path}.experiments", MOST_EXPERIMENTS):
        experiments.append(changed_experiment(experiments[-1], each, place))
    segments = _each(found.segments, f"{path}.segments", partial(_segment, len(experiments), state))
    document = partial(_document, segments, len(found.pinned))
    documents = _each(found.documents, f"{path}.documents", document, MOST_ALL_DOCUMENTS)
    if not documents:
        raise SpecError(f"{path}.documents", "expected at least 1 document, got none")
    pinned = _each(found.pinned, f"{path}.pinned", partial(_pin, documents), MOST_PINS)
    edits = _each(found.edits, f"{path}.edits", partial(_edit, len(documents)), MOST_EDITS)
    runs = _each(found.runs, f"{path}.runs", partial(_run, len(segments), len(numbers), state))
    here = {"document": 0, "iteration": found.iteration, "micro_step": found.micro_step, "horizon": found.horizon}
    view = _view(len(documents), here, path)
    done = _index(found.done, len(edits) + 1, f"{path}.done")
    read = SavedHistory(view, tuple(experiments), segments, documents, edits, done, runs, numbers, pinned=pinned)
    check_gaps(read)
    return read


def _object(kind: type, raw: object, path: str) -> dict[str, Any]:
    return read_fields(kind, raw, path, {}, keys=tuple(each.name for each in fields(kind)))


def _places(raw: list[Any], path: str, most: int = MOST_PARTS) -> list[tuple[str, Any]]:
    if len(raw) > most:
        raise SpecError(path, f"expected at most {most} items, got {len(raw)}")
    return [(f"{path}[{index}]", item) for index, item in enumerate(raw)]


def _each(raw: list[Any], path: str, read: Callable[[Any, str], T], most: int = MOST_PARTS) -> tuple[T, ...]:
    return tuple(read(item, place) for place, item in _places(raw, path, most))


def _index(raw: object, count: int, path: str) -> int:
    found: int = converted(raw, int, path)
    if not 0 <= found < count:
        raise SpecError(path, f"expected an integer from 0 to {count - 1}, got {found}")
    return found


def _indices(raw: object, count: int, path: str) -> tuple[int, ...]:
    found: tuple[int, ...] = converted(raw, tuple[int, ...], path)
    return tuple(_index(item, count, place) for place, item in _places(list(found), path))


def _iteration(raw: object, path: str) -> int:
    found: int = converted(raw, int, path)
    ITERATION.check(found, path)
    return found


# Numbers


def _numbers(found: _File, path: str, archive: Archive | None) -> tuple[SavedNumbers, ...]:
    """Return all numbers; how many they are is known before memory is taken for them."""
    array, held, numbers = NOTHING, 0, list[SavedNumbers]()
    if found.array is not None:
        if archive is None:
            raise SpecError(f"{path}.array", "there are no arrays beside this file")
        array = archive.numbers(found.array, f"{path}.array", 2 * MOST_HELD)
    for place, raw in _places(found.numbers, f"{path}.numbers", MOST_NAMED):
        if not isinstance(raw, dict):
            numbers.append(numbers_at(raw, place))
        elif "like" in raw:
            numbers.append(_like(_Like(**_object(_Like, raw, place)), numbers, held, place))
        else:
            numbers.append(_placed(_Placed(**_object(_Placed, raw, place)), array, place))
        held += len(numbers[-1].memory)
        _check_held(held, place)
    return tuple(numbers)


def _check_held(count: int, path: str) -> None:
    if count > MOST_HELD:
        raise SpecError(path, f"expected at most {MOST_HELD} numbers in a history, got {count}")


def _like(raw: _Like, before: list[SavedNumbers], held: int, path: str) -> SavedNumbers:
    other = before[_index(raw.like, len(before), f"{path}.like")]
    _check_held(held + len(other.memory), path)
    if len(raw.places) != len(raw.numbers):
        raise SpecError(path, f"expected {len(raw.places)} numbers, got {len(raw.numbers)}")
    places = _indices(list(raw.places), len(other.memory), f"{path}.places") if raw.places else ()
    return other.changed(
        places, [special_number(each, f"{path}.numbers[{index}]") for index, each in enumerate(raw.numbers)]
    )


def _placed(raw: _Placed, array: memoryview, path: str) -> SavedNumbers:
    count = 1
    for size in raw.shape:
        # Before they are multiplied, which could take long.
        count *= _index(size, MOST_HELD, f"{path}.shape")
    if len(raw.shape) > MOST_AXES or raw.at < 0 or raw.at + count > len(array):
        raise SpecError(path, f"expected a place in an array of {len(array)} numbers")
    return SavedNumbers(raw.shape, array[raw.at : raw.at + count])


# Documents


def _state(count: int, named: list[int], raw: object, path: str) -> SavedState:
    values: dict[str, Any] = converted(raw, dict, path)
    named[0] += len(values)
    if named[0] > MOST_NAMED:
        raise SpecError(path, f"expected at most {MOST_NAMED} values in a history")
    return {ValueRef(name): _index(value, count, member(path, name)) for name, value in values.items()}


def _segment(experiments: int, state: Callable[[Any, str], SavedState], raw: object, path: str) -> SavedSegment:
    readers: dict[str, Reader] = {
        "start": _iteration,
        "experiment": lambda value, place: _index(value, experiments, place),
        "state": lambda value, place: None if value is None else state(value, place),
        "overrides": _overrides,
    }
    found = read_fields(SavedSegment, raw, path, readers, keys=tuple(readers), required=())
    return SavedSegment(**found)


def _overrides(raw: object, path: str) -> Overrides:
    found: dict[ValueRef, dict[tuple[int, ...], float]] = {}
    for item, place in ((item, place) for place, item in _places(converted(raw, list, path), path, MOST_NAMED)):
        each = _FileOverride(**_object(_FileOverride, item, place))
        index = _indices(each.index, 2**31, f"{place}.index")
        found.setdefault(ValueRef(each.ref), {})[index] = each.value
    return found


def _document(segments: tuple[SavedSegment, ...], pins: int, raw: object, path: str) -> SavedDocument:
    readers: dict[str, Reader] = {
        "segments": lambda value, place: _indices(value, len(segments), place),
        "trained": _iteration,
        "pinned": lambda value, place: _indices(value, pins, place),
    }
    found = SavedDocument(**read_fields(SavedDocument, raw, path, readers))
    starts = [segments[index].start for index in found.segments]
    if not starts or any(one >= other for one, other in pairwise(starts)):
        raise SpecError(f"{path}.segments", "expected segments in the order of their start")
    if len(found.pinned) > MOST_PINNED:
        raise SpecError(f"{path}.pinned", f"expected at most {MOST_PINNED} runs, got {len(found.pinned)}")
    return found


def _pin(documents: tuple[SavedDocument, ...], raw: object, path: str) -> SavedPin:
    readers: dict[str, Reader] = {
        "document": lambda value, place: _index(value, len(documents), place),
        "horizon": _iteration,
    }
    found = SavedPin(**read_fields(SavedPin, raw, path, readers))
    if documents[found.document].pinned:
        raise SpecError(f"{path}.document", "expected a document without runs beside it")
    _check_line(found.name, f"{path}.name")
    return found


def _check_line(text: str, path: str) -> None:
    if len(text) > MOST_TEXT or not text.isprintable():
        raise SpecError(path, f"expected a line of at most {MOST_TEXT} characters")


def _view(documents: int, raw: object, path: str) -> SavedView:
    found = _FileView(**_object(_FileView, raw, path))
    position = _index(found.micro_step, MOST_POSITION, f"{path}.micro_step")
    cursor = Cursor(_iteration(found.iteration, f"{path}.iteration"), position)
    document = _index(found.document, documents, f"{path}.document")
    return SavedView(document, cursor, _iteration(found.horizon, f"{path}.horizon"))


def _edit(documents: int, raw: object, path: str) -> SavedEdit:
    view = partial(_view, documents)
    found = SavedEdit(**read_fields(SavedEdit, raw, path, {"before": view, "after": view}))
    _check_line(found.text, f"{path}.text")
    return found


# What was computed


def _run(segments: int, numbers: int, state: Callable[[Any, str], SavedState], raw: object, path: str) -> SavedRun:
    def states(value: object, place: str) -> tuple[tuple[int, SavedState], ...]:
        return _each(converted(value, list, place), place, one_state)

    def one_state(value: object, place: str) -> tuple[int, SavedState]:
        found = _FileState(**_object(_FileState, value, place))
        return _iteration(found.iteration, f"{place}.iteration"), state(found.values, f"{place}.values")

    readers: dict[str, Reader] = {
        "segments": lambda value, place: _indices(value, segments, place),
        "states": states,
        "curves": partial(_curves, numbers),
    }
    return SavedRun(**read_fields(SavedRun, raw, path, readers))


def _curves(numbers: int, raw: object, path: str) -> Mapping[str, SavedSeries]:
    found: dict[str, Any] = converted(raw, dict, path)
    for key in found:
        if key not in CURVES:
            raise SpecError(member(path, key), f"unknown key; allowed here: {', '.join(CURVES)}")

    def index(value: object, place: str) -> int:
        return _index(value, numbers, place)

    readers: dict[str, Reader] = {"length": _iteration, "block": _iteration}
    readers |= dict.fromkeys(("first", "low", "high", "newest"), index)
    return {
        key: SavedSeries(**read_fields(SavedSeries, series, f"{path}.{key}", readers)) for key, series in found.items()
    }
