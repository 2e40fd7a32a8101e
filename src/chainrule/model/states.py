"""States of training as numbers that can be edited."""

from __future__ import annotations

from typing import Any

from chainrule.engine.initializers import initial_parameters
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment, Numbers
from chainrule.engine.state import TrainingState


def initial_numbers(experiment: Experiment) -> dict[ValueRef, Numbers]:
    """Every parameter's first value, as nested tuples."""
    return {ref: _tuples(value.tolist()) for ref, value in initial_parameters(experiment).items()}


def state_numbers(state: TrainingState, experiment: Experiment) -> dict[ValueRef, Numbers]:
    """Every parameter's value in a state, as nested tuples: what a file holds."""
    return {ref: _tuples(state.values[ref].tolist()) for ref in experiment.network.parameter_shapes()}


def replace_element(state: TrainingState, ref: ValueRef, index: tuple[int, ...], value: float) -> TrainingState:
    """The state with one number replaced."""
    changed = state.values[ref].clone()
    changed[index] = value
    return TrainingState(state.iteration, {**state.values, ref: changed})


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
