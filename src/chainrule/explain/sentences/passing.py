"""How much of a gradient passes an activation at a z, in a sentence with numbers."""

from __future__ import annotations

from math import isnan

from chainrule.explain.writing.numbers import format_short

# What is less steep is called flat.
ALMOST_FLAT = 0.1
# More digits of a share in percent say nothing.
MOST_DIGITS = 4


def passing_in_words(name: str, z: float, slope: float, digits: int | None) -> str:
    """Say `Sigmoid is almost flat at z = −2.3, f′(z) = 0.083: 8.3 % of the gradient that arrives goes on`."""
    at = f"at z = {format_short(z, digits)}"
    if isnan(z) or isnan(slope):
        return f"{name} has no slope {at}, and no gradient that is a number goes on"
    steep = f"f′(z) = {format_short(slope, digits)}"
    if slope == 0:
        return f"{name} is flat {at}, {steep}: nothing of the gradient that arrives goes on"
    if slope == 1:
        return f"{name} has {steep} {at}: all of the gradient that arrives goes on"
    verb = f"is almost flat {at}, {steep}" if abs(slope) < ALMOST_FLAT else f"has {steep} {at}"
    turned = ", with the opposite sign" if slope < 0 else ""
    if abs(slope) <= 1:
        share = format_short(100 * abs(slope), min(digits or MOST_DIGITS, MOST_DIGITS))
        return f"{name} {verb}: {share} % of the gradient that arrives goes on{turned}"
    return f"{name} {verb}: {format_short(abs(slope), digits)} times the gradient that arrives goes on{turned}"
