"""Entries of tables in a file, with their arguments: their tables check these further."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chainrule.catalog.arguments import ArgumentValue, Choice, SpecError, check_length, describe
from chainrule.model.files.converting import converted
from chainrule.model.files.json_text import TOO_DEEP, member

# Levels of lists and schedulers in an argument; the deepest that any has is 3.
MOST_LEVELS = 16
# Made once: making it takes longer than checking an object.
OPTIONAL_OBJECT = dict[str, Any] | None


def choice_of(raw: object, path: str, key: str = "name", depth: int = 0) -> Choice:
    """Read `{"name": "SGD", "lr": 0.01}`: the keys beside the name are arguments."""
    found: dict[str, Any] = converted(raw, dict, path)
    if key not in found:
        raise SpecError(path, f'missing key "{key}"')
    return Choice(converted(found[key], str, f"{path}.{key}"), arguments_of(found, path, key, depth))


def optional_choice(raw: object, path: str, key: str = "name") -> Choice | None:
    """Return the entry, if there is one."""
    return None if raw is None else choice_of(converted(raw, OPTIONAL_OBJECT, path), path, key)


def scheme_of(raw: object, path: str) -> Choice | None:
    """Return the scheme that first values are drawn by, if there is one."""
    return optional_choice(raw, path, "scheme")


def arguments_of(raw: Mapping[str, Any], path: str, key: str, depth: int = 0) -> dict[str, ArgumentValue]:
    """Return the arguments in an object: all that it has beside one key."""
    return {name: argument_value(value, member(path, name), depth + 1) for name, value in raw.items() if name != key}


def argument_value(value: object, path: str, depth: int) -> ArgumentValue:
    """Return a value of a table's argument; its table checks it further."""
    if value is None or isinstance(value, str | bool):
        return value
    if depth > MOST_LEVELS:
        raise SpecError(path, TOO_DEEP)
    if isinstance(value, list):
        check_length(value, path)
        # An object of a list is one of several entries, however empty it is.
        return tuple(
            [
                choice_of(item, f"{path}[{index}]", depth=depth + 1)
                if isinstance(item, dict)
                else argument_value(item, f"{path}[{index}]", depth + 1)
                for index, item in enumerate(value)
            ]
        )
    if isinstance(value, dict):
        # Numbers by names of one's own, whatever these are; all else is an entry of a table.
        if all(isinstance(item, int | float) and not isinstance(item, bool) for item in value.values()):
            return {name: argument_value(item, member(path, name), depth + 1) for name, item in value.items()}
        return choice_of(value, path, depth=depth)
    assert isinstance(value, int | float)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SpecError(path, f"expected a finite number, got {describe(value)}")
    return value
