"""Marking: each answer as it is, then by the student's own numbers before it, and then the likely mistake."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.explain.writing.numbers import format_number
from chainrule.formula.errors import FormulaError
from chainrule.lessons.assignments.assignment import AskedNumber, Assignment
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.check import CheckedNumber, NumberVerdict, checking_number
from chainrule.lessons.given_number import GivenNumber, given_number
from chainrule.lessons.grading.handed_in import HandedIn
from chainrule.lessons.grading.kept_search import KeptSearch
from chainrule.lessons.grading.marks import Mark, MarkedAnswer, MarkedStudent, all_points
from chainrule.lessons.mistake_words import MistakeWords
from chainrule.lessons.verdict_words import verdict_sentences
from chainrule.model.files.disk import exhaust
from chainrule.model.files.json_text import short_line

# What people write before a number in a cell.
_BEFORE = "'=≈ \t"
ROUNDED_TOO_FAR = "It is rounded too far."


@dataclass(frozen=True, slots=True)
class _Own:
    """A student's own numbers that a number is computed from, and the keys of those that are wrong."""

    numbers: Mapping[ValueRef, Mapping[Index, float]]
    wrong: tuple[str, ...]


class AnswerMarker:
    """Marks answers to one assignment; what all students share is computed once.

    One that is not shared, a student's own variant, looks for mistakes by the right numbers only where the student has
    none before: what takes a tenth of a second for a number is too much for each number of each student.
    """

    def __init__(self, assignment: Assignment, *, is_shared: bool = True) -> None:
        self.assignment, self.is_shared = assignment, is_shared
        self._searches: dict[str, KeptSearch] = {}
        self._needed: dict[str, frozenset[ValueRef]] = {}
        self.names = {number.key: self._name(number) for number in assignment.numbers}

    def _name(self, number: AskedNumber) -> str:
        """Return what a number is called, with its iteration where several are asked of."""
        name = self.assignment.name(number)
        return name if len(self.assignment.calculations) == 1 else f"{name} in iteration {number.iteration}"

    def marked(self, handed_in: HandedIn, variant: str = "", *, with_mistakes: bool = True) -> MarkedStudent:
        """Return the marks of a student; the mistakes are looked for if that is wanted, which takes longer."""
        return exhaust(self.marking(handed_in, variant, with_mistakes=with_mistakes))

    def marking(
        self, handed_in: HandedIn, variant: str = "", *, with_mistakes: bool = True
    ) -> Generator[None, None, MarkedStudent]:
        """Mark a student in slices: each is an answer, or a mistake that is looked for."""
        answers = yield from _Student(self, handed_in, with_mistakes).marking()
        return MarkedStudent(handed_in, answers, all_points(self.assignment), variant)

    def needed(self, number: AskedNumber) -> frozenset[ValueRef]:
        """Return which values of its iteration a number is computed from."""
        if number.key not in self._needed:
            steps = self.assignment.calculation(number).ancestors(number.ref)
            found = {ref for step in steps for ref in (step.writes, *step.reads)} - {number.ref}
            self._needed[number.key] = frozenset(found)
        return self._needed[number.key]

    def search(self, number: AskedNumber) -> KeptSearch:
        """Return the mistakes that can be made in a number where all before it is right."""
        if number.key not in self._searches:
            calculation = self.assignment.calculation(number)
            self._searches[number.key] = KeptSearch(calculation, number.ref, number.index)
        return self._searches[number.key]


