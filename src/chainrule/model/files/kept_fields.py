"""What the program wrote for itself and reads again: what makes sense of it is taken, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec


def sensible_fields(kind: type, found: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of a dataclass that are in what was found, but for those that are not of their types.

    Someone may have changed the file, or another version have written it: one field that makes no sense does not take
    the others with it. A type can have bounds, by `msgspec.Meta`.
    """
    taken: dict[str, Any] = {}
    for name, each in get_type_hints(kind, include_extras=True).items():
        if name in found:
            try:
                taken[name] = msgspec.convert(found[name], each)
            except (msgspec.ValidationError, UnicodeEncodeError):
                # Half a pair of surrogates is no text, and msgspec cannot even say so.
                continue
    return taken
