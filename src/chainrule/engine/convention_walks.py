"""One number under several conventions of an optimizer, iteration by iteration, from one start."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers.conventions import RuleColumn
from chainrule.catalog.schedules.schedule import optimizer_setting
from chainrule.catalog.values import refs
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.steps import Overrides
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from chainrule.formula.parse import read

# Two numbers are the same where they are no further apart than so much of the larger one: more than what rounding does.
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}


@dataclass(slots=True)
class ConventionWalk:
    """A number before the first iteration and after each, and the learning rates of the iterations.

    It ends with the first number that is not finite. `refusal` says why there is none: what the run keeps does not tell
    what this convention would have kept.
    """

    start: int
    numbers: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class RunningState:
    """What an iteration of a run starts from, the convention that its optimizer is, and what is set by hand in it."""

    state: TrainingState
    used: RuleColumn
    overrides: Overrides


def walking(
    walkers: Sequence[tuple[Experiment, RuleColumn] | None],
    ref: ValueRef,
    index: tuple[int, ...],
    iterations: int,
    start: RunningState | None = None,
    tensors: RowTensors | None = None,
) -> Iterator[tuple[ConventionWalk | None, ...]]:
    """Yield the walks of experiments under their conventions after each iteration of one of them; None of what cannot
    be computed.

    All start from the first one's parameters, and with nothing in their optimizers' state; else from that of a run.
    `tensors` are those of other experiments, for data that these share with them.
    """
    walks: list[ConventionWalk | None] = []
    first: TrainingState | None = None
    like: Executor | None = None
    for walker in walkers:
        if walker is None:
            walks.append(None)
            continue
        experiment, column = walker
        executor = like = Executor(experiment, tensors, like)
        yield tuple(walks)
        if first is None:
            initial = executor.initial_state()
            parameters = {name: initial.values[name] for name in executor.program.parameters}
            first = TrainingState(initial.iteration, parameters)
        state = executor.fit(first if start is None else carried_over(start, executor, column))
        walk = ConventionWalk(state.iteration, [state.values[ref][index].item()])
        walks.append(walk)
        yield tuple(walks)
        if start is not None and _is_lost(start, executor, state, column):
            scale = start.used.scale
            walk.refusal = f"what {start.used.name} keeps is {scale} times what PyTorch does, and {scale} is 0 here."
            continue
        for place in range(iterations):
            by_hand = start.overrides if start is not None and not place else None
            values, state = executor.advance(state, by_hand)
            walk.rates.append(values[refs.LR].item())
            walk.numbers.append(state.values[ref][index].item())
            yield tuple(walks)
            if not math.isfinite(walk.numbers[-1]):
                break
    yield tuple(walks)


def carried_over(start: RunningState, executor: Executor, column: RuleColumn) -> TrainingState:
    """Return the state of a run as another convention would have kept it of the same gradients, at the rate of now.

    Parameters, and what a scheduler has set, stay as they are.
    """
    experiment, state, used = executor.experiment, start.state, start.used
    values, known = dict(state.values), {**executor.settings, **state.values}
    of, to = (lowered(read(each.scale)) for each in (used, column))
    updates = torch.tensor(state.iteration // experiment.data.accumulate, dtype=torch.float64)
    for ref, parameter in parameters_of(experiment.network).items():
        for name, own in column.buffers.items():
            kept = state.values.get(refs.optimizer_state(ref, used.buffers[name]))
            if kept is not None and used.scale != column.scale:
                lr = {"lr": known[optimizer_setting(experiment, parameter, "lr")]}
                kept = kept * (to(lr) / of(lr))
            if kept is not None:
                values[refs.optimizer_state(ref, own)] = kept
        # Not every convention counts its updates.
        values.setdefault(refs.optimizer_state(ref, "step"), updates)
    return TrainingState(state.iteration, values)


def _is_lost(start: RunningState, executor: Executor, state: TrainingState, column: RuleColumn) -> bool:
    """Return whether what is carried over is no number, though what it was made of is one."""
    for parameter in executor.program.parameters:
        for name, own in column.buffers.items():
            before = start.state.values.get(refs.optimizer_state(parameter, start.used.buffers[name]))
            after = state.values.get(refs.optimizer_state(parameter, own))
            if before is None or after is None or not bool(before.isfinite().all()):
                continue
            if not bool(after.isfinite().all()):
                return True
    return False


def first_difference(first: ConventionWalk, other: ConventionWalk, tolerance: float) -> int | None:
    """Return the place of the first number that differs from the first walk's by more than the tolerance, relative to
    the larger of the two; None where none does.
    """
    for place, (one, another) in enumerate(zip(first.numbers, other.numbers, strict=False)):
        if not _are_same(one, another, tolerance):
            return place
    return None


def _are_same(one: float, other: float, tolerance: float) -> bool:
    if not (math.isfinite(one) and math.isfinite(other)):
        return one == other or (math.isnan(one) and math.isnan(other))
    return abs(one - other) <= tolerance * max(abs(one), abs(other))
