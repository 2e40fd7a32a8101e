"""A plan: a program compiled for iterations whose micro-steps nobody looks at.

It makes the operations of the program's steps, in memory that is laid out once, and hands out what a history keeps of
each iteration. On the CPU its numbers are those of `Executor`, bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor
from torch.jit._fuser import optimized_execution

from chainrule.engine import refs
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.graphs import captured
from chainrule.engine.plan.layout import Layout, Span, lay_out
from chainrule.engine.plan.scripts import Loop, NotScriptableError, scripted
from chainrule.engine.plan.tape import Call, Tape
from chainrule.engine.refs import ValueRef
from chainrule.engine.schedule import rates
from chainrule.engine.state import TrainingState, flattened
from chainrule.engine.trace import Executor

# Fewer iterations are done sooner by trace than a plan for them is made.
WORTHWHILE = 32
# Iterations of a stretch, at most: a millisecond or two of a small network's.
LONGEST = 64
# A memory of more numbers is not kept for each iteration: gradients are then reduced to their norms, and the state is
# handed out once, at the end of a stretch.
SMALL = 4096


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


@dataclass(slots=True, eq=False)
class _Prepared:
    """One iteration for batches of one size, whose rows are read from `inputs` and `targets`.

    It is its calls, or a turn of a loop where none of them is to be looked at between iterations.
    """

    inputs: Tensor
    targets: Tensor
    values: dict[ValueRef, Tensor]
    operations: int
    calls: tuple[Call, ...]
    loop: Loop | None


class Plan:
    """Runs iterations of an executor's experiment from a state on."""

    def __init__(self, executor: Executor, state: TrainingState) -> None:
        self._executor, self._program = executor, executor.program
        like = state.values[self._program.parameters[0]]
        self._layout: Layout = lay_out(executor.experiment, self._program, state, like.element_size())
        self._memory = torch.zeros(self._layout.state.end, dtype=like.dtype, device=like.device)
        self._epochs = Epochs(executor.experiment.data, executor.batches)
        self.gives_norms = len(self._memory) > SMALL
        # The loss, and the norm of each gradient: what is kept of an iteration where all would be too much.
        self._told = self._memory.new_zeros(1 + len(self._program.gradients))
        self._kept = self._told if self.gives_norms else self._memory
        self._rows = self._memory.new_zeros(LONGEST, len(self._kept))
        self._row_views = self._rows.unbind(0)
        self._test_losses = self._memory.new_zeros(LONGEST)
        self._rates = rates(executor.experiment)
        self._set = tuple(self._rates.values())
        self._schedules = any(ref in self._program.memory for ref in self._rates)
        self._has_test = executor.evaluator.has_test
        self._scalars = list(dict.fromkeys(self._layout.scalars.values()))
        written = {step.writes for step in self._layout.steps}
        self._advancing = [(ref, refs.next_value(ref)) for ref in self._scalars if refs.next_value(ref) in written]
        self._loops = like.device.type == "cpu" and not (self._schedules or self._scalars or executor.counts)
        self._prepared: dict[int, _Prepared] = {}
        self._current: _Prepared | None = None
        self._test: tuple[tuple[Call, ...], Tensor] | None = None
        self.load(state)

    # ------------------------------------------------------------------------------------------------- running

    @property
    def iteration(self) -> int:
        """The iteration that comes next."""
        return self._iteration

    @property
    def operations(self) -> int:
        """How many calls an iteration makes, for the batches that were met so far."""
        return max(prepared.operations for prepared in self._prepared.values())

    def fits(self, state: TrainingState) -> bool:
        """Whether this plan can go on from a state: scalars that it keeps as one are equal there."""
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
                    self._view(self._layout.spans[ref]).copy_(state.values[ref])

    def _numbers(self) -> dict[ValueRef, Tensor]:
        """The carried scalars as they are now."""
        return self._loaded if self._current is None else {ref: self._current.values[ref] for ref in self._scalars}

    def run(self, iterations: int) -> Stretch:
        """Compute at most so many iterations, and at least one; what is handed out is written over by the next run."""
        first, count = self._iteration, min(iterations, LONGEST)
        used: list[tuple[float, ...]] = []
        scalars: list[list[float]] = []
        tested: list[float | None] = []
        # What a function would gain by being made quicker is lost to the making.
        with torch.inference_mode(), optimized_execution(False):
            while (done := self._iteration - first) < count:
                prepared = self._prepared_for(self._iteration)
                if prepared.loop is not None:
                    tested += self._several(prepared.loop, done, count - done)
                    continue
                if self._has_test:
                    tested.append(self._test_loss())
                values = self._iterate(prepared, self._row_views[done])
                if self._schedules:
                    used.append(tuple([values[ref].item() if ref in values else lr for ref, lr in self._rates.items()]))
                for ref, following in self._advancing:
                    values[ref] = values[following]
                if self._scalars:
                    scalars.append([values[ref].item() for ref in self._scalars])
            return self._stretch(first, self._rows[:count].cpu(), scalars, used or [self._set] * count, tested)

    @classmethod
    def proven(cls, executor: Executor, state: TrainingState) -> Plan | None:
        """A plan that goes on from a state; None where this machine's torch gives other numbers by it than by trace."""
        plan = cls(executor, state)
        if not plan._agrees(state):
            return None
        plan.load(state)
        return plan

    def _agrees(self, state: TrainingState) -> bool:
        """Whether the iteration after a state, from which the plan is to go on, is the trace's but for rounding."""
        stretch = self.run(1)
        values, following = self._executor.advance(state)
        ours = {**self.state().values, refs.LOSS: stretch.losses[0]}
        theirs = {**following.values, refs.LOSS: values[refs.LOSS].cpu()}
        return all(_close(value, theirs[ref]) for ref, value in ours.items())

    def state(self) -> TrainingState:
        """What the next iteration starts from."""
        numbers, copy = self._numbers(), self._memory.clone()
        values = {
            ref: numbers[self._layout.scalars[ref]]
            if ref in self._layout.scalars
            else _view(copy, self._layout.spans[ref])
            for ref in self._program.carried
        }
        return TrainingState(self._iteration, values)

    def _prepared_for(self, iteration: int) -> _Prepared:
        size, inputs, targets = self._epochs.batch(iteration)
        prepared = self._prepared.get(size)
        if prepared is None:
            # What is made in inference mode hands operations to the recorder that are not taken apart.
            with torch.inference_mode(False), torch.no_grad():
                prepared = self._prepare(inputs, targets)
        return prepared

    def _several(self, loop: Loop, at: int, most: int) -> list[float | None]:
        """Compute at most so many iterations at once, kept from row `at` on; the losses of the test rows."""
        place, count = self._epochs.following(self._iteration, most)
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
        return self._test_losses[at : at + count].tolist() if tested else [None] * count

    def _iterate(self, prepared: _Prepared, row: Tensor) -> dict[ValueRef, Tensor]:
        """Compute the next iteration, and keep what is told of it in `row`."""
        values = prepared.values
        if prepared is not self._current:
            values.update(self._numbers())
            self._current = prepared
        if not self._epochs.is_fixed:
            _, inputs, targets = self._epochs.batch(self._iteration)
            prepared.inputs.copy_(inputs)
            prepared.targets.copy_(targets)
        if self._executor.counts:
            values[refs.ITERATION] = torch.scalar_tensor(self._iteration, dtype=torch.float64)
        for call in prepared.calls:
            call()
        row.copy_(self._kept)
        self._iteration += 1
        return values

    def _test_loss(self) -> float | None:
        if not self._executor.evaluator.is_tested(self._iteration):
            return None
        if self._test is None:
            with torch.inference_mode(False), torch.no_grad():
                tape = self._test_tape()
            self._test = self._joined(tape.calls, tape), tape.values[refs.LOSS]
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

    # ----------------------------------------------------------------------------------------------- compiling

    def _prepare(self, inputs: Tensor, targets: Tensor) -> _Prepared:
        """Compile for batches of that size. Its calls are made on the way, and what they changed is put back."""
        before = self._memory.clone()
        fixed = self._epochs.is_fixed
        if not fixed:
            inputs, targets = (torch.empty_like(rows).copy_(rows) for rows in (inputs, targets))
        values = {refs.INPUT: inputs, refs.TARGET: targets, **self._executor.settings, **self._numbers()}
        values |= {ref: self._view(span) for ref, span in self._layout.spans.items()}
        if self._executor.counts:
            values[refs.ITERATION] = torch.scalar_tensor(self._iteration, dtype=torch.float64)
        advancing = {ref for ref, _ in self._advancing}
        constant = {*self._executor.settings, *(ref for ref in self._scalars if ref not in advancing)}
        tape = Tape(values, constant | ({refs.INPUT, refs.TARGET} if fixed else set()), self._targets())
        for index, step in enumerate(self._layout.steps):
            tape.add(step, free=self._is_free(index))
        if self.gives_norms:
            self._tell(tape)
        made = [*tape.calls, *tape.last]
        loop = self._loop(made, inputs, targets) if self._loops and tape.static.issuperset(made) else None
        calls = self._joined(made, tape) if loop is None else ()
        self._memory.copy_(before)
        self._prepared[len(inputs)] = prepared = _Prepared(inputs, targets, values, len(made), calls, loop)
        return prepared

    def _joined(self, calls: Sequence[Call], tape: Tape) -> tuple[Call, ...]:
        """The calls, fewer where several can be made as one."""
        device = self._memory.device
        if device.type == "cpu":
            return scripted(calls, tape.static)
        return captured(calls, tape.static, device)

    def _loop(self, calls: Sequence[Call], inputs: Tensor, targets: Tensor) -> Loop | None:
        batch = () if self._epochs.is_fixed else tuple(zip((inputs, targets), self._epochs.batches, strict=True))
        test = None
        if self._has_test:
            tape = self._test_tape()
            test = tape.calls, tape.values[refs.LOSS], self._test_losses.unbind(0)
        try:
            return Loop(calls, batch, (self._kept, self._row_views), test)
        except NotScriptableError:
            return None

    def _test_tape(self) -> Tape:
        inputs, targets = self._executor.batches.test()
        values = {refs.INPUT: inputs, refs.TARGET: targets}
        values |= {ref: self._view(self._layout.spans[ref]) for ref in self._program.parameters}
        tape = Tape(values, {refs.INPUT, refs.TARGET}, {})
        for step in self._executor.evaluator.steps:
            tape.add(step, free=True)
        return tape

    def _targets(self) -> dict[ValueRef, Tensor]:
        """The memory of each value that a step writes there: what is carried is written by way of its `.next`."""
        spans = self._layout.spans
        targets = {ref: self._view(spans[ref]) for ref in (refs.LOSS, *self._program.gradients)}
        written = {step.writes for step in self._layout.steps}
        return targets | {
            refs.next_value(ref): self._view(span) for ref, span in spans.items() if refs.next_value(ref) in written
        }

    def _is_free(self, index: int) -> bool:
        """Whether no later step reads what a step's target still holds."""
        steps, spans = self._layout.steps, self._layout.spans
        name = steps[index].writes
        if not name.endswith(".next"):
            return True
        span = spans.get(ValueRef(name.removesuffix(".next")))
        later = (spans[ref] for step in steps[index + 1 :] for ref in step.reads if ref in spans)
        return span is None or not any(span.overlaps(other) for other in later)

    def _tell(self, tape: Tape) -> None:
        """Add the norms of the gradients, as a history records them, and the loss."""
        values = tape.values
        told = self._told.unbind(0)
        for place, gradient in zip(told[1:], self._program.gradients, strict=True):
            tape.emit(partial(torch.linalg.vector_norm, values[gradient], out=place))
        tape.emit(partial(told[0].copy_, values[refs.LOSS]))

    def _view(self, span: Span) -> Tensor:
        return _view(self._memory, span)

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


def _view(memory: Tensor, span: Span) -> Tensor:
    return memory[span.start : span.end].view(span.shape)


def _close(ours: Tensor, theirs: Tensor) -> bool:
    # Any that are not finite are equal, or neither is a number.
    rtol = 1e-12 if ours.dtype is torch.float64 else 1e-5
    return torch.allclose(ours, theirs, rtol=rtol, atol=rtol, equal_nan=True)
