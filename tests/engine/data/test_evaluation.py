"""Outputs and losses of all training rows and of the test rows, against modules of torch with the same parameters."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import converted_targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.engine import evaluation
from chainrule.engine.data import split
from chainrule.engine.evaluation import DataPart
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from tests.engine import oracles
from tests.experiments import dense

REGRESSION = [
    Choice(name, {"reduction": reduction})
    for name in ("MSELoss", "HalfSquaredError")
    for reduction in ("mean", "sum", "batchmean")
]
CLASSES = [
    complete(LOSSES, Choice(name, arguments), "$.loss")
    for name, arguments in (
        ("CrossEntropyLoss", {"label_smoothing": 0.1}),
        ("NLLLoss", {}),
        ("BCEWithLogitsLoss", {"reduction": "sum"}),
        ("HingeLoss", {}),
    )
]


def held_back(rows: int = 9, **changes: object) -> Experiment:
    """An experiment with rows held back, in batches of two, drawn under a seed."""
    experiment = dense((3, 4, 2), rows)
    data = replace(experiment.data, batch_size=2, shuffle=True, seed=5, test_size=0.3)
    return replace(experiment, data=replace(data, **changes))


def module(experiment: Experiment, state: TrainingState) -> nn.Sequential:
    """The same network, with the parameters of a state."""
    layers: list[nn.Module] = []
    fan_in = experiment.network.inputs
    for layer in experiment.network.layers:
        layers += [
            nn.Linear(fan_in, layer.units, dtype=getattr(torch, experiment.dtype)),
            oracles.activation(layer.activation),
        ]
        fan_in = layer.units
    made = nn.Sequential(*layers)
    parameters = [state.values[ref] for ref in experiment.network.parameter_shapes()]
    for parameter, value in zip(made.parameters(), parameters, strict=True):
        parameter.data = value.clone()
    return made


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("part", ["training", "test"])
@pytest.mark.parametrize("loss", REGRESSION + CLASSES, ids=str)
def test_rows_of_one_part_are_evaluated_as_torch_does_it(loss: Choice, part: DataPart, dtype: str) -> None:
    experiment = held_back()
    if loss in CLASSES:
        targets = converted_targets(held_back(targets=tuple((float(row % 2),) for row in range(9))), loss)
        experiment = replace(experiment, data=replace(experiment.data, targets=targets))
    experiment = check_experiment(replace(experiment, loss=loss, dtype=dtype))
    executor = Executor(experiment)
    state = executor.initial_state()
    for _ in range(3):
        values, following = executor.advance(state)
        found = executor.evaluator.evaluate(values, part)
        rows = split(experiment.data)[part == "test"]
        inputs, expected = (
            torch.tensor([numbers[row] for row in rows], dtype=getattr(torch, dtype))
            for numbers in (experiment.data.inputs, experiment.data.targets)
        )
        outputs = module(experiment, state)(inputs)
        assert_near(found.outputs, outputs.detach())
        assert_near(found.loss, oracles.loss(loss)(outputs, expected).detach())
        assert torch.equal(found.targets, expected)
        state = following


def assert_near(actual: Tensor, expected: Tensor) -> None:
    """Equal to a few units in the last place of the dtype."""
    rtol = 16 * torch.finfo(expected.dtype).eps
    torch.testing.assert_close(actual, expected, rtol=rtol, atol=rtol)


def test_a_whole_batch_has_the_loss_of_the_training_rows() -> None:
    executor = Executor(held_back(batch_size=None, shuffle=False))
    values = executor.values(executor.initial_state())
    assert torch.equal(executor.evaluator.evaluate(values, "training").loss, values[refs.LOSS])


def test_without_rows_held_back_nothing_is_tested() -> None:
    evaluator = Executor(held_back(test_size=0.0)).evaluator
    assert not evaluator.has_test
    assert not any(map(evaluator.is_tested, range(10)))


def test_a_small_test_is_made_each_iteration_and_a_large_one_each_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(map(Executor(held_back()).evaluator.is_tested, range(20)))
    monkeypatch.setattr(evaluation, "CHEAP", 10)
    # Fewer rows than a batch has, or an epoch of one batch, cost little whatever the network is.
    for changes in ({"batch_size": 6}, {"batch_size": 3}, {"batch_size": None}):
        assert all(map(Executor(held_back(**changes)).evaluator.is_tested, range(20)))
    experiment = held_back(test_size=0.4)
    count = batches_per_epoch(experiment.data)
    assert count == 3
    tested = [iteration for iteration in range(20) if Executor(experiment).evaluator.is_tested(iteration)]
    assert tested == list(range(0, 20, count))
