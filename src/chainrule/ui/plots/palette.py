"""How curves are drawn. The colours are Okabe and Ito's, which colour-blind eyes tell apart, fitted to both themes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor

from chainrule.ui.appearance import Appearance

LIGHT_HUES = ("#0072b2", "#d55e00", "#00875f", "#b4508a", "#2f9bdc", "#b07d00", "#5b5fc7")
DARK_HUES = ("#56b4e9", "#f28e4c", "#2fc79b", "#e39ac8", "#9cc9ff", "#e6c24a", "#a9a4f5")
# The palest of several curves of one hue, and of one that recedes.
PALEST = 0.55
RECEDING = 0.34


@dataclass(frozen=True, slots=True)
class Stroke:
    """How a curve is drawn; the ones with a higher `level` lie on top."""

    color: QColor
    width: float = 1.8
    level: int = 0


@dataclass(frozen=True, slots=True)
class Dot:
    """A point on a curve: at an iteration, in the value's own units."""

    iteration: int
    value: float
    color: QColor
    size: float = 8.0


def curve_color(appearance: Appearance, parameter: int, element: int, count: int) -> QColor:
    """One hue a parameter; its elements are shades of it, the first the strongest."""
    hues = DARK_HUES if appearance.is_dark else LIGHT_HUES
    strength = 1.0 if count < 2 else 1.0 - (1.0 - PALEST) * element / (count - 1)
    return appearance.theme.tint(hues[parameter % len(hues)], strength)


def receding(appearance: Appearance, color: QColor) -> QColor:
    """A colour that stands back behind the selected curve."""
    return appearance.theme.tint(color, RECEDING)
