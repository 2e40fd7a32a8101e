"""What every experiment file has in common: its name, its version, and how large it may be."""

from __future__ import annotations

import math

from chainrule.engine.arguments import SpecError

FORMAT = "chainrule-experiment"
VERSION = 1
SUFFIX = ".chainrule"
MAX_BYTES = 8 * 2**20


def check_size(size: int, path: str) -> None:
    """Refuse a file that is too large to be read or written; `path` is the place that the error names."""
    if size > MAX_BYTES:
        got = f"{math.ceil(size / 2**20 * 10) / 10:g} MiB"
        raise SpecError(path, f"expected a file of at most {MAX_BYTES / 2**20:g} MiB, got {got}")
