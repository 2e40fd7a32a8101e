"""What a lesson says: its steps, the places that they lead to, and what is to be done before going on.

Nothing of it is computed here; `checking.py` holds it against an experiment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase

Index = tuple[int, ...]
LESSON_FILE = "lesson.toml"
# What a task can ask for of a number that is predicted.
NUMBER, SIGN = "number", "sign"


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A number, or with no `index` all numbers of a value: `layers.0.weight[0,1]`.

    `iteration` is which iteration it is of; None is that of the screen. `text` is how it was written.
    """

    text: str
    ref: ValueRef
    index: Index | None = None
    iteration: int | None = None

    @property
    def place(self) -> Index:
        """The index of the one number that it is."""
        return self.index or ()


@dataclass(frozen=True, slots=True)
class LessonPlace:
    """A place of the cursor: right after or before the micro-step that writes a value, or at the end of a phase.

    With none of them it is the beginning of the iteration. Without an iteration it is that of the screen.
    """

    iteration: int | None = None
    after: ValueRef | None = None
    before: ValueRef | None = None
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class ReachTask:
    """Bring the cursor to a place."""

    place: LessonPlace


@dataclass(frozen=True, slots=True)
class EditTask:
    """Change something: a number by its ref, or what a file has at a path; to a value, or to any other (None)."""

    what: str
    to: float | str | bool | None = None


@dataclass(frozen=True, slots=True)
class PredictTask:
    """Say a number, or its sign, before it is shown; the answer need not be right."""

    number: NamedValue
    kind: str = NUMBER


@dataclass(frozen=True, slots=True)
class CheckTask:
    """Give a number that is right."""

    number: NamedValue


@dataclass(frozen=True, slots=True)
class LossTask:
    """Make the loss fall below a number, within so many iterations where that is said."""

    below: float
    within: int | None = None


Task = ReachTask | EditTask | PredictTask | CheckTask | LossTask


@dataclass(frozen=True, slots=True)
class Claim:
    """A number that a text states as it stands there, and what it is: a number of training, or a formula's value."""

    says: str
    number: NamedValue | None = None
    formula: str = ""
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class LessonStep:
    """One page of a lesson. `text` and `hints` are Markdown with formulas between dollars and `{{numbers}}`.

    `experiment` is the file that is put on the screen here; empty is that of the step before. `at` is where the cursor
    goes, `view` which views stand at the right: None leaves them. `notes` are for whoever teaches it, on a screen of
    their own.
    """

    text: str
    file: str = ""
    title: str = ""
    experiment: str = ""
    at: LessonPlace | None = None
    select: NamedValue | None = None
    view: BoardSpec | None = None
    lit: tuple[NamedValue, ...] = ()
    hide: tuple[str, ...] = ()
    do: tuple[Task, ...] = ()
    hints: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson as its folder has it. `experiments` are those of its files by their names."""

    folder: Path
    title: str
    summary: str
    minutes: int
    experiment: str
    steps: tuple[LessonStep, ...]
    experiments: Mapping[str, Experiment] = field(default_factory=dict)

    def file_of(self, step: int) -> str:
        """Return the file of the experiment that is on the screen in a step."""
        named = (each.experiment for each in reversed(self.steps[: step + 1]) if each.experiment)
        return next(named, self.experiment)

    def experiment_of(self, step: int) -> Experiment:
        """Return the experiment that is on the screen in a step, as the lesson has it."""
        return self.experiments[self.file_of(step)]
