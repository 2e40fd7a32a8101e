"""All rows with what came out for them: against torch, in every order, and counted."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy, linear, mse_loss

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.engine import row_results
from chainrule.engine.data import split
from chainrule.engine.trace import Executor
from chainrule.model.curves.row_table import RowFilter, RowOrder, RowTable, reading
from tests.experiments import dense
from tests.model.curves.test_accuracy import classes


def table_of(executor: Executor, **values: Any) -> RowTable:
    work = reading(executor, {**executor.initial_state().values, **values})
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: RowTable = end.value
            return found


def outputs_by_torch(executor: Executor) -> torch.Tensor:
    values, inputs = executor.initial_state().values, torch.tensor(list(executor.experiment.data.inputs)).double()
    first, last = ([values[of(layer)] for of in (refs.weight, refs.bias)] for layer in (0, 1))
    return linear(torch.relu(linear(inputs, *first)), *last)


def test_each_row_stands_at_its_number_with_torchs_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    # In portions of a few rows, of a split that is drawn.
    monkeypatch.setattr(row_results, "AT_ONCE", 5 * 33)
    executor = Executor(classes())
    table = table_of(executor)
    targets = torch.tensor(list(executor.experiment.data.targets))[:, 0].long()
    outputs = outputs_by_torch(executor)
    assert table.losses.tolist() == pytest.approx(cross_entropy(outputs, targets, reduction="none").tolist())
    assert table.said.tolist() == outputs.argmax(1).tolist()
    assert [row for row in range(24) if table.is_test[row]] == list(split(executor.experiment.data)[1])
    assert (table.wrong > 0).tolist() == (outputs.argmax(1) != targets).tolist()


def test_the_worst_rows_come_first() -> None:
    # Right rows of the first class have more of a loss than wrong ones of the last.
    table = table_of(Executor(classes(loss=Choice("CrossEntropyLoss", {"weight": (30.0, 1.0, 0.1)}))))
    losses = table.losses.tolist()
    assert table.order(RowOrder.WORST, RowFilter.ALL).tolist() == sorted(range(24), key=lambda row: -losses[row])
    assert table.order(RowOrder.ROW, RowFilter.ALL).tolist() == list(range(24))
    wrong_first = table.order(RowOrder.WRONG, RowFilter.ALL).tolist()
    assert wrong_first == sorted(range(24), key=lambda row: (table.wrong[row] == 0, -losses[row]))
    assert wrong_first != table.order(RowOrder.WORST, RowFilter.ALL).tolist()


def test_parts_and_the_wrong_ones_are_kept_apart_and_counted() -> None:
    executor = Executor(classes())
    table = table_of(executor)
    training, test = split(executor.experiment.data)
    wrong = [row for row in range(24) if table.wrong[row]]
    assert sorted(table.order(RowOrder.WORST, RowFilter.TEST)) == list(test)
    assert sorted(table.order(RowOrder.WORST, RowFilter.TRAINING)) == list(training)
    assert table.order(RowOrder.ROW, RowFilter.WRONG).tolist() == wrong
    for is_test, rows in ((False, training), (True, test)):
        part = table.part(test=is_test)
        assert (part.rows, part.wrong) == (len(rows), len(set(wrong) & set(rows)))
        assert part.loss == pytest.approx(sum(table.losses[row] for row in rows) / len(rows))


def test_ignored_rows_come_last_and_what_is_no_number_first() -> None:
    executor = Executor(classes(loss=Choice("CrossEntropyLoss", {"ignore_index": 2})))
    table = table_of(executor)
    assert all(row % 3 == 2 for row in table.order(RowOrder.WORST, RowFilter.ALL)[-8:])
    assert table.part(test=False).rows + table.part(test=True).rows == 16
    weight = torch.full((3, 5), math.nan, dtype=torch.float64)
    broken = table_of(Executor(classes()), **{refs.weight(1): weight})
    assert broken.part(test=False).wrong == 18
    assert broken.order(RowOrder.WORST, RowFilter.ALL).tolist() == list(range(24))


def test_rows_of_numbers_have_losses_and_no_answers() -> None:
    executor = Executor(dense((1, 4, 2), 6))
    table = table_of(executor)
    targets = torch.tensor(list(executor.experiment.data.targets)).double()
    wanted = mse_loss(outputs_by_torch(executor), targets, reduction="none").mean(1)
    assert table.losses.tolist() == pytest.approx(wanted.tolist())
    assert table.order(RowOrder.WORST, RowFilter.WRONG).tolist() == []
    assert table.part(test=True).rows == 0
    assert math.isnan(table.part(test=True).loss)
