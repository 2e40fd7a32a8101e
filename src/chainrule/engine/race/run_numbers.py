"""The numbers of many runs: settings, counts, corrections and rates, as Python's numbers.

What all runs have the same of is one number, and is computed once; else there is a number for each run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import repeat
from math import copysign

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.kernels.scalars import ScalarFunction
from chainrule.engine.program.schedule import Scheduled
from chainrule.engine.program.steps import MicroStep

# One number for all runs, or a number for each.
RunNumber = float | tuple[float, ...]


def same_or_each(numbers: Iterable[float]) -> RunNumber:
    """Return the numbers of all runs as one where they are the same; NaN is not, and -0 is not 0."""
    each = tuple(numbers)
    first = each[0]
    # A count that begins with 0 is one for all: found run by run, Adam's corrections took as long as all arithmetic.
    alike = all(number == first and copysign(1, number) == copysign(1, first) for number in each)
    return first if alike else each


def of_each(found: RunNumber, runs: int) -> Sequence[float]:
    """Return the number of each run."""
    return found if isinstance(found, tuple) else (found,) * runs


class RunNumberSteps:
    """The steps that compute numbers of other numbers, in their order.

    `early` are those that need no tensors, and `late` those that read what tensors have led to: the plateau's, of the
    loss. `own` gives each run's own function of a scheduled step where schedules differ from run to run.
    """

    def __init__(
        self,
        steps: Sequence[MicroStep],
        known: Collection[ValueRef],
        own: Sequence[Mapping[ValueRef, Callable[..., float]]],
    ) -> None:
        self._own = own
        self.known = {*known, refs.ITERATION}
        self.early: list[MicroStep] = []
        self.late: list[MicroStep] = []
        for step in steps:
            if isinstance(step.compute, ScalarFunction | Scheduled) and self.known.issuperset(step.reads):
                self.early.append(step)
                self.known.add(step.writes)
            elif isinstance(step.compute, Scheduled):
                self.late.append(step)

    @property
    def written(self) -> frozenset[ValueRef]:
        """What is computed here."""
        return frozenset(step.writes for step in (*self.early, *self.late))

    def compute(self, steps: Iterable[MicroStep], values: dict[ValueRef, RunNumber]) -> None:
        """Compute steps in order, adding what they write to the values."""
        for step in steps:
            assert isinstance(step.compute, ScalarFunction | Scheduled)
            reads = [values[ref] for ref in step.reads]
            if self._own and isinstance(step.compute, Scheduled):
                functions = [own[step.writes] for own in self._own]
                columns = [found if isinstance(found, tuple) else repeat(found) for found in reads]
                values[step.writes] = tuple(
                    function(*numbers) for function, *numbers in zip(functions, *columns, strict=False)
                )
            else:
                values[step.writes] = _computed(step.compute.number, reads)


def _computed(function: Callable[..., float], reads: Sequence[RunNumber]) -> RunNumber:
    if not any(isinstance(found, tuple) for found in reads):
        return function(*reads)
    return tuple(map(function, *(found if isinstance(found, tuple) else repeat(found) for found in reads)))
