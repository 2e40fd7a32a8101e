"""How much of a gradient passes an activation at a z, in a sentence with numbers."""

from __future__ import annotations

from math import isnan

from chainrule.explain.writing.numbers import format_short
from chainrule.translation import gettext

# What is less steep is called flat.
ALMOST_FLAT = 0.1
# More digits of a share in percent say nothing.
MOST_DIGITS = 4


def passing_in_words(name: str, z: float, slope: float, digits: int | None) -> str:
    """Say `Sigmoid is almost flat at z = −2.3, f′(z) = 0.083: 8.3 % of the gradient that arrives goes on`."""
    at = gettext("at z = {z}", z=format_short(z, digits))
    if isnan(z) or isnan(slope):
        return gettext("{name} has no slope {at}, and no gradient that is a number goes on", name=name, at=at)
    steep = f"f′(z) = {format_short(slope, digits)}"
    if slope == 0:
        return gettext(
            "{name} is flat {at}, {steep}: nothing of the gradient that arrives goes on", name=name, at=at, steep=steep
        )
    if slope == 1:
        return gettext(
            "{name} has {steep} {at}: all of the gradient that arrives goes on", name=name, steep=steep, at=at
        )
    verb = (
        gettext("is almost flat {at}, {steep}", at=at, steep=steep)
        if abs(slope) < ALMOST_FLAT
        else gettext("has {steep} {at}", steep=steep, at=at)
    )
    turned = gettext(", with the opposite sign") if slope < 0 else ""
    if abs(slope) <= 1:
        share = format_short(100 * abs(slope), min(digits or MOST_DIGITS, MOST_DIGITS))
        return gettext(
            "{name} {verb}: {share} % of the gradient that arrives goes on{turned}",
            name=name,
            verb=verb,
            share=share,
            turned=turned,
        )
    return gettext(
        "{name} {verb}: {abs} times the gradient that arrives goes on{turned}",
        name=name,
        verb=verb,
        abs=format_short(abs(slope), digits),
        turned=turned,
    )
