"""The workbook of an experiment: a page to change, one for each iteration, the course of training, and a check."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.schedules.schedule import refusal
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role, Value
from chainrule.engine.trace import Executor, Trace, first_non_finite
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.explain.sheet.experiment_page import EXPERIMENT, ExperimentPage
from chainrule.explain.sheet.iteration import IterationPage
from chainrule.explain.sheet.labels import element_name, sample_label
from chainrule.explain.sheet.page_writer import PageWriter
from chainrule.explain.sheet.settings import SheetSettings
from chainrule.explain.sheet.starting import FirstFormula, first_formulas
from chainrule.explain.sheet.steps import write_step
from chainrule.explain.sheet.workbook import (
    CellBlock,
    CellLook,
    Index,
    Page,
    SheetChart,
    SheetError,
    Spreadsheet,
    finite,
)
from chainrule.explain.tensors import explain_step
from chainrule.explain.writing.plain_text import latex_to_text

COURSE, CHECK = "Course", "Check"
# More a spreadsheet opens and recalculates only slowly.
MOST_CELLS = 200_000
MOST_ITERATIONS = 200
# Parameters beyond so many are not followed on the page of the course.
MOST_FOLLOWED = 40
# The elements of larger values go by their places: to find all of their names takes long.
MOST_NAMED = 400
# Beside each number of an iteration stand three in the check.
CELLS_PER_NUMBER = 4
STEP_COLUMN, LABEL_COLUMN, FIRST_COLUMN = 0, 1, 2
HOW = "Change a coloured cell: every number on the other pages follows, in each iteration."
# What no cell can change, where there is such.
ORDER = "Which rows a batch takes is drawn under the seed, and stays."
RULES = "Which rule of the schedule applies at which iteration, and where in it that is, stays."
OTHER = "White cells say how the formulas were made: another activation or optimizer needs another export."


def making_spreadsheet(experiment: Experiment, iterations: int = 1) -> Generator[None, None, Spreadsheet]:
    """Make the workbook of the first iterations of a checked experiment, a micro-step at a time.

    Raise `SheetError` with the reason where there is none: too many cells, or a number that is no number.
    """
    check_sheet_size(experiment, iterations)
    executor = Executor(experiment)
    traces = []
    for trace in islice(executor.iterations(), iterations):
        _check_finite(executor, trace)
        traces.append(trace)
        yield
    return (yield from _Builder(executor, traces).making())


def cells_of(executor: Executor, iterations: int) -> int:
    """Return how many cells with numbers the workbook of so many iterations has."""
    start = executor.experiment.first_iteration
    return sum(_numbers_of(executor, start + place) for place in range(iterations)) * CELLS_PER_NUMBER


def _numbers_of(executor: Executor, iteration: int) -> int:
    program, batch = executor.program.at(iteration), len(executor.batches.rows(iteration))
    values = [program.values[ref] for ref in (*(step.writes for step in program.steps), *program.carried)]
    if executor.experiment.data.inputs:
        values += [program.values[refs.INPUT], program.values[refs.TARGET]]
    return sum(math.prod(batch if size is None else size for size in value.sizes) for value in values)


def check_sheet_size(experiment: Experiment, iterations: int) -> None:
    """Raise `SheetError` where the workbook of so many iterations would have more cells than there may be."""
    if iterations > MOST_ITERATIONS:
        raise SheetError(f"a spreadsheet has at most {MOST_ITERATIONS} iterations, each on a page of its own")
    count = cells_of(Executor(experiment), iterations)
    if count <= MOST_CELLS:
        return
    most = iterations * MOST_CELLS // count
    way = f"take {most} iterations" if most > 1 else "take 1 iteration" if most else "take a smaller batch or network"
    raise SheetError(f"a spreadsheet would have {count:,} cells, and may have {MOST_CELLS:,}: {way}")


def _check_finite(executor: Executor, trace: Trace) -> None:
    steps = executor.program.at(trace.iteration).steps
    stop = first_non_finite(steps, trace.values)
    if stop is None:
        return
    why = refusal(executor.experiment, trace.iteration, steps[stop].writes)
    what = f"{steps[stop].writes} becomes infinite or not a number"
    raise SheetError(f"iteration {trace.iteration}: {why or what}, which no cell can hold: take fewer iterations")


@dataclass
class _Builder:
    """Puts the pages together, from the first iteration on."""

    executor: Executor
    traces: Sequence[Trace]

    def __post_init__(self) -> None:
        self.experiment = self.executor.experiment
        self.notation, self.settings = Notation.of(self.experiment), SheetSettings.of(self.experiment)
        self.first = ExperimentPage(self.experiment, self.settings)
        self.labels: dict[tuple[ValueRef, Index], str] = {}
        self.made: dict[ValueRef, FirstFormula] = {}

    def making(self) -> Generator[None, None, Spreadsheet]:
        """Make the workbook, some cells at a time."""
        found = yield from self._iterations()
        pages = [
            self.first.page(self._words()),
            *(
                Page(each.page.name, tuple(each.page.cells), (6.0, 44.0, *[11.0] * 24), (3, FIRST_COLUMN))
                for each in found
            ),
            self._course(found),
            (yield from self._check(found)),
            *self.first.constants_page(),
        ]
        return Spreadsheet(tuple(pages), self.first.names)

    def _words(self) -> list[str]:
        words = [HOW, OTHER]
        if self.experiment.dtype != "float64":
            words.append(f"Chainrule computes this in {self.experiment.dtype}, a spreadsheet in float64.")
        fixed = [
            text for holds, text in ((self.experiment.data.shuffle, ORDER), (self.experiment.scheduler, RULES)) if holds
        ]
        return [*words, *([" ".join(fixed)] if fixed else [])]

    # ---------------------------------------------------------------------------------------------------- iterations

    def _iterations(self) -> Generator[None, None, list[IterationPage]]:
        start, program = self.traces[0], self.executor.program
        self.made = first_formulas(self._iteration(start, {}))
        typed = [ref for ref in program.carried if ref not in self.made]
        blocks = self.first.values(self.notation, program.values, _lists(start), typed)
        lists = self.first.lists(self._lists_of_loss())
        if self.experiment.data.inputs:
            self.first.data(self.notation, self._data_rows())
        found: list[IterationPage] = []
        for trace in self.traces:
            c = self._iteration(trace, lists)
            yield from self._writing(c, trace, blocks, is_first=not found)
            blocks = {ref: c.blocks.get(refs.next_value(ref), c.blocks[ref]) for ref in program.carried}
            found.append(c)
        return found

    def _iteration(self, trace: Trace, lists: Mapping[str, CellBlock]) -> IterationPage:
        return IterationPage(
            self.experiment,
            self.executor.program.at(trace.iteration),
            self.notation,
            self.settings,
            PageWriter(f"Iteration {trace.iteration}", FIRST_COLUMN),
            self.first.constant,
            _lists(trace),
            trace.rows,
            lists,
        )

    def _lists_of_loss(self) -> dict[str, tuple[float, ...]]:
        if self.experiment.network.formula:
            return {}
        choice = self.experiment.loss
        return {
            name: choice.numbers(name) for name in LOSSES[choice.name].lists if choice.arguments.get(name) is not None
        }

    def _data_rows(self) -> dict[int, tuple[list[float], list[float]]]:
        """Return the rows that the iterations take, in the data's order."""
        found: dict[int, tuple[list[float], list[float]]] = {}
        for trace in self.traces:
            inputs, targets = trace.values[refs.INPUT].tolist(), trace.values[refs.TARGET].tolist()
            found |= dict(zip(trace.rows, zip(inputs, targets, strict=True), strict=True))
        return dict(sorted(found.items()))

    def _writing(
        self, c: IterationPage, trace: Trace, before: Mapping[str, CellBlock], *, is_first: bool
    ) -> Generator[None, None, None]:
        page = c.page
        page.line((STEP_COLUMN, f"Iteration {trace.iteration}", CellLook.TITLE))
        where = f"the page {EXPERIMENT}" if is_first else f"the updates of iteration {trace.iteration - 1}"
        page.line((STEP_COLUMN, f"Every number is a formula. It begins with {where}.", CellLook.WORDS))
        page.row += 1
        self._write_start(c, before, is_first=is_first)
        page.row += not any(block.shape for block in c.blocks.values())
        for place, step in enumerate(c.program.steps):
            page.put(STEP_COLUMN, place + 1, CellLook.HEADING, step.phase)
            page.put(LABEL_COLUMN, step_title(self.notation, step), CellLook.HEADING, step.phase)
            equation = latex_to_text(explain_step(self.experiment, c.program, step))
            page.put(FIRST_COLUMN, equation, CellLook.EQUATION, step.phase)
            page.row += 1
            write_step(c, step)
            page.row += 1
            yield

    def _write_start(self, c: IterationPage, before: Mapping[str, CellBlock], *, is_first: bool) -> None:
        page = c.page
        page.line((LABEL_COLUMN, "What the iteration starts with", CellLook.SECTION))
        if self.experiment.data.inputs:
            for ref in (refs.INPUT, refs.TARGET):
                rows = [self.first.data_rows[row] for row in c.rows]
                self._copy(c, ref, self.first.blocks[ref], rows)
        for name, block in before.items():
            self._copy(c, ValueRef(name), block)
        if is_first:
            for ref, formula in self.made.items():
                _write_same(c, ref, formula(c))

    def _copy(self, c: IterationPage, ref: ValueRef, block: CellBlock, rows: Sequence[int] = ()) -> None:
        """Write a value as it is elsewhere; of data its `rows` there."""

        def formula(index: Index) -> str:
            return block.cell((rows[index[0]], *index[1:]) if rows else index, c.page.name)

        look = CellLook.GIVEN if c.program.values[ref].role in (Role.INPUT, Role.TARGET) else CellLook.LIVE
        c.write_value(ref, formula, look, None)
        c.page.row += bool(block.shape)

    # ------------------------------------------------------------------------------------------- course and check

    def _course(self, found: Sequence[IterationPage]) -> Page:
        """Return the page of how loss, rate and parameters go on."""
        writer = PageWriter(COURSE, 1)
        writer.line((0, "The course of training", CellLook.TITLE))
        writer.line((0, "The loss is that of an iteration's batch before its update.", CellLook.WORDS))
        writer.row += 1
        followed = list(islice(self._followed(found[0]), MOST_FOLLOWED))
        heads = [self.notation.text(ref, index) for ref, index in followed]
        writer.line(*((place, head, CellLook.COLUMN_LABEL) for place, head in enumerate(("iteration", *heads))))
        first = writer.row
        for c in found:
            writer.put(0, float(c.page.name.rpartition(" ")[2]), CellLook.KEY)
            for place, (ref, index) in enumerate(followed):
                text = c.blocks[ref].cell(index, COURSE)
                writer.put(1 + place, finite(c.number(ref, index)), CellLook.LIVE, None, text)
            writer.row += 1
        charts = (SheetChart("loss", (first, writer.row - 1), (0, 1), (writer.row + 1, 1)),) if len(found) > 1 else ()
        return Page(COURSE, tuple(writer.cells), (12.0, *[11.0] * 24), (first, 1), charts)

    def _followed(self, c: IterationPage) -> Iterator[tuple[ValueRef, Index]]:
        yield self.executor.program.loss, ()
        for ref in self.executor.program.memory:
            if c.program.values[ref].name == "lr":
                yield ref, ()
        for ref in self.executor.program.parameters:
            for index in product(*map(range, c.blocks[ref].shape)):
                yield ref, index

    def _check(self, found: Sequence[IterationPage]) -> Generator[None, None, Page]:
        """Return the page that holds the sheet's numbers against those of the program."""
        writer = PageWriter(CHECK, 1)
        writer.line((0, "Chainrule's numbers beside those of the sheet", CellLook.TITLE))
        words = "They differ by rounding alone, until a cell is changed: Chainrule's numbers here do not follow."
        writer.line((0, words, CellLook.WORDS))
        summary = writer.row
        writer.row += 3
        heads = ("iteration", "ref", "name", "Chainrule", "this sheet", "difference")
        looks = (CellLook.COLUMN_LABEL, CellLook.WORDS, *[CellLook.COLUMN_LABEL] * 4)
        writer.line(*((place, head, look) for place, (head, look) in enumerate(zip(heads, looks, strict=True))))
        first = writer.row
        for c in found:
            number = float(c.page.name.rpartition(" ")[2])
            for ref, block in c.blocks.items():
                if ref in c.numbers:
                    self._check_value(writer, c, ValueRef(ref), block, number)
                    yield
        last = writer.row
        writer.row = summary
        differences = f"F{first + 1}:F{last}"
        writer.put(2, "largest difference", CellLook.LABEL)
        writer.put(3, 0.0, CellLook.DIFFERENCE, None, f"MAX({differences})")
        writer.row += 1
        where = f"INDEX(C{first + 1}:C{last},MATCH(D{summary + 1},{differences},0))"
        named = next(cell.content for cell in writer.cells if cell.row == first and cell.column == 2)  # noqa: PLR2004
        writer.put(2, "which is that of", CellLook.LABEL)
        writer.put(3, named, CellLook.WORDS, None, where)
        writer.row = last
        return Page(CHECK, tuple(writer.cells), (10.0, 34.0, 30.0, 24.0, 24.0, 12.0), (first, 0))

    def _check_value(
        self, writer: PageWriter, c: IterationPage, ref: ValueRef, block: CellBlock, iteration: float
    ) -> None:
        value = c.program.values[ref]
        for index in product(*map(range, block.shape)):
            number = c.number(ref, index)
            if not math.isfinite(number):
                continue
            row = writer.row + 1
            writer.put(0, iteration, CellLook.KEY)
            writer.put(1, ref, CellLook.REF)
            writer.put(2, self._label(value, block, index, c.rows), CellLook.LABEL)
            writer.put(3, number, CellLook.ALL_DIGITS)
            writer.put(4, number, CellLook.ALL_DIGITS, None, block.cell(index, CHECK))
            writer.put(5, 0.0, CellLook.DIFFERENCE, None, f"ABS(E{row}-D{row})")
            writer.row += 1

    def _label(self, value: Value, block: CellBlock, index: Index, rows: Sequence[int]) -> str:
        """Return the name of an element; in a large value, the place in it. Names are the same in every iteration."""
        own = index[1:] if value.per_sample else index
        key = value.ref, own
        if key not in self.labels:
            self.labels[key] = element_name(self.notation, value, index, many=block.rows * block.columns > MOST_NAMED)
        return f"{self.labels[key]}, {sample_label(rows, index[0])}" if value.per_sample else self.labels[key]


def _write_same(c: IterationPage, ref: ValueRef, text: str) -> None:
    """Write a value each of whose elements has the same formula."""
    c.write_value(ref, lambda index: text, CellLook.LIVE, None)
    c.page.row += bool(c.blocks[ref].shape)


def _lists(trace: Trace) -> dict[str, Any]:
    return {ref: value.tolist() for ref, value in trace.values.items()}
