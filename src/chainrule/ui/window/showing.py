"""Showing a moment in several views: one that fails does not keep it from the others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack


def do_each(*acts: Callable[[], object]) -> None:
    """Do all of them in order, whatever one raises; it is raised in the end, the others' errors in its context."""
    with ExitStack() as rest:
        for act in reversed(acts):
            rest.callback(act)
