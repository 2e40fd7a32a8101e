"""The home folder, where the system knows none: in a container, or under a user number that no list of users has."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path


def ensure_home(environ: MutableMapping[str, str] = os.environ) -> None:
    """Name the root as home where no other is known, as Qt does: libraries ask for one at import, and fail."""
    if sys.platform == "win32":
        return
    try:
        Path.home()
    except RuntimeError:
        environ["HOME"] = os.sep
