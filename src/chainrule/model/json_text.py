"""JSON as text: parsing that says in words where it failed, and words of a file in a line."""

from __future__ import annotations

import json
import re

from chainrule.engine.arguments import SpecError, describe, one_line

LONGEST_LINE = 400

# What Python's parser says, and how a student is told.
_EXPECTED = {
    "Expecting value": "expected a value",
    "Expecting ',' delimiter": "expected a comma or a closing bracket",
    "Expecting ':' delimiter": "expected a colon",
    "Expecting property name enclosed in double quotes": "expected a key in double quotes",
    "Extra data": "expected the end of the file",
}
_REFUSED = {
    "Invalid control character at": "a line break or control character inside a text",
    "Invalid \\escape": "an unknown escape inside a text",
    "Invalid \\uXXXX escape": "an unknown escape inside a text",
    "Illegal trailing comma before end of object": "a comma before the closing bracket",
    "Illegal trailing comma before end of array": "a comma before the closing bracket",
}
_WORD = re.compile(r'"[^"\n]+"?|[\w.+-]+|.', re.DOTALL)


class _Flawed(dict[str, object]):
    """An object that JSON allows and we do not; found again after parsing, when its path can be told."""

    flaw: tuple[str, str] = ("", "")


def parse(text: str) -> object:
    """The value that a JSON text stands for.

    `SpecError` gives line and column where it is not JSON, and the path of a key that is given twice; nesting that
    is too deep is a `RecursionError`.
    """
    flawed: list[_Flawed] = []

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        flaw = _flaw(pairs, found)
        if flaw is None:
            return found
        marked = _Flawed(found)
        marked.flaw = flaw
        flawed.append(marked)
        return marked

    try:
        value: object = json.loads(text, object_pairs_hook=collect)
    except json.JSONDecodeError as error:
        raise SpecError("$", _malformed(error)) from None
    except ValueError:
        # Python's limit on the digits of an integer.
        raise SpecError("$", "a number has too many digits") from None
    if flawed:
        path, (key, message) = _path_of(flawed, value)
        raise SpecError(member(path, key), message)
    return value


def member(path: str, key: str) -> str:
    """The path of a key in an object: `$.network`, or `$["two words"]` where a dot would mislead."""
    return f"{path}.{key}" if re.fullmatch(r"[\w.-]+", key) else f'{path}["{one_line(key)}"]'


def short_line(text: str) -> str:
    """Text as one printable line of bearable length: what a broken file holds may end up in a message."""
    line = one_line(text)
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 3]}..."


def _flaw(pairs: list[tuple[str, object]], found: dict[str, object]) -> tuple[str, str] | None:
    """The key at which an object is wrong, and why: given twice, or text that is half of a surrogate pair."""
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                return key, "this key is given twice"
            seen.add(key)
    for key, item in pairs:
        text = key + item if isinstance(item, str) else key
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            return key, "text that is not valid Unicode"
    return None


def _path_of(flawed: list[_Flawed], root: object) -> tuple[str, tuple[str, str]]:
    """The path of the first flawed object, and its flaw."""
    pending: list[tuple[str, object]] = [("$", root)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, _Flawed):
            return path, value.flaw
        if isinstance(value, dict):
            pending += [(member(path, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            pending += [(f"{path}[{i}]", item) for i, item in enumerate(value) if isinstance(item, dict | list)]
    # It stood under a key that was given again, and is gone.
    return "$", flawed[0].flaw


def _malformed(error: json.JSONDecodeError) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    reason = error.msg
    rest = error.doc[error.pos :]
    if reason == "Unterminated string starting at":
        return f"the file ends inside the text that starts at {place}"
    if not rest.strip() and reason in _EXPECTED:
        return f"the file ends too early, at {place}"
    if reason in _EXPECTED:
        got = next(_WORD.finditer(rest)).group().strip('"')
        return f"{place}: {_EXPECTED[reason]}, got {describe(got)}"
    return f"{place}: {_REFUSED.get(reason, reason)}"
