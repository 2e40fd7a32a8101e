"""Converting: what msgspec makes of parsed JSON, and what it refuses in a student's words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from chainrule.catalog.arguments import SpecError, describe, one_of
from chainrule.model.files.json_text import member

# What makes a value of what a file has at a path.
Reader = Callable[[Any, str], Any]

_WORDS: dict[object, str] = {
    int: "an integer",
    float: "a number",
    str: "text",
    bool: "true or false",
    list: "a list",
    tuple: "a list",
    dict: "an object",
    NoneType: "null",
}


def converted(raw: object, kind: Any, path: str) -> Any:
    """Let msgspec check and convert, and say in a student's words what it refuses.

    A kind is int, float, str, bool, dict, a tuple of any length, or a union of these and None.
    """
    if type(raw) is kind:
        # Most are, and msgspec would look at the kind anew each time.
        return raw
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        raise _fault(raw, kind, path) or AssertionError(f"{path} is of its kind") from None


def _fault(raw: object, kind: Any, path: str) -> SpecError | None:
    """Return what is wrong at the first place that is not of its kind; None where all is right."""
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    inner = next((get_args(each)[0] for each in kinds if get_origin(each) is tuple), None)
    if inner is not None and isinstance(raw, list):
        faults = (_fault(item, inner, f"{path}[{index}]") for index, item in enumerate(raw))
        return next(filter(None, faults), None)
    try:
        msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        if type(raw) is int and float in kinds:
            return SpecError(path, "expected a finite number, got one that is too large")
        got = "a number with a fraction" if type(raw) is float and int in kinds else json_kind(raw)
        return SpecError(path, f"expected {one_of([_WORDS[get_origin(each) or each] for each in kinds])}, got {got}")
    return None


def as_it_is(raw: Any, _: str) -> Any:
    """Return what a file has: it is read once all is known that it depends on."""
    return raw


def read_fields(
    kind: type,
    raw: object,
    path: str,
    readers: Mapping[str, Reader],
    *,
    keys: Collection[str] | None = None,
    required: Collection[str] = (),
) -> dict[str, Any]:
    """Read an object whose keys are the fields of a dataclass, each by its reader, or else by its type.

    `keys` are those that are allowed, if not all fields; `required` are those that must be there although the field has
    a default. Unknown and missing keys are refused before any value is looked at.
    """
    types = _types(kind)
    allowed = types.keys() if keys is None else keys
    found: dict[str, Any] = converted(raw, dict, path)
    for key in found:
        if key not in allowed:
            raise SpecError(member(path, key), f"unknown key; allowed here: {', '.join(allowed)}")
    for key in allowed:
        if key not in found and (key in required or key in _without_default(kind)):
            raise SpecError(path, f'missing key "{key}"')
    values: dict[str, Any] = {}
    for key, value in found.items():
        reader = readers.get(key)
        place = f"{path}.{key}"
        values[key] = converted(value, types[key], place) if reader is None else reader(value, place)
    return values


@cache
def _types(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields, in their order."""
    return get_type_hints(kind)


@cache
def _without_default(kind: type) -> frozenset[str]:
    """Return the fields of a dataclass that have no default."""
    return frozenset(each.name for each in fields(kind) if each.default is MISSING and each.default_factory is MISSING)


def json_kind(value: object) -> str:
    """Return what kind of JSON value this is, in words."""
    return _WORDS[type(value)]


def quoted_value(value: object) -> str:
    """Return a refused value as it stands in the file, or its kind."""
    return describe(value) if isinstance(value, str | int | float) else json_kind(value)
