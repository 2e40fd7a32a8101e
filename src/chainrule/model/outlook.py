"""The learning rates of a run: those that were used, and those that the schedule will set."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from chainrule.catalog.arguments import Choice
from chainrule.catalog.batches import batches_per_epoch
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.schedules.schedule import preview, rates
from chainrule.catalog.schedules.schedulers import SEQUENTIAL, parts_of
from chainrule.catalog.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.thinned import Floats, Outline
from chainrule.model.timeline import Timeline

# Iterations that are looked ahead at least, and at most: so many are computed in less than a tenth of a second.
LEAST, MOST = 20, 5_000
# A decay is shown until this share of the learning rate is left.
LEFT = 0.02
# Steps of a schedule of which nothing can be said: an expression, one that waits for the loss.
UNKNOWN = 100


@dataclass(frozen=True, slots=True)
class Outlook:
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

    def together(self) -> Outline:
        """Both beside each other, NaN where one has ended, and where what lay ahead is what was used."""
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


def outlook(
    timeline: Timeline, document: Document, experiment: Experiment, horizon: int, before: Outlook | None = None
) -> Outlook:
    """What the first `horizon` iterations used, and what the experiment's schedule sets, over a range to be seen.

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
    return Outlook(experiment, length, wanted, used, ahead[:0] if note else ahead, note)


def preview_length(experiment: Experiment, horizon: int) -> int:
    """How many iterations of the schedule are shown: all that matters of it, doubled until the horizon fits.

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
    length = _LENGTHS.get(choice.name)
    # No more than is ever shown: the numbers of a schedule may be of any size.
    return UNKNOWN if length is None else math.ceil(min(length(choice), MOST))


def _cycle(choice: Choice) -> float:
    up = choice.number("step_size_up")
    return up + (up if choice["step_size_down"] is None else choice.number("step_size_down"))


def _one_cycle(choice: Choice) -> float:
    total = choice["total_steps"]
    return choice.number("epochs") * choice.number("steps_per_epoch") if total is None else choice.number("total_steps")


def _decay(choice: Choice) -> float:
    gamma = choice.number("gamma")
    return math.log(LEFT) / math.log(gamma) if 0 < gamma < 1 else LEAST


# After how many steps a scheduler has shown what it does.
_LENGTHS: dict[str, Callable[[Choice], float]] = {
    "ConstantLR": lambda choice: 2 * choice.number("total_iters"),
    "LinearLR": lambda choice: 2 * choice.number("total_iters"),
    "PolynomialLR": lambda choice: 1.2 * choice.number("total_iters"),
    "StepLR": lambda choice: 4 * choice.number("step_size"),
    "MultiStepLR": lambda choice: 1.3 * max(choice.numbers("milestones"), default=0),
    "ExponentialLR": _decay,
    "CosineAnnealingLR": lambda choice: 2 * choice.number("T_max"),
    "CosineAnnealingWarmRestarts": lambda choice: (
        choice.number("T_0") * (1 + choice.number("T_mult") + choice.number("T_mult") * choice.number("T_mult"))
    ),
    "CyclicLR": lambda choice: 2 * _cycle(choice),
    "OneCycleLR": _one_cycle,
}
