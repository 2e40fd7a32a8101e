"""The numbers of a picture as a table: for those who cannot see it, and for other programs. A view gives its own."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell

if TYPE_CHECKING:
    import numpy as np

    from chainrule.model.timeline.downsampled_series import Outline

# So many rows are handed on at a time.
ROWS = 500
FROM, TO = "iteration", gettext_noop("to iteration")
LOWEST, HIGHEST = gettext_noop("{}, lowest"), gettext_noop("{}, highest")


@dataclass(frozen=True, slots=True, eq=False)
class NumbersTable:
    """`names` stand over the columns, and below each are its `columns`' numbers from top to bottom, equally many.

    A number is a float or an integer, with all of its digits; None is a place that has none. A column may be an array.
    """

    names: tuple[str, ...]
    columns: tuple[Sequence[CopiedCell] | np.ndarray, ...]

    @classmethod
    def of_rows(cls, rows: Sequence[Sequence[CopiedCell]]) -> NumbersTable | None:
        """Return the table of rows as they are copied, with the names in the first one; None where there are none."""
        if not rows:
            return None
        names, body = tuple(map(str, rows[0])), rows[1:]
        return cls(names, tuple([row[place] for row in body] for place in range(len(names))))

    @classmethod
    def of_outline(cls, first: int, names: Sequence[str], outline: Outline) -> NumbersTable | None:
        """Return the table of curves by iteration, from the `first` one on; None where there is no iteration.

        Where a piece stands for several iterations it has its extremes: no more than these is drawn, and remembered.
        """
        if not len(outline):
            return None
        begins = outline.begins + first
        if len(outline.begins) == len(outline):
            return cls((FROM, *names), (begins, *outline.high.T))
        ends = (*begins[1:] - 1, first + len(outline) - 1)
        heads = (form.format(name) for name in names for form in (gettext(LOWEST), gettext(HIGHEST)))
        numbers = (part[:, place] for place in range(len(names)) for part in (outline.low, outline.high))
        return cls((FROM, gettext(TO), *heads), (begins, ends, *numbers))

    @classmethod
    def of_runs(cls, runs: Sequence[tuple[int, Sequence[str], Outline]]) -> NumbersTable | None:
        """Return the table of curves of several runs side by side, each with its first iteration and its names.

        A run has numbers at the iterations where its pieces begin; what stands for several of them has its extremes.
        """
        places = sorted({first + begin for first, _, outline in runs for begin in outline.begins.tolist()})
        if not places:
            return None
        columns: dict[str, Sequence[CopiedCell]] = {FROM: places}
        for first, names, outline in runs:
            begins = (outline.begins + first).tolist()
            is_whole = len(begins) == len(outline)
            forms = (
                (("{}", outline.high),)
                if is_whole
                else ((gettext(LOWEST), outline.low), (gettext(HIGHEST), outline.high))
            )
            for place, name in enumerate(names):
                for form, numbers in forms:
                    known = dict(zip(begins, numbers[:, place].tolist(), strict=True))
                    columns[_apart(form.format(name), columns)] = [known.get(at) for at in places]
        return cls(tuple(columns), tuple(columns.values()))

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.columns[0]) if self.columns else 0

    def cell(self, row: int, column: int) -> CopiedCell:
        """Return what stands in a place."""
        found: Any = self.columns[column][row]
        plain: CopiedCell = found.item() if hasattr(found, "item") else found
        return plain

    def row(self, row: int) -> list[CopiedCell]:
        """Return a row."""
        return [self.cell(row, column) for column in range(len(self.columns))]

    def csv(self) -> Iterator[bytes]:
        """Yield it as RFC 4180 has it, some rows at a time; numbers read back to the same bits."""
        yield _lines([list(self.names)])
        for start in range(0, len(self), ROWS):
            yield _lines([self.row(row) for row in range(start, min(start + ROWS, len(self)))])


def _apart(name: str, taken: Collection[str]) -> str:
    """Return a name that no other column has."""
    numbered = (f"{name} ({number})" for number in count(2))
    return next(each for each in chain((name,), numbered) if each not in taken)


def _lines(rows: Sequence[Sequence[CopiedCell]]) -> bytes:
    text = io.StringIO()
    written = ([repr(cell) if isinstance(cell, float) else cell for cell in row] for row in rows)
    csv.writer(text).writerows(written)
    return text.getvalue().encode("utf-8")
