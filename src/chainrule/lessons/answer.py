"""What is answered to a number that was given: the verdict, its sentences, and the rules of the mistakes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.check import CheckedNumber, NumberVerdict, checking_number
from chainrule.lessons.given_number import given_number
from chainrule.lessons.mistake_equations import RulesBeside, rules_beside
from chainrule.lessons.mistake_words import MistakeWords
from chainrule.lessons.one_sample import of_one_sample
from chainrule.lessons.verdict_words import verdict_sentences, verdict_title


@dataclass(frozen=True, slots=True)
class ToldMistake:
    """A likely mistake in a sentence, with the wrong rule beside the right one where there is one."""

    sentence: str
    rules: RulesBeside | None


@dataclass(frozen=True, slots=True)
class NumberAnswer:
    """A checked number as it is told: what is said of the verdict, and the mistakes that give the number. `right` is
    the right number as text, for who asks for it.
    """

    name: str
    ref: ValueRef
    index: Index
    given: str
    verdict: NumberVerdict
    title: str
    sentences: tuple[str, ...]
    right: str
    mistakes: tuple[ToldMistake, ...] = ()

    @property
    def text(self) -> str:
        """All that is said, in one paragraph."""
        return " ".join((*self.sentences, *(each.sentence for each in self.mistakes)))


def answering(
    calculation: Calculation, ref: ValueRef, index: Index, text: str, digits: int | None = 4
) -> Generator[None, None, NumberAnswer]:
    """Answer in slices. A `FormulaError` says at once what of the text cannot be read."""
    given = given_number(text)

    def slices() -> Generator[None, None, NumberAnswer]:
        found = yield from checking_number(calculation, ref, index, given)
        return number_answer(calculation, found, digits)

    return slices()


def number_answer(calculation: Calculation, found: CheckedNumber, digits: int | None = 4) -> NumberAnswer:
    """Return a checked number in words."""
    notation = Notation.of(calculation.experiment)
    words = MistakeWords(calculation, notation, found.ref, found.index)
    mistakes: dict[str, ToldMistake] = {}
    # The mistakes were computed in that.
    part, place = of_one_sample(calculation, found.ref, found.index)
    for each in found.mistakes:
        sentence = f"{words.sentence(each)}."
        if sentence not in mistakes:
            rules = rules_beside(part, notation, each, found.ref, place, digits)
            if rules is not None and part is not calculation and notation.value(rules.ref).per_sample:
                rules = replace(rules, index=(found.index[0], *rules.index[1:]))
            mistakes[sentence] = ToldMistake(sentence, rules)
    value = notation.value(found.ref)
    several = value.per_sample and len(calculation.values[found.ref]) > 1
    name = notation.text(found.ref, found.index) + (f" of sample {found.index[0] + 1}" if several else "")
    return NumberAnswer(
        name,
        found.ref,
        found.index,
        found.given.text,
        found.verdict,
        verdict_title(found),
        verdict_sentences(calculation, notation, found, len(mistakes)),
        format_number(found.right, digits),
        tuple(mistakes.values()),
    )
