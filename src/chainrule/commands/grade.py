"""`chainrule grade`: points for files of answers, as text, JSON or a table, and a page for each student."""

from __future__ import annotations

import sys
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.commands.console import CommandError
from chainrule.commands.experiments import load
from chainrule.commands.json_text import json_text
from chainrule.lessons.grading.grader import Graded, Grader
from chainrule.lessons.grading.pages import writing_pages
from chainrule.lessons.grading.register import register_csv, register_lines, register_object
from chainrule.model.files.disk import exhaust, reason_of
from chainrule.model.files.json_text import short_line

# The exit status where some answers could not be graded, and all others were.
PARTLY = 1


def grade(
    path: Path, places: list[Path], output: str, seed: int | None, feedback: Path | None, pages: str = "html"
) -> int:
    """Grade answers and print the marks; a file that cannot be graded is one line on the error output."""
    if feedback is not None:
        _make_folder(feedback)
    try:
        grader = Grader(load(path), seed, with_mistakes=feedback is not None or output == "json")
    except SpecError as error:
        raise CommandError(f"{path}: {error}") from None
    graded = grader.grade(places)
    for refusal in graded.refused:
        print(f"chainrule: {short_line(str(refusal))}", file=sys.stderr)
    if not graded.students:
        raise CommandError("no answers could be graded" if graded.refused else "there are no files of answers there")
    _print(graded, output)
    if feedback is not None:
        exhaust(writing_pages(graded, feedback, pages))
    return PARTLY if graded.refused else 0


def _print(graded: Graded, output: str) -> None:
    if output == "json":
        print(json_text(register_object(graded)))
    elif output == "csv":
        print(register_csv(graded), end="")
    else:
        for line in register_lines(graded):
            print(line)


def _make_folder(folder: Path) -> None:
    """Make a folder where there is none; what stands around it has to be there."""
    try:
        folder.mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        why = "this is a file, not a folder" if folder.exists() else f"cannot be made: {reason_of(error)}"
        raise CommandError(f"{short_line(str(folder))}: {why}") from None
