"""The list of runs: what a line of it says, and what is computed for it once somebody looks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from chainrule.model.document import Segment
from chainrule.session.background.lazy_engine import engine
from chainrule.session.runs.compared import ComparedRun, LossSummary, RunComparison, computed_parts, summary_of
from chainrule.session.runs.differing import run_differences
from chainrule.session.screen.moment import Moment
from chainrule.session.screen.screen import View
from chainrule.session.session import Session

if TYPE_CHECKING:
    from chainrule.engine.data import DataPart
    from chainrule.engine.evaluation import Evaluator

# Of a part of training the ends of so many runs are remembered.
MOST_ENDS = 8


class RunKind(Enum):
    """Where a run of the list is."""

    NOW = "now"
    PINNED = "pinned"
    ASIDE = "put aside"


@dataclass(frozen=True, slots=True)
class RunPart:
    """How a run ended on the training rows or on the test rows: the loss, and how many answers are right, if any."""

    loss: float
    right: int | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: under its last parameters, on all training rows and on the test rows, where there are some."""

    training: RunPart
    test: RunPart | None


@dataclass(frozen=True, slots=True, eq=False)
class RunRow:
    """A line of the list. `view` is what an edit has put aside; `end` is None where it is not known yet, or takes too
    long.
    """

    kind: RunKind
    run: ComparedRun
    losses: LossSummary | None
    end: RunEnd | None = None
    view: View | None = None

    @property
    def least_loss(self) -> float | None:
        """The smallest loss: of an iteration, before its update, or at the end; None where none is finite."""
        found = [self.losses.least if self.losses else None, self.end.training.loss if self.end else None]
        return min((loss for loss in found if loss is not None and isfinite(loss)), default=None)


class RunList:
    """Makes the lines; how runs ended is computed one by one, when it is asked for."""

    def __init__(self, session: Session) -> None:
        self._runs, self._comparison = session.runs, RunComparison()
        self._ends: WeakKeyDictionary[Segment, dict[int, RunEnd | None]] = WeakKeyDictionary()

    @property
    def can_pin(self) -> bool:
        """Whether the run on the screen can be pinned, and is not."""
        return not self._runs.refusal() and self._runs.place_of_this is None

    def rows(self, moment: Moment) -> tuple[RunRow, ...]:
        """Return the run on the screen, the pinned ones, and those that were put aside last."""
        live, *pinned = self._comparison.of(moment)
        aside = self._runs.put_aside()
        return (
            self._row(RunKind.NOW, live),
            *(self._row(RunKind.PINNED, run) for run in pinned),
            *(self._row(RunKind.ASIDE, _aside(moment, view), view) for view in aside),
        )

    def _row(self, kind: RunKind, run: ComparedRun, view: View | None = None) -> RunRow:
        series = run.losses()
        summary = summary_of(series[0], run.course.first) if series and len(series[0]) else None
        end = self._ends.get(_last(run), {}).get(run.course.horizon)
        return RunRow(kind, run, summary, end, view)

    def find_end(self, rows: tuple[RunRow, ...]) -> bool:
        """Compute how one more of the runs ended; return whether there was one."""
        for row in rows:
            known = self._ends.setdefault(_last(row.run), {})
            if row.losses is not None and row.run.course.horizon not in known:
                while len(known) >= MOST_ENDS:
                    del known[next(iter(known))]
                known[row.run.course.horizon] = _end_of(row.run)
                return True
        return False


def _last(run: ComparedRun) -> Segment:
    return computed_parts(run.course.segments, run.course.horizon)[-1]


def _aside(moment: Moment, view: View) -> ComparedRun:
    course = replace(moment.course, document=replace(view.document, pinned=()), horizon=view.horizon)
    parts = [computed_parts(each.segments, each.horizon) for each in (moment.course, course)]
    return ComparedRun(course, run_differences(parts)[1])


def _end_of(run: ComparedRun) -> RunEnd | None:
    course = run.course
    try:
        history = course.history(course.horizon - 1)
        evaluator = history.executor.evaluator
        if not evaluator.is_quick or not run.is_near(course.horizon - 1):
            return None
        values = history.state(course.horizon).values
        training = _part(run, evaluator, values, "training")
        return RunEnd(training, _part(run, evaluator, values, "test") if evaluator.has_test else None)
    except (RuntimeError, MemoryError):
        return None


def _part(run: ComparedRun, evaluator: Evaluator, values: object, part: DataPart) -> RunPart:
    found = evaluator.evaluate(values, part)  # type: ignore[arg-type]
    loss, experiment = found.loss.item(), run.course.experiment_at(run.course.horizon - 1)
    if evaluator.answer is None:
        return RunPart(loss)
    told = engine().classify(experiment, evaluator.answer, found.outputs, found.targets)
    return RunPart(loss) if told is None else RunPart(loss, told.right, told.count)
