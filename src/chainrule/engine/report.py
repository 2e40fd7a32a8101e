"""What the referees say of a run: a row for each ref, with the largest difference from each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.engine.refs import ValueRef


@dataclass(frozen=True, slots=True)
class Comparison:
    """The largest differences of one ref from one referee, over all iterations compared, and how many numbers that is.

    `skipped` counts the numbers where a finite difference means nothing: at a kink of the loss, or where it overflows.
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

    def joined(self, other: Comparison | None) -> Comparison:
        """Both together."""
        if other is None:
            return self
        return Comparison(
            max(self.absolute, other.absolute),
            max(self.relative, other.relative),
            self.tolerance,
            self.compared + other.compared,
            self.skipped + other.skipped,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """What the referees say of one ref; None where a referee does not know it.

    `autograd` is given the trace's parameters in each iteration. `optimizer` is PyTorch's loop, which trains on its
    own from the first iteration on: with `torch.optim`, `torch.nn.utils` and `lr_scheduler`. `seen_in` is, for what no
    referee knows, the ref that is computed from it and compared. `awaited` says that the comparison still goes on.
    """

    ref: ValueRef
    autograd: Comparison | None = None
    optimizer: Comparison | None = None
    differences: Comparison | None = None
    seen_in: ValueRef | None = None
    awaited: bool = False

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Those that there are."""
        return tuple(c for c in (self.autograd, self.optimizer, self.differences) if c is not None)

    @property
    def agrees(self) -> bool:
        """Whether all do."""
        return all(comparison.agrees for comparison in self.comparisons)

    @property
    def excess(self) -> float:
        """The largest difference as a share of its tolerance: beyond 1 it does not agree."""
        return max((c.relative / c.tolerance for c in self.comparisons), default=0.0)

    def joined(self, other: Row | None) -> Row:
        """This row and what was found before."""
        if other is None:
            return self
        return replace(
            self,
            autograd=_joined(self.autograd, other.autograd),
            optimizer=_joined(self.optimizer, other.optimizer),
            differences=_joined(self.differences, other.differences),
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A row for each ref that the program writes, over some iterations.

    `first` is the iteration and the ref where a difference first exceeds its tolerance: most of what differs later
    follows from it. `overflow` is where a number is first infinite or NaN; nothing behind it is compared.
    """

    rows: tuple[Row, ...]
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
    def worst(self) -> Row:
        """The row that is furthest from what is allowed."""
        return max(self.rows, key=lambda row: row.excess)


def _joined(one: Comparison | None, other: Comparison | None) -> Comparison | None:
    return other if one is None else one.joined(other)
