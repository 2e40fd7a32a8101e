"""The scalars of many iterations at once: counts of steps, bias corrections, scheduled rates.

Most depend on nothing but scalars. They are computed on Python's numbers, by the functions that the trace computes them
with, before the tensors of those iterations are: a column for each, of one number an iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.kernels.scalars import ScalarFunction
from chainrule.engine.program.schedule import Scheduled
from chainrule.engine.program.steps import MicroStep

Column = Sequence[float]


class RangeColumns(dict[ValueRef, Column]):
    """Columns of one range of iterations, by ref; those of constants are made when they are asked for."""

    def __init__(self, constants: Mapping[ValueRef, float], iteration: int, count: int) -> None:
        super().__init__()
        self._constants, self._iteration, self.count = constants, iteration, count

    def __missing__(self, ref: ValueRef) -> Column:
        """Make the column of a constant, or of the numbers of the iterations."""
        if ref == refs.ITERATION:
            found = [float(at) for at in range(self._iteration, self._iteration + self.count)]
        else:
            found = [self._constants[ref]] * self.count
        self[ref] = found
        return found


@dataclass(frozen=True, slots=True)
class _Scalar:
    writes: ValueRef
    number: Callable[..., float]
    reads: tuple[ValueRef, ...]


class ScalarColumns:
    """The scalars of one iteration's steps that are known before its tensors: `known` are their refs.

    `carried` are the scalars that go from iteration to iteration, and `constants` those that never change.
    """

    def __init__(
        self, steps: Iterable[MicroStep], carried: Iterable[ValueRef], constants: Mapping[ValueRef, float]
    ) -> None:
        self._constants = dict(constants)
        all_steps = tuple(steps)
        found, known = _known(all_steps, set(carried), set(constants))
        self.known = frozenset(known)
        written = {scalar.writes for scalar in found}
        self._advancing = [(ref, n) for ref in carried if ref in known and (n := refs.next_value(ref)) in written]
        self._carried = [ref for ref in carried if ref in known]
        needed = {following for _, following in self._advancing}
        for scalar in reversed(found):
            if scalar.writes in needed:
                needed.update(scalar.reads)
        # One iteration's lead to the next one's; all others can be computed a column at a time.
        self._in_turn = [scalar for scalar in found if scalar.writes in needed]
        self._apart = [scalar for scalar in found if scalar.writes not in needed]

    @property
    def written(self) -> frozenset[ValueRef]:
        """What need not be computed any more."""
        return frozenset(scalar.writes for scalar in (*self._in_turn, *self._apart))

    def compute(self, now: Mapping[ValueRef, float], iteration: int, count: int) -> RangeColumns:
        """Compute the columns of so many iterations, from what the carried scalars are before the first."""
        columns = RangeColumns(self._constants, iteration, count)
        for ref in self._carried:
            columns[ref] = [now[ref]] * count
        if self._in_turn:
            self._compute_in_turn(columns, now)
        for scalar in self._apart:
            reads = [columns[ref] for ref in scalar.reads]
            columns[scalar.writes] = list(map(scalar.number, *reads)) if reads else [scalar.number()] * count
        return columns

    def after(self, columns: RangeColumns) -> dict[ValueRef, Column]:
        """Return what the carried scalars that are known are after each iteration."""
        following = dict(self._advancing)
        return {ref: columns[following.get(ref, ref)] for ref in self._carried}

    def _compute_in_turn(self, columns: RangeColumns, now: Mapping[ValueRef, float]) -> None:
        made: dict[ValueRef, list[float]] = {scalar.writes: [] for scalar in self._in_turn}
        before: dict[ValueRef, list[float]] = {ref: [] for ref, _ in self._advancing}
        turns = [(made[each.writes].append, each.writes, each.number, each.reads) for each in self._in_turn]
        advancing = [(ref, following, before[ref].append) for ref, following in self._advancing]
        present = {**self._constants, **{ref: now[ref] for ref in self._carried}}
        for iteration in columns[refs.ITERATION]:
            present[refs.ITERATION] = iteration
            for keep, writes, number, reads in turns:
                found = present[writes] = float(number(*[present[ref] for ref in reads]))
                keep(found)
            for ref, following, keep in advancing:
                keep(present[ref])
                present[ref] = present[following]
        columns.update({**made, **before})


def _known(
    steps: tuple[MicroStep, ...], carried: set[ValueRef], constants: set[ValueRef]
) -> tuple[list[_Scalar], set[ValueRef]]:
    """Return the steps that depend on scalars alone, and what is known by them."""
    written = {step.writes for step in steps}
    while True:
        known = carried | constants | {refs.ITERATION}
        found = []
        for step in steps:
            compute = step.compute
            if isinstance(compute, ScalarFunction | Scheduled) and known.issuperset(step.reads):
                known.add(step.writes)
                found.append(_Scalar(step.writes, compute.number, step.reads))
        lost = {ref for ref in carried if refs.next_value(ref) in written - known}
        if not lost:
            return found, known
        carried = carried - lost
