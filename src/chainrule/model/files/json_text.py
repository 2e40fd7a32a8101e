"""JSON as text: parsing that says in words where it failed, and words of a file in a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from chainrule.catalog.arguments import SpecError, describe
from chainrule.catalog.experiment.spec_error import LONGEST_VALUE, one_line, shortened
from chainrule.model.files.file_format import check_marks

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
_WORD = re.compile(r'"[^"\n]{1,50}"?|[\w.+-]{1,50}|.', re.DOTALL)
_HALF = re.compile("[\ud800-\udfff]")
_HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
# Characters that are rewritten in one go.
PART = 2**16
TOO_DEEP = "lists and objects are nested too deeply"


class _Repeating(dict[str, object]):
    """An object with a key that is given twice; found again after parsing, when its path can be told."""

    key = ""


def parse_json(text: str) -> object:
    """Return the value that a JSON text stands for.

    `SpecError` gives line and column where it is not JSON, and the path of a key that is given twice, or of text with
    half of a surrogate pair.
    """
    check_marks(text, "$")
    repeating: list[_Repeating] = []

    def collect(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        marked = _Repeating(found)
        seen: set[str] = set()
        # Adding gives None, which counts as new.
        marked.key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        repeating.append(marked)
        return marked

    try:
        value: object = json.loads(text, object_pairs_hook=collect)
    except json.JSONDecodeError as error:
        raise SpecError("$", _malformed(error)) from None
    except ValueError:
        # Python's limit on the digits of an integer.
        raise SpecError("$", "a number has too many digits") from None
    except RecursionError:
        raise SpecError("$", TOO_DEEP) from None
    # Half of a pair can only be written as an escape.
    if repeating or _HALF_ESCAPED.search(text):
        _refuse_first_flaw(value)
    return value


def in_ascii(text: str) -> str:
    """Return JSON of the same value whose text has no other characters: of one far away each takes four bytes."""
    parts = (text[place : place + PART] for place in range(0, len(text), PART))
    return "".join([_BEYOND_ASCII.sub(lambda found: json.dumps(found.group())[1:-1], part) for part in parts])


def member(path: str, key: str) -> str:
    """Return the path of a key in an object: `$.network`, or `$["two words"]` where a dot would mislead.

    A long key is cut.
    """
    key = shortened(key, LONGEST_VALUE)
    return f"{path}.{key}" if re.fullmatch(r"[\w.-]+", key) else f'{path}["{one_line(key)}"]'


def short_line(text: str) -> str:
    """Return text as one printable line of bearable length: what a broken file holds may end up in a message."""
    return shortened(one_line(text), LONGEST_LINE)


def _refuse_first_flaw(root: object) -> None:
    """Raise the `SpecError` of the first key that is given twice, or text with half of a surrogate pair, if any."""
    # Without recursion, and with a path only for what is found: both may be hundreds of levels deep.
    keys: list[str | int] = []
    pending: list[Iterator[tuple[str | int, object]]] = [iter([(0, root)])]
    while pending:
        found = next(pending[-1], None)
        if found is None:
            pending.pop()
            del keys[-1:]
            continue
        key, value = found
        if any(isinstance(text, str) and _HALF.search(text) for text in found):
            raise SpecError(_path([*keys, key]), "text that is not valid Unicode")
        if isinstance(value, _Repeating):
            raise SpecError(_path([*keys, key, value.key]), "this key is given twice")
        if isinstance(value, dict | list):
            keys.append(key)
            pending.append(_places(value))


def _places(value: dict[str, object] | list[object]) -> Iterator[tuple[str | int, object]]:
    """Return what stands in an object or a list, with its place.

    In a list no numbers, of which there may be millions.
    """
    if isinstance(value, dict):
        return iter(value.items())
    return ((index, item) for index, item in enumerate(value) if isinstance(item, str | dict | list))


def _path(keys: Sequence[str | int]) -> str:
    """Return the path of what stands under these keys, the first of which is that of the whole."""
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else member("", key) for key in keys[1:])


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
