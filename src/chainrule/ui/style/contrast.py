"""How well a colour is told from what lies behind it, as WCAG 2 measures it."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtGui import QColor

# What a text needs, and what a line or a mark needs.
FOR_TEXT = 4.5
FOR_LINES = 3.0


def contrast(one: QColor | str, other: QColor | str) -> float:
    """Return the ratio of the luminances, from 1 (the same) to 21 (black on white).

    Source: WCAG 2.2, definition of the contrast ratio.
    """
    lower, higher = sorted((_luminance(QColor(one).rgb()), _luminance(QColor(other).rgb())))
    return (higher + 0.05) / (lower + 0.05)


@lru_cache(maxsize=1024)
def _luminance(color: int) -> float:
    red, green, blue = (_linear(part / 255) for part in QColor(color).getRgb()[:3])  # type: ignore[index]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
