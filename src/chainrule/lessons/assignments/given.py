"""What a sheet or a quiz gives: data, parameters, and how it is computed, as parts of a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.explain.documents.parts import Formulas, Paragraph, Part, PartCell, TablePart
from chainrule.explain.equations import explain_step
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.explain.writing.numbers import format_short
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.friendly import ENDLESS, digits_written
from chainrule.lessons.calculation import Index

# An answer with more digits than these is rounded.
MOST_WRITTEN, ROUNDED = 8, 6
# What is given of so many rows, or numbers of the parameters, is written out.
MOST_ROWS, MOST_PARAMETERS = 60, 240
# Pairs of cells go side by side, so many, where there are more than so many.
ACROSS, FEW = 3, 3


def written_answer(number: float) -> str:
    """Return an answer as it is written: whole where it is short, else rounded."""
    digits = digits_written(number)
    return format_short(number, ENDLESS if digits <= MOST_WRITTEN else ROUNDED)


def named(notation: Notation, ref: ValueRef, index: Index = ()) -> PartCell:
    """Return the name of a number as a cell."""
    return PartCell(notation.text(ref, index), notation.latex(ref, index))


def exact_text(number: float) -> str:
    """Return a number for a program to read: all digits but for those that float64 has rounded off."""
    return repr(float(f"{number:.{ENDLESS}g}"))


def written_points(points: float) -> str:
    """Return points as they are written: `2`, `0.5`, `1.33`."""
    return format_short(points, 3)


def given_parts(assignment: Assignment) -> Iterator[Part]:
    """Yield what is given: data, parameters, and how the forward pass, the loss and the update are computed."""
    experiment = assignment.experiment
    if experiment.data.inputs:
        yield from _data_tables(assignment)
    yield _parameter_table(assignment)
    rules = tuple(_rules(assignment))
    if rules:
        yield Formulas(rules)


def _data_tables(assignment: Assignment) -> Iterator[Part]:
    """Yield the rows of the batch, once where every iteration takes the same."""
    notation, tables = assignment.notation, dict[TablePart, list[int]]()
    for iteration, calculation in assignment.calculations.items():
        inputs, targets = (calculation.values[ref].tolist() for ref in (refs.INPUT, refs.TARGET))
        rows = list(zip(inputs, targets, strict=True))
        columns = [(refs.INPUT, place) for place in range(len(inputs[0]))]
        columns += [(refs.TARGET, place) for place in range(len(targets[0]))]
        head = (PartCell("sample"), *(named(notation, ref, (0, place)) for ref, place in columns))
        body = tuple(
            (PartCell(str(at + 1)), *(PartCell(format_short(x, ENDLESS)) for x in (*given, *target)))
            for at, (given, target) in enumerate(rows[:MOST_ROWS])
        )
        tables.setdefault(TablePart(head, body), []).append(iteration)
    for table, iterations in tables.items():
        if len(tables) > 1:
            yield Paragraph(f"In iteration {iterations[0]}:")
        yield table


def _parameter_table(assignment: Assignment) -> TablePart:
    """Return every parameter as it is before the first iteration that is asked of is computed."""
    notation, cells = assignment.notation, list[tuple[PartCell, PartCell]]()
    calculation = assignment.calculations[min(assignment.calculations)]
    for ref in assignment.experiment.network.parameter_shapes():
        for index, number in _elements(calculation.values[ref].tolist()):
            cells.append((named(notation, ref, index), PartCell(format_short(number, ENDLESS))))
    for ref in (refs.LR, refs.MOMENTUM):
        if ref in calculation.values and asks_phase(assignment, Phase.UPDATE):
            number = float(calculation.values[ref])
            cells.append((named(notation, ref), PartCell(format_short(number, ENDLESS))))
    return side_by_side(cells[: MOST_ROWS * 4], ("", "value"))


def side_by_side(cells: Sequence[tuple[PartCell, PartCell]], head: tuple[str, str]) -> TablePart:
    """Return pairs of cells as a table, several side by side where there are many."""
    return folded(tuple(map(PartCell, head)), cells, 1 if len(cells) <= FEW else ACROSS)


def folded(head: tuple[PartCell, ...], rows: Sequence[tuple[PartCell, ...]], across: int) -> TablePart:
    """Return a table with its rows in so many columns side by side."""
    count = -(-len(rows) // across)
    # A blank, for what is empty is written into.
    filled = [*rows, *[tuple(PartCell(" ") for _ in head)] * (count * across - len(rows))]
    body = (tuple(cell for row in filled[place::count] for cell in row) for place in range(count))
    return TablePart(head * across, tuple(body))


def _elements(value: Any) -> Iterator[tuple[Index, float]]:
    """Yield the numbers of nested lists with their indices."""
    if isinstance(value, list):
        for place, part in enumerate(value):
            yield from (((place, *index), number) for index, number in _elements(part))
    else:
        yield (), float(value)


def _rules(assignment: Assignment) -> Iterator[tuple[str, str]]:
    """Yield how what is no backward pass is computed, in symbols; of updates the first, where one is asked for."""
    iteration, notation = min(assignment.calculations), assignment.notation
    program, updated = assignment.program(iteration), dict[ValueRef, None]()
    for step in assignment.calculations[iteration].steps:
        if step.phase is Phase.UPDATE:
            updated.setdefault(notation.value(step.writes).owner.ref)
        if step.phase is Phase.BACKWARD or (updated and (len(updated) > 1 or not asks_phase(assignment, Phase.UPDATE))):
            continue
        title = step_title(notation, step)
        yield title.partition(" · ")[2] or title, explain_step(assignment.experiment, program, step)


def asks_phase(assignment: Assignment, phase: Phase) -> bool:
    """Return whether something is asked that needs a phase to be computed."""
    for asked in assignment.questions:
        calculation = assignment.calculations[asked.question.iteration]
        place = calculation.places.get(asked.question.ref)
        if place is not None and calculation.steps[place].phase is phase:
            return True
    return len(assignment.calculations) > 1
