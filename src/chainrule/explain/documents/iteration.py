"""An iteration as parts of a text: every micro-step by phase, with symbols, numbers, results, and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, product
from math import prod

from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import ReadValue
from chainrule.explain.documents.parts import Formulas, Heading, Paragraph, Part
from chainrule.explain.equations import explain_element, explain_step
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.explain.sentences.narration import introduce, narrate

# Of a wide layer so many numbers are written out.
MOST_NUMBERS = 8
DIGITS = 4


def iteration_parts(
    experiment: Experiment,
    program: Program,
    values: Mapping[ValueRef, Tensor],
    rows: Sequence[int],
    *,
    stop: int | None = None,
    digits: int | None = DIGITS,
) -> Iterator[Part]:
    """Yield the parts of an iteration, up to the micro-step `stop` if its numbers end there.

    `program` is that of the iteration, `values` are all of its values, and `rows` the data's rows in the batch. Of a
    value with many numbers the first few are written out, and how many more there are.
    """
    read = cache(lambda ref: values[ref].tolist())
    # On the screen it ends with the key to press.
    yield Paragraph(introduce(experiment).partition(" Press ")[0])
    notation, phase = Notation.of(experiment), None
    for step in program.steps[:stop]:
        if step.phase is not phase:
            phase = step.phase
            yield Heading(phase.value.capitalize())
        # The title begins with the phase.
        yield Heading(step_title(notation, step).partition(" · ")[2] or step_title(notation, step), level=2)
        yield from _step_parts(experiment, program, step, tuple(values[step.writes].shape), rows, read, digits)


def _step_parts(
    experiment: Experiment,
    program: Program,
    step: MicroStep,
    shape: tuple[int, ...],
    rows: Sequence[int],
    read: ReadValue,
    digits: int | None,
) -> Iterator[Part]:
    per_sample, count = program.values[step.writes].per_sample, prod(shape)
    if count > 1:
        yield Formulas((("all at once", explain_step(experiment, program, step)),))
    items = []
    for element in islice(product(*map(range, shape)), MOST_NUMBERS):
        sample = element[0] if per_sample else 0
        equation = explain_element(experiment, program, step, element, sample, read, digits)
        name = f"sample {rows[sample] + 1}" if per_sample and len(rows) > 1 else ""
        items.append((name, equation.latex))
        items += [("with", equation.aside)] if equation.aside else []
    yield Formulas(tuple(items))
    if count > MOST_NUMBERS:
        yield Paragraph(f"And {plural(count - MOST_NUMBERS, 'more number')}.")
    yield Paragraph(narrate(experiment, program, step, (0,) * len(shape), 0, read, digits))
