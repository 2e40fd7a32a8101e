"""What libraries take for granted and end or fail without: a home folder, and a D-Bus that is set up."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path


def settle(environ: MutableMapping[str, str] = os.environ) -> None:
    """Make up for what is missing, before the libraries of the window are imported."""
    if sys.platform == "win32":
        return
    # libdbus ends the whole process where the machine has no number of its own; Qt does without D-Bus.
    environ.setdefault("DBUS_FATAL_WARNINGS", "0")
    try:
        Path.home()
    except RuntimeError:
        # In a container, or under a user number that no list of users has. It is what Qt takes for home, too.
        environ["HOME"] = os.sep
