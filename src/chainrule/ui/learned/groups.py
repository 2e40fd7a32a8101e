"""Which points are alike: the classes of the data, or what lies above and below a number. Each has its own mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.writing.numbers import format_short
from chainrule.model.timeline.downsampled_series import Positions
from chainrule.ui.plots.chart.palette import Marker, class_color, curve_color, curve_mark
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints

CIRCLE, SQUARE = 0, 1
TWO = 2


@dataclass(frozen=True, slots=True)
class PointGroup:
    """What points are alike in, and how they are marked: in no colour alone."""

    name: str
    color: QColor
    shape: int

    def mark(self, *, is_test: bool) -> Marker:
        """Return the mark of one of them: hollow where it is held back for the test."""
        return Marker(self.shape, filled=not is_test)


def class_groups(experiment: Experiment, look: Appearance) -> tuple[PointGroup, ...]:
    """Return the classes that the outputs stand for; of two one is orange and one blue."""
    count, named = experiment.network.outputs, experiment.data.names.classes
    names = named if len(named) == count else tuple(map(str, range(count)))
    if count == TWO:
        return _pair(names, look)
    return tuple(
        PointGroup(name, curve_color(look, place, 0, 1), curve_mark(place).shape) for place, name in enumerate(names)
    )


def classes_of(points: DataPoints) -> Positions:
    """Return the class of each point."""
    targets = points.targets
    found: Positions = targets[:, 0].astype(np.int64) if targets.shape[1] == 1 else targets.argmax(axis=1)
    return found


def two_groups(
    experiment: Experiment, ends: tuple[float, float], middle: float, look: Appearance, *, two: bool
) -> tuple[PointGroup, ...]:
    """Return what the targets of one output are below a number, and above it; of `two` numbers alone which they are."""
    named = experiment.data.names.classes
    if named and experiment.network.outputs == 1:
        return _pair(named, look)
    if two:
        return _pair([f"target {format_short(end)}" for end in ends], look)
    text = format_short(middle)
    return _pair((f"target up to {text}", f"target above {text}"), look)


def one_group(look: Appearance) -> tuple[PointGroup, ...]:
    """Return all rows as one group, where their height says the rest."""
    return (PointGroup("targets", QColor(look.theme.backward), CIRCLE),)


def _pair(names: Sequence[str], look: Appearance) -> tuple[PointGroup, ...]:
    shapes = zip(names, (CIRCLE, SQUARE), strict=True)
    return tuple(PointGroup(name, class_color(look, label, 2), shape) for label, (name, shape) in enumerate(shapes))
