"""A heat: runs whose programs are the same steps, advanced together as one batched program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.schedule import schedule_settings
from chainrule.catalog.values import refs
from chainrule.catalog.values.carried import initial_values
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.threads import use_threads
from chainrule.engine.plan.arena import LONGEST_CHUNK, view
from chainrule.engine.plan.backends.backend import IterationRange
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.layout import ALIGNMENT, Layout
from chainrule.engine.plan.torch_private import without_profiling
from chainrule.engine.program.program import Program
from chainrule.engine.program.schedule import Scheduled, schedule_steps
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.race.iteration import BatchedIteration, HeatMemory
from chainrule.engine.race.run_numbers import RunNumber, RunNumberSteps, same_or_each
from chainrule.engine.state import TrainingState, initial_state
from chainrule.engine.trace import Executor, optimizer_settings

# Up to so many weights of a layer and rows of a batch products are made term by term: measured on one core.
MOST_WEIGHTS, MOST_ROWS = 256, 64


class Heat:
    """Advances runs from their starts.

    Each run is an experiment; all differ in nothing that makes other steps. One that is no longer finite goes on being
    computed, and has no say in the others.
    """

    def __init__(self, experiments: Sequence[Experiment], states: Sequence[TrainingState], executor: Executor) -> None:
        """`states` are the runs' starts, as `run_start` has them; `executor` is that of the first experiment."""
        first, self.runs = experiments[0], len(experiments)
        self._executor, program = executor, executor.program
        self.iteration = states[0].iteration
        like = states[0].values[program.parameters[0]]
        # Without room between the values: how rows are added up may differ from the trace's in the last bit.
        layout = Layout.of(first, program, states[0], ALIGNMENT)
        epochs = Epochs(first.data, self._executor.batches) if first.data.inputs else None
        by_terms = like.device.type == "cpu" and _is_small(first, states[0])
        shape = (self.runs, layout.state.end)
        values = like.new_zeros(shape[::-1]).t() if by_terms else like.new_zeros(shape)
        self._memory = HeatMemory(self._executor, layout, values, epochs, by_terms)
        for ref in program.carried:
            if ref not in layout.scalars:
                torch.stack([state.values[ref] for state in states], out=self._memory.view(layout.spans[ref]))
        self._numbers = self._first_numbers(experiments, states)
        self._steps = {True: self._numbers_of(experiments, self._memory.layout.steps)}
        if program.waiting:
            self._steps[False] = self._numbers_of(experiments, self._memory.layout.waiting)
        self._compiled: dict[tuple[int, bool], BatchedIteration] = {}

    def _first_numbers(
        self, experiments: Sequence[Experiment], states: Sequence[TrainingState]
    ) -> dict[ValueRef, RunNumber]:
        program = self._executor.program
        settings = [optimizer_settings(each, program) for each in experiments]
        found = {ref: same_or_each(each[ref].item() for each in settings) for ref in settings[0]}
        for kept in dict.fromkeys(self._memory.layout.scalars.values()):
            member = next(ref for ref, other in self._memory.layout.scalars.items() if other == kept)
            found[kept] = same_or_each(state.values[member].item() for state in states)
        return found

    def _numbers_of(self, experiments: Sequence[Experiment], steps: Sequence[MicroStep]) -> RunNumberSteps:
        own = []
        if len(set(map(_schedule_key, experiments))) > 1:
            own = [
                {
                    step.writes: step.compute.number
                    for step in schedule_steps(each)
                    if isinstance(step.compute, Scheduled)
                }
                for each in experiments
            ]
        return RunNumberSteps(steps, self._numbers, own)

    @property
    def goes_by_terms(self) -> bool:
        """Whether products of matrices are made term by term, with the runs side by side in memory."""
        return self._memory.by_terms

    def parameters(self, run: int) -> dict[ValueRef, Tensor]:
        """Return a run's parameters as they are now."""
        layout, values = self._memory.layout, self._memory.values[run]
        return {ref: view(values, layout.spans[ref]).clone() for ref in self._executor.program.parameters}

    def run(self, iterations: int) -> Tensor:
        """Compute so many iterations; return each one's losses, (iterations, runs), float64, on the CPU.

        Where a run's numbers are not all finite any more its loss is NaN.
        """
        use_threads(self._executor.threads)
        end, found = self.iteration + iterations, list[Tensor]()
        with torch.inference_mode(), without_profiling():
            while self.iteration < end:
                found.append(self._run_alike(end - self.iteration))
        return torch.cat(found)

    def _run_alike(self, most: int) -> Tensor:
        """Compute iterations that are the same calls, at most so many."""
        program, at = self._executor.program, self.iteration
        count, place, rows = min(most, LONGEST_CHUNK), 0, 0
        batch: tuple[Tensor, ...] = ()
        if self._memory.epochs is not None:
            rows, inputs, targets = self._memory.epochs.batch(at)
            batch = inputs, targets
            place, count = self._memory.epochs.following(at, program.alike(at, count))
        has_update = program.at(at) is program
        steps = self._steps[has_update]
        if steps.late:
            # What comes next depends on the losses of this one.
            count = 1
        columns = [self._advanced(steps, at + n) for n in range(count)]
        compiled = self._compiled.get((rows, has_update))
        if compiled is None:
            # What is made in inference mode hands operations to the recorder that are not taken apart.
            with torch.inference_mode(False), torch.no_grad():
                compiled = BatchedIteration(self._memory, has_update, steps, batch, columns[0])
            self._compiled[rows, has_update] = compiled
        losses = compiled.run(IterationRange(at, place, 0, count, tested=False), columns)
        if steps.late:
            values = {**columns[0], program.loss: tuple(losses[0].tolist()), refs.ITERATION: float(at)}
            steps.compute(steps.late, values)
            self._hand_on(values)
        self.iteration += count
        return losses

    def _advanced(self, steps: RunNumberSteps, iteration: int) -> dict[ValueRef, RunNumber]:
        """Return the numbers of an iteration, and hand on what comes after it."""
        values = {**self._numbers, refs.ITERATION: float(iteration)}
        steps.compute(steps.early, values)
        if not steps.late:
            self._hand_on(values)
        return values

    def _hand_on(self, values: dict[ValueRef, RunNumber]) -> None:
        for ref in self._numbers:
            self._numbers[ref] = values.get(refs.next_value(ref), values[ref])


def _is_small(experiment: Experiment, state: TrainingState) -> bool:
    """Return whether products by terms are quicker."""
    sizes = [value.numel() for value in state.values.values() if value.dim() > 1]
    rows = experiment.data.batch_size or experiment.data.training_rows
    return max(sizes, default=0) <= MOST_WEIGHTS and rows <= MOST_ROWS


def run_start(experiment: Experiment, program: Program) -> TrainingState:
    """Return what a run starts from; `program` is that of another run with the same steps."""
    return initial_state(experiment, replace(program, memory=initial_values(experiment)))


def _schedule_key(experiment: Experiment) -> object:
    return repr(schedule_settings(experiment)) if experiment.scheduler is not None else None


def _scheduled(experiment: Experiment) -> dict[ValueRef, Callable[..., float]]:
    """Return what a run's own schedule computes, by what it writes."""
    steps = ((step.writes, step.compute) for step in schedule_steps(experiment))
    return {writes: compute.number for writes, compute in steps if isinstance(compute, Scheduled)}
