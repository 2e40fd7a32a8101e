"""What the table of conventions says in words: of each convention, where its numbers part from the first one's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.session.conventions import ConventionTable

if TYPE_CHECKING:
    from chainrule.engine.convention_walks import ConventionWalk


def sentence_of(table: ConventionTable, column: int) -> str:
    """Return where a convention parts from the first one, and when the rate is why; of the first, who it is."""
    names = [each.name for each in table.columns]
    if table.refusals[column]:
        return f"{names[column]} cannot be computed here: {table.refusals[column]}"
    first, walk = table.walks[0], table.walks[column]
    if not table.is_done or walk is None:
        return "This convention is being computed."
    if first is None:
        return f"{names[0]} cannot be computed here, so there is nothing to compare {names[column]} with."
    if column == 0:
        return f"{names[0]} is what the other columns are compared with; numbers are the same {_within(table)}."
    if table.parts[column] is None:
        count = plural(min(len(first.numbers), len(walk.numbers)) - 1, "iteration")
        if len(set(walk.numbers)) == 1:
            return f"Neither {names[0]} nor {names[column]} moves this number in {count}."
        return f"{names[column]} and {names[0]} are the same {_within(table)} in all {count}."
    return _parting(table, first, walk, column)


def start_in_words(table: ConventionTable) -> str:
    """Return from which iteration on, where that is not the first."""
    walk = next((walk for walk in table.walks if walk is not None), None)
    return "" if table.question.place is None or walk is None else f", from iteration {walk.start} on"


def _parting(table: ConventionTable, first: ConventionWalk, walk: ConventionWalk, column: int) -> str:
    place = table.parts[column] or 0
    iteration, parts = walk.start + place - 1, f"{table.columns[column].name} parts from {table.columns[0].name} at"
    if place <= 1:
        # Of a start on the way the iteration is said before.
        which = f", that of iteration {iteration}" if table.question.place is None else ""
        return f"{parts} the first update{which}."
    rates = first.rates[:place]
    if rates[-1] != rates[-2] and len(set(rates[:-1])) == 1:
        digits = 4 if format_short(rates[-2]) != format_short(rates[-1]) else None
        changes = f"from {format_short(rates[-2], digits)} to {format_short(rates[-1], digits)}"
        return f"{parts} iteration {iteration}, when the rate changes {changes}; before, both move the same."
    return f"{parts} iteration {iteration}; before, both are the same {_within(table)}."


def _within(table: ConventionTable) -> str:
    return f"within {table.tolerance:g} of their size"


def heading_of(name: str, *, is_used: bool) -> str:
    """Return the heading of a convention; the experiment's own has a mark."""
    return f"✓ {name}" if is_used else name


def difference_in_words(table: ConventionTable, row: int, column: int) -> str:
    """Return a number with every digit and, beside another convention, how far it is from the first one's."""
    numbers = table.rows()[row].numbers
    number, first = numbers[column], numbers[0]
    if number is None:
        return ""
    said = f"{table.columns[column].name}: {format_number(number, None)}"
    if column and first is not None:
        said += (
            f"; {table.columns[0].name}: {format_number(first, None)}; apart by {format_number(number - first, None)}"
        )
    return said
