"""The learning rates of a run: those that were used, and those that the schedule will set."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.schedule import preview, rates
from chainrule.catalog.schedules.schedulers import SCHEDULERS, SEQUENTIAL, parts_of
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value
from chainrule.model.document import Document
from chainrule.model.timeline.downsampled_series import Floats, Outline
from chainrule.model.timeline.timeline import Timeline

# Iterations that are looked ahead at least, and at most: so many are computed in less than a tenth of a second.
LEAST, MOST = 20, 5_000


@dataclass(frozen=True, slots=True)
class LearningRates:
    """Learning rates by iteration: `used`, and `ahead` (m, curves), which begins there as well.

    They are those of the `source` over `length` iterations from the `first` on. `refs` are the curves: `lr`, and those
    of layers and groups with one of their own. `ahead` is empty where nobody can know, or where training has gone
    further than is looked ahead; `note` says what is not known.
    """

    source: Experiment
    length: int
    refs: tuple[ValueRef, ...]
    used: Outline
    ahead: Floats
    note: str = ""

    @property
    def first(self) -> int:
        """The iteration that both begin with."""
        return self.source.first_iteration

    @property
    def described(self) -> tuple[Value, ...]:
        """What the curves are of."""
        values = values_of(self.source)
        return tuple(values[ref] for ref in self.refs)

    def together(self) -> Outline:
        """Put both beside each other, NaN where one has ended, and where what lay ahead is what was used."""
        if not len(self.ahead):
            return self.used
        used, ahead = self.used.rows(), self.ahead.copy()
        # The last one that was used is where the two are joined.
        past = max(0, min(len(used), len(ahead)) - 1)
        ahead[:past][used[:past] == ahead[:past]] = np.nan
        parts = [used, ahead]
        found = np.full((max(map(len, parts)), sum(part.shape[1] for part in parts)), np.nan)
        for place, part in enumerate(parts):
            column = place * part.shape[1]
            found[: len(part), column : column + part.shape[1]] = part
        return Outline.of(found)


def learning_rates(
    timeline: Timeline, document: Document, experiment: Experiment, horizon: int, before: LearningRates | None = None
) -> LearningRates:
    """Return what the first `horizon` iterations used, and what the experiment's schedule sets, over a range to be
    seen.

    What lies ahead is taken from `before` where it is the same: computing it takes longer than a frame of a run.
    """
    wanted = tuple(rates(experiment))
    used = timeline.rates(document, horizon, wanted)
    first = experiment.first_iteration
    length = preview_length(experiment, horizon - first) if first <= MOST else 0
    if before is not None and before.source is experiment and before.length == length:
        return replace(before, used=used)
    ahead, note = np.empty((0, len(wanted))), ""
    if length:
        found = preview(experiment, first + length)
        ahead, note = np.column_stack([found.lr, *found.own.values()])[first:], found.note
    return LearningRates(experiment, length, wanted, used, ahead[:0] if note else ahead, note)


def preview_length(experiment: Experiment, horizon: int) -> int:
    """Return how many iterations of the schedule are shown: all that matters of it, doubled until the horizon fits.

    0 where the horizon is out of sight.
    """
    choice = experiment.scheduler
    steps = LEAST if choice is None else _steps(choice)
    by_epoch = choice is not None and choice["interval"] == "epoch"
    each = batches_per_epoch(experiment.data) if by_epoch else experiment.data.accumulate
    length = max(LEAST, min(steps * each + 1, MOST))
    while length < horizon:
        length *= 2
    return length if length <= MOST else 0


def _steps(choice: Choice) -> int:
    if choice.name != SEQUENTIAL:
        return _own_steps(choice)
    begins = (0, *map(int, choice.numbers("milestones")))
    return int(min(begins[-1], MOST)) + _own_steps(parts_of(choice)[-1])


def _own_steps(choice: Choice) -> int:
    # No more than is ever shown: the numbers of a schedule may be of any size.
    return math.ceil(min(SCHEDULERS[choice.name].length(choice), MOST))
