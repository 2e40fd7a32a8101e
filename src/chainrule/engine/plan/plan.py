"""A plan: a program compiled for iterations whose micro-steps nobody looks at.

It makes the operations of the program's steps, in memory that is laid out once, and hands out what a history keeps of
each iteration. On the CPU its numbers are those of `Executor`, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from chainrule.engine.machine.threads import use_threads
from chainrule.engine.plan.arena import LONGEST_CHUNK, Arena
from chainrule.engine.plan.backends import Backend, quickest
from chainrule.engine.plan.backends.backend import IterationRange
from chainrule.engine.plan.carried_scalars import CarriedScalars
from chainrule.engine.plan.chunk import Chunk, ChunkReader
from chainrule.engine.plan.compiler import CompiledIteration, IterationKind, PlanParts
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.layout import Layout
from chainrule.engine.plan.scalar_columns import RangeColumns
from chainrule.engine.plan.torch_private import without_profiling
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor

# Fewer iterations are done sooner by the trace than a plan for them is made.
FEWEST_ITERATIONS = 32


class Plan:
    """Runs iterations of an executor's experiment from a state on."""

    def __init__(self, executor: Executor, state: TrainingState, backend: Backend | None = None) -> None:
        """Lay it out; the quickest backend runs it unless another is given."""
        self._executor, self._program = executor, executor.program
        like = state.values[self._program.parameters[0]]
        self.backend = backend or quickest(like.device)
        layout = Layout.of(executor.experiment, self._program, state, like.element_size())
        self._arena = Arena(layout, len(self._program.gradients), like)
        self._epochs = Epochs(executor.experiment.data, executor.batches)
        self._scalars = CarriedScalars(layout.scalars)
        self._scalars.load(state.values)
        records = self.backend.records
        self._parts = PlanParts(executor, layout, self._arena, self._epochs, self._scalars, records)
        self._chunks = ChunkReader(self._parts)
        self._compiled: dict[IterationKind, CompiledIteration] = {}
        self.load(state)

    @property
    def iteration(self) -> int:
        """The iteration that comes next."""
        return self._iteration

    @property
    def gives_norms(self) -> bool:
        """Whether gradients are handed out as their norms, and states once a chunk: there are too many numbers."""
        return self._arena.gives_norms

    @property
    def operations(self) -> int:
        """How many calls an iteration makes, for the batches that were met so far."""
        return max(compiled.operations for compiled in self._compiled.values())

    @property
    def compiled(self) -> Mapping[IterationKind, CompiledIteration]:
        """What was compiled so far."""
        return self._compiled

    def tensors(self) -> Iterator[Tensor]:
        """Give all memory that it works in."""
        yield from self._arena.tensors()
        yield from self._epochs.tensors()
        for compiled in self._compiled.values():
            yield from compiled.tensors()

    def fits(self, state: TrainingState) -> bool:
        """Return whether this plan can go on from a state: scalars that it keeps as one are equal there."""
        return self._scalars.fits(state.values)

    def load(self, state: TrainingState) -> None:
        """Go on from a state, which must fit."""
        self._iteration = state.iteration
        self._scalars.load(state.values)
        layout = self._parts.layout
        with torch.inference_mode():
            for ref in self._program.carried:
                if ref not in layout.scalars:
                    self._arena.view(layout.spans[ref]).copy_(state.values[ref])

    def state(self) -> TrainingState:
        """Return what the next iteration starts from."""
        return self._parts.state(self._iteration)

    def run(self, iterations: int) -> Chunk:
        """Compute at most so many iterations, and at least one; what is handed out is written over by the next run."""
        use_threads(self._executor.threads)
        first, count = self._iteration, min(iterations, LONGEST_CHUNK)
        tested: list[float | None] = []
        self._scalars.begin_chunk()
        # What a function would gain by being made quicker is lost to the making.
        with torch.inference_mode(), without_profiling():
            while (done := self._iteration - first) < count:
                tested += self._run_alike(done, count - done)
            return self._chunks.read(first, count, tested)

    @classmethod
    def proven(cls, executor: Executor, state: TrainingState) -> Plan | None:
        """Make a plan to go on from a state; None where this machine computes other numbers by it than by the trace."""
        plan, program = cls(executor, state), executor.program
        # Of the iterations that come next, one with an update, and one without, where some have none.
        kinds = (0, program.alike(state.iteration, program.accumulate)) if program.waiting else (0,)
        if not all(plan._agrees(TrainingState(state.iteration + place, state.values)) for place in kinds):
            return None
        plan.load(state)
        return plan

    def _agrees(self, state: TrainingState) -> bool:
        """Return whether an iteration, from whose state the plan is to go on, is the trace's but for rounding."""
        self.load(state)
        chunk = self.run(1)
        values, following = self._executor.advance(state)
        ours = {**self.state().values, self._program.loss: chunk.losses[0]}
        theirs = {**following.values, self._program.loss: values[self._program.loss].cpu()}
        return all(_close(value, theirs[ref]) for ref, value in ours.items())

    def _run_alike(self, row: int, most: int) -> list[float | None]:
        """Compute at most so many iterations that are the same calls, kept from a row on; the losses of test rows."""
        at = self._iteration
        rows, inputs, targets = self._epochs.batch(at)
        place, count = self._epochs.following(at, self._program.alike(at, most))
        is_tested, count = self._tested(count)
        has_update = self._program.at(at) is self._program
        columns = self._parts.columns[has_update].compute(self._scalars.now, at, count)
        cases = self._parts.readers[has_update].cases(columns, count)
        alike = next((n for n, other in enumerate(cases) if other != cases[0]), count)
        if alike < count:
            count, columns = alike, self._parts.columns[has_update].compute(self._scalars.now, at, alike)
        compiled = self._compiled_for(IterationKind(rows, has_update, cases[0]), (inputs, targets), columns)
        compiled.run(IterationRange(at, place, row, count, is_tested), columns)
        self._iteration += count
        if not self._executor.evaluator.has_test:
            return []
        return list(self._arena.test_losses[row : row + count].tolist()) if is_tested else [None] * count

    def _tested(self, most: int) -> tuple[bool, int]:
        """Return whether the test rows' loss is due at the next iteration, and for how many in a row that holds."""
        evaluator = self._executor.evaluator
        if not evaluator.has_test:
            return False, most
        is_tested = evaluator.is_tested(self._iteration)
        others = (n for n in range(1, most) if evaluator.is_tested(self._iteration + n) is not is_tested)
        return is_tested, next(others, most)

    def _compiled_for(
        self, kind: IterationKind, batch: tuple[Tensor, Tensor], columns: RangeColumns
    ) -> CompiledIteration:
        if kind not in self._compiled:
            # What is made in inference mode hands operations to the recorder that are not taken apart.
            with torch.inference_mode(False), torch.no_grad():
                found = CompiledIteration(self._parts, kind, batch, columns, self.backend)
            self._compiled[kind] = found
        return self._compiled[kind]


def _close(ours: Tensor, theirs: Tensor) -> bool:
    # Any that are not finite are equal, or neither is a number.
    rtol = 1e-12 if ours.dtype is torch.float64 else 1e-5
    return torch.allclose(ours, theirs, rtol=rtol, atol=rtol, equal_nan=True)