class _Student:
    """One student's answers, of which the later ones may follow from the earlier."""

    def __init__(self, marker: AnswerMarker, handed_in: HandedIn, with_mistakes: bool) -> None:
        self._marker, self._handed_in, self._with_mistakes = marker, handed_in, with_mistakes
        self._given: dict[str, GivenNumber] = {}
        self._unread: dict[str, str] = {}
        for key, text in handed_in.answers.items():
            self._read(key, text)
        numbers = marker.assignment.by_key
        self._is_right = {key: numbers[key].accepts(given.value) for key, given in self._given.items()}
        self._followed: dict[tuple[object, ...], Calculation] = {}

    def _read(self, key: str, text: str) -> None:
        if key in self._handed_in.twice:
            self._unread[key] = "It is answered twice, with different numbers."
            return
        if not text.strip(_BEFORE):
            if key in self._handed_in.unread:
                self._unread[key] = self._handed_in.unread[key]
            return
        try:
            self._given[key] = given_number(text.strip(_BEFORE))
        except FormulaError as error:
            self._unread[key] = f"It is no number: {short_line(error.message)}."

    def marking(self) -> Generator[None, None, tuple[MarkedAnswer, ...]]:
        """Mark one answer after the other."""
        found = []
        for number in self._marker.assignment.numbers:
            found.append((yield from self._answering(number)))
            yield
        return tuple(found)

    def _answering(self, number: AskedNumber) -> Generator[None, None, MarkedAnswer]:
        key, given = number.key, self._given.get(number.key)
        name, text = self._marker.names[key], self._handed_in.answers.get(key, "")
        if given is None:
            reason = self._unread.get(key)
            mark = Mark.MISSING if reason is None else Mark.UNREAD
            return MarkedAnswer(number, name, short_line(text), mark, 0.0, said=(reason,) if reason else ())
        if self._is_right[key]:
            return MarkedAnswer(number, name, given.text, Mark.RIGHT, number.points)
        own = self._before(number)
        if own.numbers:
            followed = self._following(number, own).number(number.ref, number.index)
            if math.isfinite(followed) and number.question.tolerance.accepts(followed, given.value):
                points = number.points * number.question.consequential
                return MarkedAnswer(number, name, given.text, Mark.CONSEQUENTIAL, points, own.wrong, followed)
        said = (yield from self._explaining(number, given, own)) if self._with_mistakes else ()
        return MarkedAnswer(number, name, given.text, Mark.WRONG, 0.0, said=said)

    def _before(self, number: AskedNumber) -> _Own:
        """Return the student's own numbers that a number is computed from: of its iteration, and what the one before
        has handed on.
        """
        needed, found = self._marker.needed(number), dict[ValueRef, dict[Index, float]]()
        wrong = list[str]()
        for other in self._marker.assignment.numbers:
            given = self._given.get(other.key)
            if given is None or other.key == number.key:
                continue
            ref = other.ref
            if other.iteration == number.iteration - 1:
                ref = _handed_on(ref)
            elif other.iteration != number.iteration:
                continue
            if ref not in needed:
                continue
            # What is said of this iteration itself comes before what an earlier one has handed on.
            places = found.setdefault(ref, {})
            if other.iteration == number.iteration or other.index not in places:
                places[other.index] = given.value
                wrong += [] if self._is_right[other.key] else [other.key]
        return _Own(found, tuple(wrong))

    def _following(self, number: AskedNumber, own: _Own) -> Calculation:
        """Return the calculation that goes on from the student's own numbers. What of these is a whole value is given
        in it, and no longer computed.
        """
        key = (number.iteration, tuple((ref, tuple(places.items())) for ref, places in own.numbers.items()))
        if key not in self._followed:
            base = self._marker.assignment.calculation(number)
            numbers: Overrides = {ref: dict(places) for ref, places in own.numbers.items()}
            followed = base.with_numbers(numbers)
            whole = {ref for ref, places in numbers.items() if len(places) == base.values[ref].numel()}
            steps = tuple(step for step in followed.steps if step.writes not in whole)
            overrides = {ref: places for ref, places in followed.overrides.items() if ref not in whole}
            self._followed[key] = replace(followed, steps=steps, overrides=overrides)
        return self._followed[key]

    def _explaining(self, number: AskedNumber, given: GivenNumber, own: _Own) -> Generator[None, None, tuple[str, ...]]:
        """Find out which likely mistake gives a wrong number: by the student's own numbers, or by the right ones."""
        base, search = self._marker.assignment.calculation(number), self._marker.search(number)
        told: tuple[Calculation, CheckedNumber] | None = None
        if own.numbers:
            followed = self._following(number, own)
            own_search = KeptSearch(followed, number.ref, number.index)
            found = yield from checking_number(followed, number.ref, number.index, given, own_search)
            if found.mistakes or not self._marker.is_shared:
                return self._words(followed, found, own.wrong)
            told = (followed, found) if found.verdict is NumberVerdict.ROUNDED else None
        found = yield from checking_number(base, number.ref, number.index, given, search)
        if told is not None and not found.mistakes:
            return self._words(*told, own.wrong)
        sentences = self._words(base, found, ())
        if found.verdict is NumberVerdict.WRONG:
            return sentences
        # Right but for rounding, and too far off for this question.
        return (*sentences, f"What is asked for is {number.question.tolerance.text}.")

    def _words(self, calculation: Calculation, found: CheckedNumber, own: tuple[str, ...]) -> tuple[str, ...]:
        notation = self._marker.assignment.notation
        words = MistakeWords(calculation, notation, found.ref, found.index)
        mistakes = dict.fromkeys(f"{words.sentence(each)}." for each in found.mistakes)
        if found.verdict is NumberVerdict.RIGHT and found.given.digits is not None:
            # Right by its own digits, which are fewer than this question asks for.
            said: tuple[str, ...] = (ROUNDED_TOO_FAR,)
        else:
            said = verdict_sentences(calculation, notation, found, len(mistakes))
        names = ", ".join(f"{self._marker.names[key]} = {self._given[key].text}" for key in own[:MOST_NAMED])
        before = (f"With your own {names} it would be {format_number(found.right)}.",) if own else ()
        return (*before, *said, *mistakes)


# Of one's own numbers before a number so many are named.
MOST_NAMED = 4


def _handed_on(ref: ValueRef) -> ValueRef:
    """Return what a value of one iteration is in the next one, if it is handed on."""
    suffix = refs.next_value(ValueRef(""))
    return ValueRef(ref.removesuffix(suffix)) if ref.endswith(suffix) else ValueRef("")
