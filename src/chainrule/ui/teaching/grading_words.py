"""What the window for grading says, and how its tables show what came out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.writing.numbers import format_short
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.teaching.text_table import TextCell, TextColumn

if TYPE_CHECKING:
    from chainrule.catalog.experiment.spec import Experiment
    from chainrule.lessons.grading.feedback import FeedbackPage
    from chainrule.lessons.grading.grader import Refusal
    from chainrule.lessons.grading.overview import StudentLine

INVITATION = gettext_noop(
    "Choose the files of answers, or drop files and folders here: CSV, XLSX or JSON, one for each student or one for "
    "all. Nothing in them is ever run."
)
NO_QUESTIONS = gettext_noop(
    "It asks no questions: choose the file of an assignment, or ask for numbers of it first (Shift+A)."
)
# By the marks' own values; each has a sign of its own, too.
COLORS = {"right": "good", "consequential": "by_hand", "wrong": "error", "missing": "muted", "not read": "muted"}
PAGE_COLUMNS = (
    TextColumn("", gettext_noop("✓ right, or right by the student's own numbers; ✗ wrong; – no answer; ? not read")),
    TextColumn(gettext_noop("asked")),
    TextColumn(gettext_noop("answer"), is_number=True),
    TextColumn(gettext_noop("right"), is_number=True),
    TextColumn(gettext_noop("points"), is_number=True),
    TextColumn(gettext_noop("what is said of it")),
)
REFUSED_COLUMNS = (
    TextColumn(gettext_noop("not graded"), gettext_noop("A file, or a student in it")),
    TextColumn(gettext_noop("why")),
)
SIGN_COLORS = {"✓": "good", "✗": "error"}


def translated_columns(columns: Sequence[TextColumn]) -> tuple[TextColumn, ...]:
    """Return columns with their names in the language of the window."""
    return tuple(each._replace(name=gettext(each.name), tip=gettext(each.tip)) for each in columns)


def assignment_in_words(experiment: Experiment) -> str:
    """Return how much an assignment asks: `4 questions, 10 points`."""
    questions = experiment.questions
    if not questions:
        return gettext(NO_QUESTIONS)
    points = sum(question.points for question in questions)
    asked = plural(len(questions), "question")
    if points == 1:
        return gettext("{questions}, 1 point", questions=asked)
    return gettext("{questions}, {points} points", questions=asked, points=format_short(points))


def places_in_words(places: Sequence[Path]) -> str:
    """Return what was chosen: `ada.csv`, `2 files and 1 folder`."""
    if not places:
        return gettext("none yet")
    if len(places) == 1:
        return places[0].name or str(places[0])
    folders = sum(place.is_dir() for place in places)
    files = len(places) - folders
    if not folders:
        return plural(files, "file")
    if not files:
        return plural(folders, "folder")
    return gettext("{files} and {folders}", files=plural(files, "file"), folders=plural(folders, "folder"))


def class_columns(keys: Sequence[tuple[str, str]], *, has_variants: bool) -> tuple[TextColumn, ...]:
    """Return the columns of the table of students."""
    variant = (TextColumn(gettext("variant"), gettext("The variant that was graded")),) if has_variants else ()
    numbers = (
        TextColumn(
            key,
            gettext(
                "{key}: {words}. ✓ right, ↪ right by the student's own numbers, ✗ wrong, – no answer, ? not read; and "
                "the points",
                key=key,
                words=words,
            ),
        )
        for key, words in keys
    )
    return (
        TextColumn(gettext("student")),
        *variant,
        TextColumn(gettext("points"), gettext("All points"), is_number=True),
        *numbers,
        TextColumn(gettext("first wrong"), gettext("The first answer that is wrong by itself")),
        TextColumn(gettext("likely mistake"), gettext("What gives just that number, where a mistake does")),
    )


def class_rows(lines: Sequence[StudentLine], *, has_variants: bool) -> list[list[TextCell]]:
    """Return the rows of the table of students."""
    rows = []
    for line in lines:
        points = TextCell(gettext("{points} of {most}", points=line.points_text, most=line.of), "", "text", line.points)
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
