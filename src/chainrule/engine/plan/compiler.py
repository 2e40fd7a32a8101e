"""From a program to what a backend runs: each step recorded, and made again in a plan's arena."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.kernels.scalars import new_scalar
from chainrule.engine.plan.arena import Arena, view
from chainrule.engine.plan.backends.backend import Backend, Feed, IterationCalls, IterationRange, LossOfTestRows, Runner
from chainrule.engine.plan.calls import BoundCall, tensors_in
from chainrule.engine.plan.carried_scalars import CarriedScalars
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.layout import Layout
from chainrule.engine.plan.recorded_calls import RecordedCalls
from chainrule.engine.plan.scalar_columns import RangeColumns, ScalarColumns
from chainrule.engine.plan.varying_numbers import CaseValues, ScalarReaders, VaryingNumbers
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor


@dataclass(frozen=True, slots=True)
class IterationKind:
    """What iterations have in common that are the same calls.

    That is the size of their batch, whether an update follows it, and the `cases` of what goes by scalars.
    """

    rows: int
    has_update: bool
    cases: CaseValues = ()


def has_columns(device: torch.device) -> bool:
    """Return whether scalars are computed for a chunk at once: a GPU replays by itself what it was given once."""
    return device.type == "cpu"


class PlanParts:
    """What all iterations of a plan share: its program and layout, its memory, its batches and its scalars.

    `columns` are the scalars that are known before the tensors, and `readers` the steps that read those, of iterations
    with an update and of those without. Only a backend that records its calls has use for them.
    """

    def __init__(
        self, executor: Executor, layout: Layout, arena: Arena, epochs: Epochs, scalars: CarriedScalars, records: bool
    ) -> None:
        self.executor, self.program = executor, executor.program
        self.layout, self.arena, self.epochs, self.scalars = layout, arena, epochs, scalars
        self.written = {step.writes for step in (*layout.steps, *layout.waiting)}
        # What is carried is written by way of its next value.
        self.replaced = {
            following: span for ref, span in layout.spans.items() if (following := refs.next_value(ref)) in self.written
        }
        settings = {ref: value.item() for ref, value in executor.settings.items()}
        steady = {ref: scalars.now[ref] for ref in scalars.refs if refs.next_value(ref) not in self.written}
        self.constants = settings | steady
        in_columns = records and has_columns(arena.values.device)
        changing = [ref for ref in scalars.refs if ref not in steady] if in_columns else []
        steps = {True: layout.steps, False: layout.waiting}
        self.columns = {
            has_update: ScalarColumns(found if in_columns else (), changing, self.constants)
            for has_update, found in steps.items()
        }
        self.readers = {
            has_update: ScalarReaders(found, self.columns[has_update], self.constants)
            for has_update, found in steps.items()
        }

    def state(self, iteration: int) -> TrainingState:
        """Return what an iteration starts from that comes next, as tensors of its own."""
        numbers, copy = self.scalars.now, self.arena.values.clone()
        values = {
            ref: new_scalar(numbers[self.layout.scalars[ref]])
            if ref in self.layout.scalars
            else view(copy, self.layout.spans[ref])
            for ref in self.program.carried
        }
        return TrainingState(iteration, values)

    def finishing_calls(self) -> list[BoundCall]:
        """Return the calls that come after an iteration's own: what is looked at of it is computed from the arena."""
        arena, layout = self.arena, self.layout
        loss = arena.view(layout.spans[self.program.loss])
        found: list[BoundCall] = []
        if layout.operators.shape[0]:
            # The loss becomes NaN where an operator's value is not finite, however finite all is that is made of it.
            # So the chunk is seen not to be finite, and computed again by the trace, which stops at that operator.
            check = arena.view(layout.check).reshape(())
            found.append(partial(torch.sum, arena.view(layout.operators), [0], out=check))
            found.append(partial(torch.add, loss, check, alpha=0, out=loss))
        if arena.gives_norms:
            # The norms of the gradients, as a history records them, and the loss.
            summary = arena.summary.unbind(0)
            for place, gradient in zip(summary[1:], self.program.gradients, strict=True):
                found.append(partial(torch.linalg.vector_norm, arena.view(layout.spans[gradient]), out=place))
            found.append(partial(summary[0].copy_, loss))
        return found

    def test_calls(self) -> LossOfTestRows | None:
        """Record the computation of the test rows' loss; None where no rows are held back."""
        evaluator = self.executor.evaluator
        if not evaluator.has_test:
            return None
        inputs, targets = self.executor.batches.test()
        values = {refs.INPUT: inputs, refs.TARGET: targets}
        values |= {ref: self.arena.view(self.layout.spans[ref]) for ref in self.program.parameters}
        recorded = RecordedCalls(values, {refs.INPUT, refs.TARGET}, {}, {})
        for step in evaluator.steps:
            recorded.add(step, free=True)
        return LossOfTestRows(recorded.calls, recorded.values[refs.LOSS], self.arena.test_loss_views)


