"""Python's own functions, as far as a script uses them on what is known."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from chainrule.explain.code.reading.findings import NotUnderstoodError
from chainrule.explain.code.reading.operators import binary
from chainrule.explain.code.reading.state import ScriptCall
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    BatchLoader,
    LibraryName,
    RowSet,
    ScriptArray,
    ScriptClass,
    ScriptModule,
    Signal,
)

# Of a list that is gone through: what is longer is no list of layers.
MOST_GONE_THROUGH = 20_000


def items_of(value: object) -> list[Any] | None:
    """Return what a loop goes through, or None where that is not known."""
    if isinstance(value, list | tuple | range):
        if len(value) > MOST_GONE_THROUGH:
            raise NotUnderstoodError("it has too many items to follow")
        return list(value)
    if isinstance(value, dict | str):
        return list(value)[:MOST_GONE_THROUGH]
    if isinstance(value, ScriptModule) and value.kind in ("Sequential", "ModuleList"):
        return [child for _, child in value.children()]
    if isinstance(value, ScriptModule) and value.kind == "ModuleDict":
        return [name for name, _ in value.children()]
    if isinstance(value, ScriptArray) and value.shape and value.shape[0] <= MOST_GONE_THROUGH:
        return [ScriptArray(value.data[index]) for index in range(value.shape[0])]
    return None


def _range(call: ScriptCall) -> object:
    if not all(isinstance(each, int) for each in call.args) or not 1 <= len(call.args) <= 3:  # noqa: PLR2004
        return UNKNOWN
    if len(call.args) == 3 and call.args[2] == 0:  # noqa: PLR2004
        raise NotUnderstoodError
    return range(*call.args)


def _length(call: ScriptCall) -> object:
    value = call.needed(0, "obj")
    if isinstance(value, Signal):
        value = value.source
    if isinstance(value, ScriptArray):
        return value.shape[0] if value.shape else UNKNOWN
    if isinstance(value, RowSet):
        first = value.arrays[0] if value.arrays else UNKNOWN
        return first.shape[0] if isinstance(first, ScriptArray) and first.shape else UNKNOWN
    if isinstance(value, BatchLoader):
        rows = _length(ScriptCall(call.caller, [value.rows], {}, call.node))
        size = value.batch_size or 0
        return -(-rows // size) if isinstance(rows, int) and size else UNKNOWN
    found = items_of(value) if not isinstance(value, range) else None
    return len(value) if isinstance(value, range) else UNKNOWN if found is None else len(found)


def _listed(make: Callable[[list[Any]], Any]) -> Callable[[ScriptCall], object]:
    def function(call: ScriptCall) -> object:
        if not call.args:
            return make([])
        found = items_of(call.args[0])
        return UNKNOWN if found is None else make(found)

    return function


def _zip(call: ScriptCall) -> object:
    loaders = [each for each in call.args if isinstance(each, BatchLoader)]
    if len(loaders) == 1 and len(call.args) == 2 and call.args[1] is loaders[0]:  # noqa: PLR2004
        return ("enumerated", loaders[0])
    if any(isinstance(each, ScriptArray) for each in call.args) and call.state.loops:
        return BatchLoader(RowSet(tuple(call.args)), 1, shuffle=False)
    lists = [items_of(each) for each in call.args]
    if any(each is None for each in lists):
        return UNKNOWN
    return [tuple(items) for items in zip(*lists, strict=False)]


def _enumerate(call: ScriptCall) -> object:
    value, start = call.get(0, "iterable"), call.get(1, "start", 0)
    if isinstance(value, BatchLoader):
        return ("enumerated", value)
    found = items_of(value)
    return UNKNOWN if found is None or not isinstance(start, int) else list(enumerate(found, start))


def _sum(call: ScriptCall) -> object:
    found, total = items_of(call.get(0, "iterable")), call.get(1, "start", 0)
    if found is None:
        return UNKNOWN
    for item in found:
        total = binary(ast.Add(), total, item, call)
    return total


def _number(make: Callable[[Any], Any]) -> Callable[[ScriptCall], object]:
    def function(call: ScriptCall) -> object:
        value = call.get(0, "x")
        if isinstance(value, str) and len(value) < 40:  # noqa: PLR2004
            return _converted(make, value)
        return _converted(make, value) if isinstance(value, int | float) else UNKNOWN

    return function


def _converted(make: Callable[[Any], Any], value: int | float | str) -> object:
    try:
        return make(value)
    except (ValueError, OverflowError):
        return UNKNOWN


def _smallest(make: Callable[..., Any]) -> Callable[[ScriptCall], object]:
    def function(call: ScriptCall) -> object:
        found = items_of(call.args[0]) if len(call.args) == 1 else call.args
        known = found and all(isinstance(each, int | float) for each in found)
        if not known:
            ends = [each for each in call.args if getattr(each, "is_end", False)]
            return ends[0] if ends else UNKNOWN
        return make(found)

    return function


def _kinds(given: object) -> Iterator[str]:
    for kind in given if isinstance(given, tuple) else (given,):
        if isinstance(kind, LibraryName):
            yield kind.path
        elif isinstance(kind, ScriptClass):
            yield kind.name


def is_instance(value: object, given: object) -> object:
    """Return whether a value is of a class of torch's, or of the script's."""
    if value is UNKNOWN:
        return UNKNOWN
    kinds = set(_kinds(given))
    if isinstance(value, ScriptModule):
        own = value.defined.name if value.defined is not None else f"torch.nn.{value.kind}"
        return own in kinds or "torch.nn.Module" in kinds
    if isinstance(value, ScriptArray):
        return bool(kinds & {"torch.Tensor", "numpy.ndarray", "torch.nn.Parameter"})
    return f"builtins.{type(value).__name__}" in kinds


def _type(call: ScriptCall) -> object:
    value = call.get(0, "object")
    if isinstance(value, ScriptModule):
        return value.defined or LibraryName(f"torch.nn.{value.kind}")
    return UNKNOWN


def _attribute(call: ScriptCall) -> object:
    owner, name = call.needed(0, "object"), call.needed(1, "name")
    if isinstance(owner, ScriptModule) and isinstance(name, str):
        return owner.attributes.get(name, call.get(2, "default", UNKNOWN))
    return UNKNOWN


def _has_attribute(call: ScriptCall) -> object:
    owner, name = call.needed(0, "object"), call.needed(1, "name")
    if isinstance(owner, ScriptModule) and isinstance(name, str):
        return name in owner.attributes
    return UNKNOWN


def _set_attribute(call: ScriptCall) -> object:
    owner, name = call.needed(0, "object"), call.needed(1, "name")
    if not isinstance(owner, ScriptModule) or not isinstance(name, str):
        raise NotUnderstoodError
    owner.attributes[name] = call.needed(2, "value")
    return UNKNOWN


def _print(call: ScriptCall) -> object:
    call.state.findings.leave_out(call.line)
    return UNKNOWN


def _filter(call: ScriptCall) -> object:
    found = items_of(call.get(1, "iterable"))
    if found is None:
        return UNKNOWN
    kept = [(item, call.caller.call(call.args[0], [item], {}, call.node)) for item in found]
    return [item for item, keep in kept if keep is True] if all(isinstance(k, bool) for _, k in kept) else UNKNOWN


def _map(call: ScriptCall) -> object:
    found = items_of(call.get(1, "iterable"))
    if found is None:
        return UNKNOWN
    return [call.caller.call(call.args[0], [item], {}, call.node) for item in found]


BUILTINS: dict[str, Callable[[ScriptCall], object]] = {
    "builtins.range": _range,
    "builtins.len": _length,
    "builtins.list": _listed(list),
    "builtins.tuple": _listed(tuple),
    "builtins.reversed": _listed(lambda items: items[::-1]),
    "builtins.dict": lambda call: dict(call.named),
    "builtins.zip": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.sum": _sum,
    "builtins.int": _number(int),
    "builtins.float": _number(float),
    "builtins.bool": _number(bool),
    "builtins.abs": _number(abs),
    "builtins.round": _number(round),
    "builtins.str": lambda call: UNKNOWN,
    "builtins.min": _smallest(min),
    "builtins.max": _smallest(max),
    "builtins.print": _print,
    "builtins.input": lambda call: UNKNOWN,
    "builtins.isinstance": lambda call: is_instance(call.get(0, "object"), call.get(1, "kinds")),
    "builtins.type": _type,
    "builtins.getattr": _attribute,
    "builtins.hasattr": _has_attribute,
    "builtins.setattr": _set_attribute,
    "builtins.id": lambda call: UNKNOWN,
    "builtins.next": lambda call: UNKNOWN,
    "builtins.iter": lambda call: call.get(0, "iterable"),
}
