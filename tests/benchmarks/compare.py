"""Two runs of the benchmarks beside each other: `make bench-compare`, or with `A=old.json B=new.json` two others.

The exit status is 1 if the second is worse: a row by more than it spreads and a tenth, one beyond a limit that it kept,
or a group that can no longer be measured. It is 2 if there are no two runs to compare.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain, groupby
from pathlib import Path

from tests.benchmarks.parts.machine import Machine
from tests.benchmarks.parts.record import FOLDER, Record, newest, read
from tests.benchmarks.parts.table import Row, figure, layout

HEADINGS = ("", "before", "after", "change", "spread", "")
# How much worse than its spread a row may be: what two runs on one machine differ by, for no reason that can be found.
TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """A row that both runs have, measured in the same way."""

    before: Row
    after: Row

    @property
    def row(self) -> Row:
        """The row as it is now, which the table names."""
        return self.after

    @property
    def change(self) -> float:
        """How much more the second measured, as a share of the first."""
        if not self.before.measured:
            return 0.0 if not self.after.measured else float("inf")
        return (self.after.measured - self.before.measured) / abs(self.before.measured)

    @property
    def loss(self) -> float:
        """How much worse the second is, as a share of the first: less where more is asked for."""
        return -self.change if self.after.at_least else self.change

    @property
    def spread(self) -> float:
        """What the change has to exceed to be one: the wider of both spreads."""
        return max(self.before.spread, self.after.spread)

    @property
    def crossed(self) -> bool:
        """Whether it is beyond its limit, and was not."""
        return self.after.exceeded and not self.before.exceeded

    @property
    def failed(self) -> bool:
        """Whether the second run must not pass for this row."""
        return self.crossed or self.loss > self.spread + TOLERANCE

    @property
    def verdict(self) -> str:
        """In a word, with what is worse than can be passed in capitals."""
        if self.crossed:
            return "LIMIT EXCEEDED"
        if self.failed:
            return "WORSE"
        if abs(self.loss) <= self.spread:
            return ""
        return "worse" if self.loss > 0 else "better"


@dataclass(frozen=True, slots=True)
class Lone:
    """A row that only one of the runs has, or that is measured in another way now."""

    row: Row
    verdict: str
    failed: bool = False


Line = Change | Lone


def compare(before: Record, after: Record) -> list[Line]:
    """Every row of either, by group, of the groups that both have measured."""
    groups = [group for group in after.seconds if group in before.seconds]
    older, newer = ({row.id: row for row in run.rows if row.group in groups} for run in (before, after))
    broken = set(after.failed) - set(before.failed)
    found: list[Line] = []
    for row in newer.values():
        old = older.pop(row.id, None)
        if old is None:
            found.append(Lone(row, "only after"))
        elif (old.unit, old.at_least) != (row.unit, row.at_least):
            found.append(Lone(row, "measured in another way before"))
        else:
            found.append(Change(old, row))
    found += [Lone(row, "only before", row.group in broken) for row in older.values()]
    return sorted(found, key=lambda line: groups.index(line.row.group))


def cells(line: Line) -> tuple[str, ...]:
    """A line as it is printed."""
    number = figure(line.row.measured)
    if isinstance(line, Change):
        change, spread = f"{line.change:+.0%}", f"±{line.spread:.0%}"
        return f"  {line.row.name}", figure(line.before.measured), number, change, spread, line.verdict
    before, after = (number, "–") if line.verdict == "only before" else ("–", number)
    return f"  {line.row.name}", before, after, "–", "–", line.verdict


def differences(before: Machine, after: Machine) -> list[str]:
    """What differs between two machines: figures of two are hardly to be compared."""
    old, new = asdict(before), asdict(after)
    return [f"{name}: {old[name]} before, {new[name]} after" for name in old if old[name] != new[name]]


def heading(name: str, run: Record) -> str:
    """Which run it is."""
    dirty = " with changes" if run.commit.dirty else ""
    return f"{name} {run.commit.version} {run.commit.commit[:7]}{dirty}, {run.commit.date}"


def show(before: Record, after: Record) -> int:
    """Print both runs in one table; the exit status is 1 if the second is worse."""
    print(heading("before:", before))
    print(heading("after: ", after))
    for line in differences(before.machine, after.machine):
        print(f"NOT THE SAME MACHINE  {line}")
    for name, run in (("before", before), ("after", after)):
        if run.warning:
            print(f"BEWARE  {name}, {run.warning}")
    lines = compare(before, after)
    groups = ((group, *map(cells, found)) for group, found in groupby(lines, key=lambda line: line.row.group))
    print("\n" + layout(HEADINGS, chain.from_iterable(groups)))
    broken = sorted(set(after.failed) - set(before.failed))
    if broken:
        print(f"\nNo longer measured, for an error: {', '.join(broken)}")
    return int(bool(broken) or any(line.failed for line in lines))


def chosen(paths: Sequence[Path]) -> tuple[Path, Path]:
    """The two runs asked for: one that is named is compared with the newest. ValueError if there are no two."""
    found = [*paths, *newest(2 - len(paths))] if len(paths) < 2 else list(paths)
    if len(found) != 2 or found[0] == found[1]:
        raise ValueError(f"there are no two runs to compare in {FOLDER}: make bench writes one")
    return found[0], found[1]


def main(words: list[str] | None = None) -> int:
    """Compare two files, the newest two if none is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="the older, then the newer")
    asked = parser.parse_args(words)
    try:
        before, after = map(read, chosen(asked.files))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return show(before, after)


if __name__ == "__main__":
    sys.exit(main())
