"""A worksheet as parts of a text: the network, the givens, the tables to fill in, and the key on pages of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.documents.network_drawing import network_drawing
from chainrule.explain.documents.parts import (
    DrawingPart,
    Formulas,
    Heading,
    NewPage,
    Paragraph,
    Part,
    PartCell,
    TablePart,
    WritingLines,
)
from chainrule.explain.equations import explain_element
from chainrule.explain.names.steps import step_title
from chainrule.explain.sentences.narration import introduce
from chainrule.explain.writing.numbers import format_short
from chainrule.lessons.assignments.assignment import AskedNumber, AskedQuestion, Assignment
from chainrule.lessons.assignments.given import (
    ROUNDED,
    folded,
    given_parts,
    named,
    side_by_side,
    written_answer,
    written_points,
)
from chainrule.lessons.calculation import Index

# Lines to work on: for each number, but no fewer and no more.
LINES_EACH, FEWEST_LINES, MOST_LINES = 2, 8, 60
# A matrix with more columns is no table on a sheet.
MOST_COLUMNS = 4
# More questions than these stand in two columns.
FEW_ROWS = 6
DRAWING = "network.svg"


@dataclass(frozen=True, slots=True)
class SheetOptions:
    """What stands on a sheet: `name` of the variant or the student, a place to write one, and lines to work on."""

    name: str = ""
    asks_name: bool = True
    lines: bool = True
    drawing: str = DRAWING


def sheet_parts(assignment: Assignment, options: SheetOptions) -> Iterator[Part]:
    """Yield the parts of a sheet without its title: nothing of the answers is on it."""
    if options.asks_name:
        yield WritingLines(1, "Name")
    yield Paragraph(introduce(assignment.experiment).partition(" Press ")[0])
    drawing = network_drawing(assignment.experiment)
    if drawing is not None:
        yield DrawingPart(drawing, options.drawing)
    yield Heading("Given", level=2)
    yield from given_parts(assignment)
    yield Heading("Fill in", level=2)
    yield Paragraph(instructions(assignment))
    yield from _tables(assignment, is_key=False)
    if options.lines:
        yield Heading("Working", level=2)
        yield WritingLines(min(max(LINES_EACH * len(assignment.numbers), FEWEST_LINES), MOST_LINES))


def key_parts(assignment: Assignment, *, equations: bool = True) -> Iterator[Part]:
    """Yield the parts of the key: every answer, how far one may be off, and how each comes out."""
    yield from _tables(assignment, is_key=True)
    if equations:
        items = tuple((number.key, latex) for number in assignment.numbers if (latex := _equation(assignment, number)))
        if items:
            yield Heading("How each comes out", level=2)
            yield Formulas(items)


def instructions(assignment: Assignment) -> str:
    """Return what to do, how much it counts, and how exact an answer has to be."""
    count, numbers = len(assignment.questions), len(assignment.numbers)
    tolerances = {asked.question.tolerance.text for asked in assignment.questions}
    exact = f" An answer counts within {tolerances.pop()}." if len(tolerances) == 1 else ""
    points = f"{written_points(assignment.points)} point{'' if assignment.points == 1 else 's'}"
    asked = (
        plural(count, "question") if count == numbers else f"{plural(count, 'table')} with {plural(numbers, 'number')}"
    )
    return f"{asked[:1].upper()}{asked[1:]}, {points} in all.{exact}"


def _tables(assignment: Assignment, *, is_key: bool) -> Iterator[Part]:
    for iteration, of_iteration in groupby(assignment.questions, lambda asked: asked.question.iteration):
        if len(assignment.calculations) > 1:
            yield Heading(f"Iteration {iteration}", level=3)
        for whole, group in groupby(of_iteration, lambda asked: len(asked.numbers) > 1):
            if whole:
                for asked in group:
                    yield from _whole(assignment, asked, is_key=is_key)
            else:
                yield _by_number(assignment, list(group), is_key=is_key)


def _by_number(assignment: Assignment, group: Sequence[AskedQuestion], *, is_key: bool) -> TablePart:
    """Return a line for each number; the exact tolerance stands there where it is not the same for all."""
    has_text = any(asked.question.text for asked in group)
    has_samples = any(assignment.sample_of(asked.numbers[0]) is not None for asked in group)
    tolerances = len({asked.question.tolerance for asked in assignment.questions}) > 1
    head = ["no.", *["question"] * has_text, "number", *["sample"] * has_samples, "answer",
            *["accepted"] * is_key, *["exact to"] * (tolerances and not is_key), "points"]  # fmt: skip
    rows = []
    for asked in group:
        (number,) = asked.numbers
        sample = assignment.sample_of(number)
        rows.append((
            PartCell(asked.question.id),
            *[PartCell(asked.question.text)] * has_text,
            named(assignment.notation, number.ref, number.index),
            *[PartCell("–" if sample is None else str(sample + 1))] * has_samples,
            PartCell(written_answer(number.right) if is_key else ""),
            *[PartCell(accepted_text(number))] * is_key,
            *[PartCell(asked.question.tolerance.text)] * (tolerances and not is_key),
            PartCell(written_points(number.points)),
        ))  # fmt: skip
    return folded(tuple(map(PartCell, head)), rows, 1 if has_text or len(rows) <= FEW_ROWS else 2)


def accepted_text(number: AskedNumber) -> str:
    """Return the range in which an answer counts: `0.346 to 0.354`."""
    low, high = (format_short(number.right + side * number.margin, ROUNDED) for side in (-1, 1))
    return low if low == high else f"{low} to {high}"


def _whole(assignment: Assignment, asked: AskedQuestion, *, is_key: bool) -> Iterator[Part]:
    """Yield a value as a table of its shape, below what it is."""
    question = asked.question
    points = f"{written_points(question.points)} {'point' if question.points == 1 else 'points'}"
    yield Heading(f"{question.id}. {question_title(assignment, asked)} ({points})", level=3)
    if question.text:
        yield Paragraph(question.text)
    cells = {number.index: written_answer(number.right) if is_key else "" for number in asked.numbers}
    yield answer_table(assignment, asked, cells)


def answer_table(assignment: Assignment, asked: AskedQuestion, cells: Mapping[Index, str]) -> TablePart:
    """Return a table of a value's shape, with what stands in the place of each number."""
    question, notation, columns = asked.question, assignment.notation, asked.shape[-1]
    if notation.value(question.ref).per_sample:
        head = (PartCell("sample"), *(named(notation, question.ref, (0, place)) for place in range(columns)))
        rows = [
            (PartCell(str(row + 1)), *(PartCell(cells[row, place]) for place in range(columns)))
            for row in range(asked.shape[0])
        ]
        return TablePart(head, tuple(rows))
    pairs = [(named(notation, question.ref, index), PartCell(text)) for index, text in cells.items()]
    if len(asked.shape) == 1 or columns > MOST_COLUMNS:
        return side_by_side(pairs, ("number", "answer"))
    # Of a matrix a row is a row: each number beside its name.
    body = tuple(
        tuple(cell for pair in pairs[row * columns : (row + 1) * columns] for cell in pair)
        for row in range(asked.shape[0])
    )
    return TablePart((PartCell("number"), PartCell("answer")) * columns, body)


