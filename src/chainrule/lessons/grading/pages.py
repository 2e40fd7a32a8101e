"""The pages of all students as files in a folder, in HTML or Markdown."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from chainrule.lessons.grading.feedback import feedback_html, feedback_markdown, feedback_page, file_names
from chainrule.lessons.grading.grader import Graded
from chainrule.model.files.storage import write_text

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
        # Nothing is lost that could not be made again.
        write_text(write(feedback_page(graded, student)), folder / name, durable=False)
        yield
    return len(names)
