"""What every experiment file has in common: its name, its version, and how large it may be."""

from __future__ import annotations

import math

from chainrule.engine.arguments import SpecError

FORMAT = "chainrule-experiment"
VERSION = 1
SUFFIX = ".chainrule"
# The longest file that is read in 10 s on two cores, where every number has one digit and a row to itself.
MAX_BYTES = 32 * 2**20


def check_size(size: int, path: str) -> None:
    """Refuse a file that is too large to be read or written; `path` is the place that the error names."""
    if size > MAX_BYTES:
        raise SpecError(path, f"expected a file of at most {in_words(MAX_BYTES)}, got {in_words(size)}")


def in_words(size: int) -> str:
    """A size as people read it, rounded up."""
    return f"{math.ceil(size / 2**20 * 10) / 10:g} MiB"
