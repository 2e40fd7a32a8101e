"""A whole training by a wrong rule: an alteration of steps that is made anew in each iteration."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.state import TrainingState, next_state
from chainrule.engine.trace import Executor
from chainrule.lessons.alterations import Alteration, alterations
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.mistakes import Mistake

Sort = tuple[object, ...]
_CANNOT = (RuntimeError, ValueError, KeyError, IndexError, TypeError, ZeroDivisionError, OverflowError)


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """A wrong rule, made in one step of each iteration or in all that it can be made in."""

    made: tuple[Alteration, ...]

    def mistake(self, number: float) -> Mistake:
        """Return it as a mistake that gives a number."""
        return Mistake(self.made, number, is_everywhere=len(self.made) > 1)


def wrong_methods(calculation: Calculation) -> tuple[WrongMethod, ...]:
    """Return the wrong rules that can be made in an iteration: each in one step, and in all of its steps."""
    found = [each for step in calculation.steps for each in alterations(calculation, step)]
    sorts: dict[Sort, dict[ValueRef, Alteration]] = {}
    for each in found:
        sorts.setdefault(each.sort, {}).setdefault(each.step.writes, each)
    everywhere = [WrongMethod(tuple(same.values())) for same in sorts.values() if len(same) > 1]
    return (*everywhere, *(WrongMethod((each,)) for each in found))


class WrongTraining:
    """Training by a wrong method, iteration by iteration; it only goes forward."""

    def __init__(self, executor: Executor, method: WrongMethod) -> None:
        self._executor, self._method = executor, method
        self._instead = {each.step.writes: each.compute for each in method.made}
        self._run = self._iterations(executor.initial_state())
        self._at = -1
        self._values: Mapping[ValueRef, Tensor] = {}

    def number(self, ref: ValueRef, index: Index, iteration: int) -> float | None:
        """Return a number of an iteration that is not before the last that was asked for; None where there is none."""
        try:
            while self._at < iteration:
                self._at, self._values = next(self._run)
            return float(self._values[ref][index])
        except (*_CANNOT, StopIteration):
            return None

    def reaching(
        self, ref: ValueRef, index: Index, iteration: int, tell: Callable[[int], None]
    ) -> Generator[None, None, float | None]:
        """Go forward to an iteration, one a slice, and return a number of it as `number` does; `tell` hears of each."""
        for at in range(self._at + 1, iteration):
            self.number(ref, index, at)
            tell(at)
            yield
        return self.number(ref, index, iteration)

    def _iterations(self, state: TrainingState) -> Iterator[tuple[int, Mapping[ValueRef, Tensor]]]:
        executor = self._executor
        while True:
            trace = executor.trace(state)
            calculation = Calculation.of(executor.experiment, executor.program, trace)
            values = calculation.run(self._instead, calculation.steps)
            yield trace.iteration, values
            state = next_state(state, values)
