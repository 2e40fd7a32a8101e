"""From a moment to what is drawn of it: the output over one or two inputs, and the rows of the data as points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSize

from chainrule.catalog.experiment.data_names import DataColumn
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.losses import LOSSES
from chainrule.explain.names.notation import Notation
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.learning import grid_of_layers
from chainrule.session.screen.moment import Moment
from chainrule.ui.learned.chart import LearnedPicture, MarkedPoints
from chainrule.ui.learned.colors import NumberGrid, class_colored, two_colored
from chainrule.ui.learned.groups import PointGroup, class_groups, classes_of, one_group, two_groups
from chainrule.ui.plots.chart.contours import segments
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints
    from chainrule.model.curves.readings import OutputReading
    from chainrule.model.timeline.downsampled_series import Floats, Positions

# The part of the range that stays free above a curve and below it.
ROOM = 0.06
# So many places a side has in any room.
LEAST_SIDE = 40
# From more places a side on a line needs not all of them while it moves.
FINE = 60
CLASSES, PROBABILITY, OUTPUT = "classes", "probability", "output"


@dataclass(frozen=True, slots=True)
class FitQuestion:
    """What is asked: what of the outputs, over which one or two inputs, with the others as in a row of the data."""

    reading: OutputReading
    columns: tuple[int, ...]
    row: int


def input_column(experiment: Experiment, column: int) -> DataColumn:
    """Return what the data say of an input."""
    return experiment.data.names.input(column)


def output_column(experiment: Experiment, reading: OutputReading) -> DataColumn:
    """Return the units of what is read: those of the target that it is to become."""
    if reading.kind.value == OUTPUT and engine().readings.compares_with_targets(experiment, reading):
        return experiment.data.names.target(reading.unit)
    return DataColumn()


def in_own_units(column: DataColumn, numbers: Any) -> Any:
    """Return numbers of a column as they were before it was standardized."""
    return numbers if column.mean is None or column.std is None else column.mean + column.std * numbers


def reading_name(experiment: Experiment, reading: OutputReading) -> str:
    """Return what is read in a few words: `class`, `probability of ŷ₂ (setosa)`, `ŷ`."""
    if reading.kind.value == CLASSES:
        return "class"
    last, classes = len(experiment.network.layers) - 1, experiment.data.names.classes
    name = Notation.of(experiment).named_neuron(last, reading.unit)
    if reading.kind.value == OUTPUT:
        return name
    return f"probability of {classes[1] if classes and experiment.network.outputs == 1 else name}"


def middle_in_own_units(experiment: Experiment, reading: OutputReading, points: DataPoints) -> float:
    """Return the number that what is read is compared with, in the units of the target."""
    middle = engine().readings.middle_of(experiment, reading, points)
    return float(in_own_units(output_column(experiment, reading), middle))


def compose(
    moment: Moment,
    question: FitQuestion,
    points: DataPoints,
    marked: MarkedPoints,
    look: Appearance,
    room: QSize,
    *,
    quick: bool,
) -> LearnedPicture:
    """Return the picture of a moment, as fine as there are pixels in a room.

    A `quick` one is of less precision, and coarser where the network is large.
    """
    experiment, last = moment.experiment, len(moment.experiment.network.layers) - 1
    # More places than there are pixels are not seen; a line has as many as it takes to be smooth.
    most = [max(LEAST_SIDE, pixels) for pixels in room.toTuple()] if len(question.columns) > 1 else []
    grid = grid_of_layers(moment, question.columns, points.ranges, question.row, (last,), quick=quick, most=most)
    columns = [input_column(experiment, column) for column in question.columns]
    axes = [in_own_units(column, axis) for column, axis in zip(columns, grid.axes, strict=True)]
    row = experiment.data.inputs[question.row]
    here = [in_own_units(column, row[at]) for column, at in zip(columns, question.columns, strict=True)]
    if len(axes) == 1:
        return _curve(experiment, question, points, marked, axes[0], grid.layers[last], here[0])
    picture = _image(experiment, question, points, marked, look, axes, grid.layers[last])
    # A line on every second place is not told from a finer one.
    step = 2 if quick and min(map(len, axes)) > FINE else 1
    fewer = [axis[::step] for axis in axes]
    lines = boundary_lines(experiment, question.reading, points, fewer, grid.layers[last][::step, ::step])
    return replace(picture, lines=lines, here=(here[0], here[1]), is_smooth=not quick)


def _curve(
    experiment: Experiment,
    question: FitQuestion,
    points: DataPoints,
    marked: MarkedPoints,
    axis: Floats,
    outputs: NumberGrid,
    here: float,
) -> LearnedPicture:
    """Return a curve, with a line where it is compared with a number; the ring is around the row's own mark."""
    reading, own = question.reading, output_column(experiment, question.reading)
    read = engine().readings.read_outputs(experiment, reading, outputs)
    curve = in_own_units(own, read.astype(np.float64))
    level = middle_in_own_units(experiment, reading, points) if len(marked.groups) > 1 else None
    in_sight = (axis[0] <= marked.places[:, 0]) & (marked.places[:, 0] <= axis[-1])
    up = _range_up(reading, curve, marked.places[in_sight, 1], level)
    placed = _on_bottom(marked, up[0])
    own_place = np.flatnonzero(placed.rows == question.row)
    height = placed.places[own_place[0], 1] if len(own_place) else np.interp(here, axis, curve)
    names = Notation.of(experiment).named_neuron(-1, question.columns[0]), reading_name(experiment, reading)
    return LearnedPicture(
        names,
        (float(axis[0]), float(axis[-1])),
        up,
        placed,
        curve=(axis, curve),
        level=level,
        here=(here, float(height)),
        is_empty=bool(np.isnan(curve).all()),
    )


