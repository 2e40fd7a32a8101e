"""What was learned in words: what is held, what is at a place, and the numbers as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.catalog.values import refs
from chainrule.explain.names.data_names import column_of
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.learning import grid_of_layers, outputs_at
from chainrule.session.screen.moment import Moment
from chainrule.ui.learned.composing import CLASSES, FitQuestion, in_own_units, input_column, output_column, reading_name
from chainrule.ui.numbers.copying import CopiedCell

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints

# So many inputs that are held are named.
MOST_HELD = 4
# Places a side of the table that is copied, and of the one that is read out.
COPIED, SPOKEN = 21, 5


def held_in_words(moment: Moment, question: FitQuestion) -> str:
    """Return which inputs are held at which numbers, of which row; "" where all of them go along an axis."""
    experiment, count = moment.experiment, moment.experiment.network.inputs
    held = [column for column in range(count) if column not in question.columns]
    if not held:
        return ""
    notation, row = Notation.of(experiment), experiment.data.inputs[question.row]
    if len(held) > MOST_HELD:
        return f"The other {len(held)} inputs as in row {question.row + 1}"
    numbers = [format_short(in_own_units(input_column(experiment, column), row[column])) for column in held]
    texts = [f"{notation.named_neuron(-1, column)} = {number}" for column, number in zip(held, numbers, strict=True)]
    return f"{', '.join(texts)}, as in row {question.row + 1}"


def place_in_words(moment: Moment, question: FitQuestion, place: tuple[float, float], row: int | None) -> str:
    """Return a place between the axes, or a row of the data that is there, with what the network makes of it."""
    experiment = moment.experiment
    given = list(experiment.data.inputs[question.row if row is None else row])
    if row is None:
        for column, number in zip(question.columns, place, strict=False):
            given[column] = input_column(experiment, column).standardized(number)
    notation = Notation.of(experiment)
    lines = [
        f"{notation.named_neuron(-1, column)} = "
        f"{format_number(in_own_units(input_column(experiment, column), given[column]), None)}"
        for column in question.columns
    ]
    if row is not None:
        lines = [_row_in_words(moment, row), *lines, *_targets(moment, row)]
    outputs = outputs_at(moment, given)
    read = float(engine().readings.read_outputs(experiment, question.reading, outputs[None])[0])
    if question.reading.kind.value == CLASSES:
        classes = experiment.data.names.classes
        name = (
            "not a number" if np.isnan(read) else classes[int(read)] if len(classes) == len(outputs) else str(int(read))
        )
        lines.append(f"class {name}, of outputs {', '.join(format_short(float(each)) for each in outputs[:8])}")
    else:
        own = in_own_units(output_column(experiment, question.reading), read)
        lines.append(f"{reading_name(experiment, question.reading)} = {format_number(own, None)}")
    return "\n".join(lines)


def _row_in_words(moment: Moment, row: int) -> str:
    place = engine().split(moment.experiment.data)[1]
    return f"Row {row + 1}, held back for the test" if row in place else f"Row {row + 1}"


def _targets(moment: Moment, row: int) -> list[str]:
    experiment, targets = moment.experiment, moment.experiment.data.targets[row]
    if len(targets) > MOST_HELD:
        return []
    name = "target" if len(targets) == 1 else "targets"
    columns = [column_of(experiment, refs.TARGET, (row, place)) for place in range(len(targets))]
    numbers = [format_number(in_own_units(column, number), None)
               for column, number in zip(columns, targets, strict=True)]  # fmt: skip
    return [f"{name} {', '.join(numbers)}"]


def table_of(moment: Moment, question: FitQuestion, points: DataPoints, side: int = COPIED) -> list[list[CopiedCell]]:
    """Return what is drawn as rows of numbers: a column for each place across, and a row for each upwards."""
    experiment, last = moment.experiment, len(moment.experiment.network.layers) - 1
    grid = grid_of_layers(
        moment, question.columns, points.ranges, question.row, (last,), most=[side] * len(question.columns)
    )
    read = engine().readings.read_outputs(experiment, question.reading, grid.layers[last]).astype(float)
    read = in_own_units(output_column(experiment, question.reading), read)
    notation, name = Notation.of(experiment), reading_name(experiment, question.reading)
    names = [notation.named_neuron(-1, column) for column in question.columns]
    axes = [
        in_own_units(input_column(experiment, column), axis).tolist()
        for column, axis in zip(question.columns, grid.axes, strict=True)
    ]
    if len(axes) == 1:
        return [[names[0], name], *([x, y] for x, y in zip(axes[0], read.tolist(), strict=True))]
    head: list[CopiedCell] = [f"{name} over {names[0]} (across), {names[1]} (down)", *axes[0]]
    return [head, *([y, *row] for y, row in zip(axes[1], read.tolist(), strict=True))]


def spoken_table(moment: Moment, question: FitQuestion, points: DataPoints) -> str:
    """Return some of the numbers for those who cannot see the picture."""
    rows = table_of(moment, question, points, SPOKEN)
    return "\n".join(
        ", ".join(cell if isinstance(cell, str) else format_short(cell) for cell in row if cell is not None)
        for row in rows
    )
