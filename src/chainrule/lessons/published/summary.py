"""What a comparison of published numbers comes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import plural
from chainrule.translation import gettext

if TYPE_CHECKING:
    from chainrule.lessons.published.comparison import ComparedNumber


def found_in_words(found: Sequence[ComparedNumber]) -> str:
    """Return how many numbers are right, rounded and wrong: `24 published numbers: 20 right, 4 wrong.`"""
    right, rounded = sum(each.is_right for each in found), sum(each.is_rounded for each in found)
    wrong = len(found) - right - rounded
    numbers = plural(len(found), "published number")
    if not rounded:
        return gettext("{numbers}: {right} right, {wrong} wrong.", numbers=numbers, right=right, wrong=wrong)
    return gettext(
        "{numbers}: {right} right, {rounded} right but for rounding, {wrong} wrong.",
        numbers=numbers,
        right=right,
        rounded=rounded,
        wrong=wrong,
    )
