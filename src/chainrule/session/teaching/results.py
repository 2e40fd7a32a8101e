"""What came out of grading: lines for a table, the page of each student, and what is saved of it."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.lessons.grading.feedback import FeedbackPage
    from chainrule.lessons.grading.grader import Graded, Refusal
    from chainrule.lessons.grading.overview import StudentLine


class ClassResults:
    """The marks of a class, as they are shown and saved."""

    def __init__(self, graded: Graded) -> None:
        self.graded = graded

    @cached_property
    def lines(self) -> tuple[StudentLine, ...]:
        """The students, as the files have them."""
        from chainrule.lessons.grading.overview import student_lines  # noqa: PLC0415 - loads torch

        return student_lines(self.graded)

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """What each number that was asked for is called, in answers and on the screen."""
        from chainrule.lessons.grading.overview import asked_keys  # noqa: PLC0415 - loads torch

        return asked_keys(self.graded)

    @property
    def summary(self) -> str:
        """What all students have in common."""
        from chainrule.lessons.grading import register  # noqa: PLC0415 - loads torch

        return " ".join(register.class_lines(self.graded)) if self.graded.students else ""

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Files, and students in them, that could not be graded."""
        return self.graded.refused

    def page(self, place: int) -> FeedbackPage:
        """Return what the page of a student says."""
        from chainrule.lessons.grading.feedback import feedback_page  # noqa: PLC0415 - loads torch

        return feedback_page(self.graded, self.graded.students[place])

    def as_csv(self) -> str:
        """Return the table for a register, as the command prints it."""
        from chainrule.lessons.grading import register  # noqa: PLC0415 - loads torch

        return register.register_csv(self.graded)

    def as_object(self) -> dict[str, object]:
        """Return all marks as an object for JSON, as the command prints it."""
        from chainrule.lessons.grading import register  # noqa: PLC0415 - loads torch

        return register.register_object(self.graded)

    def pages_there(self, folder: Path) -> int:
        """Return how many files in a folder the pages would replace."""
        from chainrule.lessons.grading.pages import page_names  # noqa: PLC0415 - loads torch

        return sum((folder / name).exists() for name in page_names(self.graded))
