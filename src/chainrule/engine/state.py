"""The state of training between two iterations: parameters and optimizer state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment, StartState
from chainrule.catalog.schedules.schedule import scheduled_values
from chainrule.catalog.values import refs
from chainrule.catalog.values.carried import InitialValue
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.initializers import initial_parameters, torch_dtype
from chainrule.engine.program.program import Program


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """What iteration `iteration` starts from: each carried ref's value."""

    iteration: int
    values: Mapping[ValueRef, Tensor]


def initial_state(experiment: Experiment, program: Program) -> TrainingState:
    """Return the state before the first iteration: initialized parameters, and nothing remembered yet."""
    parameters, start = initial_parameters(experiment), experiment.state
    if start is None:
        return TrainingState(0, fit_values(parameters, experiment, program))
    kept = {ref: torch.tensor(numbers, dtype=torch.float64) for ref, numbers in start.values.items()}
    return fit_state(TrainingState(start.iteration, {**parameters, **kept}), experiment, program)


def state_to_keep(state: TrainingState, experiment: Experiment, program: Program) -> StartState | None:
    """Return what a file must hold beside the parameters, so that training goes on from there to the same bits; None if
    nothing: where every iteration is as the first, and nothing is kept.
    """
    values = {ref: _numbers(state.values[ref].tolist()) for ref in program.memory if _is_finite(state.values[ref])}
    data = experiment.data
    same = batches_per_epoch(data) == 1 and not data.shuffle and experiment.scheduler is None and data.accumulate == 1
    return None if same and not values else StartState(state.iteration, values)


def _numbers(value: Any) -> Any:
    return tuple(map(_numbers, value)) if isinstance(value, list) else value


def _is_finite(value: Tensor) -> bool:
    # No loss is the best yet before the first: that is infinite, and a file leaves it out.
    return bool(torch.isfinite(value).all())


def fit_state(state: TrainingState, experiment: Experiment, program: Program) -> TrainingState:
    """Return the state, for a program that may carry other values or compute in another dtype or on another device.

    What the program does not carry is dropped. What is new, or of another shape now, is as at the start, but for what a
    scheduler sets: that is as it is at this iteration.
    """
    scheduled = {}
    if any(ref not in state.values for ref in program.memory):
        numbers = scheduled_values(experiment, state.iteration)
        scheduled = {ref: torch.tensor(number, dtype=torch.float64) for ref, number in numbers.items()}
    return TrainingState(state.iteration, fit_values(scheduled | dict(state.values), experiment, program))


def fit_values(values: Mapping[ValueRef, Tensor], experiment: Experiment, program: Program) -> dict[ValueRef, Tensor]:
    """Return each carried ref's value in the experiment's dtype, on its device.

    What is missing, or has another shape, is as at the start. Counters and rates are float64 on the CPU: they are read
    as Python numbers.
    """
    dtype, device = torch_dtype(experiment), experiment.device
    shapes = {**experiment.network.parameter_shapes(), **{ref: m.shape for ref, m in program.memory.items()}}
    kept = {ref: values[ref] for ref in program.carried if ref in values and values[ref].shape == shapes[ref]}
    if not kept.keys() >= set(program.parameters):
        kept = initial_parameters(experiment) | kept
    fitted = {}
    for ref in program.carried:
        value = kept[ref] if ref in kept else _first(program.memory[ref])
        number = ref in program.numbers
        fitted[ref] = value.to(device="cpu" if number else device, dtype=torch.float64 if number else dtype)
    return fitted


def _first(memory: InitialValue) -> Tensor:
    return torch.full(memory.shape, memory.initial, dtype=torch.float64)


def flattened(state: TrainingState) -> Tensor:
    """Return every carried number one after the other, (carried,), on the CPU.

    Scalars are float64 there whatever the rest is: each number is then promoted, and cast back exactly.
    """
    return torch.cat([value.reshape(-1).cpu() for value in state.values.values()])


def next_state(state: TrainingState, values: Mapping[ValueRef, Tensor]) -> TrainingState:
    """Return the state after an iteration whose values are given: every `.next`, and what nothing has updated."""
    following = {ref: values.get(refs.next_value(ref), value) for ref, value in state.values.items()}
    return TrainingState(state.iteration + 1, following)
