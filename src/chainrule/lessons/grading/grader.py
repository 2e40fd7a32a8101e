"""Grading files of answers: each student by their variant. What cannot be read is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import describe
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.friendly import plain_name
from chainrule.lessons.assignments.variants import VariantMaker
from chainrule.lessons.grading.answer_files import read_answers
from chainrule.lessons.grading.answer_tables import MOST_STUDENTS
from chainrule.lessons.grading.handed_in import HandedIn
from chainrule.lessons.grading.keys import AskedKeys
from chainrule.lessons.grading.marker import AnswerMarker
from chainrule.lessons.grading.marks import MarkedStudent
from chainrule.lessons.grading.submissions import submissions
from chainrule.model.files.disk import exhaust
from chainrule.model.files.json_text import short_line

# So many variants are kept: letters come again, and a student's own does not.
_MOST_VARIANTS = 32


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file, or a student in it, that could not be graded, and why."""

    source: str
    reason: str

    def __str__(self) -> str:
        """Say both on one line."""
        return f"{self.source}: {self.reason}"


class GradingProgress(NamedTuple):
    """How far grading has come: how many files are done, of how many, and how many students that were until now."""

    done: int
    files: int
    students: int


@dataclass(frozen=True, slots=True)
class Graded:
    """All that was graded, in the order of the files, and what could not be. `keys` are those of the assignment."""

    assignment: Assignment
    students: tuple[MarkedStudent, ...]
    refused: tuple[Refusal, ...]


@dataclass(slots=True)
class Grader:
    """Grades answers to an assignment. `seed` is that of its variants, if it has any; `with_mistakes` looks for what
    was likely done wrong.
    """

    experiment: Experiment
    seed: int | None = None
    with_mistakes: bool = True
    progress: GradingProgress = field(init=False, default=GradingProgress(0, 0, 0))
    _marker: AnswerMarker = field(init=False)
    _keys: AskedKeys = field(init=False)
    _maker: VariantMaker | None = field(init=False, default=None)
    _variants: dict[tuple[int, str], AnswerMarker] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Compute the answers; a `SpecError` says why an experiment is no assignment."""
        self._marker = AnswerMarker(Assignment.of(self.experiment))
        self._keys = AskedKeys(self._marker.assignment)

    def grade(self, places: Sequence[Path]) -> Graded:
        """Grade files, and those in folders, at once."""
        return exhaust(self.grading(places))

    def grading(self, places: Sequence[Path]) -> Generator[None, None, Graded]:
        """Grade in slices, a mistake that is looked for at a time; `progress` says how far it has come."""
        marked, refused = list[MarkedStudent](), list[Refusal]()
        whose: dict[str, str] = {}
        files = submissions(places)
        for done, submission in enumerate(files):
            self.progress = GradingProgress(done, len(files), len(marked))
            yield
            try:
                found = read_answers(submission.path, self._keys.find, submission.student)
            except SpecError as error:
                refused.append(Refusal(error.path, error.message))
                continue
            for handed_in in found:
                try:
                    self._check_new(whose, handed_in)
                    marker, variant = self._marker_of(handed_in)
                    marked.append((yield from marker.marking(handed_in, variant, with_mistakes=self.with_mistakes)))
                    self.progress = GradingProgress(done, len(files), len(marked))
                except SpecError as error:
                    refused.append(Refusal(handed_in.source, f"{short_line(handed_in.student)}: {error.message}"))
        return Graded(self._marker.assignment, tuple(marked), tuple(refused))

    @staticmethod
    def _check_new(whose: dict[str, str], handed_in: HandedIn) -> None:
        """Refuse a second file of one student: nobody but the lecturer can say which one counts."""
        name = plain_name(handed_in.student)
        if name in whose:
            raise SpecError("students", f"there are answers in {whose[name]} already")
        if len(whose) == MOST_STUDENTS:
            raise SpecError("students", f"expected at most {MOST_STUDENTS} students, got more")
        whose[name] = handed_in.source

    def _marker_of(self, handed_in: HandedIn) -> tuple[AnswerMarker, str]:
        """Return what marks a student's variant, the one that they name, or the one of their own name; and which."""
        if self.seed is not None and handed_in.seed not in (None, self.seed):
            raise SpecError("seed", f"the answers are of the seed {handed_in.seed}, and not of {self.seed}")
        seed = handed_in.seed if self.seed is None else self.seed
        if seed is None:
            if handed_in.variant:
                why = f"the answers are of variant {describe(handed_in.variant)}: say the seed of the variants"
                raise SpecError("variant", why)
            return self._marker, ""
        name = handed_in.variant or handed_in.student
        key = (seed, plain_name(name))
        if key not in self._variants:
            if self._maker is None:
                self._maker = VariantMaker(self.experiment)
            variant = self._maker.variant(seed, name)
            while len(self._variants) >= _MOST_VARIANTS:
                del self._variants[next(iter(self._variants))]
            self._variants[key] = AnswerMarker(Assignment.of(variant.experiment), is_shared=bool(handed_in.variant))
        return self._variants[key], name
