"""Variants of an assignment: the same network and questions with other, friendly numbers, one a letter or a student.

Each variant depends on the experiment, the seed and its own name alone: a student who comes later has one, too, and
whoever grades can make it again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from string import ascii_uppercase

import torch
from torch import Tensor

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import describe
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.engine.state import TrainingState, next_state
from chainrule.engine.trace import Executor, run_steps
from chainrule.lessons.assignments.drawing import DrawingPlan, DrawnNumbers, Values
from chainrule.lessons.assignments.friendly import ENDLESS, ZERO, Draws, digits_written, is_zero
from chainrule.lessons.assignments.ties import KinkFinder

# So many draws are compared, and so many are made at most where most of them are no good.
COMPARED, MOST_DRAWS = 24, 3000
# Answers beyond these are hard to work with, however few their digits are.
_SMALLEST, _LARGEST = 1e-3, 1e4
_DECIMALS = 12
_TELLING = (Role.PRE_ACTIVATION, Role.ACTIVATION, Role.OPERATOR, Role.LOSS, Role.GRADIENT, Role.SHARE)


@dataclass(frozen=True, slots=True)
class Variant:
    """An experiment with other numbers, for one name; `digits` are how many its answers have, on average."""

    name: str
    experiment: Experiment
    digits: float


def letters(count: int) -> tuple[str, ...]:
    """Return so many names of variants: A to Z, then AA, AB, ..."""
    found = []
    for number in range(count):
        name, rest = "", number + 1
        while rest:
            rest, last = divmod(rest - 1, len(ascii_uppercase))
            name = ascii_uppercase[last] + name
        found.append(name)
    return tuple(found)


class VariantMaker:
    """Makes variants of one experiment's assignment."""

    def __init__(self, experiment: Experiment) -> None:
        """`experiment` is a checked one with questions; a `SpecError` says why it can have no variants."""
        if not experiment.questions:
            raise SpecError("$.questions", "this experiment asks no questions")
        self._experiment, self._executor = experiment, Executor(experiment)
        self._plan = DrawingPlan(experiment, self._executor)
        self._kinks = KinkFinder(experiment)
        self._last = max(question.iteration for question in experiment.questions)
        self._original = _Looked(self, self._plan.original)

    def variant(self, seed: int, name: str) -> Variant:
        """Return the variant of a name: of some draws that are no special cases, the one with the shortest answers."""
        draws, best, found = Draws(seed, name), None, 0
        for _ in range(MOST_DRAWS):
            numbers = self._plan.draw(draws)
            looked = _Looked(self, numbers)
            if not looked.is_like(self._original):
                continue
            found += 1
            if best is None or looked.cost < best.cost:
                best = looked
            if found == COMPARED:
                break
        if best is None:
            why = "in all that were drawn an answer is no number, a gradient vanishes, or a number is at a kink"
            raise SpecError("variants", f"no variant {describe(name)} was found: {why}")
        return Variant(name, checked_experiment(self._plan.experiment(best.numbers)), best.digits)

    def iterations(self, numbers: DrawnNumbers) -> Iterator[dict[ValueRef, Tensor]]:
        """Yield the values of each iteration up to the last that is asked of, under other numbers."""
        executor, experiment = self._executor, self._experiment
        # In float64, whatever the experiment computes in: of float32 no number is short.
        exact = partial(torch.tensor, dtype=torch.float64, device=experiment.device)
        given = {ref: exact(value) for ref, value in numbers.parameters.items()}
        inputs, targets = (exact(rows) for rows in (numbers.inputs, numbers.targets))
        start = self._plan.state
        kept = {ref: value.double() for ref, value in start.values.items()}
        state = TrainingState(start.iteration, {**kept, **given})
        with torch.inference_mode():
            while state.iteration <= self._last:
                values = {**executor.settings, **state.values}
                if experiment.data.inputs:
                    rows = list(executor.batches.rows(state.iteration))
                    values[refs.INPUT], values[refs.TARGET] = inputs[rows], targets[rows]
                if executor.counts:
                    values[refs.ITERATION] = torch.tensor(state.iteration, dtype=torch.float64)
                run_steps(executor.program.at(state.iteration).steps, values)
                yield values
                state = next_state(state, values)

    def answers(self, iteration: int, values: Values) -> list[float]:
        """Return the numbers that are asked of an iteration."""
        found = list[float]()
        for ref, places in self._asked.get(iteration, {}).items():
            numbers = values[ref].flatten().tolist()
            found += numbers if places is None else [numbers[place] for place in places]
        return found

    @cached_property
    def _asked(self) -> dict[int, dict[ValueRef, list[int] | None]]:
        """Which numbers are asked of an iteration, by their places in the values; None is all of them."""
        found: dict[int, dict[ValueRef, list[int] | None]] = {}
        shapes = {
            (self.start + at, ref): tuple(value.shape)
            for at, values in enumerate(self.iterations(self._plan.original))
            for ref, value in values.items()
        }
        for question in self._experiment.questions:
            of_iteration = found.setdefault(question.iteration, {})
            if question.index is None:
                of_iteration[question.ref] = None
            elif (places := of_iteration.setdefault(question.ref, [])) is not None:
                places.append(_place(question.index, shapes[question.iteration, question.ref]))
        return found

    @property
    def start(self) -> int:
        """The first iteration."""
        return self._plan.state.iteration

    @cached_property
    def telling(self) -> frozenset[ValueRef]:
        """Which values are special where they are 0: of a term of the loss it may be the class."""
        values = self._executor.program.values
        return frozenset(ref for ref, value in values.items() if value.role in _TELLING)

    def ties(self, values: Values) -> frozenset[tuple[ValueRef, int]]:
        """Return which numbers of an iteration are at a kink."""
        return self._kinks.ties(values)


