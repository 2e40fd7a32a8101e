"""How published numbers are shown beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.explain.writing.numbers import as_typed, format_number
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.teaching.text_table import TextCell, TextColumn

if TYPE_CHECKING:
    from chainrule.lessons.published.comparison import ComparedNumber
    from chainrule.lessons.published.side_by_side import BothNumbers

COLUMNS = (
    TextColumn(gettext_noop("number"), gettext_noop("What the number is of")),
    TextColumn(gettext_noop("iteration"), gettext_noop("Which iteration it is of, from 0"), is_number=True),
    TextColumn(gettext_noop("published"), gettext_noop("The digits that were printed"), is_number=True),
    TextColumn(
        gettext_noop("ours"),
        gettext_noop("Ours, with as many digits, and two more where those are wrong"),
        is_number=True,
    ),
    TextColumn(gettext_noop("verdict"), gettext_noop("Right where ours rounds to the printed digits")),
    TextColumn(gettext_noop("note"), gettext_noop("What the table says of it")),
)
RUN_COLUMNS = (
    TextColumn(gettext_noop("iteration"), is_number=True),
    TextColumn(gettext_noop("by the right method"), is_number=True),
    TextColumn(
        gettext_noop("by the wrong method"),
        gettext_noop("The mistake, made anew in every iteration from the start"),
        is_number=True,
    ),
    TextColumn(""),
)
NO_TABLE = gettext_noop(
    "There is no table beside this experiment: choose one. It is a CSV file with the columns ref, iteration, published."
)
RIGHT = (gettext_noop("✓ right"), "good")
ROUNDED = (gettext_noop("≈ rounded"), "by_hand")
WRONG = (gettext_noop("✗ wrong"), "error")
DIGITS_BEYOND = 2


def verdict_of(number: ComparedNumber) -> tuple[str, str]:
    """Return what a number is, with a sign, and its colour."""
    return RIGHT if number.is_right else ROUNDED if number.is_rounded else WRONG


def published_rows(found: Sequence[ComparedNumber]) -> list[list[TextCell]]:
    """Return the rows of the table."""
    rows = []
    for each in found:
        given, (verdict, color) = each.published.given, verdict_of(each)
        digits = None if given.digits is None else given.digits + (0 if each.is_right else DIGITS_BEYOND)
        ours = as_typed(format_number(each.ours, digits))
        iteration = each.published.iteration
        rows.append(
            [
                TextCell(each.name),
                TextCell(str(iteration), order=iteration),
                TextCell(given.text, order=given.value),
                TextCell(ours, repr(each.ours), order=each.ours),
                TextCell(gettext(verdict), " ".join(each.said), color),
                TextCell(each.published.note),
            ]
        )
    return rows


def said_in_words(number: ComparedNumber) -> str:
    """Return what is said of a number: by which mistake it comes, and what that gives."""
    if number.is_right:
        return gettext("{name} is right to the digits that were printed.", name=number.name)
    gives = "" if number.by_method is None else gettext("This gives {number}.", number=repr(number.by_method))
    return " ".join(filter(None, (*number.said, gives)))


def run_rows(both: Sequence[BothNumbers]) -> list[list[TextCell]]:
    """Return the rows of the training by both methods."""
    rows = []
    for each in both:
        numbers = [TextCell("–" if n is None else as_typed(format_number(n, 10)), "" if n is None else repr(n))
                   for n in (each.right, each.wrong)]  # fmt: skip
        rows.append([TextCell(str(each.iteration), order=each.iteration), *numbers, TextCell("")])
    return rows
