"""Converting: what msgspec makes of parsed JSON, and what it refuses in a student's words."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from chainrule.catalog.arguments import SpecError, describe, one_of

_WORDS = {
    "int": "an integer",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


def converted(raw: object, kind: Any, path: str) -> Any:
    """Let msgspec check and convert, and say in a student's words what it refuses."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `")
        raise _translated(message, path + place.removesuffix("`").removeprefix("$")) from None


def _translated(message: str, path: str) -> SpecError:
    if expected := re.fullmatch(r"Expected `(.*)`, got `(.*)`", message):
        wanted, got = ([_WORDS.get(name, name) for name in names.split(" | ")] for names in expected.groups())
        if wanted[0] == "an integer" and got == ["a number"]:
            got = ["a number with a fraction"]
        return SpecError(path, f"expected {one_of(wanted)}, got {one_of(got)}")
    if message == "Number out of range":
        return SpecError(path, "expected a finite number, got one that is too large")
    return SpecError(path, message)


def kind_of(value: object) -> str:
    """Return what kind of JSON value this is, in words."""
    return _WORDS[{type(None): "null", list: "array", dict: "object"}.get(type(value), type(value).__name__)]


def quoted(value: object) -> str:
    """Return a refused value as it stands in the file, or its kind."""
    return describe(value) if isinstance(value, str | int | float) else kind_of(value)
