"""Shares of a whole in per cent, as they are written."""

from __future__ import annotations


def percent(part: int, whole: int, decimals: int = 1) -> str:
    """Return a share in per cent, which is 100 or 0 only where it is exactly that: `95.3 %`."""
    if part in (0, whole):
        return "100 %" if part else "0 %"
    least = 10.0**-decimals
    return f"{min(100 - least, max(least, 100 * part / whole)):.{decimals}f} %"
