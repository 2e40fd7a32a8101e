"""The history as CSV: the iterations of a document, with what was edited in the course of its training."""

from __future__ import annotations

import csv
from dataclasses import replace

import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.engine.trace import Executor
from chainrule.model.document import Document
from chainrule.model.exporting.history import history_csv
from tests.experiments import article, dense, sgd


def rows_of_csv(document: Document, iterations: int) -> list[dict[str, str]]:
    text = b"".join(history_csv(document, iterations, lambda *_: "")).decode()
    return list(csv.DictReader(text.splitlines()))


def test_an_edit_in_the_middle_counts_from_there_on() -> None:
    experiment = article()
    executor = Executor(experiment)
    state = executor.initial_state()
    for _ in range(3):
        _, state = executor.advance(state)
    faster = replace(experiment, optimizer=sgd(0.05))
    document = Document.of(experiment).branch(3, faster, state)
    rows = rows_of_csv(document, 5)
    assert [row["lr"] for row in rows] == ["0.01"] * 3 + ["0.05"] * 2
    values, _ = Executor(faster).advance(state)
    assert float(rows[3]["loss"]) == values[refs.LOSS].item()
    norm = torch.linalg.vector_norm(values[refs.grad(refs.weight(0))]).item()
    assert float(rows[3]["layers.0.weight.grad.norm"]) == norm
    assert [int(row["iteration"]) for row in rows] == [0, 1, 2, 3, 4]


def test_an_iteration_after_many_rows_is_there_once() -> None:
    rows = rows_of_csv(Document.of(dense((2, 3, 1), 4)), 41)
    assert [int(row["iteration"]) for row in rows] == list(range(41))


def test_what_has_no_number_in_an_iteration_is_an_empty_cell() -> None:
    experiment = article()
    adam = replace(experiment, frozen=frozenset({refs.bias(0)}))
    document = Document.of(adam).branch(1, experiment, Executor(experiment).initial_state())
    rows = rows_of_csv(document, 2)
    assert rows[0]["layers.0.bias.grad.norm"] == ""
    assert float(rows[1]["layers.0.bias.grad.norm"]) >= 0


def test_the_learning_rates_of_groups_have_columns_of_their_own() -> None:
    experiment = article()
    first, last = experiment.network.layers
    network = replace(experiment.network, layers=(replace(first, lr=0.5), last))
    halving = Choice("StepLR", {"step_size": 1, "gamma": 0.5, "interval": "iteration"})
    scheduled = article(network=network, scheduler=halving)
    rows = rows_of_csv(Document.of(scheduled), 2)
    assert [rows[1][name] for name in ("lr", "layers.0.lr")] == ["0.005", "0.25"]
