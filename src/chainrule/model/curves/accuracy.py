"""How many answers were right, by iteration: measured at some of them, and kept beside what a history remembers.

Nothing of it is in a file: it is measured once more, from the states that are.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from chainrule.engine.data import split_order
from chainrule.engine.row_results import RowReader, Score
from chainrule.model.document import Document, Segment
from chainrule.model.timeline.downsampled_series import Floats, Outline, Positions
from chainrule.model.timeline.history import History, Scores
from chainrule.model.timeline.timeline import Timeline

# So many iterations are measured, evenly over all that there are, and half as many at least.
MOST = 256
# An iteration of so many multiplications is computed again for it; of more, only what is remembered is measured.
CHEAP = 2**25
# More iterations than are ever computed between two looks at the clock.
MANY = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class AccuracyCurve:
    """Answers of training and test rows at the iterations that were measured, in their order.

    Under the parameters that the iteration starts from. None where there are no rows, or an output is NaN. `length` is
    how many iterations there are from `first` on.
    """

    first: int
    length: int
    iterations: Positions
    scores: tuple[Scores, ...]

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def has_test(self) -> bool:
        """Whether test rows were answered."""
        return any(test is not None for _, test in self.scores)

    def outline(self) -> Outline:
        """Return the shares of right answers in per cent: those of the training rows, and where there are some those of
        the test rows.
        """
        wide = 1 + self.has_test
        shares = [[share(score) for score in pair[:wide]] for pair in self.scores]
        rows: Floats = np.array(shares, np.float64).reshape(len(shares), wide)
        return Outline(self.iterations - self.first, rows, rows, self.length)

    def nearest(self, iteration: int) -> int:
        """Return the place of the measured iteration that is nearest to one."""
        return int(np.abs(self.iterations - iteration).argmin())

    def before(self, iteration: int) -> int | None:
        """Return the place of the last one that is not after an iteration; None where none is."""
        place = int(np.searchsorted(self.iterations, iteration, side="right")) - 1
        return place if place >= 0 else None


def share(score: Score | None) -> float:
    """Return the share of right answers in per cent; NaN where there are none."""
    return float("nan") if score is None else 100 * score.right / score.count


def measured(timeline: Timeline, document: Document, horizon: int) -> AccuracyCurve:
    """Return what is measured of the iterations before `horizon`."""
    iterations, scores = list[int](), list[Scores]()
    for segment, end in _spans(document, horizon):
        known = timeline.history(document, segment.start).scores
        at = sorted(iteration for iteration in known if iteration < end)
        iterations += at
        scores += map(known.__getitem__, at)
    length = max(0, horizon - document.first)
    return AccuracyCurve(document.first, length, np.array(iterations, np.int64), tuple(scores))


def measuring(
    timeline: Timeline, document: Document, horizon: int, here: int, *, is_still: bool, goes_on: Callable[[], bool]
) -> Generator[None, None, bool]:
    """Measure what is not measured yet, some rows at a time, as long as it `goes_on`: asked after each iteration.

    Over all of training first, then between. Where nothing `is_still` the newest come first, and none is computed again
    for it; else `here` is measured too. Returns whether anything was measured.
    """
    found = False
    for history, iteration in _wanted(timeline, document, horizon, here, is_still=is_still):
        if iteration in history.scores:
            continue
        # Whoever looks at an iteration has its trace.
        near = iteration if iteration == here else history.kept(iteration).iteration
        if near < iteration and not is_still:
            continue
        if near < iteration and _is_cheap(history):
            for _ in history.run(near, lambda: MANY, iteration):
                yield
            near = iteration
        if near not in history.scores:
            yield from _measure(history, near)
            found = True
            if not goes_on():
                break
    return found


def _measure(history: History, iteration: int) -> Generator[None, None, None]:
    reader, values, found = RowReader(history.executor), history.state(iteration).values, list[Score | None]()
    for rows in split_order(history.executor.experiment.data):
        right = count = 0
        is_known = True
        for first in range(0, len(rows), reader.at_once):
            part = reader.score(values, rows[first : first + reader.at_once])
            yield
            if part is None:
                is_known = False
                break
            right, count = right + part.right, count + part.count
        found.append(Score(right, count) if is_known and count else None)
    history.scores[iteration] = found[0], found[1]


def _spans(document: Document, horizon: int) -> list[tuple[Segment, int]]:
    """Return the segments that iterations before `horizon` are in, and where each of them ends."""
    ends = [*(later.start for later in document.segments[1:]), horizon]
    return [(segment, min(end, horizon)) for segment, end in zip(document.segments, ends, strict=True)
            if segment.start < min(end, horizon)]  # fmt: skip


def _wanted(
    timeline: Timeline, document: Document, horizon: int, here: int, *, is_still: bool
) -> list[tuple[History, int]]:
    """Return which iterations are to be measured: evenly from the start of each segment, as checkpoints are."""
    spans = [(timeline.history(document, segment.start), segment.start, end)
             for segment, end in _spans(document, horizon)]  # fmt: skip
    spans = [span for span in spans if span[0].executor.evaluator.answer is not None]
    step = 1 << max(0, (sum(end - start for _, start, end in spans) - 1) // MOST).bit_length()
    if not is_still:
        return [(history, iteration) for history, start, end in reversed(spans)
                for iteration in reversed(range(start, end, step))]  # fmt: skip
    # The place 0 first, then those that large powers of two divide.
    placed = [((place & -place) or MANY, history, start + step * place) for history, start, end in spans
              for place in range(-(-(end - start) // step))]  # fmt: skip
    placed.sort(key=lambda each: -each[0])
    ends = [(history, iteration) for iteration in (here, horizon - 1) for history, start, end in spans
            if start <= iteration < end]  # fmt: skip
    return [*ends, *((history, iteration) for _, history, iteration in placed)]


def _is_cheap(history: History) -> bool:
    experiment = history.executor.experiment
    rows = experiment.data.batch_size or experiment.data.training_rows
    return rows * experiment.network.parameter_count <= CHEAP
