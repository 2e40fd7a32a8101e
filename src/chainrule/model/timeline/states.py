"""States of training as numbers that can be edited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment, StartState
from chainrule.catalog.schedules.schedule import schedule_settings
from chainrule.catalog.values.carried import initial_values
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import SCHEDULED, Value
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.program.steps import Overrides
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.model.document import Segment
from chainrule.model.editing.overrides import NONE, places, with_number
from chainrule.model.elements import is_inside


def initial_numbers(experiment: Experiment) -> dict[ValueRef, NestedNumbers]:
    """Return every parameter's first value, as nested tuples."""
    return {ref: _tuples(value.tolist()) for ref, value in initial_parameters(experiment).items()}


def state_numbers(state: TrainingState, experiment: Experiment) -> dict[ValueRef, NestedNumbers]:
    """Return every parameter's value in a state, as nested tuples: what a file holds."""
    return {ref: _tuples(state.values[ref].tolist()) for ref in experiment.network.parameter_shapes()}


def replace_element(state: TrainingState, ref: ValueRef, index: tuple[int, ...], value: float) -> TrainingState:
    """Return the state with one number replaced."""
    changed = state.values[ref].clone()
    changed[index] = value
    return TrainingState(state.iteration, {**state.values, ref: changed})


def start_of(segment: Segment, executor: Executor) -> TrainingState:
    """Return what a segment's first iteration starts from."""
    if segment.state is None:
        return executor.initial_state()
    if segment.start > segment.experiment.first_iteration:
        return executor.fit(segment.state)
    initial = executor.initial_state()
    return executor.fit(TrainingState(initial.iteration, {**initial.values, **segment.state.values}))


def rescheduled(state: TrainingState, before: Experiment, after: Experiment) -> TrainingState:
    """Return the state for an edited experiment: without what the schedule has set, where the edit changes that.

    What is missing is then filled in as the new schedule has it at this iteration; a plateau starts afresh.
    """
    if schedule_settings(before) == schedule_settings(after):
        return state
    described = values_of(before)
    kept = {ref: value for ref, value in state.values.items() if not _is_scheduled(described.get(ref))}
    return TrainingState(state.iteration, kept)


def _is_scheduled(value: Value | None) -> bool:
    # What an experiment has no value for is left from one before it.
    return value is not None and value.role in SCHEDULED


def fitting_start(before: Experiment, after: Experiment) -> StartState | None:
    """Return the state that an edited experiment starts from, without what it does not keep any more, or as another
    schedule has it. `after` is checked, but for its state.
    """
    start = after.state
    if start is None or start.values == {}:
        return start
    memory, same = initial_values(after), schedule_settings(before) == schedule_settings(after)
    described = values_of(after)
    kept = {
        ref: numbers
        for ref, numbers in start.values.items()
        if ref in memory and _shape(numbers) == memory[ref].shape and (same or not _is_scheduled(described.get(ref)))
    }
    return start if len(kept) == len(start.values) else replace(start, values=kept)


def _shape(numbers: Any) -> tuple[int, ...]:
    return (len(numbers), *_shape(numbers[0])) if isinstance(numbers, tuple) and numbers else ()


def fitting_overrides(segment: Segment, tensors: RowTensors) -> Overrides:
    """Return the segment's numbers set by hand without those that its experiment has no place for, or cannot hold.

    `tensors` are those of the histories, for data that is shared with them.
    """
    executor = Executor(segment.experiment, tensors)
    values = executor.values(start_of(segment, executor))
    kept = NONE
    for ref, index, number in places(segment.overrides):
        value = values[ref] if ref in executor.program.at(segment.start).index else None
        if value is not None and is_inside(index, tuple(value.shape)) and abs(number) <= torch.finfo(value.dtype).max:
            kept = with_number(kept, ref, index, number)
    return kept


def same_values(state: TrainingState, other: TrainingState) -> bool:
    """Return whether two states hold the same numbers, to the last bit."""
    return state.values.keys() == other.values.keys() and all(
        torch.equal(value, other.values[ref]) for ref, value in state.values.items()
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
