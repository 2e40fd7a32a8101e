"""Rows of the data as points: as many as can be told apart, and the ranges of all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes, ignored_class
from chainrule.engine.data import Batches, DataPart, split_order
from chainrule.model.timeline.downsampled_series import Floats, Positions

# So many rows are drawn: more cover each other.
MOST_POINTS = 2000
# The free part around the data.
AROUND = 0.12

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class DataPoints:
    """Rows of the data, counted from 0: their inputs (n, columns), targets (n, out), and whether they are held back.

    `count` rows there are in all; `ranges` are those of all their inputs, with some room around, and `target_ranges`
    those of their targets, of which `two_targets` says where they are two numbers and no others.
    """

    rows: Positions
    inputs: Floats
    targets: Floats
    is_test: NDArray[np.bool_]
    count: int
    ranges: tuple[Range, ...]
    target_ranges: tuple[Range, ...]
    two_targets: tuple[bool, ...]

    @property
    def can_be_drawn(self) -> bool:
        """Whether the distance of the ends of each range is a number."""
        return all(math.isfinite(high - low) for low, high in (*self.ranges, *self.target_ranges))


def data_points(experiment: Experiment, batches: Batches, columns: tuple[int, ...]) -> DataPoints:
    """Return the data in some columns of the inputs; rows that the loss ignores are not there."""
    data, parts = experiment.data, split_order(experiment.data)
    count = len(data.inputs)
    taken = [_evenly(rows, MOST_POINTS * len(rows) // count) if count > MOST_POINTS else rows for rows in parts]
    rows = torch.cat(taken)
    inputs, targets = (numbers.double().cpu().numpy() for numbers in batches.take(rows))
    is_test = np.repeat([False, True], [len(part) for part in taken])
    ignored = ignored_class(experiment.loss) if has_classes(experiment) else None
    kept = np.ones(len(rows), bool) if ignored is None else targets[:, 0] != ignored
    ranges, target_ranges, two = _ranges(batches, columns)
    return DataPoints(
        rows.numpy()[kept],
        inputs[kept][:, list(columns)],
        targets[kept],
        is_test[kept],
        count,
        tuple(_with_room(*each) for each in ranges),
        target_ranges,
        two,
    )


def _evenly(rows: torch.Tensor, most: int) -> torch.Tensor:
    """Return at most so many of the rows, but one at least where there are any."""
    wanted = min(len(rows), max(1, most))
    return rows[torch.arange(wanted) * len(rows) // max(1, wanted)]


def _ranges(
    batches: Batches, columns: tuple[int, ...]
) -> tuple[tuple[Range, ...], tuple[Range, ...], tuple[bool, ...]]:
    """Return the least and the largest number of some inputs and of all targets, and which targets have only these."""
    parts: tuple[DataPart, ...] = ("training", "test")
    slices = [pair for part in parts for pair in batches.slices(part) if len(pair[0])]
    # Of the columns of one slice at a time: all of large data would be as much memory again.
    found = [[_ends(numbers) for numbers in (inputs[:, list(columns)], targets)] for inputs, targets in slices]
    ends = [(torch.stack([low for low, _ in each]).amin(0), torch.stack([high for _, high in each]).amax(0))
            for each in zip(*found, strict=True)]  # fmt: skip
    low, high = ends[1]
    two = torch.stack([((targets == low) | (targets == high)).all(0) for _, targets in slices]).all(0) & (low < high)
    inputs_ends, target_ends = (tuple(zip(*(end.double().tolist() for end in pair), strict=True)) for pair in ends)
    return inputs_ends, target_ends, tuple(two.tolist())


def _ends(numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return numbers.amin(0), numbers.amax(0)


def _with_room(low: float, high: float) -> Range:
    """Return a range with some room around it; of numbers that are all the same one around them."""
    room = AROUND * (high - low) or max(1.0, abs(low) / 2)
    return low - room, high + room
