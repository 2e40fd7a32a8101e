"""What comes out for single rows: their losses against torch's without a reduction, their classes one by one."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.data import split_order
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.metrics import classify
from chainrule.engine.row_results import RowReader, RowResults
from chainrule.engine.trace import Executor
from tests.engine import oracles
from tests.experiments import dense, experiments, penalized


def read(experiment: Experiment) -> tuple[RowResults, Tensor, Tensor]:
    """The results of all rows under the first parameters, and outputs and targets from an iteration of all rows."""
    executor = Executor(experiment)
    values = executor.initial_state().values
    rows = torch.arange(len(experiment.data.inputs))
    whole = Executor(replace(experiment, data=replace(experiment.data, batch_size=None, shuffle=False, test_size=0.0)))
    found = whole.values(whole.initial_state())
    output = found[refs.activation(len(experiment.network.layers) - 1)]
    return RowReader(executor).read(values, rows), output, found[refs.TARGET]


def without_reduction(choice: Choice, output: Tensor, target: Tensor) -> Tensor:
    """Each row's loss, by torch's `reduction="none"`."""
    arguments: dict[str, Any] = {
        name: torch.tensor(value, dtype=output.dtype) if isinstance(value, tuple) else value
        for name, value in choice.arguments.items()
    }
    make = oracles.LOSSES.get(choice.name) or getattr(nn, choice.name)
    if choice.name in oracles.CLASS_LOSSES and target.shape[1] == 1:
        target = target.squeeze(1).long()
    terms: Tensor = make(**(arguments | {"reduction": "none"}))(output, target)
    if terms.dim() == 1:
        return terms
    return terms.mean(1) if choice["reduction"] == "mean" else terms.sum(1)


@given(experiments())
def test_each_row_has_the_loss_that_torch_gives_it_and_the_answer_that_is_counted(experiment: Experiment) -> None:
    found, output, target = read(experiment)
    wanted = without_reduction(experiment.loss, output, target)
    torch.testing.assert_close(found.losses, wanted, rtol=1e-9, atol=1e-9, equal_nan=True)
    answer = Executor(experiment).evaluator.answer
    counted = answer and classify(experiment, answer, output, target)
    if answer is None:
        assert not found.answers.any()
        assert not found.wrong.any()
    elif counted is not None:
        assert (found.answers - found.wrong).sum() == counted.right
        assert found.answers.sum() == counted.count


def classes(**changes: Any) -> Experiment:
    """Nine rows of three classes, a third of them held back."""
    inputs = tuple((math.cos(2.1 * row), math.sin(2.1 * row)) for row in range(9))
    data = DataSpec(inputs, tuple((float(row % 3),) for row in range(9)), test_size=1 / 3)
    given: dict[str, Any] = {"data": data, "loss": Choice("CrossEntropyLoss")}
    return dense((2, 5, 3), 1, **(given | changes))


def test_a_class_is_said_with_the_probability_that_softmax_gives_it() -> None:
    found, output, _ = read(classes())
    chances = torch.softmax(output, 1)
    for row in range(9):
        said = max(range(3), key=lambda k, row=row: output[row, k].item())
        assert found.said[row].item() == said
        assert found.chances[row].item() == pytest.approx(chances[row, said].item(), rel=1e-12)
        assert found.wrong[row].item() == (said != row % 3)


def test_one_output_says_yes_or_no_with_the_probability_of_what_it_says() -> None:
    data = DataSpec(((1.0,), (-1.0,)), ((1.0,), (1.0,)))
    network = NetworkSpec(1, (LayerSpec(1),))
    loss = Choice("BCEWithLogitsLoss")
    weights = {refs.weight(0): ((2.0,),), refs.bias(0): (0.0,)}
    found, _, _ = read(check_experiment(Experiment(network, data, loss, parameters=weights)))
    yes = 1 / (1 + math.exp(-2.0))
    assert found.said.tolist() == [1, 0]
    assert found.chances.tolist() == pytest.approx([yes, yes])
    assert found.wrong.tolist() == [0, 1]
    assert found.losses.tolist() == pytest.approx([-math.log(yes), -math.log(1 - yes)])


def test_a_row_that_the_loss_ignores_has_no_loss_and_no_answer() -> None:
    loss = Choice("CrossEntropyLoss", {"ignore_index": 2, "weight": (1.0, 3.0, 5.0)})
    experiment = classes(loss=loss)
    found, output, target = read(experiment)
    assert [math.isnan(loss) for loss in found.losses.tolist()] == [row % 3 == 2 for row in range(9)]
    assert found.answers.tolist() == [int(row % 3 != 2) for row in range(9)]
    weighted = nn.CrossEntropyLoss(weight=torch.tensor((1.0, 3.0, 5.0), dtype=torch.float64), reduction="none")
    wanted = weighted(output, target.squeeze(1).long())
    kept = torch.tensor([row % 3 != 2 for row in range(9)])
    torch.testing.assert_close(found.losses[kept], wanted[kept])


def test_penalties_are_of_no_row() -> None:
    plain, added = (read(each)[0].losses for each in (classes(), penalized(classes())))
    assert plain.tolist() == added.tolist()


def test_an_output_that_is_not_a_number_says_no_class_and_is_wrong() -> None:
    executor = Executor(classes())
    values = executor.initial_state().values
    values = {**values, refs.weight(1): torch.full_like(values[refs.weight(1)], math.nan)}
    reader, rows = RowReader(executor), torch.arange(9)
    found = reader.read(values, rows)
    assert set(found.said.tolist()) == {-1}
    assert found.wrong.tolist() == [1] * 9
    assert reader.score(values, rows) is None


def test_the_score_counts_a_part_as_the_view_of_classes_does() -> None:
    executor = Executor(classes())
    values = executor.initial_state().values
    for part, rows in zip(("training", "test"), split_order(executor.experiment.data), strict=True):
        score = RowReader(executor).score(values, rows)
        counted = executor.evaluator.classification(values, part)  # type: ignore[arg-type]
        assert score is not None
        assert counted is not None
        assert (score.right, score.count) == (counted.right, counted.count)


def test_rows_in_portions_have_the_results_of_all_at_once() -> None:
    experiment = classes()
    executor = Executor(experiment)
    values, reader = executor.initial_state().values, RowReader(executor)
    whole = reader.read(values, torch.arange(9)).losses
    parts = [reader.read(values, torch.arange(first, first + 3)).losses for first in (0, 3, 6)]
    assert [loss for part in parts for loss in part.tolist()] == pytest.approx(whole.tolist(), rel=1e-14)
