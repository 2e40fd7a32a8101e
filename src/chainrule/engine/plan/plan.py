"""A plan: a program compiled for iterations whose micro-steps nobody looks at.

It makes the operations of the program's steps, in memory that is laid out once, and hands out what a history keeps of
each iteration. On the CPU its numbers are those of `Executor`, bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.jit._fuser import optimized_execution

from chainrule.catalog.schedules.schedule import rates
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.threads import use_threads
from chainrule.engine.plan.compiler import Compiled, Compiler
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.layout import lay_out
from chainrule.engine.plan.memory import LONGEST, Memory, view
from chainrule.engine.plan.scripts import Loop
from chainrule.engine.plan.tape import Call
from chainrule.engine.state import TrainingState, flattened
from chainrule.engine.trace import Executor

# Fewer iterations are done sooner by trace than a plan for them is made.
WORTHWHILE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What iterations from `first` on, in a row, have given, for n of them.

    `gradients` are (n, elements), each parameter's after the other, or (n, parameters), their norms, as
    `Plan.gives_norms` says. `states` are what follows each iteration, (n, carried), or the last alone, (1, carried):
    every carried value in the program's order. `rates` are the learning rates in the order of `schedule.rates`, and
    `tested` the losses of the test rows before each update, None where none is due.
    """

    first: int
    losses: Tensor
    gradients: Tensor
    states: Tensor
    rates: Sequence[tuple[float, ...]]
    tested: Sequence[float | None]


