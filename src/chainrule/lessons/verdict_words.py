"""What is said of a number that was checked."""

from __future__ import annotations

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.check import CheckedNumber, NumberVerdict, Why

_ONE_DIGIT = 1


def verdict_title(found: CheckedNumber) -> str:
    """Return the verdict in a word or two."""
    return _TITLES[found.verdict]


_TITLES = {
    NumberVerdict.RIGHT: "Right",
    NumberVerdict.ROUNDED: "Right but for rounding",
    NumberVerdict.WRONG: "Wrong",
    NumberVerdict.NO_NUMBER: "Nothing to compare with",
}


def verdict_sentences(
    calculation: Calculation, notation: Notation, found: CheckedNumber, mistakes: int
) -> tuple[str, ...]:
    """Return what is said beside the verdict, without the right number; behind it so many mistakes are told."""
    text = _head(found, mistakes) if mistakes else _reason(calculation, notation, found)
    return (text,) if text else ()


def _head(found: CheckedNumber, count: int) -> str:
    about = "nearly " if found.is_about else ""
    if count > 1:
        return f"Each of these gives {about}{found.given.text}:"
    return f"This gives {about}{found.given.text}, but for rounding:" if about else ""


_REASONS = {
    Why.LAST_DIGIT: "The last digit is one off: it was cut off or rounded the other way.",
    Why.WHOLE: "It is rounded to a whole number: give digits behind the point.",
    Why.TO_ZERO: "It is small, and it is not 0: give more digits.",
    Why.ON_THE_WAY: "With intermediate values rounded to {rounded} this is what comes out. Carry more of them on.",
    Why.CLOSE: "It is off by less than half a percent, as rounding on the way makes it. Carry more digits on.",
    Why.TOO_EARLY: "With intermediate values rounded to {rounded} this comes out: too few to carry on.",
    Why.POINT: "The digits are right: the point is {places} too far to the {side}.",
    Why.OTHER_NUMBER: "That is {other}, and not {asked}.",
    Why.BY_HAND: "The number there was set by hand: it is not computed from the others.",
}


def _reason(calculation: Calculation, notation: Notation, found: CheckedNumber) -> str:
    if found.why is not Why.NONE:
        count = abs(found.power)
        return _REASONS[found.why].format(
            rounded=found.rounded.words if found.rounded else "",
            places=f"{count} place{'s' if count > 1 else ''}",
            side="right" if found.power > 0 else "left",
            other=_named(calculation, notation, found.other) if found.other else "",
            asked=notation.text(found.ref, found.index),
        )
    if found.verdict is NumberVerdict.NO_NUMBER:
        return f"The number there is {format_number(found.right)}: training has left what numbers can hold."
    if found.verdict is NumberVerdict.RIGHT:
        return "To the one digit that you gave." if found.given.digits == _ONE_DIGIT else ""
    return f"No single mistake that is usually made gives {found.given.text}. {_sign(found)}".strip()


def _named(calculation: Calculation, notation: Notation, other: tuple[ValueRef, Index]) -> str:
    ref, index = other
    value = notation.value(ref)
    text = notation.text(value.ref, index)
    batch = calculation.values[value.ref]
    return f"{text} of sample {index[0] + 1}" if value.per_sample and len(batch) > 1 else text


def _sign(found: CheckedNumber) -> str:
    if found.right and (found.given.value > 0) != (found.right > 0) and found.given.value:
        return "Its sign is wrong, too."
    size = abs(found.given.value) > abs(found.right)
    return f"It is too {'large' if size else 'small'} in size."
