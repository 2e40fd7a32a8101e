"""The race: runs from one start under other settings, heat by heat, as a generator that is advanced by slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, NetworkSpec, ParameterGroup
from chainrule.catalog.schedules.schedule import last_scheduled_iteration
from chainrule.engine.machine.budget import estimate, memory_in_words
from chainrule.engine.race.heat import Heat, run_start
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor

MOST_RUNS = 1024
# The runs of a heat take at most so many bytes together: more would leave the processor's cache, and gain nothing.
HEAT_BYTES = 128 * 2**20
# The results of operations are kept beside the values that they make, and nothing is given back in between.
COPIES = 3
# Points of a curve, at most: a screen shows no more.
MOST_POINTS = 400
# A slice takes about so long, and so do the starts of so many runs.
SLICE_SECONDS = 0.008
STARTS = 16
# Measured on one core: what a heat takes to be made, a run's start and end, the calls of an iteration, what each run
# adds to them, and the arithmetic.
SECONDS_OF_HEAT, SECONDS_OF_START, SECONDS_OF_ITERATION = 0.1, 1e-3, 5e-4
SECONDS_OF_RUN, OPERATIONS_A_SECOND = 1.2e-5, 2e9
# The optimizer's arguments that are numbers of a run, and make no other steps.
OF_EACH_RUN = ("lr", "momentum")


@dataclass(frozen=True, slots=True)
class Finish:
    """How a run came out: the loss on all training rows after the last iteration, or why there is none.

    `diverged` is the iteration in which its numbers were not all finite any more, and `refusal` says in a sentence why
    it could not be run.
    """

    loss: float | None = None
    diverged: int | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class RaceEstimate:
    """What a race takes, about, before it starts: seconds, and bytes at a time."""

    seconds: float
    nbytes: int


def race_estimate(experiment: Experiment, runs: int, heats: int, iterations: int) -> RaceEstimate:
    """Return what so many runs of an experiment take, in so many heats."""
    found, each = estimate(experiment), _bytes_of_run(experiment)
    seconds = heats * SECONDS_OF_HEAT + runs * SECONDS_OF_START
    of_run = SECONDS_OF_RUN + found.operations / OPERATIONS_A_SECOND
    seconds += iterations * (heats * SECONDS_OF_ITERATION + runs * of_run)
    return RaceEstimate(seconds, min(runs * each, max(each, HEAT_BYTES)))


class Race:
    """Runs that are compared. Each is a checked experiment; all start with iteration 0, or with the same state."""

    def __init__(self, experiments: Sequence[Experiment], iterations: int, free: Callable[[], int | None]) -> None:
        """`free` tells how many bytes the machine has left; None where none tells."""
        self.experiments, self.iterations = tuple(experiments), iterations
        self.finishes: list[Finish | None] = [None] * len(experiments)
        self.every = max(1, math.ceil(iterations / MOST_POINTS))
        # The loss of each run in every so many iterations, (points, runs): NaN where it is not known.
        self.losses = torch.full((math.ceil(iterations / self.every), len(experiments)), torch.nan, dtype=torch.float64)
        self._free, self._done = free, 0

    @property
    def progress(self) -> float:
        """The share of the work that is done, 0 to 1."""
        return self._done / (self.iterations * len(self.experiments))

    @property
    def is_done(self) -> bool:
        """Whether each run has come out."""
        return all(self.finishes)

    def advance(self) -> Iterator[None]:
        """Run them all, a slice of some milliseconds at a time."""
        for heat in _alike(self.experiments):
            runs = [run for run in heat if not self._refuse_past_the_end(run)]
            if not runs:
                continue
            try:
                executor = Executor(self.experiments[runs[0]])
            except (RuntimeError, MemoryError) as error:
                self._refuse(runs, _reason(error))
                continue
            yield
            size, waiting = self._size(executor.experiment), list(runs)
            if not size:
                self._refuse(runs, self._too_large(executor.experiment))
                continue
            while waiting:
                together, rest = waiting[:size], waiting[size:]
                try:
                    yield from self._advance_heat(together, executor)
                except (RuntimeError, MemoryError) as error:
                    if size == 1:
                        self._refuse(together, _reason(error))
                    else:
                        # Fewer at once take less memory: the others go on.
                        size, rest = max(1, len(together) // 2), waiting
                waiting = rest

    def _size(self, experiment: Experiment) -> int:
        """Return how many runs of an experiment fit into a heat."""
        each, free = _bytes_of_run(experiment), self._free()
        if free is not None and each > free:
            return 0
        most = HEAT_BYTES if free is None else min(HEAT_BYTES, free // 2)
        return max(1, most // each)

    def _too_large(self, experiment: Experiment) -> str:
        free = self._free() or 0
        return (
            f"One such run needs about {memory_in_words(_bytes_of_run(experiment))}, "
            f"and this machine has {memory_in_words(free)} free."
        )

    def _refuse_past_the_end(self, run: int) -> bool:
        """Refuse a run whose schedule has no rate for so many iterations; return whether it is."""
        experiment = self.experiments[run]
        last = last_scheduled_iteration(experiment)
        if last is None or last - experiment.first_iteration >= self.iterations:
            return False
        self._refuse([run], f"Its schedule ends after {last - experiment.first_iteration} iterations.")
        return True

    def _refuse(self, runs: Sequence[int], why: str) -> None:
        for run in runs:
            self.finishes[run] = Finish(refusal=why)
        self._done += self.iterations * len(runs)

    def _advance_heat(self, runs: Sequence[int], executor: Executor) -> Iterator[None]:
        done = self._done
        try:
            yield from self._advance_runs(runs, executor)
        except (RuntimeError, MemoryError):
            self._done = done
            raise
        self._done = done + self.iterations * len(runs)

    def _advance_runs(self, runs: Sequence[int], executor: Executor) -> Iterator[None]:
        experiments, states = [self.experiments[run] for run in runs], list[TrainingState]()
        # What belongs to the first run's program is asked of its own experiment.
        executor = executor if experiments[0] is executor.experiment else Executor(experiments[0], like=executor)
        for place, experiment in enumerate(experiments):
            states.append(run_start(experiment, executor.program))
            if place % STARTS == STARTS - 1:
                yield
        heat = Heat(experiments, states, executor)
        columns, diverged = torch.tensor(runs), torch.full((len(runs),), -1)
        count, at = 1, 0
        yield
        while at < self.iterations:
            begun = perf_counter()
            losses = heat.run(min(count, self.iterations - at))
            self._keep(losses, at, columns, diverged)
            at += len(losses)
            self._done += len(losses) * len(runs)
            took = perf_counter() - begun
            count = max(1, min(2 * count, int(count * SLICE_SECONDS / took)))
            yield
        first = states[0].iteration
        for place, run in enumerate(runs):
            if diverged[place] >= 0:
                self.finishes[run] = Finish(diverged=first + int(diverged[place]))
            else:
                self.finishes[run] = _finish(executor, heat, place, first + self.iterations)
            if place % STARTS == STARTS - 1:
                yield

    def _keep(self, losses: Tensor, at: int, columns: Tensor, diverged: Tensor) -> None:
        """Keep the losses of some iterations from one on, and in which a run was not finite any more."""
        due = torch.arange(at, at + len(losses)) % self.every == 0
        first = -(-at // self.every)
        kept = losses[due]
        self.losses[first : first + len(kept), columns] = kept
        lost = losses.isnan()
        new = lost.any(0) & (diverged < 0)
        diverged[new] = at + lost.to(torch.uint8).argmax(0)[new]


def _finish(executor: Executor, heat: Heat, place: int, iteration: int) -> Finish:
    loss, _ = executor.evaluator.final_losses(heat.parameters(place))
    return Finish(loss) if math.isfinite(loss) else Finish(diverged=iteration)


def _bytes_of_run(experiment: Experiment) -> int:
    found = estimate(experiment)
    return max(1, COPIES * found.trace)


def _reason(error: Exception) -> str:
    return f"This machine could not compute it: {str(error).splitlines()[0] if str(error) else 'out of memory'}"


def _alike(experiments: Sequence[Experiment]) -> list[list[int]]:
    """Return the places of experiments that make one heat, in the order of their first."""
    found: list[list[int]] = []
    for place, experiment in enumerate(experiments):
        heat = next((heat for heat in found if _same_steps(experiments[heat[0]], experiment)), None)
        if heat is None:
            found.append([place])
        else:
            heat.append(place)
    return found


def _same_steps(one: Experiment, other: Experiment) -> bool:
    """Return whether two experiments differ in nothing but what each run of a heat has for itself."""
    ours, theirs = one.optimizer, other.optimizer
    if ours.name != theirs.name or ours.arguments.keys() != theirs.arguments.keys():
        return False
    changes = {name: ours[name] for name in OF_EACH_RUN if name in ours.arguments and _has_same_use(ours, theirs, name)}
    same = replace(
        other,
        optimizer=theirs.replace(**changes),
        network=_with_rates(other.network, one.network),
        parameter_groups=_with_group_rates(other.parameter_groups, one.parameter_groups),
        initialization=one.initialization,
        parameters=one.parameters,
        title=one.title,
    )
    return same == one


def _with_rates(network: NetworkSpec, like: NetworkSpec) -> NetworkSpec:
    """Return a network with the rates of another's layers, of layers that have one in both."""
    pairs = list(zip(network.layers, like.layers, strict=False))
    if len(network.layers) != len(like.layers) or not any(layer.lr is not None for layer in network.layers):
        return network
    layers = [layer if None in (layer.lr, other.lr) else replace(layer, lr=other.lr) for layer, other in pairs]
    return replace(network, layers=tuple(layers))


def _with_group_rates(
    groups: tuple[ParameterGroup, ...], like: tuple[ParameterGroup, ...]
) -> tuple[ParameterGroup, ...]:
    """Return groups with the rates of others, of those that have one in both."""
    if len(groups) != len(like):
        return groups
    return tuple(
        replace(group, arguments={**group.arguments, "lr": other.arguments["lr"]})
        if "lr" in group.arguments and "lr" in other.arguments
        else group
        for group, other in zip(groups, like, strict=True)
    )


def _has_same_use(one: Choice, other: Choice, name: str) -> bool:
    # Without momentum there is no buffer.
    return name == "lr" or bool(one[name]) == bool(other[name])
