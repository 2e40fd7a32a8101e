"""What sentences about the optimizers share, true for any numbers that are set: a beta of 0 keeps nothing."""

from __future__ import annotations

# An average that keeps at least so much of what it was forgets slowly.
SLOW = 0.9


def averaged(share: float, of: str, tail: str = "") -> str:
    """Return what a running average does that keeps a share of what it was, and takes the rest from something new."""
    if share == 0:
        return f"is {of}{tail and f', {tail}'}: nothing is kept of what it was"
    if share == 1:
        return f"stays as it was: nothing is taken in of {of}"
    if share > 1:
        return f"grows from what it was, less a part of {of}: an average it is only with a share of at most 1"
    behind = f": {tail}" if tail else ""
    if share >= SLOW:
        return f"keeps most of what it was and takes in a little of {of}{behind or ': an average that forgets slowly'}"
    kept = "half or more" if share >= 0.5 else "less than half"  # noqa: PLR2004 - a half
    return f"keeps {kept} of what it was and takes the rest from {of}{behind or ': a running average'}"


def corrected(beta: float) -> str:
    """Return what a bias correction is."""
    if beta == 0:
        return "is 1, because with a beta of 0 nothing is left of the start at 0"
    return (
        "is the share of real gradients in an average that began at 0: 1 − beta at the first step, then ever nearer to "
        "1"
    )


def with_epsilon(eps: float) -> str:
    """Return what an epsilon adds to a root."""
    return ", plus epsilon, which keeps it from being 0" if eps else ""
