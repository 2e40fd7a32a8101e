"""Published numbers beside ours: right where ours rounds to the printed digits, else by which wrong method it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import describe
from chainrule.engine.trace import Executor
from chainrule.explain.names.notation import Notation
from chainrule.lessons.assignments.assignment import calculations_at
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.check import checking_number
from chainrule.lessons.mistake_words import MistakeWords
from chainrule.lessons.published.table import PublishedNumber
from chainrule.lessons.published.wrong_method import WrongMethod, WrongTraining, wrong_methods
from chainrule.lessons.verdict_words import verdict_sentences
from chainrule.model.files.disk import exhaust

# So far into training each wrong method is tried; one that is found goes on as far as the table does.
MOST_TRIED = 20


@dataclass(frozen=True, slots=True)
class ComparedNumber:
    """A published number and ours. Where it is wrong, `said` tells by which mistake it comes, and `by_method` is the
    number that this gives.
    """

    published: PublishedNumber
    name: str
    ours: float
    is_right: bool
    said: tuple[str, ...] = ()
    by_method: float | None = None


def compare(experiment: Experiment, numbers: Sequence[PublishedNumber], table: str) -> tuple[ComparedNumber, ...]:
    """Return each published number of a checked experiment beside ours, in the order of the table.

    `SpecError`, with the table's name and line, for a number that there is not.
    """
    return _Comparison(experiment, numbers, table).compared()


class _Comparison:
    """A table of published numbers that is being compared."""

    def __init__(self, experiment: Experiment, numbers: Sequence[PublishedNumber], table: str) -> None:
        self._executor, self._numbers = Executor(experiment), numbers
        self._calculations = calculations_at(self._executor, {each.iteration for each in numbers})
        self._notation = Notation.of(experiment)
        for each in numbers:
            self._check(each, f"{table}, line {each.line}")
        self._found: list[tuple[WrongMethod, WrongTraining]] = []

    def _check(self, number: PublishedNumber, path: str) -> None:
        if number.iteration not in self._calculations:
            first = self._executor.experiment.first_iteration
            raise SpecError(path, f"training begins with iteration {first}, got {number.iteration}")
        calculation = self._calculations[number.iteration]
        if number.ref not in calculation.values:
            raise SpecError(path, f"no value {describe(number.ref)} in this experiment")
        if not calculation.has(number.ref, number.index):
            shape = list(calculation.values[number.ref].shape)
            raise SpecError(path, f"expected an index within the shape {shape}, got {list(number.index)}")

    def compared(self) -> tuple[ComparedNumber, ...]:
        """Return all; later iterations come after earlier ones, for a wrong training goes forward alone."""
        places = sorted(range(len(self._numbers)), key=lambda place: self._numbers[place].iteration)
        found = {place: self._compared(self._numbers[place]) for place in places}
        return tuple(found[place] for place in range(len(self._numbers)))

    def _compared(self, number: PublishedNumber) -> ComparedNumber:
        calculation = self._calculations[number.iteration]
        name = self._notation.text(number.ref, number.index)
        ours = calculation.number(number.ref, number.index)
        if number.given.stands_for(ours):
            return ComparedNumber(number, name, ours, is_right=True)
        checked = exhaust(checking_number(calculation, number.ref, number.index, number.given))
        words = MistakeWords(calculation, self._notation, number.ref, number.index)
        if checked.mistakes and not checked.is_about:
            told = tuple(dict.fromkeys(f"{words.sentence(each)}." for each in checked.mistakes))
            return ComparedNumber(number, name, ours, False, told, checked.mistakes[0].number)
        for method, by_method in self._by_methods(number):
            if number.given.stands_for(by_method):
                said = (f"{words.sentence(method.mistake(by_method))}, in every iteration.",)
                return ComparedNumber(number, name, ours, False, said, by_method)
        sentences = verdict_sentences(calculation, self._notation, checked, 0)
        return ComparedNumber(number, name, ours, False, sentences)

    def _by_methods(self, number: PublishedNumber) -> Iterator[tuple[WrongMethod, float]]:
        """Yield what wrong methods give that are made in every iteration: first those that have been found already."""
        first = self._executor.experiment.first_iteration
        for method, training in self._found:
            value = training.number(number.ref, number.index, number.iteration)
            if value is not None:
                yield method, value
        if not first < number.iteration <= first + MOST_TRIED:
            return
        for method in wrong_methods(self._first()):
            training = WrongTraining(self._executor, method)
            value = training.number(number.ref, number.index, number.iteration)
            if value is not None and number.given.stands_for(value):
                self._found.append((method, training))
                yield method, value

    def _first(self) -> Calculation:
        return Calculation.of_iteration(self._executor, self._executor.experiment.first_iteration)
