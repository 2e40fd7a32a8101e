"""The scalars that a plan hands from iteration to iteration: as Python's numbers, and one for all that are equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan.scalar_columns import Column


class CarriedScalars:
    """What the carried scalars are `now`, and what they were `after` each iteration of the chunk.

    `shared` maps each scalar of the program to the one that is computed for it; `refs` are those. One that no step
    changes has nothing in `after`.
    """

    def __init__(self, shared: Mapping[ValueRef, ValueRef]) -> None:
        self.shared = shared
        self.refs = list(dict.fromkeys(shared.values()))
        self.now: dict[ValueRef, float] = {}
        self.after: dict[ValueRef, list[float]] = {}
        self._first: dict[ValueRef, float] = {}

    def load(self, values: Mapping[ValueRef, Tensor]) -> None:
        """Go on from the values of a state."""
        # In place: calls that were compiled before keep hold of them.
        self.now.update((kept, values[ref].item()) for ref, kept in self.shared.items())

    def fits(self, values: Mapping[ValueRef, Tensor]) -> bool:
        """Return whether the scalars that are computed as one are equal in the values of a state."""
        first: dict[ValueRef, float] = {}
        numbers = {ref: values[ref].item() for ref in self.shared}
        return all(first.setdefault(kept, numbers[ref]) == numbers[ref] for ref, kept in self.shared.items())

    def begin_chunk(self) -> None:
        """Forget what they were before."""
        self.after = {ref: [] for ref in self.refs}
        self._first = dict(self.now)

    def extend(self, columns: Mapping[ValueRef, Column]) -> None:
        """Take what some of them are after each of the iterations that follow."""
        for ref, column in columns.items():
            self.after[ref].extend(column)
            self.now[ref] = column[-1]

    def advance(self, numbers: Iterable[tuple[ValueRef, float]]) -> None:
        """Take what some of them are after the iteration that follows."""
        for ref, number in numbers:
            self.after[ref].append(number)
            self.now[ref] = number

    def before(self, ref: ValueRef, count: int) -> Sequence[float]:
        """Return what one was before each of the iterations of the chunk."""
        return [self._first[ref], *self.column(ref, count)[:-1]]

    def column(self, ref: ValueRef, count: int) -> Sequence[float]:
        """Return what one was after each of the iterations of the chunk."""
        return self.after[ref] or [self.now[ref]] * count
