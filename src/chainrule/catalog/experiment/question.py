"""Questions that an experiment asks: of a number or a whole value, in one iteration, with points and a tolerance."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.catalog.arguments import SpecError, describe
from chainrule.catalog.experiment.spec_error import expected, number_text
from chainrule.catalog.values.refs import ValueRef

# More questions, or more digits, nobody answers.
MOST_QUESTIONS = 1000
MOST_POINTS = 1_000_000.0
MOST_DIGITS = 15
LONGEST_ID, LONGEST_TEXT = 64, 2000
# An iteration that is asked of has to be computed, with all before it.
MOST_ITERATION = 1_000_000
# What float64 leaves of a number that is zero by rights, beside numbers of about one.
_ROUNDING = 1e-12
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
# What no XML can hold, of which quizzes are made.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far an answer may be off: as a share of the right number, by so much, or by half a unit of so many digits.

    An answer is right where it is within any of those that are given.
    """

    relative: float | None = None
    absolute: float | None = None
    digits: int | None = None

    def margin(self, right: float) -> float:
        """Return how far an answer may be from the right number."""
        found = [_ROUNDING]
        if self.relative is not None:
            found.append(self.relative * abs(right))
        if self.absolute is not None:
            found.append(self.absolute)
        if self.digits is not None and right:
            found.append(0.5 * 10.0 ** (math.floor(math.log10(abs(right))) + 1 - self.digits))
        return max(found)

    def accepts(self, right: float, given: float) -> bool:
        """Return whether an answer is right: what lies on the bound is, whatever is lost in the subtraction."""
        if not math.isfinite(given):
            return False
        return abs(given - right) <= self.margin(right) * (1 + 1e-9) + abs(right) * 1e-15

    @property
    def text(self) -> str:
        """What it is in words: `3 significant digits`, `±1 %`."""
        found = []
        if self.digits is not None:
            found.append(f"{self.digits} significant {'digit' if self.digits == 1 else 'digits'}")
        if self.relative is not None:
            found.append(f"±{round(self.relative * 100, 9):g} %")
        if self.absolute is not None:
            found.append(f"±{number_text(self.absolute)}")
        return " or ".join(found)


# What a person rounds to on the way.
DEFAULT_TOLERANCE = Tolerance(relative=0.01)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the number `index` of a value, or with None all numbers of it, in one iteration.

    Of a value with samples the first index is the row of the batch, as in the trace. The points of a whole value are
    shared by its numbers. `text` is what is said of it; where there is none, the name of the number is all.
    `consequential` is the share of the points for a wrong answer that follows rightly from the student's own wrong
    numbers before it.
    """

    id: str
    ref: ValueRef
    index: tuple[int, ...] | None = None
    iteration: int = 0
    points: float = 1.0
    tolerance: Tolerance = DEFAULT_TOLERANCE
    text: str = ""
    consequential: float = 1.0


def check_questions(questions: Sequence[Question], path: str) -> None:
    """Refuse what no question can be, whatever it is asked of: raise `SpecError` at the first place that is wrong."""
    if len(questions) > MOST_QUESTIONS:
        raise expected(path, f"at most {MOST_QUESTIONS} questions", len(questions))
    known = set[str]()
    for place, question in enumerate(questions):
        at = f"{path}[{place}]"
        _check_id(question.id, f"{at}.id")
        # Files and tables of answers may not tell small letters from capitals.
        if question.id.lower() in known:
            raise SpecError(f"{at}.id", f"{describe(question.id)} is the id of a question before it")
        known.add(question.id.lower())
        check_question(question, at)


def check_question(question: Question, path: str) -> None:
    """Refuse points, a tolerance or a text that no question can have."""
    if not 0 <= question.iteration <= MOST_ITERATION:
        raise expected(f"{path}.iteration", f"an integer from 0 to {MOST_ITERATION}", question.iteration)
    if not 0 <= question.points <= MOST_POINTS:
        raise expected(f"{path}.points", f"a number from 0 to {MOST_POINTS:g}", number_text(question.points))
    check_tolerance(question.tolerance, f"{path}.tolerance")
    if not 0 <= question.consequential <= 1:
        wanted = "a share of the points from 0 to 1"
        raise expected(f"{path}.consequential", wanted, number_text(question.consequential))
    if len(question.text) > LONGEST_TEXT:
        raise expected(f"{path}.text", f"at most {LONGEST_TEXT} characters", len(question.text))
    if _CONTROL.search(question.text):
        raise SpecError(f"{path}.text", "there are control characters in it, which no quiz can show")


def check_tolerance(tolerance: Tolerance, path: str) -> None:
    """Refuse a tolerance that says nothing, or by which anything would be right."""
    if tolerance == Tolerance():
        raise SpecError(path, 'expected "relative", "absolute" or "digits", got none of them')
    if tolerance.relative is not None and not 0 <= tolerance.relative < 1:
        wanted = "a number of at least 0 and below 1, a share of the right number"
        raise expected(f"{path}.relative", wanted, number_text(tolerance.relative))
    if tolerance.absolute is not None and not 0 <= tolerance.absolute < math.inf:
        raise expected(f"{path}.absolute", "a number of at least 0", number_text(tolerance.absolute))
    if tolerance.digits is not None and not 1 <= tolerance.digits <= MOST_DIGITS:
        raise expected(f"{path}.digits", f"an integer from 1 to {MOST_DIGITS}", tolerance.digits)


def _check_id(name: str, path: str) -> None:
    if not 0 < len(name) <= LONGEST_ID or not _ID.fullmatch(name):
        wanted = f"1 to {LONGEST_ID} letters, digits and _ . -, and a letter or a digit first"
        raise expected(path, wanted, describe(name))
