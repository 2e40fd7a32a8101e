"""What each answer of a student is worth: points, a mark, and from which own numbers it follows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from chainrule.lessons.assignments.assignment import AskedNumber, Assignment
from chainrule.lessons.grading.handed_in import HandedIn


class Mark(Enum):
    """What an answer is."""

    RIGHT = "right"
    # What comes out of the student's own numbers before it, worked out rightly.
    CONSEQUENTIAL = "consequential"
    WRONG = "wrong"
    MISSING = "missing"
    UNREAD = "not read"


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """An answer and its mark. `from_own` are the keys of the student's own wrong numbers that it follows from, and
    `followed` the number that follows from them. `said` are sentences on what is wrong, or why it could not be read.
    """

    number: AskedNumber
    name: str
    given: str
    mark: Mark
    points: float
    from_own: tuple[str, ...] = ()
    followed: float | None = None
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MarkedStudent:
    """All answers of a student, in the order of the questions. `answers` are to every number that is asked for, and
    `variant` is the name of the one that was graded, if there are any.
    """

    handed_in: HandedIn
    answers: tuple[MarkedAnswer, ...]
    of: float
    variant: str = ""

    @property
    def student(self) -> str:
        """Whose they are."""
        return self.handed_in.student

    @property
    def points(self) -> float:
        """How many points they get in all, without what is lost in adding up."""
        return rounded_points(math.fsum(answer.points for answer in self.answers))

    def count(self, mark: Mark) -> int:
        """Return how many answers have a mark."""
        return sum(answer.mark is mark for answer in self.answers)

    @property
    def first_wrong(self) -> MarkedAnswer | None:
        """The first answer that is wrong by itself."""
        return next((answer for answer in self.answers if answer.mark is Mark.WRONG), None)

    @property
    def by_key(self) -> Mapping[str, MarkedAnswer]:
        """The answers by the keys of their numbers."""
        return {answer.number.key: answer for answer in self.answers}


def rounded_points(points: float) -> float:
    """Return points as they are written: a third of one has six digits."""
    return round(points, 6)


def points_text(points: float) -> str:
    """Return points without digits that say nothing."""
    return f"{rounded_points(points):.6f}".rstrip("0").rstrip(".")


def all_points(assignment: Assignment) -> float:
    """Return how many points there are in all."""
    return rounded_points(assignment.points)
