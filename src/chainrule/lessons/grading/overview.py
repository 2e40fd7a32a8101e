"""A class at a glance: a line for each student, with a sign and the points of each number, and where it went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.lessons.grading.grader import Graded
from chainrule.lessons.grading.marks import Mark, MarkedAnswer, MarkedStudent, points_text

# Never by colour alone; what follows rightly from own wrong numbers has a sign of its own.
SIGNS = {Mark.RIGHT: "✓", Mark.CONSEQUENTIAL: "↪", Mark.WRONG: "✗", Mark.MISSING: "–", Mark.UNREAD: "?"}


@dataclass(frozen=True, slots=True)
class MarkCell:
    """What a student's number is worth: `text` is a sign and points, `tip` says more, `mark` is the mark's value."""

    text: str
    mark: str
    points: float
    tip: str


@dataclass(frozen=True, slots=True)
class StudentLine:
    """A student: points as text and number, of how many, the marks by number, and what went wrong first, and how."""

    student: str
    variant: str
    points: float
    points_text: str
    of: str
    cells: tuple[MarkCell, ...]
    first_wrong: str
    mistake: str


def student_lines(graded: Graded) -> tuple[StudentLine, ...]:
    """Return a line for each student, in the order of the files."""
    return tuple(map(_line, graded.students))


def asked_keys(graded: Graded) -> tuple[tuple[str, str], ...]:
    """Return what each number that was asked for is called in answers, and on the screen with its words."""
    assignment = graded.assignment
    return tuple((number.key, number.question.text or assignment.name(number)) for number in assignment.numbers)


def _line(student: MarkedStudent) -> StudentLine:
    first = student.first_wrong
    return StudentLine(
        student.student,
        student.variant,
        student.points,
        points_text(student.points),
        points_text(student.of),
        tuple(_cell(answer, student.answers) for answer in student.answers),
        "" if first is None else first.number.key,
        "" if first is None else " ".join(first.said),
    )


def _cell(answer: MarkedAnswer, others: Sequence[MarkedAnswer]) -> MarkCell:
    points = points_text(answer.points)
    of = points_text(answer.number.points)
    given = f" = {answer.given}" if answer.given else ""
    own = [f"{other.name} = {other.given}" for other in others if other.number.key in answer.from_own]
    follows = f" With {', '.join(own)} this is right." if own else ""
    said = f" {' '.join(answer.said)}" if answer.said else ""
    tip = f"{answer.name}{given}: {answer.mark.value}, {points} of {of} points.{follows}{said}"
    return MarkCell(f"{SIGNS[answer.mark]} {points}", answer.mark.value, answer.points, tip)