class CompiledIteration:
    """One kind of iteration, for a backend to run. What carried scalars are `now` it starts from."""

    def __init__(
        self,
        parts: PlanParts,
        kind: IterationKind,
        batch: tuple[Tensor, Tensor],
        columns: RangeColumns,
        backend: Backend,
    ) -> None:
        """Compile for batches like this one; what the arena holds is put back afterwards."""
        self._parts, self._kind = parts, kind
        self._columns = parts.columns[kind.has_update]
        inputs, targets = batch
        if not parts.epochs.is_fixed:
            inputs, targets = (torch.empty_like(rows).copy_(rows) for rows in batch)
        self._batch = inputs, targets
        self._numbers = VaryingNumbers(parts.readers[kind.has_update], kind.cases, columns, parts.arena.values)
        self._values: dict[ValueRef, Tensor] = {}
        before = parts.arena.values.clone()
        self._runner: Runner = backend.runner(self)
        parts.arena.values.copy_(before)

    @property
    def runner(self) -> Runner:
        """What runs it."""
        return self._runner

    @property
    def operations(self) -> int:
        """How many calls it is."""
        return len(self.recorded.calls)

    def run(self, iterations: IterationRange, columns: RangeColumns) -> None:
        """Compute a range of iterations in which the known scalars are those columns."""
        self._numbers.fill(columns)
        self._runner.run(iterations)
        self._parts.scalars.extend(self._columns.after(columns))

    def tensors(self) -> list[Tensor]:
        """Return the tensors that it works on."""
        used = self._used if "recorded" in self.__dict__ else self._values.values()
        return [*self._batch, *self._numbers.tensors(), *used]

    @cached_property
    def _used(self) -> list[Tensor]:
        """One tensor for each memory that the calls work on: it stays theirs, and each frame of a run asks for it."""
        found = [*tensors_in(self.recorded.calls), *self._values.values()]
        return list({tensor.untyped_storage().data_ptr() or id(tensor): tensor for tensor in found}.values())

    # -------------------------------------------------------------------------------------------- by the trace

    def trace(self, iterations: IterationRange, place: int) -> None:
        """Compute one iteration of a range by the trace, and keep of it what the calls would."""
        parts, row = self._parts, iterations.row + place
        executor, arena, layout = parts.executor, parts.arena, parts.layout
        state = parts.state(iterations.iteration + place)
        if iterations.tested:
            arena.test_loss_views[row].copy_(executor.evaluator.evaluate(state.values, "test").loss)
        values = executor.values(state)
        for ref, span in layout.spans.items():
            found = values.get(refs.next_value(ref), values.get(ref))
            if found is not None:
                arena.view(span).copy_(found)
        for call in parts.finishing_calls():
            call()
        arena.row_views[row].copy_(arena.kept)
        following = {kept: values.get(refs.next_value(ref)) for ref, kept in layout.scalars.items()}
        now = parts.scalars.now
        parts.scalars.advance([(r, now[r] if found is None else found.item()) for r, found in following.items()])

    # --------------------------------------------------------------------------------------- as recorded calls

    @cached_property
    def recorded(self) -> IterationCalls:
        """The iteration as calls."""
        parts = self._parts
        stepwise = {ref: new_scalar(parts.scalars.now[ref]) for ref in parts.scalars.refs if self._is_stepwise(ref)}
        recorded = self._recorded(self._first_values(stepwise))
        self._values = recorded.values
        calls = [*recorded.calls, *parts.finishing_calls(), *recorded.last]
        if stepwise:
            calls = [self._taking(stepwise), *calls, self._advancing(list(stepwise), recorded.values)]
        feeds = self._numbers.feeds()
        if not parts.epochs.is_fixed:
            pairs = zip(self._batch, parts.epochs.batches, strict=True)
            feeds += [Feed(tensor, rows, by_batch=True) for tensor, rows in pairs]
        arena = parts.arena
        return IterationCalls(calls, feeds, self._numbers.in_use, arena.kept, arena.row_views, parts.test_calls())

    def _is_stepwise(self, ref: ValueRef) -> bool:
        """Return whether a carried scalar depends on tensors, so that each iteration computes it with these."""
        return ref not in self._parts.constants and ref not in self._columns.known

    def _first_values(self, stepwise: Mapping[ValueRef, Tensor]) -> dict[ValueRef, Tensor]:
        """Return what the steps read that no step writes."""
        parts, (inputs, targets) = self._parts, self._batch
        values = {refs.INPUT: inputs, refs.TARGET: targets}
        values |= {ref: new_scalar(number) for ref, number in parts.constants.items()}
        values |= {ref: parts.arena.view(span) for ref, span in parts.layout.spans.items()}
        return values | self._numbers.whole | dict(stepwise)

    def _recorded(self, values: dict[ValueRef, Tensor]) -> RecordedCalls:
        parts, steps = self._parts, self._steps
        constant = {*parts.constants, *((refs.INPUT, refs.TARGET) if parts.epochs.is_fixed else ())}
        spans = parts.layout.spans
        # The memory of each value that a step writes there and nowhere else.
        targets = {ref: parts.arena.view(spans[ref]) for ref in parts.written if ref in spans}
        replaced = {ref: parts.arena.view(span) for ref, span in parts.replaced.items()}
        recorded = RecordedCalls(values, constant, targets, replaced, self._numbers.by_mark)
        for index, step in enumerate(steps):
            recordable = self._numbers.recordable(step)
            recorded.add(recordable, free=self._is_free(steps, index), settled=recordable is not step)
        return recorded

    @cached_property
    def _steps(self) -> list[MicroStep]:
        """The steps but for those whose scalars are known."""
        steps = self._parts.layout.steps if self._kind.has_update else self._parts.layout.waiting
        return [step for step in steps if step.writes not in self._columns.written]

    def _is_free(self, steps: Sequence[MicroStep], index: int) -> bool:
        """Return whether no later step reads what a step's target still holds."""
        span, spans = self._parts.replaced.get(steps[index].writes), self._parts.layout.spans
        later = (spans[ref] for step in steps[index + 1 :] for ref in step.reads if ref in spans)
        return span is None or not any(span.overlaps(other) for other in later)

    def _taking(self, stepwise: Mapping[ValueRef, Tensor]) -> BoundCall:
        """Return a call that takes what carried scalars are now."""
        now, places = self._parts.scalars.now, [(ref, tensor.fill_) for ref, tensor in stepwise.items()]

        def call() -> None:
            for ref, fill in places:
                fill(now[ref])

        return call

    def _advancing(self, stepwise: Sequence[ValueRef], values: Mapping[ValueRef, Tensor]) -> BoundCall:
        """Return a call that hands carried scalars on."""
        advance = self._parts.scalars.advance
        pairs = [(ref, following if (following := refs.next_value(ref)) in values else ref) for ref in stepwise]
        return lambda: advance([(ref, values[following].item()) for ref, following in pairs])
