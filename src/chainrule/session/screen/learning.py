"""What the network of a moment has learned, under the parameters that the iteration starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import Experiment, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.computing import traced
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints, Range
    from chainrule.model.curves.learned import LearnedMap
    from chainrule.model.curves.readings import OutputReading
    from chainrule.model.timeline.downsampled_series import Floats
    from chainrule.model.warp.lines import PlaneLine
    from chainrule.model.warp.plane import CarriedPoints, Ranges, WarpStage

# Inputs that can all go along axes: of more the others are held at a row's.
MOST_AXES = 2


def possible_readings(moment: Moment, inputs: int) -> tuple[OutputReading, ...]:
    """Return what can be read from the outputs over so many inputs, with what is shown at first in front."""
    answer = moment.course.history(moment.cursor.iteration).executor.evaluator.answer
    found: tuple[OutputReading, ...] = engine().readings.readings(moment.experiment, answer, inputs)
    return found


def is_classified(moment: Moment) -> bool:
    """Return whether the largest output of a row says its class."""
    answer = moment.course.history(moment.cursor.iteration).executor.evaluator.answer
    return answer is not None and answer.value == "largest"


def points_of(moment: Moment, columns: tuple[int, ...]) -> DataPoints:
    """Return the data in some columns of the inputs."""
    batches = moment.course.history(moment.cursor.iteration).executor.batches
    return engine().data_points(moment.experiment, batches, columns)


def first_weights(moment: Moment) -> Floats:
    """Return the weights of the first layer that the iteration starts from, (units, inputs)."""
    found: Floats = traced(moment)[1].values[refs.weight(0)].double().cpu().numpy()
    return found


def shown_row(moment: Moment) -> int:
    """Return which row of the data the shown sample is."""
    return moment.rows[moment.sample]


def grid_of_layers(
    moment: Moment,
    columns: tuple[int, ...],
    ranges: tuple[Range, ...],
    row: int,
    layers: Sequence[int],
    *,
    quick: bool = False,
    most: Sequence[int] = (),
) -> LearnedMap:
    """Return what layers make of a grid of one or two inputs, with the others as a row of the data has them.

    A `quick` one has less precision, and fewer places where the network is large; `most` are those along each input.
    """
    history, trace = traced(moment)
    plane = engine().plane(columns, ranges, tuple(moment.experiment.data.inputs[row]))
    side = engine().side_of(moment.experiment.network, len(columns), quick=quick)
    sides = [min(side, least) for least in most] if most else [side] * len(columns)
    return engine().learned_map(history.executor.program, trace.values, plane, sides, layers, single=quick)


def is_as_good(experiment: Experiment, columns: int) -> bool:
    """Return whether a quick grid is as good as any other."""
    sides = {engine().side_of(experiment.network, columns, quick=quick) for quick in (False, True)}
    return len(sides) == 1 and experiment.dtype == "float32"


def outputs_at(moment: Moment, inputs: Sequence[float]) -> Floats:
    """Return the outputs for some inputs, (out,)."""
    history, trace = traced(moment)
    last = len(moment.experiment.network.layers) - 1
    found: Floats = engine().outputs_of(history.executor.program, trace.values, last, [inputs])[0]
    return found


# The plane of two inputs, as a layer has it


def warped_layers(network: NetworkSpec) -> tuple[int, ...]:
    """Return the layers that have a plane: those of two units or more, where the inputs are two."""
    if network.formula or network.inputs != MOST_AXES:
        return ()
    return tuple(place for place, layer in enumerate(network.layers) if layer.units >= MOST_AXES)


def warp_stages(moment: Moment, layer: int, units: tuple[int, int]) -> tuple[WarpStage, ...]:
    """Return the stages on the way from the inputs to two units of a layer."""
    found: tuple[WarpStage, ...] = engine().warp_plane.stages_of(moment.experiment.network, layer, units)
    return found


def input_grid(ranges: Ranges) -> Floats:
    """Return the lines of a grid over both inputs, (lines, places, 2)."""
    found: Floats = engine().warp_plane.grid_of(ranges)
    return found


def carried_points(moment: Moment, stages: tuple[WarpStage, ...], inputs: Floats) -> CarriedPoints:
    """Return where points of the inputs, (n, 2), are at each stage, and what the network answers there."""
    history, trace = traced(moment)
    last = len(moment.experiment.network.layers) - 1
    found: CarriedPoints = engine().warp_plane.carried(history.executor.program, trace.values, stages, last, inputs)
    return found


def boundary_places(
    moment: Moment, reading: OutputReading, middle: float, places: Floats, most: tuple[float, float]
) -> Floats:
    """Return places of the inputs near the boundary, (n, 2), moved onto it, by at most so much along each input."""
    history, trace = traced(moment)
    planes, last = engine().warp_plane, len(moment.experiment.network.layers) - 1
    level = planes.BoundaryLevel(None if reading.kind.value == "classes" else reading.unit, middle, most)
    found: Floats = planes.on_boundary(history.executor.program, trace.values, last, places, level)
    return found


def straight_lines(
    moment: Moment, stage: WarpStage, reading: OutputReading, middle: float, row: int, ranges: Ranges
) -> tuple[PlaneLine, ...]:
    """Return the straight lines of the layer behind a stage, as far as they are in sight.

    The answer that is read turns at `middle`; the units that are no axis are as a row of the data has them.
    """
    if stage.layer < 0:
        return ()
    history, trace = traced(moment)
    program, lines = history.executor.program, engine().warp_lines
    held = engine().outputs_of(program, trace.values, stage.layer, [moment.experiment.data.inputs[row]])[0]
    asked = lines.LineQuestion(reading, middle, held)
    found: tuple[PlaneLine, ...] = lines.lines_in_plane(
        program, trace.values, moment.experiment.network, stage, asked, ranges
    )
    return found


def answers_of(moment: Moment) -> tuple[OutputReading, ...]:
    """Return what can be asked of the outputs: which class is the largest, or else each output."""
    found = possible_readings(moment, MOST_AXES)
    if found[0].kind.value == "classes":
        return found[:1]
    return tuple(each for each in found if each.kind.value == "output")
