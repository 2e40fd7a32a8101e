"""How large everything is for the last row: by the height of the screen, whatever its pixels."""

from __future__ import annotations

from math import ceil

from chainrule.ui.stage.painting.numbers import SMALL

# No text is lower than that share of the screen's height: about what one sees from a distance of six such heights.
SMALLEST = 0.025
# By how much the text is made larger at a time, and how often.
LARGER, MOST_LARGER = 1.15, 4


def scale_for(height: float, larger: int = 0) -> float:
    """Return the text size at which the stage's smallest text is as large as it must be, or larger by so many steps."""
    return ceil(height * SMALLEST - 1e-9) / SMALL * LARGER**larger
