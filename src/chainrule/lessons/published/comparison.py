"""Published numbers beside ours: right where ours rounds to the printed digits, else by which wrong method it comes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import describe
from chainrule.engine.trace import Executor
from chainrule.explain.names.notation import Notation
from chainrule.lessons.assignments.assignment import calculating_at, hear_nothing
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.check import NumberVerdict, checking_number
from chainrule.lessons.mistake_equations import RulesBeside, rules_beside
from chainrule.lessons.mistake_words import MistakeWords
from chainrule.lessons.mistakes import Mistake
from chainrule.lessons.one_sample import of_one_sample
from chainrule.lessons.published.table import PublishedNumber
from chainrule.lessons.published.wrong_method import WrongMethod, WrongTraining, wrong_methods
from chainrule.lessons.verdict_words import verdict_sentences
from chainrule.model.files.disk import exhaust

# So far into training each wrong method is tried; one that is found goes on as far as the table does.
MOST_TRIED = 20


@dataclass(frozen=True, slots=True)
class ComparedNumber:
    """A published number and ours. Where it is wrong, `said` tells by which mistake it comes, and `by_method` is the
    number that this gives; `method` is that mistake as a rule that can be run, and `rules` are the rule as it was taken
    and as it is. `is_rounded` says that it is right but for rounding.
    """

    published: PublishedNumber
    name: str
    ours: float
    is_right: bool
    said: tuple[str, ...] = ()
    by_method: float | None = None
    method: WrongMethod | None = None
    rules: RulesBeside | None = None
    is_rounded: bool = False


def compare(experiment: Experiment, numbers: Sequence[PublishedNumber], table: str) -> tuple[ComparedNumber, ...]:
    """Return each published number of a checked experiment beside ours, in the order of the table.

    `SpecError`, with the table's name and line, for a number that there is not.
    """
    return exhaust(comparing(experiment, numbers, table))


def comparing(
    experiment: Experiment,
    numbers: Sequence[PublishedNumber],
    table: str,
    tell: Callable[[int], None] = hear_nothing,
) -> Generator[None, None, tuple[ComparedNumber, ...]]:
    """Compare in slices: each is an iteration of training, or a mistake that is looked for. `tell` hears of iterations
    that were trained, by the right method and then by the wrong ones.
    """
    executor = Executor(experiment)
    calculations = yield from calculating_at(executor, {each.iteration for each in numbers}, tell)
    return (yield from _Comparison(executor, numbers, table, calculations).comparing(tell))


class _Comparison:
    """A table of published numbers that is being compared."""

    def __init__(
        self,
        executor: Executor,
        numbers: Sequence[PublishedNumber],
        table: str,
        calculations: Mapping[int, Calculation],
    ) -> None:
        self._executor, self._numbers, self._calculations = executor, numbers, calculations
        self._notation = Notation.of(executor.experiment)
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

    def comparing(self, tell: Callable[[int], None]) -> Generator[None, None, tuple[ComparedNumber, ...]]:
        """Compare all; later iterations come after earlier ones, for a wrong training goes forward alone."""
        places = sorted(range(len(self._numbers)), key=lambda place: self._numbers[place].iteration)
        found = dict[int, ComparedNumber]()
        for place in places:
            found[place] = yield from self._comparing(self._numbers[place], tell)
            yield
        return tuple(found[place] for place in range(len(self._numbers)))

    def _comparing(self, number: PublishedNumber, tell: Callable[[int], None]) -> Generator[None, None, ComparedNumber]:
        calculation = self._calculations[number.iteration]
        name = self._notation.text(number.ref, number.index)
        ours = calculation.number(number.ref, number.index)
        if number.given.stands_for(ours):
            return ComparedNumber(number, name, ours, is_right=True)
        checked = yield from checking_number(calculation, number.ref, number.index, number.given)
        words = MistakeWords(calculation, self._notation, number.ref, number.index)
        if checked.mistakes and not checked.is_about:
            told = tuple(dict.fromkeys(f"{words.sentence(each)}." for each in checked.mistakes))
            first = checked.mistakes[0]
            # What was computed in a part, a sample of the batch alone, is no rule for all of it.
            is_whole = of_one_sample(calculation, number.ref, number.index)[0] is calculation
            method, rules = WrongMethod(first.alterations) if is_whole else None, self._rules(number, first)
            return ComparedNumber(number, name, ours, False, told, first.number, method, rules)
        found = yield from self._by_method(number, tell)
        if found is not None:
            method, by_method = found
            mistake = method.mistake(by_method)
            said = (f"{words.sentence(mistake)}, in every iteration.",)
            return ComparedNumber(number, name, ours, False, said, by_method, method, self._rules(number, mistake))
        sentences = verdict_sentences(calculation, self._notation, checked, 0)
        is_rounded = checked.verdict is NumberVerdict.ROUNDED
        return ComparedNumber(number, name, ours, False, sentences, is_rounded=is_rounded)

    def _rules(self, number: PublishedNumber, mistake: Mistake) -> RulesBeside | None:
        calculation = self._calculations[number.iteration]
        part, place = of_one_sample(calculation, number.ref, number.index)
        return rules_beside(part, self._notation, mistake, number.ref, place)

    def _by_method(
        self, number: PublishedNumber, tell: Callable[[int], None]
    ) -> Generator[None, None, tuple[WrongMethod, float] | None]:
        """Return the wrong method, made in every iteration, that gives a number, and what it gives: first of those that
        have been found already.
        """
        first = self._executor.experiment.first_iteration
        for method, training in self._found:
            value = yield from training.reaching(number.ref, number.index, number.iteration, tell)
            if value is not None and number.given.stands_for(value):
                return method, value
        if not first < number.iteration <= first + MOST_TRIED:
            return None
        for method in wrong_methods(self._first()):
            training = WrongTraining(self._executor, method)
            value = yield from training.reaching(number.ref, number.index, number.iteration, hear_nothing)
            if value is not None and number.given.stands_for(value):
                self._found.append((method, training))
                return method, value
        return None

    def _first(self) -> Calculation:
        return Calculation.of_iteration(self._executor, self._executor.experiment.first_iteration)
