"""The marks of all students as a table: in columns for a terminal, as CSV for a register, and as JSON."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from chainrule.catalog.experiment.spec_error import plural
from chainrule.lessons.grading.grader import Graded
from chainrule.lessons.grading.marks import Mark, MarkedAnswer, MarkedStudent, points_text, rounded_points
from chainrule.translation import gettext

# What spreadsheets take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# So many numbers that most got wrong are told.
_MOST_HARD = 3
_LONGEST_NAME = 32


def harmless(text: str) -> str:
    """Return text for a cell of a table: what a spreadsheet would work out has an apostrophe in front."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def register_csv(graded: Graded) -> str:
    """Return a table with a row for each student: the points in all, the marks counted, and the points by number."""
    numbers = [number.key for number in graded.assignment.numbers]
    head = ["student", "variant", "points", "of", *(mark.value for mark in Mark), *numbers, "file"]
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(head)
    for student in graded.students:
        counts = [student.count(mark) for mark in Mark]
        points = [points_text(answer.points) for answer in student.answers]
        own = [harmless(student.student), harmless(student.variant), points_text(student.points)]
        rows.writerow([*own, points_text(student.of), *counts, *points, harmless(student.handed_in.source)])
    return written.getvalue()


def register_lines(graded: Graded) -> Iterator[str]:
    """Yield a table for a terminal, and what it comes to."""
    students = graded.students
    has_variants = any(student.variant for student in students)
    head = ["student", *(["variant"] if has_variants else []), "points", *(mark.value for mark in Mark), "first wrong"]
    rows = [head]
    for student in students:
        first = student.first_wrong
        variant = [_short(student.variant)] if has_variants else []
        counts = [str(student.count(mark)) for mark in Mark]
        wrong = "" if first is None else first.number.key
        rows.append([_short(student.student), *variant, points_text(student.points), *counts, wrong])
    texts = 2 if has_variants else 1
    yield from _in_columns(rows, (*range(texts), len(head) - 1))
    yield ""
    yield from class_lines(graded)


def class_lines(graded: Graded) -> Iterator[str]:
    """Yield what all students have in common: how many points, and what most got wrong."""
    students = graded.students
    if not students:
        yield gettext("No answers were graded.")
        return
    points = [student.points for student in students]
    mean, median = (points_text(round(found, 2)) for found in (statistics.fmean(points), statistics.median(points)))
    of = points_text(students[0].of)
    yield gettext(
        "{students}, {points} points in all: {mean} on average, the median is {median}.",
        students=plural(len(students), "student"),
        points=of,
        mean=mean,
        median=median,
    )
    wrong = Counter(
        answer.number.key for student in students for answer in student.answers if answer.mark is Mark.WRONG
    )
    if wrong:
        # Of equally many the one that is asked for first.
        places = {number.key: place for place, number in enumerate(graded.assignment.numbers)}
        hardest = sorted(wrong.items(), key=lambda found: (-found[1], places[found[0]]))[:_MOST_HARD]
        told = ", ".join(f"{key} ({count})" for key, count in hardest)
        yield gettext("Most often wrong: {told}.", told=told)


def register_object(graded: Graded) -> dict[str, object]:
    """Return all marks as an object for JSON."""
    assignment = graded.assignment
    return {
        "title": assignment.experiment.title,
        "points": rounded_points(assignment.points),
        "students": [_student_object(student) for student in graded.students],
        "not_graded": [{"file": refusal.source, "reason": refusal.reason} for refusal in graded.refused],
    }


def _student_object(student: MarkedStudent) -> dict[str, object]:
    first = student.first_wrong
    return {
        "student": student.student,
        "file": student.handed_in.source,
        "variant": student.variant or None,
        "points": student.points,
        "of": student.of,
        "first_wrong": None if first is None else first.number.key,
        "not_asked": list(student.handed_in.unasked),
        "answers": [_answer_object(answer) for answer in student.answers],
    }


def _answer_object(answer: MarkedAnswer) -> dict[str, object]:
    return {
        "question": answer.number.key,
        "name": answer.name,
        "given": answer.given,
        "right": answer.number.right,
        "mark": answer.mark.value,
        "points": rounded_points(answer.points),
        "of": rounded_points(answer.number.points),
        "from_own": list(answer.from_own),
        "by_own": answer.followed,
        "said": " ".join(answer.said),
    }


def _in_columns(rows: Sequence[Sequence[str]], left: Sequence[int]) -> Iterator[str]:
    """Yield rows as lines: texts begin below each other, and numbers end so."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1]}…"
