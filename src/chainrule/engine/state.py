"""The state of training between two iterations: parameters and optimizer state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.engine import refs
from chainrule.engine.initializers import initial_parameters, torch_dtype
from chainrule.engine.program import Program
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """What iteration `iteration` starts from: each carried ref's value."""

    iteration: int
    values: Mapping[ValueRef, Tensor]


def initial_state(experiment: Experiment, program: Program) -> TrainingState:
    """The state before the first iteration: initialized parameters, optimizer state at zero."""
    parameters = initial_parameters(experiment)
    return TrainingState(0, fit_values(parameters, experiment, program))


def fit_state(state: TrainingState, experiment: Experiment, program: Program) -> TrainingState:
    """The state, for a program that may carry other buffers or compute in another dtype or on another device.

    Buffers that the program does not carry are dropped, new ones start at zero. Shapes must be the network's.
    """
    return TrainingState(state.iteration, fit_values(state.values, experiment, program))


def fit_values(values: Mapping[ValueRef, Tensor], experiment: Experiment, program: Program) -> dict[ValueRef, Tensor]:
    """Each carried ref's value in the experiment's dtype, on its device; missing optimizer state is zero."""
    dtype, device = torch_dtype(experiment), experiment.device
    fitted = {}
    for ref in program.carried:
        value = values[ref] if ref in values else torch.zeros_like(values[refs.parse(ref).base])
        fitted[ref] = value.to(device=device, dtype=dtype)
    return fitted


def next_state(state: TrainingState, values: Mapping[ValueRef, Tensor]) -> TrainingState:
    """The state after an iteration whose values are given: every `.next`, and what nothing has updated."""
    following = {ref: values.get(refs.next_value(ref), value) for ref, value in state.values.items()}
    return TrainingState(state.iteration + 1, following)
