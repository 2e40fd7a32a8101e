"""What the referees say of a run: a row for each ref, with the largest difference from each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from chainrule.catalog.values.refs import ValueRef


@dataclass(frozen=True, slots=True)
class Comparison:
    """The largest differences of one ref from one referee, over all iterations compared, and how many numbers that is.

    `tolerance` is the relative difference that agrees, infinite where it is told and judges nothing. `skipped` counts
    the numbers where a finite difference cannot tell: at a kink of the loss, where it overflows, and where rounding
    leaves too few digits.
    """

    absolute: float
    relative: float
    tolerance: float
    compared: int
    skipped: int = 0

    @property
    def agrees(self) -> bool:
        """Whether rounding explains the difference."""
        return self.relative <= self.tolerance

    @property
    def excess(self) -> float:
        """The relative difference as a share of what is allowed: beyond 1 it does not agree."""
        if not self.tolerance:
            return math.inf if self.relative else 0.0
        return self.relative / self.tolerance

    def joined(self, other: Comparison | None) -> Comparison:
        """Join both, by the tolerance of what was found before."""
        if other is None:
            return self
        return Comparison(
            max(self.absolute, other.absolute),
            max(self.relative, other.relative),
            other.tolerance,
            self.compared + other.compared,
            self.skipped + other.skipped,
        )


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What the referees say of one ref; None where a referee does not know it.

    `autograd` computes each number of the passes, and `optimizer` (`torch.nn.utils`, `torch.optim`, `lr_scheduler`)
    each of the update, from what the trace has for what it reads. `run` is a PyTorch loop that trains on its own from
    the first iteration on: in it rounding grows, so that it is told and judges nothing. `seen_in` is, for what no
    referee knows, the ref that is computed from it and compared. `awaited` says that the comparison still goes on, and
    `note` what a reader has to know of the comparison.
    """

    ref: ValueRef
    autograd: Comparison | None = None
    optimizer: Comparison | None = None
    differences: Comparison | None = None
    run: Comparison | None = None
    seen_in: ValueRef | None = None
    awaited: bool = False
    note: str = ""

    @property
    def torch(self) -> Comparison | None:
        """What PyTorch says of the computation: autograd of the passes, torch.optim of the update."""
        return self.autograd or self.optimizer

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Those that there are and that judge."""
        return tuple(c for c in (self.autograd, self.optimizer, self.differences) if c is not None)

    @property
    def agrees(self) -> bool:
        """Whether all do."""
        return all(comparison.agrees for comparison in self.comparisons)

    @property
    def excess(self) -> float:
        """The largest difference as a share of its tolerance: beyond 1 it does not agree."""
        return max((c.excess for c in self.comparisons), default=0.0)

    def joined(self, other: ReportRow | None) -> ReportRow:
        """Join this row and what was found before."""
        if other is None:
            return self
        return replace(
            self,
            autograd=_joined(self.autograd, other.autograd),
            optimizer=_joined(self.optimizer, other.optimizer),
            differences=_joined(self.differences, other.differences),
            run=_joined(self.run, other.run),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A row for each ref that the program writes, over some iterations.

    `first` is the iteration and the ref where a difference first exceeds its tolerance: most of what differs later
    follows from it. `overflow` is where a number is first infinite or NaN; nothing behind it is compared.
    """

    rows: tuple[ReportRow, ...]
    iterations: int
    first: tuple[int, ValueRef] | None = None
    overflow: tuple[int, ValueRef] | None = None

    @property
    def agrees(self) -> bool:
        """Whether every row does."""
        return all(row.agrees for row in self.rows)

    @property
    def awaited(self) -> int:
        """How many rows are not compared yet: some are while the first iteration is being compared."""
        return sum(row.awaited for row in self.rows)

    @property
    def grown(self) -> ReportRow:
        """The row in which the PyTorch loop that trains on its own is furthest away."""
        return max(self.rows, key=lambda row: row.run.absolute if row.run else -1.0)

    @property
    def worst(self) -> ReportRow:
        """The row that is furthest from what is allowed."""
        return max(self.rows, key=lambda row: row.excess)


def _joined(one: Comparison | None, other: Comparison | None) -> Comparison | None:
    return other if one is None else one.joined(other)
