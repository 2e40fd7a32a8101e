"""The engine, imported when it is first asked for: it needs torch, and the window is there before that."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.session.background.engine import Engine

# What a loader imports, so that nobody has to wait for it.
ENGINE = "chainrule.session.background.engine"


def engine() -> type[Engine]:
    """Return what the window computes with; it waits for torch where that is not loaded yet."""
    from chainrule.session.background.engine import Engine  # noqa: PLC0415 - loads torch, here alone

    return Engine
