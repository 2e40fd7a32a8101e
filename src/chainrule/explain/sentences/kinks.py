"""What is said of a kink (a corner, in sentences) or a jump: the slopes beside it, and the one that is taken."""

from __future__ import annotations

from chainrule.explain.writing.numbers import format_short
from chainrule.formula.kinks import Kink


def kink_words(found: Kink, name: str, slope: float, digits: int | None) -> str:
    """Say `f has a corner: its slope is 0 below and 1 above. PyTorch takes 0`, behind a word such as `where`."""

    def say(x: float) -> str:
        return format_short(x, digits)

    below, above = found.below, found.above
    if not found.is_jump:
        what = f"has a corner: its slope is {say(below.slope)} below and {say(above.slope)} above"
    elif below.value == above.value:
        what = f"is {say(found.here)}, and {say(below.value)} on both sides: there is no slope"
    else:
        what = f"jumps from {say(below.value)} to {say(above.value)}: there is no slope"
    return f"{name} {what}. PyTorch takes {say(slope)}"
