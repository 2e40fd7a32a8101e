"""The ways that other optimizers take from the same start: real runs of the engine, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from chainrule.catalog.arguments import Choice, suggested
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.model.timeline.downsampled_series import Floats

MOMENTUM = 0.9


@dataclass(frozen=True, slots=True)
class Walker:
    """An optimizer under the name that a legend has for it."""

    name: str
    optimizer: Choice


def walkers(experiment: Experiment) -> tuple[Walker, ...]:
    """Return the optimizers that one compares, at the experiment's learning rate and else as PyTorch has them."""
    lr = experiment.optimizer.number("lr")
    found = []
    for name, entry, arguments in (
        ("SGD", "SGD", {}),
        ("momentum", "SGD", {"momentum": MOMENTUM}),
        ("RMSprop", "RMSprop", {}),
        ("Adam", "Adam", {}),
    ):
        choice = suggested(entry, OPTIMIZERS[entry].arguments, {"lr": lr, **arguments})
        found.append(Walker(name, complete(OPTIMIZERS, choice, "$.optimizer")))
    return tuple(found)


def optimizer_walk(
    experiment: Experiment,
    tensors: RowTensors,
    state: TrainingState,
    walker: Walker,
    wanted: Sequence[ValueRef],
    iterations: int,
) -> Iterator[Floats]:
    """Yield all numbers of some parameters, (numbers,), at the start of each iteration, and after the last.

    The walk begins from the parameters of a `state`, with nothing remembered yet; groups of parameters and a scheduler,
    which are made for another optimizer, have no part in it. It ends where a number is not finite.
    """
    other = replace(experiment, optimizer=walker.optimizer, scheduler=None, parameter_groups=(), state=None)
    executor = Executor(other, tensors)
    parameters = {ref: state.values[ref] for ref in executor.program.parameters}
    now = executor.fit(TrainingState(state.iteration, parameters))
    for _ in range(iterations + 1):
        point = torch.cat([now.values[ref].double().cpu().reshape(-1) for ref in wanted]).numpy()
        if not np.isfinite(point).all():
            return
        yield point
        now = executor.advance(now)[1]
