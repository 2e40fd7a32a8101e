"""What an experiment says otherwise than the one before it, as an object of a file, and back: an edit says little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.data_names import DataNames
from chainrule.catalog.experiment.numbers import NestedNumbers, ParameterRows
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.files import file_size
from chainrule.model.files.converting import converted, read_fields
from chainrule.model.files.decoding import name_readers, part_readers
from chainrule.model.files.encoding import data_object, experiment_object
from chainrule.model.files.file_format import DATA_KEYS, KEYS, NAME_KEYS
from chainrule.model.files.json_text import member
from chainrule.model.files.number_lists import nested_numbers, number_rows
from chainrule.model.files.rendering import NumberLines, listed

# What an experiment has; format, version and history are the file's.
PARTS = tuple(key for key in KEYS if key not in ("format", "version", "history"))
_ROWS = ("inputs", "targets")


def difference(after: Experiment, before: Experiment) -> dict[str, object]:
    """Return what is to be said of an experiment where another one is known."""
    whole = experiment_object(after)
    found = {key: whole[key] for key in PARTS if getattr(after, key) != getattr(before, key)}
    if "parameters" in found:
        given = before.parameters
        found["parameters"] = {
            **{ref: None for ref in given if ref not in after.parameters},
            **{
                ref: _changed(numbers, given.get(ref))
                for ref, numbers in after.parameters.items()
                if ref not in given or numbers != given[ref]
            },
        }
    if "data" in found:
        found["data"] = _data_difference(after.data, before.data)
    return found


def numbers_in(found: object) -> int:
    """Return how many numbers of rows and parameters a difference has, about."""
    if isinstance(found, NumberLines):
        return file_size.count_of(found.numbers)
    if isinstance(found, Mapping):
        return sum(map(numbers_in, found.values()))
    return sum(map(numbers_in, found)) if isinstance(found, list | tuple) else 1


def _changed(numbers: NestedNumbers, before: NestedNumbers | None) -> object:
    if not _are_rows(numbers) or not _are_rows(before) or len(numbers[0]) != len(before[0]):  # type: ignore[arg-type, index]
        return listed(numbers)
    return _spliced(numbers, before)  # type: ignore[arg-type]


def _are_rows(numbers: object) -> bool:
    return isinstance(numbers, tuple) and bool(numbers) and isinstance(numbers[0], tuple)


def _data_difference(after: DataSpec, before: DataSpec) -> dict[str, object]:
    """Return the keys of the data that say something else; what is not said any more has its default."""
    whole = data_object(replace(after, inputs=Rows(), targets=Rows()))
    found: dict[str, object] = {}
    for key in ("batch_size", "shuffle", "seed", "test_size", "accumulate"):
        if getattr(after, key) != getattr(before, key):
            found[key] = getattr(after, key)
    if after.names != before.names:
        found |= {key: whole.get(key, []) for key in NAME_KEYS}
    for key in _ROWS:
        rows, known = getattr(after, key), getattr(before, key)
        if rows != known:
            same = rows.columns == known.columns and rows.lengths == known.lengths
            found[key] = _spliced(rows, known) if same else NumberLines(rows)
    return found


def _spliced(rows: ParameterRows | Rows, before: ParameterRows | Rows) -> object:
    """Return the rows that stand in the place of others, all between the first and the last that differ."""
    first = _same_at_start(rows, before)
    most = min(len(rows), len(before)) - first
    kept = min(most, _shared_at_end(rows, before))
    while kept < most and rows[-1 - kept] == before[-1 - kept]:
        kept += 1
    new = tuple(rows[first : len(rows) - kept])
    return {"from": first, "count": len(before) - kept - first, "rows": NumberLines(new) if new else []}


def _same_at_start(rows: ParameterRows | Rows, before: ParameterRows | Rows) -> int:
    if isinstance(rows, Rows) and isinstance(before, Rows):
        return rows.first_other(before)
    pairs = enumerate(zip(rows, before, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(rows), len(before)))


def _shared_at_end(rows: ParameterRows | Rows, before: ParameterRows | Rows) -> int:
    """Return how many of the last rows two share: of large data to look at each would take long."""
    if not isinstance(rows, Rows) or not isinstance(before, Rows):
        return 0
    pairs = zip(reversed(rows.blocks), reversed(before.blocks), strict=False)
    return sum(one.count for one, _ in takewhile(lambda pair: pair[0] is pair[1], pairs))


# Reading


def changed_experiment(before: Experiment, raw: object, path: str) -> Experiment:
    """Return the experiment that a difference makes; whether it is allowed the catalogue says."""
    found: dict[str, Any] = converted(raw, dict, path)
    for key in found:
        if key not in PARTS:
            raise SpecError(member(path, key), f"unknown key; allowed here: {', '.join(PARTS)}")
    plain = {key: value for key, value in found.items() if key not in ("parameters", "data")}
    changes = read_fields(Experiment, plain, path, part_readers(), keys=tuple(plain))
    if "parameters" in found:
        changes["parameters"] = _parameters(found["parameters"], before.parameters, f"{path}.parameters")
    if "data" in found:
        changes["data"] = _data(found["data"], before.data, f"{path}.data")
    return replace(before, **changes)


def _parameters(raw: object, before: Mapping[ValueRef, NestedNumbers], path: str) -> dict[ValueRef, NestedNumbers]:
    given: dict[str, Any] = converted(raw, dict, path)
    found = dict(before)
    for name, numbers in given.items():
        ref, place = ValueRef(name), member(path, name)
        if numbers is None:
            found.pop(ref, None)
        elif isinstance(numbers, dict):
            known = found.get(ref, ())
            first, end, rows = _splice_of(numbers, known if _are_rows(known) else (), place)  # type: ignore[arg-type]
            found[ref] = (*known[:first], *rows, *known[end:])  # type: ignore[index]
        else:
            found[ref] = nested_numbers(numbers, place)
    return found


def _data(raw: object, before: DataSpec, path: str) -> DataSpec:
    given: dict[str, Any] = converted(raw, dict, path)
    for key in given:
        if key not in DATA_KEYS:
            raise SpecError(member(path, key), f"unknown key; allowed here: {', '.join(DATA_KEYS)}")
    plain = {key: value for key, value in given.items() if key not in _ROWS}
    found = read_fields(DataSpec, plain, path, name_readers(), keys=tuple(plain))
    if any(key in found for key in NAME_KEYS):
        found["names"] = DataNames(*(found.pop(key, ()) for key in NAME_KEYS))
    for key in _ROWS:
        if key in given:
            found[key] = _rows(given[key], getattr(before, key), f"{path}.{key}")
    return replace(before, **found)


def _rows(raw: object, before: Rows, path: str) -> Rows:
    if not isinstance(raw, dict):
        return Rows.of(number_rows(raw, path))
    first, end, rows = _splice_of(raw, before, path)
    return before.spliced(first, end, rows)


def _splice_of(raw: dict[str, Any], before: Sequence[Row], path: str) -> tuple[int, int, tuple[Row, ...]]:
    """Return the place of the rows that are replaced, the end of them, and what stands there now."""
    keys = ("from", "count", "rows")
    for key in raw:
        if key not in keys:
            raise SpecError(member(path, key), f"unknown key; allowed here: {', '.join(keys)}")
    for key in keys:
        if key not in raw:
            raise SpecError(path, f'missing key "{key}"')
    first, count = (converted(raw[key], int, f"{path}.{key}") for key in ("from", "count"))
    if first < 0 or count < 0 or first + count > len(before):
        raise SpecError(path, f"expected rows of the {len(before)} before it, got {count} from {first} on")
    return first, first + count, tuple(number_rows(raw["rows"], f"{path}.rows"))