def _repeated(numbers: Iterable[float]) -> int:
    """Return how many numbers are there already, but for their sign; 0 is no chance."""
    sizes = [round(abs(number), _DECIMALS) for number in numbers if number]
    return len(sizes) - len(set(sizes))


def _place(index: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """Return the place of a number among all of a value, in their order."""
    found = 0
    for number, size in zip(index, shape, strict=True):
        found = found * size + number
    return found


class _Looked:
    """Some numbers with what comes out of them."""

    def __init__(self, maker: VariantMaker, numbers: DrawnNumbers) -> None:
        self.numbers, self._maker = numbers, maker
        self._iterations = list(maker.iterations(numbers))
        self.answers = [
            answer
            for place, values in enumerate(self._iterations)
            for answer in maker.answers(maker.start + place, values)
        ]

    @cached_property
    def zeros(self) -> Tensor:
        """Where the values of all iterations are 0 that tell something by it, one behind the other."""
        telling = self._maker.telling
        told = [value.flatten() for values in self._iterations for ref, value in values.items() if ref in telling]
        return torch.cat(told).abs() < ZERO if told else torch.zeros(0, dtype=torch.bool)

    @cached_property
    def ties(self) -> list[frozenset[tuple[ValueRef, int]]]:
        """What of each iteration is at a kink."""
        return [self._maker.ties(values) for values in self._iterations]

    def is_like(self, original: _Looked) -> bool:
        """Return whether it is no special case: all answers are finite, nothing is 0, or at a kink, that is not so
        there.
        """
        if not all(map(math.isfinite, self.answers)):
            return False
        if bool((self.zeros & ~original.zeros).any()):
            return False
        return all(own <= there for own, there in zip(self.ties, original.ties, strict=True))

    @cached_property
    def digits(self) -> float:
        """How many digits an answer has on average."""
        return sum(map(digits_written, self.answers)) / max(1, len(self.answers))

    @cached_property
    def cost(self) -> tuple[float, float]:
        """How unfriendly the answers are: digits, and what is very small or large, or the same by chance."""
        sizes = [abs(answer) for answer in self.answers if not is_zero(answer)]
        extreme = sum(not _SMALLEST <= size <= _LARGEST for size in sizes)
        longest = max(map(digits_written, self.answers), default=0)
        count = max(1, len(self.answers))
        alike = _repeated(sizes) / count + sum(map(_repeated, self.numbers.groups))
        # There is little to be worked out of a 0.
        zeros = sum(map(is_zero, self.answers)) / count
        return self.digits + longest / 4 + ENDLESS * (extreme / count + zeros) + alike, self.digits