def question_title(assignment: Assignment, asked: AskedQuestion) -> str:
    """Return what a question is of: the heading of its micro-step, or the ref of what is given."""
    calculation = assignment.calculations[asked.question.iteration]
    place = calculation.places.get(asked.question.ref)
    if place is None:
        return asked.question.ref
    title = step_title(assignment.notation, calculation.steps[place])
    return title.partition(" · ")[2] or title


def _equation(assignment: Assignment, number: AskedNumber) -> str:
    """Return how a number comes out, in symbols and numbers; nothing of one that is given."""
    calculation = assignment.calculation(number)
    place = calculation.places.get(number.ref)
    if place is None:
        return ""
    read = cache(lambda ref: calculation.values[ref].tolist())
    sample = number.index[0] if assignment.notation.value(number.ref).per_sample else 0
    program = assignment.program(number.iteration)
    step = calculation.steps[place]
    return explain_element(assignment.experiment, program, step, number.index, sample, read, 4).latex


def document_parts(
    sheets: Sequence[tuple[str, Assignment]],
    *,
    key: bool = True,
    lines: bool = True,
    drawing: str = DRAWING,
    equations: bool = True,
) -> Iterator[Part]:
    """Yield several sheets one after the other, each by its name on pages of its own, and all keys behind them."""
    for place, (name, assignment) in enumerate(sheets):
        if place:
            yield NewPage()
        if name:
            yield Heading(name)
        yield from sheet_parts(assignment, SheetOptions(name, lines=lines, drawing=drawing))
    if key:
        yield from all_keys(sheets, equations=equations)


def all_keys(sheets: Sequence[tuple[str, Assignment]], *, equations: bool = True) -> Iterator[Part]:
    """Yield the keys of several sheets, each on pages of its own."""
    for name, assignment in sheets:
        yield NewPage()
        yield Heading(f"Key: {name}" if name else "Key")
        yield from key_parts(assignment, equations=equations)
