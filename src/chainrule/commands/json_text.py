"""JSON as it is printed: inf and NaN, which JSON has no numbers for, are the strings "inf", "-inf" and "nan"."""

from __future__ import annotations

import json
import math


def json_text(found: object) -> str:
    """Return one line of JSON; every finite number round-trips."""
    try:
        return json.dumps(found, allow_nan=False)
    except ValueError:
        # Seldom, so that large values are not looked through number by number each time.
        return json.dumps(_named(found), allow_nan=False)


def _named(found: object) -> object:
    """Return the same, with the name of each number that is not finite in its place."""
    if isinstance(found, float) and not math.isfinite(found):
        return str(found)
    if isinstance(found, dict):
        return {key: _named(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_named(value) for value in found]
    return found
