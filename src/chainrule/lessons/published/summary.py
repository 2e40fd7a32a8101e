"""What a comparison of published numbers comes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import plural

if TYPE_CHECKING:
    from chainrule.lessons.published.comparison import ComparedNumber


def found_in_words(found: Sequence[ComparedNumber]) -> str:
    """Return how many numbers are right, rounded and wrong: `24 published numbers: 20 right, 4 wrong.`"""
    right, rounded = sum(each.is_right for each in found), sum(each.is_rounded for each in found)
    some = f"{rounded} right but for rounding, " if rounded else ""
    wrong = len(found) - right - rounded
    return f"{plural(len(found), 'published number')}: {right} right, {some}{wrong} wrong."
