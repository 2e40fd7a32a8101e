"""An experiment as a notebook shows it: a drawing of the network, and the equations of its first iteration."""

from __future__ import annotations

from functools import cache
from html import escape
from itertools import pairwise

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.trace import Executor, first_non_finite
from chainrule.explain.code.reading.summary import summary_lines
from chainrule.explain.equations import plain_equation
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title

# Units that are drawn of a layer; of a wider one there are dots between the first and the last.
MOST_UNITS = 8
MOST_LINES = 2000
MOST_STEPS = 60
# The distance of layers and units, in pixels of the drawing, and the radius of a unit.
ACROSS, DOWN, RADIUS = 120, 34, 11
MARGIN = 24
_COLORS = {Phase.FORWARD: "#2b6cb0", Phase.LOSS: "#6b46c1", Phase.BACKWARD: "#b7560b", Phase.UPDATE: "#2f7d4f"}


def experiment_html(experiment: Experiment) -> str:
    """Return a piece of HTML without scripts; colours of text are those of the page around it."""
    rows = "".join(
        f"<tr><th style='text-align:left;font-weight:600'>{escape(name)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for name, text in summary_lines(experiment)
    )
    title = f"<h4 style='margin:0 0 4px'>{escape(experiment.title)}</h4>" if experiment.title else ""
    drawing = "" if experiment.network.formula else network_svg(experiment)
    return f"<div>{title}<table>{rows}</table>{drawing}{_equations(experiment)}</div>"


def network_svg(experiment: Experiment) -> str:
    """Return a drawing of the layers: blue lines are positive weights, orange ones negative, as wide as they are."""
    network = experiment.network
    sizes = [network.inputs, *(layer.units for layer in network.layers)]
    high = min(max(sizes), MOST_UNITS) * DOWN + 2 * MARGIN
    places = [
        [_place(column, row, min(size, MOST_UNITS), high) for row in range(min(size, MOST_UNITS))]
        for column, size in enumerate(sizes)
    ]
    lines: list[str] = []
    circles: list[str] = []
    for column, (left, right) in enumerate(pairwise(places)):
        if len(lines) + len(left) * len(right) <= MOST_LINES:
            lines += _lines(experiment, column, left, right)
    for column, size in enumerate(sizes):
        name = "inputs" if column == 0 else network.layers[column - 1].function
        circles += [
            f"<circle cx='{x}' cy='{y}' r='{RADIUS}' fill='white' stroke='#4a5568'/>" for x, y in places[column]
        ]
        x = MARGIN + column * ACROSS + RADIUS
        told = f"{size} {name}" if size > MOST_UNITS or column == 0 else name
        circles.append(
            f"<text x='{x}' y='{high - 4}' font-size='11' text-anchor='middle' fill='currentColor'>"
            f"{escape(told)}</text>"
        )
    width = 2 * MARGIN + (len(sizes) - 1) * ACROSS + 2 * RADIUS
    label = " → ".join(map(str, sizes))
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{high + 6}' role='img' "
        f"aria-label='network {label}'>{''.join(lines)}{''.join(circles)}</svg>"
    )


def _place(column: int, row: int, units: int, high: int) -> tuple[int, int]:
    above = (high - 20 - units * DOWN) // 2
    return MARGIN + column * ACROSS + RADIUS, above + row * DOWN + DOWN // 2


def _lines(experiment: Experiment, layer: int, left: list[tuple[int, int]], right: list[tuple[int, int]]) -> list[str]:
    numbers = initial_parameters(experiment)[refs.weight(layer)].tolist()
    most = max((abs(number) for row in numbers for number in row), default=0.0) or 1.0
    return [
        f"<line x1='{x1}' y1='{y1}' x2='{x2}' y2='{y2}' stroke='{'#dd6b20' if numbers[j][i] < 0 else '#3182ce'}' "
        f"stroke-width='{0.5 + 2.5 * abs(numbers[j][i]) / most:.2f}'><title>{numbers[j][i]:.6g}</title></line>"
        for j, (x2, y2) in enumerate(right)
        for i, (x1, y1) in enumerate(left)
    ]


def _equations(experiment: Experiment) -> str:
    executor = Executor(experiment)
    found = next(executor.iterations())
    program = executor.program.at(found.iteration)
    stop = first_non_finite(program.steps, found.values)
    notation, values = Notation.of(experiment), cache(lambda ref: found.values[ref].tolist())
    rows = []
    for step in program.steps[:stop][:MOST_STEPS]:
        first = (0,) * found.values[step.writes].ndim
        equation = plain_equation(experiment, program, step, first, 0, values)
        count = found.values[step.writes].numel()
        more = f" <small>(the first of {count})</small>" if count > 1 else ""
        rows.append(
            f"<tr><td style='text-align:left;color:{_COLORS[step.phase]}'>{escape(step.phase.value)}</td>"
            f"<td style='text-align:left'>{escape(step_title(notation, step))}{more}</td>"
            f"<td style='text-align:left;font-family:monospace'>{escape(equation)}</td></tr>"
        )
    left = len(program.steps[:stop]) - len(rows)
    rest = f"<p>and {plural(left, 'micro-step')} more</p>" if left > 0 else ""
    words = f"iteration {found.iteration}, micro-step by micro-step"
    return f"<details><summary>{words}</summary><table>{''.join(rows)}</table>{rest}</details>"
