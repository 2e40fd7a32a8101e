"""Gradients that add up over batches: torch's own `.grad`, which `zero_grad` clears after an update."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import compile_program
from chainrule.engine.referee.reference import Network
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.state import state_to_keep
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.model.timeline.states import state_numbers
from tests.experiments import article

COUNT, ITERATIONS = 3, 11
DATA = DataSpec(
    tuple((float(i), 1.0 - i / 3) for i in range(5)),
    tuple((i / 4,) for i in range(5)),
    batch_size=2,
    shuffle=True,
    seed=3,
    accumulate=COUNT,
)
OPTIMIZERS = [
    Choice("SGD", {"lr": 0.05}),
    Choice("SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    Choice("Adam", {"lr": 0.05}),
    Choice("Rprop", {"lr": 0.01}),
]


def added_up(optimizer: Choice, **changes: Any) -> Experiment:
    return article(optimizer=optimizer, **{"data": DATA, **changes})


def by_torch(experiment: Experiment) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses and final parameters of the loop as it is usually written."""
    executor = Executor(experiment)
    network = Network(experiment, executor.initial_state().values)
    choice, clipping = experiment.optimizer, experiment.clipping
    # torch's Adam has no such argument: it always corrects.
    arguments = {name: value for name, value in choice.arguments.items() if name != "bias_correction"}
    optimizer = getattr(torch.optim, choice.name)(network.parameters(), **arguments)
    interval = experiment.scheduler and experiment.scheduler["interval"]
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5) if interval else None
    losses = []
    optimizer.zero_grad()
    for iteration in range(ITERATIONS):
        inputs, targets = executor.batches.batch(iteration)
        outputs = network(inputs)[refs.activation(len(experiment.network.layers) - 1)]
        loss = torch.nn.functional.mse_loss(outputs, targets)
        losses.append(loss.item())
        loss.backward()
        if (iteration + 1) % experiment.data.accumulate == 0:
            if clipping is not None:
                torch.nn.utils.clip_grad_norm_(network.parameters(), clipping.number("max_norm"))
            optimizer.step()
            optimizer.zero_grad()
            if interval == "iteration":
                scheduler.step()
        # Three batches of five rows make an epoch.
        if interval == "epoch" and (iteration + 1) % 3 == 0:
            scheduler.step()
    return losses, dict(network.by_ref.items())


VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "clipped": {"clipping": Choice("clip_grad_norm_", {"max_norm": 0.5})},
    "by update": {"scheduler": Choice("StepLR", {"step_size": 1, "gamma": 0.5, "interval": "iteration"})},
    # Epochs end where no update is.
    "by epoch": {
        "scheduler": Choice("StepLR", {"step_size": 1, "gamma": 0.5, "interval": "epoch"}),
        "data": replace(DATA, accumulate=2),
    },
    "four": {"data": replace(DATA, batch_size=1)},
}


@pytest.mark.parametrize("variant", [name for name in VARIANTS if name != "four"])
@pytest.mark.parametrize("choice", OPTIMIZERS, ids=str)
def test_it_is_the_usual_loop(choice: Choice, variant: str) -> None:
    experiment = added_up(choice, **VARIANTS[variant])
    losses, parameters = by_torch(experiment)
    training = Training(Executor(experiment))
    found = [trained.loss for trained in training.run(ITERATIONS)]
    assert found == pytest.approx(losses, rel=0, abs=1e-13)
    for ref, value in parameters.items():
        assert torch.allclose(training.state.values[refs.ValueRef(ref)], value, rtol=0, atol=1e-12), ref


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("choice", OPTIMIZERS, ids=str)
def test_the_referee_agrees(choice: Choice, variant: str) -> None:
    experiment = added_up(choice, **VARIANTS[variant])
    executor = Executor(experiment)
    *_, last = verify_run(experiment, executor.program, islice(executor.iterations(), ITERATIONS), untouched=True)
    assert last.report().agrees, last.report()


def test_an_iteration_without_an_update_has_no_step_of_one() -> None:
    program = compile_program(added_up(OPTIMIZERS[2]))
    kinds = [{step.kind for step in program.at(iteration).steps} for iteration in range(COUNT)]
    assert all(StepKind.ACCUMULATED_GRADIENT in found for found in kinds)
    assert [StepKind.PARAMETER_UPDATE in found for found in kinds] == [False, False, True]
    assert [StepKind.ZERO_GRAD in found for found in kinds] == [False, False, True]


def test_after_an_update_the_sum_is_zero() -> None:
    traces = list(islice(Executor(added_up(OPTIMIZERS[0])).iterations(), COUNT + 1))
    kept = refs.kept_gradient(refs.weight(0))
    total = sum(trace.values[refs.grad(refs.weight(0))] for trace in traces[:COUNT])
    assert torch.allclose(traces[COUNT - 1].values[refs.accumulated(refs.grad(refs.weight(0)))], torch.as_tensor(total))
    assert not traces[COUNT].values[kept].any()
    assert traces[1].values[kept].any()


@pytest.mark.parametrize("before", [COUNT, COUNT + 1, COUNT + 2])
def test_it_goes_on_from_a_state_in_the_middle(before: int) -> None:
    experiment = added_up(OPTIMIZERS[1])
    executor = Executor(experiment)
    whole = Training(executor)
    losses = [trained.loss for trained in whole.run(before + 5)]
    half = Training(executor)
    list(half.run(before))
    start = state_to_keep(half.state, experiment, executor.program)
    saved = replace(experiment, parameters=state_numbers(half.state, experiment), state=start)
    rest = Training(Executor(check_experiment(saved)))
    assert [trained.loss for trained in rest.run(5)] == losses[before:]
    for ref, value in rest.state.values.items():
        assert torch.equal(value, whole.state.values[ref]), ref


def test_less_than_one_batch_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\$\.data\.accumulate: expected an integer of at least 1, got 0"):
        added_up(OPTIMIZERS[0], data=replace(DATA, accumulate=0))
