"""What is said of a number that was checked."""

from __future__ import annotations

from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.check import CheckedNumber, NumberVerdict, Why
from chainrule.translation import gettext, gettext_noop, pgettext

_ONE_DIGIT = 1


def verdict_title(found: CheckedNumber) -> str:
    """Return the verdict in a word or two."""
    return gettext(_TITLES[found.verdict])


_TITLES = {
    NumberVerdict.RIGHT: gettext_noop("Right"),
    NumberVerdict.ROUNDED: gettext_noop("Right but for rounding"),
    NumberVerdict.WRONG: gettext_noop("Wrong"),
    NumberVerdict.NO_NUMBER: gettext_noop("Nothing to compare with"),
}


def verdict_sentences(
    calculation: Calculation, notation: Notation, found: CheckedNumber, mistakes: int
) -> tuple[str, ...]:
    """Return what is said beside the verdict, without the right number; behind it so many mistakes are told."""
    text = _head(found, mistakes) if mistakes else _reason(calculation, notation, found)
    return (text,) if text else ()


def _head(found: CheckedNumber, count: int) -> str:
    given = found.given.text
    if count > 1 and found.is_about:
        return gettext("Each of these gives nearly {given}:", given=given)
    if count > 1:
        return gettext("Each of these gives {given}:", given=given)
    return gettext("This gives nearly {given}, but for rounding:", given=given) if found.is_about else ""


_REASONS = {
    Why.LAST_DIGIT: gettext_noop("The last digit is one off: it was cut off or rounded the other way."),
    Why.WHOLE: gettext_noop("It is rounded to a whole number: give digits behind the point."),
    Why.TO_ZERO: gettext_noop("It is small, and it is not 0: give more digits."),
    Why.ON_THE_WAY: gettext_noop(
        "With intermediate values rounded to {rounded} this is what comes out. Carry more of them on."
    ),
    Why.CLOSE: gettext_noop(
        "It is off by less than half a percent, as rounding on the way makes it. Carry more digits on."
    ),
    Why.TOO_EARLY: gettext_noop("With intermediate values rounded to {rounded} this comes out: too few to carry on."),
    Why.POINT: gettext_noop("The digits are right: the point is {places} too far to the {side}."),
    Why.OTHER_NUMBER: gettext_noop("That is {other}, and not {asked}."),
    Why.BY_HAND: gettext_noop("The number there was set by hand: it is not computed from the others."),
}


def _reason(calculation: Calculation, notation: Notation, found: CheckedNumber) -> str:
    if found.why is not Why.NONE:
        count = abs(found.power)
        return gettext(_REASONS[found.why]).format(
            rounded=found.rounded.words if found.rounded else "",
            places=plural(count, "place"),
            side=pgettext("side", "right") if found.power > 0 else pgettext("side", "left"),
            other=_named(calculation, notation, found.other) if found.other else "",
            asked=notation.text(found.ref, found.index),
        )
    if found.verdict is NumberVerdict.NO_NUMBER:
        return gettext(
            "The number there is {right}: training has left what numbers can hold.", right=format_number(found.right)
        )
    if found.verdict is NumberVerdict.RIGHT:
        return gettext("To the one digit that you gave.") if found.given.digits == _ONE_DIGIT else ""
    return gettext(
        "No single mistake that is usually made gives {words}. {sign}", words=found.given.text, sign=_sign(found)
    ).strip()


def _named(calculation: Calculation, notation: Notation, other: tuple[ValueRef, Index]) -> str:
    ref, index = other
    value = notation.value(ref)
    text = notation.text(value.ref, index)
    batch = calculation.values[value.ref]
    return (
        gettext("{words} of sample {number}", words=text, number=index[0] + 1)
        if value.per_sample and len(batch) > 1
        else text
    )


def _sign(found: CheckedNumber) -> str:
    if found.right and (found.given.value > 0) != (found.right > 0) and found.given.value:
        return gettext("Its sign is wrong, too.")
    size = abs(found.given.value) > abs(found.right)
    return gettext("It is too {more} in size.", more=gettext("large") if size else gettext("small"))
