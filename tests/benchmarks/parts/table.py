"""One line a budget: what was measured, how far it spreads, and the limit it is held to."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from typing import Any

from tests.benchmarks.parts.timing import Race, Sample

HEADINGS = ("", "measured", "spread", "limit", "of limit", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, and of the JSON beside it.

    `limit` is the most, or with `at_least` the least, that `measured` may be; None holds it to nothing. `low` and
    `high` are the quartiles where it was measured more than once. `note` has the absolute figures behind a ratio.
    `id` tells the row from all others for good, so that two versions can be compared: by default it is the name, and
    the group, which is the module's, is put before it.
    """

    name: str
    measured: float
    limit: float | None
    unit: str
    id: str = ""
    group: str = ""
    at_least: bool = False
    note: str = ""
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.measured):
            raise ValueError(f"{self.name}: {self.measured} is not a measurement")
        if not self.id:
            object.__setattr__(self, "id", slug(self.name))

    @classmethod
    def of(cls, name: str, sample: Sample, limit: float | None, unit: str, **more: Any) -> Row:
        """A row of what was measured more than once."""
        return cls(name, sample.median, limit, unit, low=sample.low, high=sample.high, **more)

    @classmethod
    def speed(cls, name: str, race: Race, least: float | None, than: str) -> Row:
        """A row of how fast ours is, as a multiple of the other's speed."""
        note = f"{microseconds(race.ours)} and {microseconds(race.theirs)} us"
        return cls.of(name, race.speed, least, f"x the speed of {than}", at_least=True, note=note)

    @property
    def exceeded(self) -> bool:
        """Whether it is beyond its limit."""
        if self.limit is None:
            return False
        return self.measured < self.limit if self.at_least else self.measured > self.limit

    @property
    def spread(self) -> float:
        """How far the quartiles lie from what was measured, as a share of it: 0 where it was measured once."""
        if self.low is None or self.high is None or not self.measured:
            return 0.0
        return max(self.high - self.measured, self.measured - self.low) / abs(self.measured)


def microseconds(seconds: Sample) -> str:
    """Whole ones, where a part of one says little."""
    count = seconds.median * 1e6
    return f"{count:,.0f}" if count >= 20 else f"{count:.1f}"


def slug(name: str) -> str:
    """A name as an id: lower case, with single hyphens for all but letters, digits and points."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")


def figure(value: float | None) -> str:
    """Three digits that count, as people write them; a dash for nothing."""
    if value is None:
        return "–"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 4}f}"


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is printed. A limit that is the least is told apart from one that is the most."""
    if row.limit is None:
        limit, share = "–", "–"
    else:
        limit = f"{'≥' if row.at_least else '≤'} {figure(row.limit)}"
        share = f"{row.measured / row.limit:.0%}" if row.limit else "–"
    spread = f"±{row.spread:.0%}" if row.low is not None else "–"
    note = f"{row.unit}{f' ({row.note})' if row.note else ''}{'   EXCEEDED' if row.exceeded else ''}"
    return f"  {row.name}", figure(row.measured), spread, limit, share, note


def layout(headings: Sequence[str], lines: Iterable[Sequence[str] | str]) -> str:
    """Lines under headings, each column as wide as its widest cell; a line that is a string stands across them all.

    The first column and the last are words, to the left; those between are figures, to the right.
    """
    lines = list(lines)
    rows = [headings, *(line for line in lines if not isinstance(line, str))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def aligned(row: Sequence[str]) -> str:
        first, *figures, last = row
        middle = (cell.rjust(width) for cell, width in zip(figures, widths[1:-1], strict=True))
        return "  ".join((first.ljust(widths[0]), *middle, last)).rstrip()

    return "\n".join([aligned(headings), *(line if isinstance(line, str) else aligned(line) for line in lines)])


def table(rows: Sequence[Row]) -> str:
    """All rows, with the name of a group before its first."""
    groups = ((group, *map(cells, found)) for group, found in groupby(rows, key=lambda row: row.group))
    return layout(HEADINGS, chain.from_iterable(groups))


def report(rows: Sequence[Row]) -> int:
    """Print the table; the exit status is 1 if a limit is exceeded."""
    print(table(rows))
    return int(any(row.exceeded for row in rows))
