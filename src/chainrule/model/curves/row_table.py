"""What came out for every row of the data: read a portion at a time, sorted, filtered and counted."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.data import split_order
from chainrule.engine.metrics import Answer
from chainrule.engine.row_results import RowReader
from chainrule.engine.trace import Executor
from chainrule.model.timeline.downsampled_series import Floats, Positions


class RowOrder(Enum):
    """Which rows come first."""

    WORST = "worst first"
    ROW = "by row"
    WRONG = "wrong first"


class RowFilter(Enum):
    """Which rows are there."""

    ALL = "all rows"
    TRAINING = "training"
    TEST = "test"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class PartCount:
    """Of the training rows or the test rows: how many count, how many of them are wrong, and a row's loss on average.

    The average is over the rows that have a loss; NaN where none has.
    """

    rows: int
    wrong: int
    loss: float


@dataclass(frozen=True, slots=True, eq=False)
class RowTable:
    """What came out for each row, by the row's number in the data, (rows,) each; see `RowResults`.

    `answer` says how the outputs tell a class, None where they tell none.
    """

    answer: Answer | None
    is_test: NDArray[np.bool_]
    losses: Floats
    outputs: Floats
    said: Positions
    chances: Floats
    answers: Positions
    wrong: Positions

    def __len__(self) -> int:
        return len(self.losses)

    def counts(self, row: int) -> bool:
        """Return whether a row counts: of classes, those that the loss ignores do not."""
        return self.answer is None or bool(self.answers[row])

    def order(self, sort: RowOrder, kept: RowFilter) -> Positions:
        """Return the numbers of the rows that are kept, in order. What is no number is the worst of all."""
        every: Positions = np.arange(len(self), dtype=np.int64)
        chosen = {
            RowFilter.ALL: np.ones(len(self), bool),
            RowFilter.TRAINING: ~self.is_test,
            RowFilter.TEST: self.is_test,
            RowFilter.WRONG: self.wrong > 0,
        }[kept]
        rows: Positions = every[chosen]
        if sort is RowOrder.ROW:
            return rows
        none = -np.inf if self.answer is not None else np.inf
        missing = np.where(self.answers > 0, np.inf, none)
        badness = np.where(np.isnan(self.losses), missing, self.losses)[chosen]
        if sort is RowOrder.WRONG:
            places = np.lexsort((-badness, self.wrong[chosen] == 0))
        else:
            places = np.argsort(-badness, kind="stable")
        found: Positions = rows[places]
        return found

    def part(self, *, test: bool) -> PartCount:
        """Count the training rows, or the test rows."""
        chosen = self.is_test == test
        counted = chosen & (self.answers > 0) if self.answer is not None else chosen
        losses = self.losses[counted]
        loss = float(losses.mean()) if len(losses) else float("nan")
        return PartCount(int(counted.sum()), int((self.wrong[counted] > 0).sum()), loss)


def reading(executor: Executor, values: Mapping[ValueRef, Tensor]) -> Generator[None, None, RowTable]:
    """Read all rows under the parameters among `values`, some at a time, and return what came out."""
    reader, parts = RowReader(executor), split_order(executor.experiment.data)
    found = []
    for rows in parts:
        for first in range(0, len(rows), reader.at_once):
            found.append(reader.read(values, rows[first : first + reader.at_once]))
            yield
    places = torch.cat(parts).numpy().argsort()
    columns = {}
    for name in ("losses", "outputs", "said", "chances", "answers", "wrong"):
        yield
        columns[name] = torch.cat([getattr(part, name) for part in found]).numpy()[places]
    is_test = np.repeat([False, True], [len(part) for part in parts])[places]
    return RowTable(executor.evaluator.answer, is_test, **columns)