def _image(
    experiment: Experiment,
    question: FitQuestion,
    points: DataPoints,
    marked: MarkedPoints,
    look: Appearance,
    axes: list[Floats],
    outputs: NumberGrid,
) -> LearnedPicture:
    """Return an image: of two colours, or of one for each class."""
    reading, readings = question.reading, engine().readings
    read = readings.read_outputs(experiment, reading, outputs)
    if reading.kind.value == CLASSES:
        image = class_colored(read, [group.color for group in class_groups(experiment, look)], look.theme)
    else:
        middle = readings.middle_of(experiment, reading, points)
        image = two_colored(read, middle, readings.reach_of(experiment, reading, points), look.theme)
    notation = Notation.of(experiment)
    names = notation.named_neuron(-1, question.columns[0]), notation.named_neuron(-1, question.columns[1])
    across, up = ((float(axis[0]), float(axis[-1])) for axis in axes)
    return LearnedPicture(names, across, up, marked, image, is_empty=bool(np.isnan(read).all()))


def boundary_lines(
    experiment: Experiment, reading: OutputReading, points: DataPoints, axes: list[Floats], outputs: NumberGrid
) -> Floats:
    """Return the lines between what is on different sides."""
    read = engine().readings.read_outputs(experiment, reading, outputs)
    if reading.kind.value == CLASSES:
        return _between_classes(axes, outputs, read)
    return segments(axes[0], axes[1], read, engine().readings.middle_of(experiment, reading, points))


def _between_classes(axes: list[Floats], outputs: NumberGrid, classes: Floats) -> Floats:
    """Return the lines on which two classes are equally large, and no other is larger."""
    present = [int(each) for each in np.unique(classes) if not np.isnan(each)]
    lead_of = engine().readings.lead_of
    # The last of them has no line that is not another's, too.
    found = [segments(axes[0], axes[1], lead_of(outputs, unit), 0.0) for unit in present[: max(0, len(present) - 1)]]
    return np.concatenate(found) if found else np.empty((0, 2, 2))


def _range_up(reading: OutputReading, curve: Floats, marks: Floats, level: float | None) -> tuple[float, float]:
    if reading.kind.value == PROBABILITY:
        return -ROOM, 1 + ROOM
    heights = np.concatenate([curve, marks, [] if level is None else [level]])
    finite = heights[np.isfinite(heights)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = ROOM * (high - low) or 0.5
    return low - room, high + room


def _on_bottom(marked: MarkedPoints, bottom: float) -> MarkedPoints:
    """Return points that have no height of their own at the lower end of the axis."""
    if not np.isnan(marked.places[:, 1]).any():
        return marked
    places = marked.places.copy()
    places[:, 1] = bottom
    return MarkedPoints(marked.rows, places, marked.groups, marked.of, marked.is_test)


def mark_points(
    experiment: Experiment, question: FitQuestion, points: DataPoints, look: Appearance, *, of_classes: bool
) -> MarkedPoints:
    """Return the data as points in groups; with `of_classes` each row belongs to the class of an output."""
    reading, columns = question.reading, question.columns
    places = [
        in_own_units(input_column(experiment, column), points.inputs[:, place]) for place, column in enumerate(columns)
    ]
    if len(columns) == 1:
        places.append(_heights(experiment, reading, points))
    groups, of = _groups(experiment, question, points, look, of_classes=of_classes)
    return MarkedPoints(points.rows, np.column_stack(places), groups, of, points.is_test)


def _heights(experiment: Experiment, reading: OutputReading, points: DataPoints) -> Floats:
    """Return the heights at which a curve is to be: of what has none NaN."""
    if not engine().readings.compares_with_targets(experiment, reading):
        return np.full(len(points.rows), np.nan)
    if has_classes(experiment) and reading.kind.value == PROBABILITY:
        found: Floats = (classes_of(points) == reading.unit).astype(np.float64)
        return found
    own: Floats = in_own_units(output_column(experiment, reading), points.targets[:, reading.unit])
    return own


def _groups(
    experiment: Experiment, question: FitQuestion, points: DataPoints, look: Appearance, *, of_classes: bool
) -> tuple[tuple[PointGroup, ...], Positions]:
    if of_classes:
        return class_groups(experiment, look), classes_of(points)
    unit, decision = question.reading.unit, LOSSES[experiment.loss.name].decision
    two = points.two_targets[unit]
    if len(question.columns) == 1 and not two and decision is None:
        return one_group(look), np.zeros(len(points.rows), np.int64)
    low, high = points.target_ranges[unit]
    middle = low / 2 + high / 2 if two else engine().readings.middle_of(experiment, question.reading, points)
    if decision is not None and not two:
        middle = decision.target
    own = output_column(experiment, question.reading)
    ends = in_own_units(own, low), in_own_units(own, high)
    named = two_groups(experiment, ends, in_own_units(own, middle), look, two=two)
    return named, (points.targets[:, unit] > middle).astype(np.int64)
