"""One number under several conventions of an optimizer, iteration by iteration, from one start."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor

# Two numbers are the same where they are no further apart than so much of the larger one: more than what rounding does.
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}


@dataclass(slots=True)
class ConventionWalk:
    """A number before the first iteration and after each, and the learning rates of the iterations.

    It ends with the first number that is not finite.
    """

    start: int
    numbers: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


def walking(
    experiments: Sequence[Experiment | None],
    ref: ValueRef,
    index: tuple[int, ...],
    iterations: int,
    tensors: RowTensors | None = None,
) -> Iterator[tuple[ConventionWalk | None, ...]]:
    """Yield the walks under each experiment after each iteration of one of them; None of what cannot be computed.

    All start from the first one's parameters, and with nothing in their optimizers' state. `tensors` are those of other
    experiments, for data that these share with them.
    """
    walks: list[ConventionWalk | None] = []
    start: TrainingState | None = None
    like: Executor | None = None
    for experiment in experiments:
        if experiment is None:
            walks.append(None)
            continue
        executor = like = Executor(experiment, tensors, like)
        initial = executor.initial_state()
        if start is None:
            parameters = {name: initial.values[name] for name in executor.program.parameters}
            start = TrainingState(initial.iteration, parameters)
        state = executor.fit(start)
        walk = ConventionWalk(state.iteration, [state.values[ref][index].item()])
        walks.append(walk)
        yield tuple(walks)
        for _ in range(iterations):
            values, state = executor.advance(state)
            walk.rates.append(values[refs.LR].item())
            walk.numbers.append(state.values[ref][index].item())
            yield tuple(walks)
            if not math.isfinite(walk.numbers[-1]):
                break
    yield tuple(walks)


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
