"""A page for each student: every answer with its mark and points, and what was likely done wrong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from chainrule.explain.documents.markdown import markdown_words
from chainrule.explain.writing.numbers import format_number
from chainrule.lessons.grading.grader import Graded
from chainrule.lessons.grading.marks import Mark, MarkedAnswer, MarkedStudent, points_text
from chainrule.translation import gettext, gettext_noop

# Of the right number so many digits are shown.
DIGITS = 6
LONGEST_FILE_NAME = 80
_HEAD = ("", gettext_noop("Asked"), gettext_noop("Your answer"), gettext_noop("Right"), gettext_noop("Points"), "")
# Colour never says it alone.
_SIGNS = {Mark.RIGHT: "✓", Mark.CONSEQUENTIAL: "✓", Mark.WRONG: "✗", Mark.MISSING: "–", Mark.UNREAD: "?"}
_WORDS = {
    Mark.RIGHT: gettext_noop("Right."),
    Mark.CONSEQUENTIAL: gettext_noop("It follows rightly from your own numbers before it."),
    Mark.WRONG: gettext_noop("Wrong."),
    Mark.MISSING: gettext_noop("There is no answer."),
    Mark.UNREAD: gettext_noop("The answer could not be read."),
}
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #8886;padding:.35rem .6rem;text-align:left;
vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
@media (prefers-color-scheme:dark){html{background:#14181f;color:#e6e9ee}}"""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FeedbackLine:
    """A line of the table: a sign, what was asked, the answer, the right number, the points, and sentences."""

    sign: str
    name: str
    given: str
    right: str
    points: str
    said: str


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """What a page says."""

    title: str
    head: tuple[str, ...]
    lines: tuple[FeedbackLine, ...]
    foot: tuple[str, ...]


def feedback_page(graded: Graded, student: MarkedStudent) -> FeedbackPage:
    """Return the page of a student."""
    assignment = graded.assignment
    title = assignment.experiment.title or gettext("Assignment")
    points, most = points_text(student.points), points_text(student.of)
    head = [gettext("{title}: {points} of {most} points.", title=title, points=points, most=most)]
    if student.variant:
        head.append(gettext("Variant: {name}.", name=student.variant))
    first = student.first_wrong
    if first is not None:
        head.append(gettext("It first goes wrong at {name}.", name=first.name))
    foot = []
    if student.handed_in.unasked:
        foot.append(gettext("Not asked for: {names}.", names=", ".join(student.handed_in.unasked)))
    names = {answer.number.key: answer for answer in student.answers}
    lines = tuple(_line(answer, names) for answer in student.answers)
    return FeedbackPage(student.student, tuple(head), lines, tuple(foot))


def _line(answer: MarkedAnswer, answers: dict[str, MarkedAnswer]) -> FeedbackLine:
    number = answer.number
    asked = f"{number.key}: {answer.name}" if not number.question.text else f"{number.key}: {number.question.text}"
    points = f"{points_text(answer.points)} / {points_text(number.points)}"
    right = format_number(number.right, DIGITS)
    return FeedbackLine(_SIGNS[answer.mark], asked, answer.given, right, points, " ".join(_said(answer, answers)))


def _said(answer: MarkedAnswer, answers: dict[str, MarkedAnswer]) -> Iterator[str]:
    yield gettext(_WORDS[answer.mark])
    if answer.mark is Mark.CONSEQUENTIAL and answer.followed is not None:
        own = ", ".join(f"{answers[key].name} = {answers[key].given}" for key in answer.from_own)
        if own:
            yield gettext("With {own} it is {number}.", own=own, number=format_number(answer.followed, DIGITS))
        else:
            yield gettext("These were rounded on the way.")
    yield from answer.said


def feedback_markdown(page: FeedbackPage) -> str:
    """Return a page in Markdown, with a table as GitHub's and Pandoc's are."""
    rows = [_HEAD, tuple("---" for _ in _HEAD)]
    rows += [tuple(map(_markdown_cell, _cells(line))) for line in page.lines]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    parts = [f"# {markdown_words(page.title)}", *map(markdown_words, page.head), table, *map(markdown_words, page.foot)]
    return "\n\n".join(parts) + "\n"


def _markdown_cell(text: str) -> str:
    # What begins like a list is none within a table.
    return re.sub(r"^(\d+)\\([.)])", r"\1\2", markdown_words(text))


def feedback_html(page: FeedbackPage) -> str:
    """Return a page of HTML without scripts, which needs nothing beside it."""
    head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in _HEAD)
    rows = "".join(f"<tr>{''.join(_html_cell(place, cell) for place, cell in enumerate(_cells(line)))}</tr>\n"
                   for line in page.lines)  # fmt: skip
    above, below = ("".join(f"<p>{escape(text)}</p>\n" for text in texts) for texts in (page.head, page.foot))
    return (
        f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'>"
        f"<meta name='viewport' content='width=device-width'><title>{escape(page.title)}</title>"
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(page.title)}</h1>\n{above}"
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>\n{below}</body></html>\n"
    )


def _html_cell(place: int, text: str) -> str:
    # The answer, the right number and the points are numbers.
    return f"<td class='n'>{escape(text)}</td>" if 2 <= place <= 4 else f"<td>{escape(text)}</td>"  # noqa: PLR2004


def _cells(line: FeedbackLine) -> tuple[str, ...]:
    return (line.sign, line.name, line.given, line.right, line.points, line.said)


def file_names(students: Sequence[str], suffix: str) -> list[str]:
    """Return a name of a file for each student that all systems take; no two are the same, none leads elsewhere."""
    taken, found = set[str](), []
    for student in students:
        base = unicodedata.normalize("NFC", student)
        base = "".join(sign if sign.isalnum() or sign in "-_.@ " else "_" for sign in base)
        base = base.strip(" .")[:LONGEST_FILE_NAME].rstrip(" .") or "student"
        if _RESERVED.fullmatch(base):
            base = f"_{base}"
        name, count = base, 1
        while unicodedata.normalize("NFKC", name).casefold() in taken:
            count += 1
            name = f"{base} ({count})"
        taken.add(unicodedata.normalize("NFKC", name).casefold())
        found.append(f"{name}{suffix}")
    return found