class Plan:
    """Runs iterations of an executor's experiment from a state on."""

    def __init__(self, executor: Executor, state: TrainingState) -> None:
        self._executor, self._program = executor, executor.program
        like = state.values[self._program.parameters[0]]
        self._layout = lay_out(executor.experiment, self._program, state, like.element_size())
        self._memory = Memory(self._layout, len(self._program.gradients), like)
        self._epochs = Epochs(executor.experiment.data, executor.batches)
        self._compiler = Compiler(executor, self._layout, self._memory, self._epochs)
        self._scalars = self._compiler.scalars
        self._rates = rates(executor.experiment)
        self._set = tuple(self._rates.values())
        self._has_test = executor.evaluator.has_test
        # By the size of a batch, and whether an update follows it.
        self._compiled: dict[tuple[int, bool], Compiled] = {}
        self._current: Compiled | None = None
        self._test: tuple[tuple[Call, ...], Tensor] | None = None
        self.load(state)

    @property
    def iteration(self) -> int:
        """The iteration that comes next."""
        return self._iteration

    @property
    def gives_norms(self) -> bool:
        """Whether gradients are handed out as their norms, and states once a stretch: there are too many numbers."""
        return self._memory.gives_norms

    @property
    def operations(self) -> int:
        """How many calls an iteration makes, for the batches that were met so far."""
        return max(compiled.operations for compiled in self._compiled.values())

    def tensors(self) -> Iterator[Tensor]:
        """Yield all memory that it works in."""
        yield from self._memory.tensors()
        yield from self._epochs.tensors()
        for compiled in self._compiled.values():
            yield from compiled.workspace

    def fits(self, state: TrainingState) -> bool:
        """Return whether this plan can go on from a state: scalars that it keeps as one are equal there."""
        first: dict[ValueRef, float] = {}
        numbers = {ref: state.values[ref].item() for ref in self._layout.scalars}
        return all(first.setdefault(kept, numbers[ref]) == numbers[ref] for ref, kept in self._layout.scalars.items())

    def load(self, state: TrainingState) -> None:
        """Go on from a state, which must fit."""
        self._iteration = state.iteration
        self._loaded = {kept: state.values[ref] for ref, kept in self._layout.scalars.items()}
        self._current = None
        with torch.inference_mode():
            for ref in self._program.carried:
                if ref not in self._layout.scalars:
                    self._memory.view(self._layout.spans[ref]).copy_(state.values[ref])

    def _numbers(self) -> dict[ValueRef, Tensor]:
        """Return the carried scalars as they are now."""
        return self._loaded if self._current is None else {ref: self._current.values[ref] for ref in self._scalars}

    def run(self, iterations: int) -> Stretch:
        """Compute at most so many iterations, and at least one; what is handed out is written over by the next run."""
        use_threads(self._executor.threads)
        first, count = self._iteration, min(iterations, LONGEST)
        used: list[tuple[float, ...]] = []
        scalars: list[list[float]] = []
        tested: list[float | None] = []
        # What a function would gain by being made quicker is lost to the making.
        with torch.inference_mode(), optimized_execution(False):
            while (done := self._iteration - first) < count:
                compiled = self._compiled_for(self._iteration)
                if compiled.loop is not None:
                    tested += self._several(compiled.loop, done, count - done)
                    continue
                if self._has_test:
                    tested.append(self._test_loss())
                values = self._iterate(compiled, self._memory.row_views[done])
                if self._compiler.schedules:
                    used.append(tuple([values[ref].item() if ref in values else lr for ref, lr in self._rates.items()]))
                for ref, following in compiled.advancing:
                    values[ref] = values[following]
                if self._scalars:
                    scalars.append([values[ref].item() for ref in self._scalars])
            return self._stretch(first, self._memory.rows[:count].cpu(), scalars, used or [self._set] * count, tested)

    @classmethod
    def proven(cls, executor: Executor, state: TrainingState) -> Plan | None:
        """Return a plan that goes on from a state.

        None where this machine's torch gives other numbers by it than by trace.
        """
        plan, program = cls(executor, state), executor.program
        # Of the iterations that come next, one with an update, and one without, where some have none.
        kinds = (0, program.alike(state.iteration, program.accumulate)) if program.waiting else (0,)
        if not all(plan._agrees(TrainingState(state.iteration + place, state.values)) for place in kinds):
            return None
        plan.load(state)
        return plan

    def _agrees(self, state: TrainingState) -> bool:
        """Return whether the iteration after a state, from which the plan is to go on,
        is the trace's but for rounding.
        """
        self.load(state)
        stretch = self.run(1)
        values, following = self._executor.advance(state)
        ours = {**self.state().values, self._program.loss: stretch.losses[0]}
        theirs = {**following.values, self._program.loss: values[self._program.loss].cpu()}
        return all(_close(value, theirs[ref]) for ref, value in ours.items())

    def state(self) -> TrainingState:
        """Return what the next iteration starts from."""
        numbers, copy = self._numbers(), self._memory.values.clone()
        values = {
            ref: numbers[self._layout.scalars[ref]]
            if ref in self._layout.scalars
            else view(copy, self._layout.spans[ref])
            for ref in self._program.carried
        }
        return TrainingState(self._iteration, values)

    def _compiled_for(self, iteration: int) -> Compiled:
        size, inputs, targets = self._epochs.batch(iteration)
        key = size, self._program.at(iteration) is self._program
        if key not in self._compiled:
            # What is made in inference mode hands operations to the recorder that are not taken apart.
            with torch.inference_mode(False), torch.no_grad():
                self._compiled[key] = self._compiler.compile(inputs, targets, self._numbers(), iteration)
        return self._compiled[key]

    def _several(self, loop: Loop, at: int, most: int) -> list[float | None]:
        """Compute at most so many iterations at once, kept from row `at` on; the losses of the test rows."""
        place, count = self._epochs.following(self._iteration, self._program.alike(self._iteration, most))
        tested = False
        if self._has_test:
            is_tested = self._executor.evaluator.is_tested
            tested = is_tested(self._iteration)
            others = range(1, count)
            count = next((n for n in others if is_tested(self._iteration + n) is not tested), count)
        loop.run(place, at, count, tested)
        self._iteration += count
        if not self._has_test:
            return []
        return self._memory.test_losses[at : at + count].tolist() if tested else [None] * count

    def _iterate(self, compiled: Compiled, row: Tensor) -> dict[ValueRef, Tensor]:
        """Compute the next iteration, and keep what is told of it in `row`."""
        values = compiled.values
        if compiled is not self._current:
            values.update(self._numbers())
            self._current = compiled
        if not self._epochs.is_fixed:
            _, inputs, targets = self._epochs.batch(self._iteration)
            compiled.inputs.copy_(inputs)
            compiled.targets.copy_(targets)
        if self._executor.counts:
            values[refs.ITERATION] = torch.scalar_tensor(self._iteration, dtype=torch.float64)
        for call in compiled.calls:
            call()
        row.copy_(self._memory.kept)
        self._iteration += 1
        return values

    def _test_loss(self) -> float | None:
        if not self._executor.evaluator.is_tested(self._iteration):
            return None
        if self._test is None:
            with torch.inference_mode(False), torch.no_grad():
                self._test = self._compiler.compile_test()
        calls, loss = self._test
        for call in calls:
            call()
        return loss.item()

    def _stretch(
        self,
        first: int,
        rows: Tensor,
        scalars: list[list[float]],
        used: list[tuple[float, ...]],
        tested: list[float | None],
    ) -> Stretch:
        if self.gives_norms:
            return Stretch(first, rows[:, 0], rows[:, 1:], flattened(self.state())[None], used, tested)
        losses, gradients, states = rows[:, 0], rows[:, self._gradient_places], rows[:, self._state_places]
        if self._scalars:
            # Promoted to float64 where the rest is float32: exact, and cast back exactly.
            states = torch.cat([states, torch.tensor(scalars, dtype=torch.float64)], 1)[:, self._state_order]
        return Stretch(first, losses, gradients, states, used, tested)

    def _places(self, wanted: Sequence[ValueRef]) -> Tensor:
        spans = [self._layout.spans[ref] for ref in wanted]
        return torch.cat([torch.arange(span.start, span.end) for span in spans] or [torch.empty(0, dtype=torch.long)])

    @cached_property
    def _gradient_places(self) -> Tensor:
        return self._places(self._program.gradients)

    @cached_property
    def _state_places(self) -> Tensor:
        return self._places([ref for ref in self._program.carried if ref not in self._layout.scalars])

    @cached_property
    def _state_order(self) -> Tensor:
        """Where each carried number is, in the program's order, in a row of all tensors and then the scalars."""
        tensors, place = len(self._state_places), 0
        parts = []
        for ref in self._program.carried:
            if ref in self._layout.scalars:
                parts.append(torch.tensor([tensors + self._scalars.index(self._layout.scalars[ref])]))
            else:
                size = math.prod(self._layout.spans[ref].shape)
                parts.append(torch.arange(place, place + size))
                place += size
        return torch.cat(parts)


def _close(ours: Tensor, theirs: Tensor) -> bool:
    # Any that are not finite are equal, or neither is a number.
    rtol = 1e-12 if ours.dtype is torch.float64 else 1e-5
    return torch.allclose(ours, theirs, rtol=rtol, atol=rtol, equal_nan=True)
