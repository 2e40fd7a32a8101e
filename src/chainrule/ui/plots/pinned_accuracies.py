"""The accuracies of pinned runs, behind that of the run on the screen, as their losses are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.answers import tells_classes
from chainrule.explain.writing.shares import percent
from chainrule.session.results.accuracy import accuracy_of
from chainrule.session.runs.compared import ComparedRun, RunComparison, is_part_of
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment
from chainrule.ui.plots.chart.legend import LegendEntry
from chainrule.ui.plots.chart.palette import Behind, Dot, Marker, Stroke
from chainrule.ui.plots.pinned_curves import NOW, WIDTH, look_of, named_loss
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.engine.row_results import Score
    from chainrule.model.curves.accuracy import AccuracyCurve
    from chainrule.model.timeline.downsampled_series import Outline

TRAINING, TEST = "training", "test"
RIGHT, OF = "right", "of"


def score_in_full(score: Score) -> str:
    """Return how many answers were right, of how many, and the share."""
    return f"{score.right:,} of {score.count:,} right, {percent(score.right, score.count, 2)}"


def share_text(score: Score | None) -> str:
    """Return the share of right answers; nothing where there is none."""
    return "" if score is None else percent(score.right, score.count)


def new_answers(course: Course, curve: AccuracyCurve) -> list[int]:
    """Return from which iterations on other data, or another loss, is answered for: no line leads there."""
    parts = [segment for segment in course.segments if segment.start < course.horizon]
    changed = [
        after for before, after in pairwise(parts)
        if after.experiment.data is not before.experiment.data or after.experiment.loss != before.experiment.loss
    ]  # fmt: skip
    return [segment.start - curve.first for segment in changed]


@dataclass(frozen=True, slots=True, eq=False)
class PinnedAccuracy:
    """A pinned run of which the accuracy is measured at some iterations: the shares of the training rows, and those of
    its test rows where it has some.
    """

    run: ComparedRun
    curve: AccuracyCurve
    outline: Outline

    @property
    def behind(self) -> Behind:
        """What is drawn of it."""
        return Behind(self.curve.first, self.outline, new_answers(self.run.course, self.curve))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its curves, one or two."""
        return (self.run.name, f"{self.run.name}, {TEST}")[: self.outline.curves]

    def strokes(self, appearance: Appearance) -> list[Stroke]:
        """Return how they are drawn; that of the test rows has hollow marks."""
        color, mark = look_of(appearance, self.run.place)
        marks = (mark, Marker(mark.shape, filled=False))[: self.outline.curves]
        return [Stroke(color, WIDTH, -1, each, dashed=True) for each in marks]

    def entries(self, appearance: Appearance, iteration: int) -> list[LegendEntry]:
        """Return what a legend says of them, with the shares at the last iteration measured up to one."""
        place = self.curve.before(iteration)
        # A run that was over by then has no share there.
        is_there = place is not None and iteration < self.run.course.horizon
        scores = self.curve.scores[place] if place is not None and is_there else (None, None)
        parts = zip(self.names, scores, self.strokes(appearance), strict=False)
        return [
            LegendEntry(named_loss(name, share_text(score)), each.color, each.mark, dashed=True)
            for name, score, each in parts
        ]

    def describe(self, iteration: int) -> list[str]:
        """Return what came out at the measured iteration nearest to one; nothing where the run was shorter."""
        if not self.run.course.first <= iteration < self.run.course.horizon:
            return []
        place = self.curve.nearest(iteration)
        at = int(self.curve.iterations[place])
        when = "" if at == iteration else f" (at iteration {at})"
        pairs = zip(self.names, self.curve.scores[place], strict=False)
        return [f"{name}: {score_in_full(score)}{when}" for name, score in pairs if score is not None]

    def dots(self, appearance: Appearance, iteration: int) -> list[Dot]:
        """Return dots on the curves, at the measured iteration nearest to one."""
        if not self.describe(iteration):
            return []
        place, (color, _) = self.curve.nearest(iteration), look_of(appearance, self.run.place)
        at, shares = int(self.curve.iterations[place]), self.outline.low[place].tolist()
        return [Dot(at, share, color, 7) for share in shares if isfinite(share)]


class PinnedAccuracies:
    """What of the pinned runs the accuracy's plot shows."""

    def __init__(self) -> None:
        self._comparison = RunComparison()
        self.curves: tuple[PinnedAccuracy, ...] = ()
        # What the run on the screen is called where others are shown.
        self.now = ""

    def look(self, moment: Moment) -> None:
        """Take what is measured by now of the runs that are pinned beside a moment's document."""
        course, found, differs = moment.course, list[PinnedAccuracy](), ""
        if moment.is_ready and course.pinned:
            live, *pinned = self._comparison.of(moment)
            differs = live.differs
            found = [curve for each in pinned if (curve := _measured(each, course)) is not None]
        self.curves = tuple(found)
        self.now = "" if not found else f"{NOW}, {differs}" if differs else NOW


def _measured(each: ComparedRun, course: Course) -> PinnedAccuracy | None:
    assert each.run is not None
    is_told = tells_classes(each.course.experiment_at(each.course.first))
    if not each.run.shown or not is_told or is_part_of(each.run, course):
        return None
    try:
        curve = accuracy_of(each.course)
    except (RuntimeError, MemoryError):
        # It was of a device that is not here, or needs more memory than there is.
        return None
    return PinnedAccuracy(each, curve, curve.outline()) if len(curve) else None
