"""The one door to what needs torch: the window is there before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.session.background.engine import Engine

# What a loader imports, so that nobody has to wait at the door.
ENGINE = "chainrule.session.background.engine"


def engine() -> type[Engine]:
    """Return what the window computes with; it waits for torch where that is not loaded yet."""
    from chainrule.session.background.engine import Engine  # noqa: PLC0415 - loads torch, here alone

    return Engine
