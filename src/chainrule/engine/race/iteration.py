"""One iteration of many runs: batched steps, recorded and made quick by what makes those of a single run quick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.optimizers import Update
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan.arena import LONGEST_CHUNK
from chainrule.engine.plan.backends import quickest
from chainrule.engine.plan.backends.backend import Feed, IterationCalls, IterationRange
from chainrule.engine.plan.calls import BoundCall
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.layout import Layout, Span
from chainrule.engine.plan.recorded_calls import RecordedCalls
from chainrule.engine.program.program import updates_by_parameter
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.race.batched_steps import StepBatcher
from chainrule.engine.race.run_numbers import RunNumber, RunNumberSteps, of_each
from chainrule.engine.trace import Executor


@dataclass(frozen=True, slots=True, eq=False)
class HeatMemory:
    """What the iterations of a heat work in: the values of each run, (runs, layout), and the rows of each iteration.

    Where `by_terms`, one value's numbers of all runs lie side by side in memory, else those of one run.
    """

    executor: Executor
    layout: Layout
    values: Tensor
    epochs: Epochs | None
    by_terms: bool

    def view(self, span: Span) -> Tensor:
        """Return the values of a span, with the runs in front."""
        return self.values[:, span.start : span.end].view(len(self.values), *span.shape)

    def choices(self) -> dict[ValueRef, Choice]:
        """Return the optimizer of each update, by what it writes."""
        program, found = self.executor.program, dict[ValueRef, Choice]()
        trained = [program.values[gradient].owner.ref for gradient in program.gradients]
        of = {ref: choice for ref, (choice, _) in updates_by_parameter(self.executor.experiment, trained).items()}
        groups = {group.members[0]: group for group in self.layout.groups}
        for step in program.steps:
            value = program.values[step.writes]
            if isinstance(step.entry, Update):
                owner = value.owner.ref
                found[groups[owner].shared_ref(value) if owner in groups else step.writes] = of[owner]
        return found


class BatchedIteration:
    """Iterations of one kind: with batches of one size, with an update or without."""

    def __init__(
        self,
        memory: HeatMemory,
        has_update: bool,
        number_steps: RunNumberSteps,
        batch: tuple[Tensor, ...],
        numbers: Mapping[ValueRef, RunNumber],
    ) -> None:
        """Compile them for batches like this one; `numbers` are those of the iteration that comes next."""
        self._memory, layout = memory, memory.layout
        written = number_steps.written
        self._steps = [s for s in (layout.steps if has_update else layout.waiting) if s.writes not in written]
        if memory.epochs is not None and not memory.epochs.is_fixed:
            batch = tuple(torch.empty_like(rows).copy_(rows) for rows in batch)
        self._batch = dict(zip((refs.INPUT, refs.TARGET), batch, strict=False))
        runs, like = len(memory.values), memory.values
        read = {ref for step in self._steps for ref in step.reads}
        fed = [ref for ref in numbers if ref in read]
        changing = {*written, refs.ITERATION, *(ref for ref in numbers if refs.next_value(ref) in written)}
        self._constants = {ref: _tensor(numbers[ref], like) for ref in fed if ref not in changing}
        self._fed = [ref for ref in fed if ref in changing]
        self._present = like.new_zeros(len(self._fed), runs)
        self._rows = like.new_zeros(LONGEST_CHUNK, len(self._fed), runs)
        # The losses, and a sum that is finite where all is that is looked at.
        self._kept = like.new_zeros(2, runs)
        self._kept_rows = like.new_zeros(LONGEST_CHUNK, 2, runs)
        self._fill([numbers])
        self._present.copy_(self._rows[0])
        before = like.clone()
        self._runner = quickest(like.device).runner(self)
        like.copy_(before)

    def run(self, iterations: IterationRange, numbers: Sequence[Mapping[ValueRef, RunNumber]]) -> Tensor:
        """Compute a range with those numbers for each iteration; return the losses, (n, runs), NaN where not finite."""
        self._fill(numbers)
        self._runner.run(iterations)
        kept = self._kept_rows[: iterations.count].to("cpu", torch.float64)
        return torch.where(kept.isfinite().all(1), kept[:, 0], torch.nan)

    def _fill(self, numbers: Sequence[Mapping[ValueRef, RunNumber]]) -> None:
        runs = self._rows.shape[2]
        for place, ref in enumerate(self._fed):
            column = [each[ref] for each in numbers]
            if any(isinstance(found, tuple) for found in column):
                rows = torch.tensor([of_each(found, runs) for found in column], dtype=torch.float64)
            else:
                rows = torch.tensor(column, dtype=torch.float64)[:, None]
            self._rows[: len(column), place] = rows.to(self._rows)

    @cached_property
    def recorded(self) -> IterationCalls:
        """The iteration as calls."""
        memory, layout = self._memory, self._memory.layout
        is_fixed = memory.epochs is None or memory.epochs.is_fixed
        constants = {*self._constants, *(self._batch if is_fixed else ())}
        written = {step.writes for step in self._steps}
        targets = {ref: memory.view(layout.spans[ref]) for ref in written if ref in layout.spans}
        carried = {refs.next_value(ref): span for ref, span in layout.spans.items() if refs.next_value(ref) in written}
        replaced = {ref: memory.view(span) for ref, span in carried.items()}
        recorded = RecordedCalls(self._first_values(), constants, targets, replaced)
        for index, step in enumerate(steps := self._batched):
            span = carried.get(step.writes)
            later = (layout.spans[ref] for other in steps[index + 1 :] for ref in other.reads if ref in layout.spans)
            recorded.add(step, free=span is None or not any(span.overlaps(other) for other in later))
        self._values = recorded.values
        calls = [*recorded.calls, *recorded.last, *self._finishing_calls(recorded.values)]
        feeds = [Feed(self._present, self._rows.unbind(0), by_batch=False)] if self._fed else []
        if not is_fixed and memory.epochs is not None:
            pairs = zip(self._batch.values(), memory.epochs.batches, strict=True)
            feeds += [Feed(tensor, rows, by_batch=True) for tensor, rows in pairs]
        return IterationCalls(calls, feeds, (), self._kept, self._kept_rows.unbind(0))

    def trace(self, iterations: IterationRange, place: int) -> None:
        """Compute one iteration of a range step by step, where nothing can be recorded."""
        memory, layout = self._memory, self._memory.layout
        self._present.copy_(self._rows[place])
        if memory.epochs is not None and not memory.epochs.is_fixed:
            for tensor, rows in zip(self._batch.values(), memory.epochs.batches, strict=True):
                tensor.copy_(rows[iterations.batch + place])
        values = self._first_values()
        for step in self._batched:
            values[step.writes] = step.compute(*[values[ref] for ref in step.reads])
        for ref, span in layout.spans.items():
            found = values.get(refs.next_value(ref), values.get(ref))
            if found is not None:
                memory.view(span).copy_(found)
        for call in self._finishing_calls(values):
            call()
        self._kept_rows[iterations.row + place].copy_(self._kept)

    def _first_values(self) -> dict[ValueRef, Tensor]:
        """Return what the steps read that no step writes."""
        memory = self._memory
        values = {ref: memory.view(span) for ref, span in memory.layout.spans.items()}
        return {
            **values,
            **self._batch,
            **self._constants,
            **dict(zip(self._fed, self._present.unbind(0), strict=True)),
        }

    @cached_property
    def _batched(self) -> list[MicroStep]:
        memory, numbers = self._memory, {*self._constants, *self._fed}
        of_runs = {*numbers, *memory.layout.spans} - {step.writes for step in self._steps}
        kept = {ref: memory.view(span).shape for ref, span in memory.layout.spans.items()}
        batcher = StepBatcher(memory.executor.experiment, memory.choices(), kept, of_runs, numbers, memory.by_terms)
        return [batcher.batched(step) for step in self._steps]

    def _finishing_calls(self, values: Mapping[ValueRef, Tensor]) -> list[BoundCall]:
        """Return what keeps the losses, and a sum of all: that is finite where each number is."""
        memory = self._memory
        losses, check = self._kept.unbind(0)
        loss = memory.layout.spans[memory.executor.program.loss]
        return [partial(losses.copy_, memory.view(loss)), partial(torch.sum, memory.values, [1], out=check)]


def _tensor(found: RunNumber, like: Tensor) -> Tensor:
    return torch.tensor(of_each(found, len(like)), dtype=torch.float64).to(like)
