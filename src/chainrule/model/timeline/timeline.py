"""The timeline: what training computed, iteration by iteration, and the way back to any of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from weakref import WeakKeyDictionary, ref

import numpy as np

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.memory import return_large_blocks
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.trace import Executor
from chainrule.model.document import Document, Segment
from chainrule.model.timeline.downsampled_series import Outline
from chainrule.model.timeline.history import History, one
from chainrule.model.timeline.kept_training import KeptTraining, put_together
from chainrule.model.timeline.layer_steps import LayerSteps
from chainrule.model.timeline.memory_budget import BUDGET, MemoryBudget
from chainrule.model.timeline.records import Curve


def _none() -> None:
    """Do nothing: no executor is there yet."""


class Timeline:
    """The histories of all segments that some document still holds, undone ones too.

    Together they are held to a budget: those that were not looked at for longest give back what they can.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        return_large_blocks()
        self._budget, self._memory_budget = budget, MemoryBudget(budget)
        # The data of all histories.
        self.tensors = RowTensors()
        self._histories: WeakKeyDictionary[Segment, History] = WeakKeyDictionary()
        self._newest: Experiment | None = None
        # Of the history that was made last, as long as it is there.
        self._like: Callable[[], Executor | None] = _none
        self._looks = 0
        # What files have kept of segments of which nothing was computed since.
        self._kept: WeakKeyDictionary[Segment, KeptTraining] = WeakKeyDictionary()

    @property
    def nbytes(self) -> int:
        """About how many bytes all histories hold."""
        return self._memory_budget.nbytes

    @contextmanager
    def keeping_little(self, little: bool) -> Iterator[None]:
        """Hold from here on no more than one trace and what goes with it, or what the budget allows again.

        Where what is done first with it fails, all is as it was.
        """
        before, self._memory_budget.budget = self._memory_budget.budget, 0 if little else self._budget
        try:
            yield
        except BaseException:
            self._memory_budget.budget = before
            raise

    def history(self, document: Document, iteration: int) -> History:
        """Return what is remembered of the segment that computes an iteration."""
        return self._history_of(document.segment_at(iteration))

    def share(self, before: Document, after: Document) -> None:
        """Let a document have what was computed for another one whose segments compute the same, one by one."""
        for old, new in zip(before.segments, after.segments, strict=True):
            if old in self._histories:
                self._histories[new] = self._histories[old]

    def remembered(self, segment: Segment) -> KeptTraining | None:
        """Return what a file keeps of a segment's training; None where nothing was computed of it."""
        history = self._histories.get(segment)
        if history is None:
            return self._kept.get(segment)
        return replace(history.remembered(), segments=tuple(self._alike(history)))

    def _alike(self, history: History) -> Iterator[ref[Segment]]:
        return (ref(segment) for segment, other in self._histories.items() if other is history)

    def remember(self, remembered: KeptTraining, segments: tuple[ref[Segment], ...]) -> None:
        """Take what a file has kept of segments, for when it is asked for: what does not fit then is computed anew."""
        for alike in segments:
            segment = alike()
            if segment is not None:
                known, kept = self._kept.get(segment), replace(remembered, segments=segments)
                self._kept[segment] = put_together(known, kept) if known else kept

    def _history_of(self, segment: Segment) -> History:
        history = self._histories.get(segment)
        if history is None:
            for other in self._histories.values():
                other.let_plan_go()
            kept = self._taken(segment)
            made = History(segment, self.tensors, self._memory_budget, self._newest, self._like(), kept)
            history = self._histories[segment] = made
            # What has another title alone shares what was computed.
            for alike in kept.segments if kept else ():
                if (twin := alike()) is not None:
                    self._histories.setdefault(twin, made)
            self._newest, self._like = segment.experiment, ref(made.executor)
            if kept is None:
                # Else for the trace that is asked for: first it needs a state that has just come back.
                self._memory_budget.make_room_for(history)
        self._looks += 1
        history.looked_at = self._looks
        return history

    def _taken(self, segment: Segment) -> KeptTraining | None:
        """Take out what a file has kept of a segment and of those that train alike: each may have states of its own."""
        taken, left = self._kept.pop(segment, None), [segment]
        while taken is not None and left:
            twins = [twin for alike in taken.segments if (twin := alike()) is not None]
            left = [twin for twin in twins if twin in self._kept]
            for twin in left:
                taken = put_together(taken, self._kept.pop(twin))
        return taken

    def run(self, document: Document, iteration: int, longest: Callable[[], int] = one) -> Iterator[tuple[int, bool]]:
        """Train on from an iteration, through the document's later segments, at most `longest()` iterations at a time.

        Each time: the last iteration that was computed, and whether all its numbers are finite.
        """
        while True:
            segment = document.segment_at(iteration)
            ends = [later.start for later in document.segments if later.start > segment.start]
            end = ends[0] if ends else None
            for last, finite in self.history(document, iteration).run(iteration, longest, end):
                yield last, finite
                iteration = last + 1

    def losses(self, document: Document, length: int) -> Outline:
        """Return the loss of each of the iterations before `length`, one curve; fewer if fewer were computed."""
        return Outline.joined(
            [history.records.losses.outline(count) for history, count in self._spans(document, length)]
        )

    def test_losses(self, document: Document, length: int) -> Outline | None:
        """Return the loss of the test rows beside each of `losses`, NaN where none are held back.

        None where all are.
        """
        spans = list(self._spans(document, length))
        if all(history.records.test_losses is None for history, _ in spans):
            return None
        parts = []
        for history, count in spans:
            beside = history.records.losses.outline(count)
            none = np.full_like(beside.low, np.nan)
            without = Outline(beside.begins, none, none, beside.length)
            parts.append(without if history.records.test_losses is None else history.records.test_losses.outline(count))
        return Outline.joined(parts)

    def tested_at(self, document: Document, iteration: int) -> int:
        """Return the iteration whose first parameters gave the test loss that stands beside an iteration's loss."""
        return self.history(document, iteration).records.tested_at(iteration)

    def rates(self, document: Document, length: int, wanted: tuple[ValueRef, ...]) -> Outline:
        """Return the learning rates that each of the first `length` iterations used, as curves: `lr`, `layers.0.lr`,
        ...
        """
        return Outline.joined(
            [
                history.records.rates.outline(count).columns(history.records.rates_of(wanted))
                for history, count in self._spans(document, length)
            ]
        )

    def gradients(self, document: Document, length: int) -> tuple[tuple[Curve, ...], int, Outline]:
        """Return the gradient curves of the last segment: what they are, where they begin, and their numbers."""
        segment = document.segment_at(max(document.first, length - 1))
        history = self.history(document, segment.start)
        return history.records.curves, segment.start, history.records.gradients.outline(length - segment.start)

    def layer_steps(self, document: Document, length: int) -> tuple[LayerSteps, int, Outline, Outline]:
        """Return how the layers' weights are moved in the last segment: of which layers, from where on, the norms of
        their gradients, and the ratios of the updates to them.
        """
        segment = document.segment_at(max(document.first, length - 1))
        records = self.history(document, segment.start).records
        return records.layers, segment.start, *records.layers.outlines(records.gradients, length - segment.start)

    def _spans(self, document: Document, length: int) -> Iterator[tuple[History, int]]:
        for index, segment in enumerate(document.segments):
            last = index + 1 == len(document.segments)
            end = length if last else min(length, document.segments[index + 1].start)
            if end > segment.start or index == 0:
                yield self._history_of(segment), max(0, end - segment.start)
