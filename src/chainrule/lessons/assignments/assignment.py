"""An assignment: an experiment's questions, and the numbers that answer them, read from the trace."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.question import Question
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import expected, one_line
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import Program
from chainrule.engine.trace import Executor
from chainrule.explain.names.notation import Notation
from chainrule.lessons.calculation import Calculation, Index
from chainrule.model.files.disk import exhaust


@dataclass(frozen=True, slots=True)
class AskedNumber:
    """One number that is asked for, with the right answer and its share of the question's points.

    `key` is what tables of answers call it: the id of a question of one number, `id[0,1]` in a whole value.
    """

    key: str
    question: Question
    index: Index
    right: float
    points: float

    @property
    def ref(self) -> ValueRef:
        """The value that the number is of."""
        return self.question.ref

    @property
    def iteration(self) -> int:
        """The iteration that the number is of."""
        return self.question.iteration

    @property
    def margin(self) -> float:
        """How far an answer may be from the right one."""
        return self.question.tolerance.margin(self.right)

    def accepts(self, given: float) -> bool:
        """Return whether an answer is right, within the tolerance."""
        return self.question.tolerance.accepts(self.right, given)


@dataclass(frozen=True, slots=True, eq=False)
class AskedQuestion:
    """A question, the shape of the value that it is of, and the numbers that it asks for, in the value's order."""

    question: Question
    shape: tuple[int, ...]
    numbers: tuple[AskedNumber, ...]


@dataclass(frozen=True, eq=False)
class Assignment:
    """An experiment's questions with their answers; `calculations` are the iterations that are asked of."""

    experiment: Experiment
    questions: tuple[AskedQuestion, ...]
    calculations: Mapping[int, Calculation]
    compiled: Program

    @classmethod
    def of(cls, experiment: Experiment, executor: Executor | None = None) -> Assignment:
        """Return the assignment of a checked experiment; a `SpecError` says which question has no number.

        Training runs up to the last iteration that is asked of; `executor` is one of this experiment, if there is one.
        """
        if not experiment.questions:
            raise SpecError("$.questions", "this experiment asks no questions")
        iterations = {question.iteration for question in experiment.questions}
        executor = executor or Executor(experiment)
        calculations = calculations_at(executor, iterations)
        asked = []
        for place, question in enumerate(experiment.questions):
            asked.append(_asked(calculations[question.iteration], question, f"$.questions[{place}]"))
        return cls(experiment, tuple(asked), calculations, executor.program)

    @cached_property
    def numbers(self) -> tuple[AskedNumber, ...]:
        """All numbers that are asked for, in the order of the questions."""
        return tuple(number for asked in self.questions for number in asked.numbers)

    @cached_property
    def by_key(self) -> Mapping[str, AskedNumber]:
        """All numbers that are asked for, by what tables of answers call them."""
        return {number.key: number for number in self.numbers}

    @property
    def points(self) -> float:
        """How many points there are in all."""
        return math.fsum(asked.question.points for asked in self.questions)

    def calculation(self, number: AskedNumber) -> Calculation:
        """Return the iteration that a number is of, as a calculation that can be run again with something altered."""
        return self.calculations[number.iteration]

    def program(self, iteration: int) -> Program:
        """Return the program of an iteration, for equations."""
        return self.compiled.at(iteration)

    @cached_property
    def notation(self) -> Notation:
        """How the values of the experiment are called."""
        return Notation.of(self.experiment)

    def name(self, number: AskedNumber) -> str:
        """Return what a number is called, as on the screen: `∂L/∂w₁₂⁽¹⁾`, `z₁⁽¹⁾ of sample 2`."""
        text = self.notation.text(number.ref, number.index)
        sample = self.sample_of(number)
        return text if sample is None else f"{text} of sample {sample + 1}"

    def sample_of(self, number: AskedNumber) -> int | None:
        """Return which row of the batch a number is of, where there are several."""
        if not self.notation.value(number.ref).per_sample:
            return None
        return number.index[0] if len(self.calculation(number).values[number.ref]) > 1 else None


def calculations_at(executor: Executor, iterations: Sequence[int] | set[int]) -> dict[int, Calculation]:
    """Return some iterations of an experiment as calculations; all before them are computed on the way."""
    return exhaust(calculating_at(executor, iterations))


def hear_nothing(iteration: int) -> None:
    """Hear of an iteration that was computed, and do nothing."""


def calculating_at(
    executor: Executor, iterations: Sequence[int] | set[int], tell: Callable[[int], None] = hear_nothing
) -> Generator[None, None, dict[int, Calculation]]:
    """Compute them an iteration a slice; `tell` hears of each."""
    state, found = executor.initial_state(), dict[int, Calculation]()
    for iteration in sorted(set(iterations)):
        while state.iteration < iteration:
            _, state = executor.advance(state)
            tell(state.iteration)
            yield
        found[iteration] = Calculation.of(executor.experiment, executor.program, executor.trace(state))
    return found


def number_key(question: Question, index: Index) -> str:
    """Return what tables of answers call a number of a question."""
    return question.id if question.index is not None or not index else f"{question.id}[{','.join(map(str, index))}]"


def _asked(calculation: Calculation, question: Question, path: str) -> AskedQuestion:
    tensor = calculation.values.get(question.ref)
    if tensor is None:
        there = f"iteration {question.iteration} computes no {one_line(question.ref)} under these settings"
        raise SpecError(f"{path}.ref", there)
    shape = tuple(tensor.shape)
    indices = list(product(*map(range, shape))) if question.index is None else [question.index]
    if not indices:
        raise SpecError(path, f"{one_line(question.ref)} has no numbers")
    numbers = []
    for index in indices:
        if not calculation.has(question.ref, index):
            raise expected(f"{path}.index", f"a number of the shape {list(shape)}", list(index))
        right = calculation.number(question.ref, index)
        if not math.isfinite(right):
            raise SpecError(path, f"the answer is no finite number: {one_line(question.ref)} is {right}")
        numbers.append(AskedNumber(number_key(question, index), question, index, right, question.points / len(indices)))
    return AskedQuestion(question, shape, tuple(numbers))
