"""The pages of all students as files in a folder, in HTML or Markdown."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.lessons.grading.feedback import feedback_html, feedback_markdown, feedback_page, file_names
from chainrule.lessons.grading.grader import Graded
from chainrule.model.files.disk import reason_of, replace_file
from chainrule.model.files.json_text import short_line
from chainrule.model.files.storage import check_target

HTML, MARKDOWN = "html", "markdown"
_WRITERS = {HTML: (".html", feedback_html), MARKDOWN: (".md", feedback_markdown)}


def page_names(graded: Graded, pages: str = HTML) -> list[str]:
    """Return what the files of the students are called, in their order."""
    return file_names([student.student for student in graded.students], _WRITERS[pages][0])


def writing_pages(graded: Graded, folder: Path, pages: str = HTML) -> Generator[None, None, int]:
    """Write a page for each student into a folder, a page a slice; return how many. `SpecError` where one cannot be
    written.
    """
    _, write = _WRITERS[pages]
    names = page_names(graded, pages)
    for name, student in zip(names, graded.students, strict=True):
        target = check_target(folder / name)
        try:
            # Nothing is lost that could not be made again.
            replace_file(target, write(feedback_page(graded, student)).encode("utf-8"), durable=False)
        except OSError as error:
            raise SpecError(short_line(str(target)), f"cannot be written: {reason_of(error)}") from None
        yield
    return len(names)
