"""Large data, of which a plan gathers some batches at a time, and an evaluation takes some rows: a few as if many."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from chainrule.catalog.experiment import row_blocks as rows_module
from chainrule.catalog.values import refs
from chainrule.engine import data as data_module
from chainrule.engine import row_tensors
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import Plan, epochs
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.trace import Executor
from chainrule.model.editing import edits
from tests.experiments import dense


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two batches of 4 rows of 3 numbers, slices of 5 rows, and tensors that are patched."""
    monkeypatch.setattr(epochs, "MOST_NUMBERS", 24)
    monkeypatch.setattr(data_module, "SLICE_NUMBERS", 10)
    monkeypatch.setattr(row_tensors, "SMALL", 0)
    monkeypatch.setattr(rows_module, "BLOCK_ROWS", 2)


def executor(rows: int, shuffle: bool, test_size: float = 0.0) -> Executor:
    experiment = dense((2, 3, 1), rows)
    data = replace(experiment.data, batch_size=4, shuffle=shuffle, test_size=test_size)
    return Executor(check_experiment(replace(experiment, data=data)))


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("rows", "test_size"), [(4, 0.0), (12, 0.0), (16, 0.0), (23, 0.0), (23, 0.3), (5, 0.0)])
def test_each_batch_is_the_one_that_is_gathered_for_itself(rows: int, test_size: float, shuffle: bool) -> None:
    made = executor(rows, shuffle, test_size)
    windows = Epochs(made.experiment.data, made.batches)
    # Also back and forth between epochs.
    for iteration in [*range(20), 3, 17, 0, 40, 8]:
        count, inputs, targets = windows.batch(iteration)
        place, following = windows.following(iteration, 9)
        wanted = made.batches.batch(iteration)
        assert (count, following >= 1) == (len(wanted[0]), True)
        assert torch.equal(inputs, wanted[0])
        assert torch.equal(targets, wanted[1])
        for step in range(following):
            ahead = made.batches.batch(iteration + step)
            assert torch.equal(windows.batches[0][place + step], ahead[0])


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("rows", [16, 23])
def test_a_plan_computes_what_the_trace_computes(rows: int, shuffle: bool) -> None:
    made = executor(rows, shuffle)
    state = made.initial_state()
    plan = Plan(made, state)
    chunk = plan.run(30)
    for loss in chunk.losses:
        values, state = made.advance(state)
        assert torch.equal(values[refs.LOSS].reshape(()), loss.reshape(()))
    ours = plan.state().values
    assert all(torch.equal(ours[ref], value) for ref, value in state.values.items())


@pytest.mark.parametrize("part", ["training", "test"])
def test_an_evaluation_in_slices_is_that_of_all_rows(
    part: data_module.DataPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = executor(23, shuffle=True, test_size=0.4)
    values = made.initial_state().values
    sliced = made.evaluator.evaluate(values, part)
    monkeypatch.setattr(data_module, "SLICE_NUMBERS", 10**6)
    whole = made.evaluator.evaluate(values, part)
    torch.testing.assert_close(sliced.outputs, whole.outputs, rtol=1e-14, atol=0)
    assert torch.equal(sliced.targets, whole.targets)
    torch.testing.assert_close(sliced.loss, whole.loss, rtol=1e-14, atol=0)


def test_after_an_edit_the_rows_are_those_of_the_document() -> None:
    before = executor(16, shuffle=False)
    tensors = row_tensors.RowTensors()
    first = Executor(before.experiment, tensors)
    changed = edits.remove_row(2)(edits.set_data(refs.INPUT, (9, 1), 0.125)(before.experiment))
    after = Executor(check_experiment(changed), tensors)
    assert torch.equal(after.batches.training()[0], torch.tensor(tuple(changed.data.inputs), dtype=torch.float64))
    assert torch.equal(
        first.batches.training()[0], torch.tensor(tuple(before.experiment.data.inputs), dtype=torch.float64)
    )
