"""Which screen the hall sees."""

from __future__ import annotations

from collections.abc import Sequence


def projector(names: Sequence[str], own: int, wanted: str) -> int:
    """Return the place of the hall's screen among all: the one that was wanted, else the first beside the lecturer's.

    The lecturer's own is at `own`; it is the hall's where it is the only one. `wanted` is a name, or "".
    """
    others = [place for place in range(len(names)) if place != own]
    if not others:
        return own
    return next((place for place in others if names[place] == wanted), others[0])


def next_screen(count: int, now: int) -> int:
    """Return the place of the screen after one of some, round and round."""
    return (now + 1) % max(1, count)
