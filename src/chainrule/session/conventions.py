"""How conventions of the experiment's optimizer move one number, side by side from one start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment, StartState
from chainrule.catalog.optimizers.conventions import RuleColumn, RuleComparison, comparisons_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.document import Segment
from chainrule.model.editing import edits
from chainrule.model.elements import Index
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session

if TYPE_CHECKING:
    from chainrule.engine.convention_walks import ConventionWalk

MOST_ITERATIONS = 50
# So many products, three for each parameter and row of the batch, are an iteration of about 16 ms.
MOST_AT_ONCE = 2**27


@dataclass(frozen=True, slots=True)
class ConventionQuestion:
    """Of which number, under which conventions, and for how many iterations.

    `start` is where training begins; with a `place`, an iteration and the segment that it is in, it goes on from there.
    """

    start: Experiment
    comparison: RuleComparison
    ref: ValueRef
    index: Index
    iterations: int
    place: tuple[int, Segment] | None = None

    @property
    def stands_still(self) -> bool:
        """Whether each iteration takes so long that a window stands still meanwhile."""
        return 3 * self.rows * self.start.network.parameter_count > MOST_AT_ONCE

    @property
    def rows(self) -> int:
        """How many rows an iteration reads at once."""
        data = self.start.data
        return min(data.batch_size or data.training_rows, data.training_rows)

    def is_later_than(self, other: ConventionQuestion | None) -> bool:
        """Return whether it differs from another one in the iteration alone that it starts from."""
        if other is None or self.place is None or other.place is None:
            return False
        return replace(self, place=None) == replace(other, place=None)


@dataclass(frozen=True, slots=True)
class ConventionRow:
    """What a number is at a place: before the first iteration, or after one of them. None is not computed."""

    iteration: int | None
    numbers: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ConventionTable:
    """What is computed of a question so far.

    Of each convention: its walk, in words why it cannot be computed here, and the place of its first number that
    differs from the first convention's by more than the `tolerance`.
    """

    question: ConventionQuestion
    walks: tuple[ConventionWalk | None, ...]
    refusals: tuple[str, ...]
    parts: tuple[int | None, ...]
    tolerance: float
    is_done: bool

    @property
    def columns(self) -> tuple[RuleColumn, ...]:
        """The conventions from left to right."""
        return self.question.comparison.columns

    def rows(self) -> tuple[ConventionRow, ...]:
        """Return the numbers, row by row."""
        known = [walk for walk in self.walks if walk is not None]
        if not known:
            return ()
        first = known[0].start
        return tuple(
            ConventionRow(
                first + place - 1 if place else None,
                tuple(
                    walk.numbers[place] if walk is not None and place < len(walk.numbers) else None
                    for walk in self.walks
                ),
            )
            for place in range(max(len(walk.numbers) for walk in known))
        )


def start_of_training(moment: Moment) -> Experiment:
    """Return the experiment of a moment with the parameters that its training began with."""
    document = moment.course.document.restarted(moment.cursor.iteration)
    return document.experiment_at(document.first)


def question_of(moment: Moment, title: str, iterations: int, *, goes_on: bool = False) -> ConventionQuestion | None:
    """Return what is asked of a moment; of its first comparison where it has none of the title, None without any.

    One that `goes_on` starts from what the iteration on the screen does.
    """
    found = comparisons_of(moment.experiment.optimizer)
    if not found or moment.parameter is None:
        return None
    comparison = next((each for each in found if each.title == title), found[0])
    if not goes_on:
        return ConventionQuestion(start_of_training(moment), comparison, *moment.parameter, iterations)
    iteration = moment.cursor.iteration
    place = iteration, moment.course.document.segment_at(iteration)
    return ConventionQuestion(moment.experiment, comparison, *moment.parameter, iterations, place)


def comparing_conventions(moment: Moment, question: ConventionQuestion) -> Iterator[ConventionTable]:
    """Yield the table as it grows, a convention's iteration at a time."""
    module, columns = engine().conventions, question.comparison.columns
    tolerance = module.TOLERANCE[question.start.dtype]
    walkers: list[tuple[Experiment, RuleColumn] | None] = []
    refusals: list[str] = []
    for column in columns:
        experiment, refusal = _under(question.start, column)
        walkers.append(None if experiment is None else (experiment, column))
        refusals.append(refusal)
        # Many rows take a moment to be checked.
        yield ConventionTable(question, _filled((), len(columns)), ("",) * len(columns), (), tolerance, is_done=False)
    start = None
    if question.place is not None:
        iteration, _ = question.place
        state, by_hand = moment.course.history(iteration).state(iteration), moment.overrides
        start = module.RunningState(state, next(column for column in columns if column.is_used), by_hand)
    timeline = moment.course.timeline
    tensors = None if timeline is None else timeline.tensors
    walks: tuple[ConventionWalk | None, ...] = ()
    for walks in module.walking(walkers, question.ref, question.index, question.iterations, start, tensors):
        yield ConventionTable(question, _filled(walks, len(walkers)), tuple(refusals), (), tolerance, is_done=False)
    refusals = [refusal or (walk.refusal if walk else "") for refusal, walk in zip(refusals, walks, strict=True)]
    walks = tuple(None if refusal else walk for refusal, walk in zip(refusals, walks, strict=True))
    first = walks[0] if walks else None
    parts = tuple(
        None if walk is None or first is None else module.first_difference(first, walk, tolerance) for walk in walks
    )
    yield ConventionTable(question, walks, tuple(refusals), parts, tolerance, is_done=True)


def _filled(walks: tuple[ConventionWalk | None, ...], count: int) -> tuple[ConventionWalk | None, ...]:
    return (*walks, *(None for _ in range(count - len(walks))))


def _under(start: Experiment, column: RuleColumn) -> tuple[Experiment | None, str]:
    """Return the experiment under a convention with nothing in its optimizer's state, or why it is not allowed."""
    state = None if start.state is None else StartState(start.state.iteration)
    try:
        return checked_experiment(replace(start, optimizer=column.optimizer, state=state)), ""
    except SpecError as error:
        return None, refusal_in_words(error, start)


def use(session: Session, column: RuleColumn) -> None:
    """Make a convention the experiment's optimizer, from the first weights on: one entry to undo.

    Raises `SpecError` where that is not allowed.
    """
    session.editor.edit("Use a convention", edits.set_optimizer(column.optimizer), restart=True)
