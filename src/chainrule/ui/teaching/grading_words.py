"""What the window for grading says, and how its tables show what came out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.writing.numbers import format_short
from chainrule.ui.teaching.text_table import TextCell, TextColumn

if TYPE_CHECKING:
    from chainrule.catalog.experiment.spec import Experiment
    from chainrule.lessons.grading.feedback import FeedbackPage
    from chainrule.lessons.grading.grader import Refusal
    from chainrule.lessons.grading.overview import StudentLine

INVITATION = (
    "Choose the files of answers, or drop files and folders here: CSV, XLSX or JSON, one for each student or one for "
    "all. Nothing in them is ever run."
)
NO_QUESTIONS = "It asks no questions: choose the file of an assignment, or ask for numbers of it first (Shift+A)."
# By the marks' own values; each has a sign of its own, too.
COLORS = {"right": "good", "consequential": "by_hand", "wrong": "error", "missing": "muted", "not read": "muted"}
PAGE_COLUMNS = (
    TextColumn("", "✓ right, or right by the student's own numbers; ✗ wrong; – no answer; ? not read"),
    TextColumn("asked"),
    TextColumn("answer", is_number=True),
    TextColumn("right", is_number=True),
    TextColumn("points", is_number=True),
    TextColumn("what is said of it"),
)
REFUSED_COLUMNS = (TextColumn("not graded", "A file, or a student in it"), TextColumn("why"))
SIGN_COLORS = {"✓": "good", "✗": "error"}


def assignment_in_words(experiment: Experiment) -> str:
    """Return how much an assignment asks: `4 questions, 10 points`."""
    questions = experiment.questions
    if not questions:
        return NO_QUESTIONS
    points = sum(question.points for question in questions)
    return f"{plural(len(questions), 'question')}, {format_short(points)} point{'' if points == 1 else 's'}"


def places_in_words(places: Sequence[Path]) -> str:
    """Return what was chosen: `ada.csv`, `2 files and 1 folder`."""
    if not places:
        return "none yet"
    if len(places) == 1:
        return places[0].name or str(places[0])
    folders = sum(place.is_dir() for place in places)
    files = len(places) - folders
    return " and ".join(plural(count, what) for count, what in ((files, "file"), (folders, "folder")) if count)


def class_columns(keys: Sequence[tuple[str, str]], *, has_variants: bool) -> tuple[TextColumn, ...]:
    """Return the columns of the table of students."""
    variant = (TextColumn("variant", "The variant that was graded"),) if has_variants else ()
    numbers = (
        TextColumn(key, f"{key}: {words}. ✓ right, ↪ right by the student's own numbers, ✗ wrong, – no answer, "
                   "? not read; and the points")
        for key, words in keys
    )  # fmt: skip
    return (
        TextColumn("student"),
        *variant,
        TextColumn("points", "All points", is_number=True),
        *numbers,
        TextColumn("first wrong", "The first answer that is wrong by itself"),
        TextColumn("likely mistake", "What gives just that number, where a mistake does"),
    )


def class_rows(lines: Sequence[StudentLine], *, has_variants: bool) -> list[list[TextCell]]:
    """Return the rows of the table of students."""
    rows = []
    for line in lines:
        points = TextCell(f"{line.points_text} of {line.of}", "", "text", line.points)
        cells = [TextCell(cell.text, cell.tip, COLORS[cell.mark], cell.points) for cell in line.cells]
        variant = [TextCell(line.variant)] if has_variants else []
        wrong = [TextCell(line.first_wrong, line.mistake, "error"), TextCell(line.mistake)]
        rows.append([TextCell(line.student), *variant, points, *cells, *wrong])
    return rows


def page_rows(page: FeedbackPage) -> list[list[TextCell]]:
    """Return the rows of a student's page."""
    return [
        [
            TextCell(line.sign, "", SIGN_COLORS.get(line.sign, "muted")),
            *(TextCell(text) for text in (line.name, line.given, line.right, line.points, line.said)),
        ]
        for line in page.lines
    ]


def refused_rows(refused: Sequence[Refusal]) -> list[list[TextCell]]:
    """Return the rows of what was not graded."""
    return [
        [TextCell(Path(each.source).name, each.source), TextCell(each.reason, each.reason, "error")] for each in refused
    ]
