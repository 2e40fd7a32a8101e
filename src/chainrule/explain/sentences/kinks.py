"""What is said of a kink (a corner, in sentences) or a jump: the slopes beside it, and the one that is taken."""

from __future__ import annotations

from chainrule.explain.writing.numbers import format_short
from chainrule.formula.kinks import Kink
from chainrule.translation import gettext


def kink_words(found: Kink, name: str, slope: float, digits: int | None) -> str:
    """Say `f has a corner: its slope is 0 below and 1 above. PyTorch takes 0`, behind a word such as `where`."""

    def say(x: float) -> str:
        return format_short(x, digits)

    below, above = found.below, found.above
    if not found.is_jump:
        what = gettext(
            "has a corner: its slope is {slope} below and {slope_2} above",
            slope=say(below.slope),
            slope_2=say(above.slope),
        )
    elif below.value == above.value:
        what = gettext(
            "is {here}, and {value} on both sides: there is no slope", here=say(found.here), value=say(below.value)
        )
    else:
        what = gettext(
            "jumps from {value} to {value_2}: there is no slope", value=say(below.value), value_2=say(above.value)
        )
    return gettext("{name} {what}. PyTorch takes {slope}", name=name, what=what, slope=say(slope))
