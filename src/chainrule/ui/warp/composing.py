"""From a moment to the plane as a layer has it: the grid, the rows and the boundary at each stage, and between two."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.names.notation import Notation
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.learning import boundary_places, carried_points, grid_of_layers, input_grid, warp_stages
from chainrule.session.screen.moment import Moment
from chainrule.ui.learned.chart import GridCurve, LearnedPicture, MarkedPoints
from chainrule.ui.learned.composing import CLASSES, boundary_lines, in_own_units, input_column
from chainrule.ui.learned.groups import class_groups
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints
    from chainrule.model.curves.readings import OutputReading
    from chainrule.model.timeline.downsampled_series import Floats, Positions
    from chainrule.model.warp.plane import WarpStage

BOTH = (0, 1)
# Places a side in which the boundary is looked for.
SIDE, QUICK_SIDE = 121, 61
# How much of its colour a line of the grid has.
OF_GRID = 0.55
# The free part around what is drawn, and how much of a range it must take for the range to stay.
AROUND, LEAST_SHARE = 0.1, 0.55
Range = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class WarpShape:
    """All that is carried along, at each stage: the lines of the grid (stages, lines, places, 2) with the `sides` of
    their places, (lines, places); the rows (stages, n, 2); the boundary (stages, m, 2, 2); and the shown row.
    """

    stages: tuple[WarpStage, ...]
    names: tuple[tuple[str, str], ...]
    grid: Floats
    sides: Positions
    rows: Floats
    boundary: Floats
    here: Floats


def warp_of(
    moment: Moment,
    layer: int,
    units: tuple[int, int],
    reading: OutputReading,
    points: DataPoints,
    row: int,
    *,
    quick: bool,
) -> WarpShape:
    """Return what a layer makes of the plane; a `quick` one has a coarser boundary."""
    experiment, stages = moment.experiment, warp_stages(moment, layer, units)
    grid, last = input_grid((points.ranges[0], points.ranges[1])), len(experiment.network.layers) - 1
    side = QUICK_SIDE if quick else SIDE
    fine = grid_of_layers(moment, BOTH, points.ranges, row, (last,), quick=quick, most=(side, side))
    boundary = boundary_lines(experiment, reading, points, list(fine.axes), fine.layers[last])
    if len(boundary):
        middle = engine().readings.middle_of(experiment, reading, points)
        cell = float(fine.axes[0][1] - fine.axes[0][0]), float(fine.axes[1][1] - fine.axes[1][0])
        boundary = boundary_places(moment, reading, middle, boundary.reshape(-1, 2), cell).reshape(boundary.shape)
    here = np.array([experiment.data.inputs[row]], dtype=np.float64)
    parts = [grid.reshape(-1, 2), points.inputs, boundary.reshape(-1, 2), here]
    found = carried_points(moment, stages, np.concatenate(parts))
    places = found.places.copy()
    for column in BOTH:
        places[0, :, column] = in_own_units(input_column(experiment, column), places[0, :, column])
    ends = np.cumsum([len(part) for part in parts])
    of_grid, rows, of_boundary, of_here = np.split(places, ends[:-1], axis=1)
    sides = _sides(experiment, reading, points, found.outputs[: ends[0]]).reshape(grid.shape[:2])
    return WarpShape(
        stages,
        tuple(names_of_stage(experiment, stage) for stage in stages),
        of_grid.reshape(len(stages), *grid.shape),
        sides,
        rows,
        of_boundary.reshape(len(stages), *boundary.shape),
        of_here[:, 0],
    )


def names_of_stage(experiment: Experiment, stage: WarpStage) -> tuple[str, str]:
    """Return what the axes of a stage are called: `x₁`, `z of h₁`, `h₁`."""
    notation = Notation.of(experiment)
    found = tuple(notation.named_neuron(stage.layer, unit) for unit in stage.units)
    if stage.layer >= 0 and not stage.is_activated:
        found = tuple(f"z of {name}" for name in found)
    return found[0], found[1]


def _sides(experiment: Experiment, reading: OutputReading, points: DataPoints, outputs: Floats) -> Positions:
    """Return on which side of the answer each output is, (n,): its class, or 1 above what it is compared with."""
    read = engine().readings.read_outputs(experiment, reading, outputs)
    if reading.kind.value == CLASSES:
        found: Positions = np.where(np.isnan(read), 0, read).astype(np.int64)
        return found
    above: Positions = (read > engine().readings.middle_of(experiment, reading, points)).astype(np.int64)
    return above


def side_colors(experiment: Experiment, reading: OutputReading, look: Appearance) -> list[QColor]:
    """Return the colour of the grid on each side."""
    theme = look.theme
    if reading.kind.value == CLASSES:
        return [theme.tint(group.color, OF_GRID) for group in class_groups(experiment, look)]
    return [theme.tint(theme.negative, OF_GRID), theme.tint(theme.positive, OF_GRID)]


class StageRanges:
    """The axes of each stage. They stay as they are while what is drawn has room in them, and is not small in them."""

    def __init__(self) -> None:
        self._known: dict[object, tuple[Range, Range]] = {}

    def forget(self) -> None:
        """Have them fitted anew."""
        self._known.clear()

    def of_stage(self, stage: WarpStage, places: Floats) -> tuple[Range, Range] | None:
        """Return the ranges of both axes around places (n, 2); None where no number is finite."""
        known = self._known.get(stage, (None, None))
        found = [self._range(places[:, axis], known[axis]) for axis in BOTH]
        if found[0] is None or found[1] is None:
            return None
        self._known[stage] = found[0], found[1]
        return found[0], found[1]

    def _range(self, numbers: Floats, known: Range | None) -> Range | None:
        finite = numbers[np.isfinite(numbers)]
        if not finite.size:
            return None
        low, high = float(finite.min()), float(finite.max())
        if known is not None and known[0] <= low and high <= known[1]:
            if high - low >= LEAST_SHARE * (known[1] - known[0]):
                return known
            if low == high:
                return known
        room = AROUND * (high - low) or max(1.0, abs(low) / 2)
        return low - room, high + room


def _between(places: Floats, stage: int, share: float) -> Floats:
    """Return places (stages, ...) on the way from a stage to the next."""
    if not share:
        found: Floats = places[stage]
        return found
    # An infinite number less itself is none: what is nowhere is not drawn.
    with np.errstate(invalid="ignore"):
        on_way: Floats = (1 - share) * places[stage] + share * places[stage + 1]
    return on_way


def ranges_between(ranges: tuple[tuple[Range, Range], ...], stage: int, share: float) -> tuple[Range, Range]:
    """Return the ranges of both axes on the way from a stage to the next."""
    found = _between(np.array(ranges), stage, share)
    (left, right), (low, high) = found.tolist()
    return (left, right), (low, high)


def picture_at(
    shape: WarpShape,
    at: tuple[int, float],
    ranges: tuple[Range, Range],
    marked: MarkedPoints,
    colors: list[QColor],
    straight: Floats,
    *,
    is_smooth: bool,
) -> LearnedPicture:
    """Return what is drawn `at` a stage and a share of the way to the next, between these axes."""
    stage, share = at
    names = shape.names[stage]
    if share:
        ends = shape.names[stage + 1]
        names = f"{names[0]} → {ends[0]}", f"{names[1]} → {ends[1]}"
    here = _between(shape.here, stage, share)
    lines = _between(shape.boundary, stage, share)
    return LearnedPicture(
        names,
        *ranges,
        replace(marked, places=_between(shape.rows, stage, share)),
        lines=lines[np.isfinite(lines).all(axis=(1, 2))],
        here=(float(here[0]), float(here[1])),
        grid=_curves(_between(shape.grid, stage, share), shape.sides, colors),
        straight=straight,
        is_smooth=is_smooth,
    )


def _curves(grid: Floats, sides: Positions, colors: list[QColor]) -> tuple[GridCurve, ...]:
    """Return the lines of a grid in pieces, each in the colour of its side; without what is no number."""
    found = []
    kinds = np.where(np.isfinite(grid).all(axis=2), sides, -1)
    for line, kind in zip(grid, kinds, strict=True):
        turns = np.flatnonzero(np.diff(kind)) + 1
        for begin, end in zip([0, *turns], [*turns, len(line)], strict=True):
            if kind[begin] >= 0:
                # As far as the first place of the next piece: there is no gap.
                more = end < len(line) and kind[end] >= 0
                if end + more - begin > 1:
                    found.append(GridCurve(line[begin : end + more], colors[kind[begin]]))
    return tuple(found)
