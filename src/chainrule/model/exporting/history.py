"""The history of a training as a table: a row for each iteration, with every digit, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.schedules.schedule import rates
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.trace import Executor, first_non_finite
from chainrule.model.document import Document, Segment
from chainrule.model.timeline.states import start_of

TEST_LOSS = "test_loss"
# So many rows are handed on at a time.
ROWS = 20
Cells = Mapping[str, float]
# Says why an iteration cannot be computed to its end, of the index of the step that is to blame and all values.
StopReason = Callable[[Executor, int, int, Mapping[ValueRef, Tensor]], str]


class StoppedError(Exception):
    """A training that does not go as far as it was asked to: why, and how many iterations there are."""


def history_csv(document: Document, iterations: int, reason: StopReason) -> Iterator[bytes]:
    """Yield the first so many iterations of a document as CSV, some rows at a time, as RFC 4180 has it.

    A row is an iteration: its number, its learning rates and its loss, both before the update; the loss of the test
    rows, where some are held back and it is due; and the norm of each parameter's gradient, as it was before clipping.
    Numbers are written so that they read back to the same bits. What was edited in the course of the training is in it
    from there on: a parameter that an edit brings has empty cells before it. Raises `StoppedError` where an iteration's
    numbers are not all finite.
    """
    parts = _parts(document, iterations)
    columns = list(dict.fromkeys(name for segment, _ in parts for name in _columns(Executor(segment.experiment))))
    yield _lines([columns])
    rows: list[list[str]] = []
    for cells in _rows(parts, document.first, reason):
        rows.append([repr(cells[name]) if name in cells else "" for name in columns])
        if len(rows) == ROWS:
            yield _lines(rows)
            rows.clear()
    yield _lines(rows)


def _parts(document: Document, iterations: int) -> list[tuple[Segment, int]]:
    """Return each segment of the first so many iterations, with the iteration that it ends before."""
    end = document.first + iterations
    begun = [segment for segment in document.segments if segment.start < end]
    ends = [*(segment.start for segment in begun[1:]), end]
    return list(zip(begun, ends, strict=True))


def _columns(executor: Executor) -> list[str]:
    """Return the names of what an experiment has a number for in each iteration."""
    tested = [TEST_LOSS] if executor.evaluator.has_test else []
    norms = map(_norm_name, executor.program.gradients)
    return ["iteration", *rates(executor.experiment), executor.program.loss, *tested, *norms]


def _norm_name(gradient: ValueRef) -> str:
    return f"{gradient}.norm"


def _rows(parts: Sequence[tuple[Segment, int]], first: int, reason: StopReason) -> Iterator[Cells]:
    for segment, end in parts:
        executor = Executor(segment.experiment)
        state, overrides = start_of(segment, executor), segment.overrides
        while state.iteration < end:
            values, following = executor.advance(state, overrides)
            check_finite(executor, state.iteration, first, values, reason)
            yield _cells(executor, state.iteration, values)
            # What was set by hand was so in the first iteration alone.
            state, overrides = following, {}


def check_finite(
    executor: Executor, iteration: int, first: int, values: Mapping[ValueRef, Tensor], reason: StopReason
) -> None:
    """Raise `StoppedError` where the numbers of an iteration are not all finite."""
    stop = first_non_finite(executor.program.at(iteration).steps, values)
    if stop is not None:
        why, done = reason(executor, iteration, stop, values), iteration - first
        raise StoppedError(f"iteration {iteration}: {why}; before it comes {plural(done, 'iteration')}")


def _cells(executor: Executor, iteration: int, values: Mapping[ValueRef, Tensor]) -> Cells:
    cells: dict[str, float] = {"iteration": iteration}
    for ref, lr in rates(executor.experiment).items():
        # A layer that is frozen has a learning rate that nothing reads.
        cells[ref] = values[ref].item() if ref in values else lr
    cells[executor.program.loss] = values[executor.program.loss].item()
    if executor.evaluator.is_tested(iteration):
        cells[TEST_LOSS] = executor.evaluator.evaluate(dict(values), "test").loss.item()
    for ref in executor.program.gradients:
        cells[_norm_name(ref)] = torch.linalg.vector_norm(values[ref]).item()
    return cells


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8")
