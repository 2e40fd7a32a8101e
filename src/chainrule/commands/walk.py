"""Micro-steps as text: `chainrule trace`, and the walk through one iteration where no window can open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice, product
from math import prod

from torch import Tensor

from chainrule.catalog.arguments import one_line
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.schedules.schedule import refusal
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.trace import Executor, Trace, first_non_finite
from chainrule.explain.circuit.words import no_value_on_screen
from chainrule.explain.context import ReadValue
from chainrule.explain.equations import plain_equation
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.explain.sentences.narration import narrate, own_reason

DIGITS = 4
# Of a wide layer, so many numbers are written out.
MOST_LINES = 8
MOST_NUMBERS = 64


def walk_texts(experiment: Experiment) -> Iterator[str]:
    """Yield one iteration of a checked experiment, micro-step by micro-step."""
    executor = Executor(experiment)
    found = next(executor.iterations())
    stop = first_non_finite(executor.program.at(found.iteration).steps, found.values)
    yield f"{one_line(experiment.title)}\n"
    yield from step_texts(executor, found, stop)
    if stop is not None:
        yield f"{stop_reason(executor, found.iteration, stop, found.values)}."


def step_texts(executor: Executor, found: Trace, stop: int | None = None) -> Iterator[str]:
    """Yield each micro-step before `stop`: its title, the equation of each of its numbers, and its sentence."""
    values = cache(lambda ref: found.values[ref].tolist())
    for index in range(len(executor.program.at(found.iteration).steps))[:stop]:
        yield _step_text(executor, found, index, values)


def stop_reason(executor: Executor, iteration: int, stop: int, values: Mapping[ValueRef, Tensor]) -> str:
    """Say why an iteration cannot be computed to its end: the step that is to blame, or a schedule that is over."""
    experiment, program = executor.experiment, executor.program
    step = program.at(iteration).steps[stop]
    if step.node is not None:
        numbers = {str(ref): float(values[ref]) for ref in (*step.reads, step.writes)}
        return f"{step.writes}: {no_value_on_screen(experiment.network.formula, step.node, numbers)}"
    if over := refusal(experiment, iteration, step.writes):
        return over
    why = own_reason(experiment, program, step, cache(lambda ref: values[ref].tolist()))
    return f"{step.writes} became infinite or not a number (NaN){why and ': '}{why}"


def values_text(ref: ValueRef, numbers: NestedNumbers) -> str:
    """Return a parameter with every digit, a line for each row of a weight; of a large one only its size."""
    if isinstance(numbers, float):
        return f"{ref}\n  {numbers!r}"
    table = [row for row in numbers if isinstance(row, tuple)]
    rows = table or [tuple(number for number in numbers if isinstance(number, float))]
    size = sum(len(row) for row in rows)
    if size > MOST_NUMBERS:
        return f"{ref}: {plural(size, 'number')}; --format json prints them"
    return "\n".join([ref, *(f"  {', '.join(map(repr, row))}" for row in rows)])


def _step_text(executor: Executor, found: Trace, index: int, values: ReadValue) -> str:
    experiment, program = executor.experiment, executor.program.at(found.iteration)
    step, rows = program.steps[index], len(found.rows)
    title = step_title(Notation.of(experiment), step)
    place = f"iteration {found.iteration}, micro-step {index + 1} of {len(program.steps)}: {step.writes}"
    shape = tuple(found.values[step.writes].shape)
    of_samples = program.values[step.writes].per_sample
    several = rows > 1 and of_samples
    lines = [f"{title}  ({place})"]
    for element in islice(product(*map(range, shape)), MOST_LINES):
        sample = element[0] if of_samples else 0
        before = f"sample {found.rows[sample] + 1}: " if several else ""
        lines.append(f"    {before}{plain_equation(experiment, program, step, element, sample, values, DIGITS)}")
    if prod(shape) > MOST_LINES:
        lines.append(f"    and {plural(prod(shape) - MOST_LINES, 'more number')}")
    first = (0,) * len(shape)
    lines.append(f"  {narrate(experiment, program, step, first, 0, values, DIGITS)}\n")
    return "\n".join(lines)
