"""The run on the screen and those that are pinned beside it: what each is called, and its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import plural
from chainrule.model.document import PinnedRun, Segment, without_labels
from chainrule.session.runs.differing import run_differences
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Outline

# A number between states that are so far apart is not computed while somebody looks.
NEAR = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRun:
    """A run: its course, what it differs from the others in, and at which place among the pinned ones it stands.

    The one on the screen has no `run`, and no place.
    """

    course: Course
    differs: str
    run: PinnedRun | None = None
    place: int = -1

    @property
    def name(self) -> str:
        """What it is called: by a person, or by what it differs in."""
        return (self.run.name if self.run else "") or self.differs

    @property
    def iterations(self) -> int:
        """How many iterations of it have a loss."""
        return max(0, self.course.horizon - self.course.first)

    def losses(self) -> tuple[Outline, Outline | None] | None:
        """Return the losses of its iterations, and those of the test rows; None where this machine cannot tell them."""
        if self.course.timeline is None:
            return None
        try:
            return self.course.losses(), self.course.test_losses()
        except (RuntimeError, MemoryError):
            # It was of a device that is not here, or needs more memory than there is.
            return None

    def is_near(self, iteration: int) -> bool:
        """Return whether the numbers of an iteration are computed once more in no time."""
        history = self.course.history(iteration)
        return iteration - history.kept(iteration).iteration <= NEAR


@dataclass(frozen=True, slots=True)
class LossSummary:
    """The last loss of a run and the least one, with the iteration of that; None where there is no finite one."""

    last: float | None
    least: float | None
    least_at: int | None


def summary_of(losses: Outline, first: int) -> LossSummary:
    """Return the last and the least of losses, (n,), of which `first` is the iteration of the first."""
    least = losses.least()
    last = float(losses.high[-1, 0]) if len(losses) else None
    return LossSummary(last, *((None, None) if least is None else (least[1], first + least[0])))


class RunComparison:
    """Tells the runs of one moment after the other; what they differ in is worked out where it may be new."""

    def __init__(self) -> None:
        self._of: tuple[tuple[Segment, ...], ...] = ()
        self._differences: tuple[str, ...] = ()

    def of(self, moment: Moment) -> tuple[ComparedRun, ...]:
        """Return the run on the screen, and the pinned ones after it."""
        course = moment.course
        pinned = course.document.pinned
        runs = [(course.document.segments, course.horizon), *((run.segments, run.horizon) for run in pinned)]
        of = tuple(computed_parts(segments, horizon) for segments, horizon in runs)
        if of != self._of:
            self._of, self._differences = of, run_differences(of)
        live = ComparedRun(course, self._differences[0])
        kept = [
            ComparedRun(replace(course, document=run.document, horizon=run.horizon), differs, run, place)
            for place, (run, differs) in enumerate(zip(pinned, self._differences[1:], strict=True))
        ]
        return (live, *_told_apart(kept, live.differs))


def computed_parts(segments: tuple[Segment, ...], horizon: int) -> tuple[Segment, ...]:
    """Return the parts of a run of which something was computed, or the first one."""
    return (segments[0], *(part for part in segments[1:] if part.start < horizon))


def _told_apart(runs: Sequence[ComparedRun], live: str) -> list[ComparedRun]:
    """Return pinned runs with what tells those apart whose settings are the same."""
    counts = Counter([live, *(run.differs for run in runs)])
    found = [run if run.differs and counts[run.differs] == 1 else _with_length(run) for run in runs]
    counts = Counter(run.differs for run in found)
    return [run if counts[run.differs] == 1 else replace(run, differs=_numbered(run)) for run in found]


def _with_length(run: ComparedRun) -> ComparedRun:
    length = plural(run.iterations, "iteration")
    return replace(run, differs=f"{run.differs}, {length}" if run.differs else length)


def _numbered(run: ComparedRun) -> str:
    return f"{run.differs}, run {run.place + 1}"


def is_part_of(run: PinnedRun, course: Course) -> bool:
    """Return whether all iterations of a pinned run are iterations of the run on the screen, too."""
    return is_continued(run.segments, run.horizon, course.segments, course.horizon)


def is_continued(parts: tuple[Segment, ...], horizon: int, by: tuple[Segment, ...], until: int) -> bool:
    """Return whether a run of some parts, up to a horizon, is the beginning of another one."""
    begun = by[: len(parts)]
    if len(begun) < len(parts) or not all(map(_are_alike, parts, begun)):
        return False
    end = by[len(parts)].start if len(by) > len(parts) else until
    return horizon <= end


def _are_alike(one: Segment, other: Segment) -> bool:
    """Return whether two parts are the same, but for what things are called."""
    if one is other:
        return True
    same = one.start == other.start and one.state is other.state and one.overrides == other.overrides
    return same and without_labels(one.experiment) == without_labels(other.experiment)
