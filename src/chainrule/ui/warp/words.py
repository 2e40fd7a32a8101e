"""The plane as a layer has it, in words: what was done to it, its lines, a row of the data, and all as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.learned.chart import MarkedPoints
from chainrule.ui.learned.composing import in_own_units, output_column
from chainrule.ui.numbers.copying import CopiedCell
from chainrule.ui.warp.composing import WarpShape

if TYPE_CHECKING:
    from chainrule.model.curves.readings import OutputReading
    from chainrule.model.timeline.downsampled_series import Floats
    from chainrule.model.warp.lines import PlaneLine
    from chainrule.model.warp.plane import WarpStage

# So many lines are written out.
MOST_WRITTEN = 2
INPUTS = gettext_noop("The plane of the inputs")


def stage_in_words(experiment: Experiment, stages: tuple[WarpStage, ...], at: int) -> str:
    """Return what the layer has done to the plane, up to a stage."""
    stage = stages[at]
    if stage.layer < 0:
        return f"{gettext(INPUTS)}."
    name = experiment.network.layers[stage.layer].activation.name
    if stage.is_activated:
        return gettext("The plane after {name} of layer {number}.", name=name, number=stage.layer + 1)
    before = stages[at - 1]
    widths = (experiment.network.inputs, *(layer.units for layer in experiment.network.layers))
    if before.layer == stage.layer - 1 and widths[stage.layer] == len(before.units):
        return gettext(
            "The plane after the weights of layer {number}: straight lines stay straight.", number=stage.layer + 1
        )
    return gettext("The plane as layer {number} has it, before its activation.", number=stage.layer + 1)


def way_in_words(shape: WarpShape, stage: int) -> str:
    """Return between which stages one is."""
    names = [" and ".join(shape.names[at]) for at in (stage, stage + 1)]
    return gettext("On the way from {names} to {names_2}.", names=names[0], names_2=names[1])


def lines_in_words(
    experiment: Experiment,
    stage: WarpStage,
    lines: tuple[PlaneLine, ...],
    answer: tuple[OutputReading, float],
    row: int,
) -> str:
    """Return where the straight lines are, as equations; "" where there are none. `answer` is what is read, and the
    number at which it turns.
    """
    if not lines:
        return ""
    pairs = [(_meaning(experiment, stage, line, answer), _equation(experiment, stage, line)) for line in lines]
    written = [
        gettext("{meaning} where {equation}", meaning=meaning, equation=equation)
        for meaning, equation in pairs[:MOST_WRITTEN]
    ]
    left = len(lines) - MOST_WRITTEN
    more = gettext("; {lines}", lines=plural(left, "more line")) if left > 0 else ""
    others = experiment.network.layers[stage.layer].units - len(stage.units)
    is_held = others > 0 and stage.layer < len(experiment.network.layers) - 1
    held = (
        gettext(
            ", with the {more} as in row {number}",
            more=gettext("others") if others > 1 else gettext("other unit"),
            number=row + 1,
        )
        if is_held
        else ""
    )
    return f"{'; '.join(written)}{more}{held}."


def line_name(experiment: Experiment, stage: WarpStage, answer: tuple[OutputReading, float]) -> str:
    """Return what the straight lines are, for the legend."""
    last = len(experiment.network.layers) - 1
    if stage.layer < last - 1:
        return gettext("z = 0 in layer {number}", number=stage.layer + 2)
    if answer[0].kind.value == "classes":
        return gettext("classes are equal")
    return _turning(experiment, answer)


def _turning(experiment: Experiment, answer: tuple[OutputReading, float]) -> str:
    reading, middle = answer
    name = Notation.of(experiment).named_neuron(len(experiment.network.layers) - 1, reading.unit)
    own = float(in_own_units(output_column(experiment, reading), middle))
    return f"{name} = {format_short(own)}"


def _meaning(experiment: Experiment, stage: WarpStage, line: PlaneLine, answer: tuple[OutputReading, float]) -> str:
    last, notation = len(experiment.network.layers) - 1, Notation.of(experiment)
    if line.other is not None:
        return f"{notation.neuron(last, line.unit)} = {notation.neuron(last, line.other)}"
    if stage.layer < last - 1:
        return gettext("z of {neuron} is 0", neuron=notation.neuron(stage.layer + 1, line.unit))
    return _turning(experiment, answer)


def _equation(experiment: Experiment, stage: WarpStage, line: PlaneLine) -> str:
    notation = Notation.of(experiment)
    names = [notation.neuron(stage.layer, unit) for unit in stage.units]
    terms = [(number, name) for number, name in zip((line.across, line.up), names, strict=True) if number]
    parts = [_term(number, name, is_first=not place) for place, (number, name) in enumerate(terms)]
    return f"{' '.join(parts)} = {format_short(line.rest)}"


def _term(number: float, name: str, *, is_first: bool) -> str:
    sign = "−" if number < 0 else "" if is_first else "+"
    size = "" if abs(number) == 1 else f"{format_short(abs(number))}·"
    return f"{sign}{'' if is_first else ' '}{size}{name}"


def row_in_words(shape: WarpShape, marked: MarkedPoints, place: int) -> str:
    """Return where a row of the data is at each stage."""
    held = gettext(", held back for the test") if marked.is_test[place] else ""
    lines = [
        gettext(
            "Row {number}{held}: {name}",
            number=int(marked.rows[place]) + 1,
            held=held,
            name=marked.groups[int(marked.of[place])].name,
        )
    ]
    for names, places in zip(shape.names, shape.rows, strict=True):
        pairs = zip(names, places[place].tolist(), strict=True)
        lines.append(", ".join(f"{name} = {format_number(number, None)}" for name, number in pairs))
    return "\n".join(lines)


def place_on_plane(names: tuple[str, str], place: tuple[float, float]) -> str:
    """Return a place between the axes."""
    return "\n".join(f"{name} = {format_number(number)}" for name, number in zip(names, place, strict=True))


def table_of_rows(shape: WarpShape, marked: MarkedPoints) -> list[list[CopiedCell]]:
    """Return a row for each row of the data: its part, what it is, and where it is at each stage."""
    head: list[CopiedCell] = ["row", "part", "group", *(name for names in shape.names for name in names)]
    places = shape.rows.transpose(1, 0, 2).reshape(len(marked.rows), -1).tolist()
    groups = [marked.groups[of].name for of in marked.of.tolist()]
    known = zip(marked.rows.tolist(), marked.is_test.tolist(), groups, places, strict=True)
    return [head, *([row + 1, "test" if held else "training", group, *own] for row, held, group, own in known)]


def middles_in_words(shape: WarpShape, marked: MarkedPoints) -> str:
    """Return around which place of the layer each group of rows lies, for those who cannot see it."""
    names, places = shape.names[-1], shape.rows[-1]
    found = []
    for number, group in enumerate(marked.groups):
        own: Floats = places[(marked.of == number) & np.isfinite(places).all(axis=1)]
        if len(own):
            pairs = zip(names, own.mean(axis=0).tolist(), strict=True)
            found.append(
                gettext(
                    "{name}: around {names}",
                    name=group.name,
                    names=", ".join(f"{name} = {format_short(each)}" for name, each in pairs),
                )
            )
    return "; ".join(found)
