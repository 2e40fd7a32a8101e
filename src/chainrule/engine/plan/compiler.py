"""From a program to calls: each step recorded, and made again on a plan's memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from chainrule.catalog.schedules.schedule import rates
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.graphs import captured
from chainrule.engine.plan.layout import Layout
from chainrule.engine.plan.memory import Memory
from chainrule.engine.plan.scripts import Loop, NotScriptableError, scripted
from chainrule.engine.plan.tape import Call, Tape
from chainrule.engine.plan.workspace import tensors_in
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import Executor


@dataclass(slots=True, eq=False)
class Compiled:
    """One iteration for batches of one size, whose rows are read from `inputs` and `targets`.

    It is its calls, or a turn of a loop where none of them is to be looked at between iterations. `workspace` are the
    tensors that they work on. `advancing` are the carried scalars that it changes, with the ref of what they change to:
    they are tensors of their own, made anew by every iteration.
    """

    inputs: Tensor
    targets: Tensor
    values: dict[ValueRef, Tensor]
    operations: int
    calls: tuple[Call, ...]
    loop: Loop | None
    workspace: tuple[Tensor, ...]
    advancing: tuple[tuple[ValueRef, ValueRef], ...]


class Compiler:
    """Compiles iterations of an executor's program for a plan's memory.

    `scalars` are the carried scalars that are computed.
    """

    def __init__(self, executor: Executor, layout: Layout, memory: Memory, epochs: Epochs) -> None:
        self._executor, self._program = executor, executor.program
        self._layout, self._memory, self._epochs = layout, memory, epochs
        self.scalars = list(dict.fromkeys(layout.scalars.values()))
        self._written = {step.writes for step in (*layout.steps, *layout.waiting)}
        # What is carried is written by way of its next value.
        self._replaced = {
            following: span
            for ref, span in layout.spans.items()
            if (following := refs.next_value(ref)) in self._written
        }
        # Whether the learning rates are something that training computes.
        self.schedules = any(ref in self._program.memory for ref in rates(executor.experiment))
        looked_at = self.schedules or self.scalars or executor.counts
        self._loops = memory.values.device.type == "cpu" and not looked_at

    def compile(self, inputs: Tensor, targets: Tensor, numbers: Mapping[ValueRef, Tensor], iteration: int) -> Compiled:
        """Compile for batches like these, from what the carried scalars are in an iteration.

        The calls are made on the way, and what they changed is put back.
        """
        before = self._memory.values.clone()
        fixed = self._epochs.is_fixed
        if not fixed:
            inputs, targets = (torch.empty_like(rows).copy_(rows) for rows in (inputs, targets))
        values = {refs.INPUT: inputs, refs.TARGET: targets, **self._executor.settings, **numbers}
        values |= {ref: self._memory.view(span) for ref, span in self._layout.spans.items()}
        if self._executor.counts:
            values[refs.ITERATION] = torch.scalar_tensor(iteration, dtype=torch.float64)
        constant = {*self._executor.settings, *(r for r in self.scalars if refs.next_value(r) not in self._written)}
        constant |= {refs.INPUT, refs.TARGET} if fixed else set()
        replaced = {ref: self._memory.view(span) for ref, span in self._replaced.items()}
        tape = Tape(values, constant, self._targets(), replaced)
        steps = self._layout.steps if self._program.at(iteration) is self._program else self._layout.waiting
        for index, step in enumerate(steps):
            tape.add(step, free=self._is_free(steps, index))
        if self._layout.operators.shape[0]:
            self._check(tape)
        if self._memory.gives_norms:
            self._tell(tape)
        made = [*tape.calls, *tape.last]
        loop = self._loop(made, inputs, targets) if self._loops and tape.static.issuperset(made) else None
        calls = self._joined(made, tape) if loop is None else ()
        self._memory.values.copy_(before)
        workspace = (inputs, targets, *values.values(), *tensors_in(made))
        written = {step.writes for step in steps}
        advancing = tuple((ref, n) for ref in self.scalars if (n := refs.next_value(ref)) in written)
        return Compiled(inputs, targets, values, len(made), calls, loop, workspace, advancing)

    def _joined(self, calls: Sequence[Call], tape: Tape) -> tuple[Call, ...]:
        """Return the calls, fewer where several can be made as one."""
        device = self._memory.values.device
        if device.type == "cpu":
            return scripted(calls, tape.static)
        return captured(calls, tape.static, device)

    def _loop(self, calls: Sequence[Call], inputs: Tensor, targets: Tensor) -> Loop | None:
        batch = () if self._epochs.is_fixed else tuple(zip((inputs, targets), self._epochs.batches, strict=True))
        test = None
        if self._executor.evaluator.has_test:
            tape = self._test_tape()
            test = tape.calls, tape.values[refs.LOSS], self._memory.test_losses.unbind(0)
        try:
            return Loop(calls, batch, (self._memory.kept, self._memory.row_views), test)
        except NotScriptableError:
            return None

    def compile_test(self) -> tuple[tuple[Call, ...], Tensor]:
        """Return the calls that compute the loss of the test rows, and that loss."""
        tape = self._test_tape()
        return self._joined(tape.calls, tape), tape.values[refs.LOSS]

    def _test_tape(self) -> Tape:
        inputs, targets = self._executor.batches.test()
        values = {refs.INPUT: inputs, refs.TARGET: targets}
        values |= {ref: self._memory.view(self._layout.spans[ref]) for ref in self._program.parameters}
        tape = Tape(values, {refs.INPUT, refs.TARGET}, {}, {})
        for step in self._executor.evaluator.steps:
            tape.add(step, free=True)
        return tape

    def _targets(self) -> dict[ValueRef, Tensor]:
        """Return the memory of each value that a step writes there and nowhere else."""
        spans = self._layout.spans
        return {ref: self._memory.view(spans[ref]) for ref in self._written if ref in spans}

    def _is_free(self, steps: Sequence[MicroStep], index: int) -> bool:
        """Return whether no later step reads what a step's target still holds."""
        span, spans = self._replaced.get(steps[index].writes), self._layout.spans
        later = (spans[ref] for step in steps[index + 1 :] for ref in step.reads if ref in spans)
        return span is None or not any(span.overlaps(other) for other in later)

    def _check(self, tape: Tape) -> None:
        """Make the loss NaN where an operator's value is not finite, however finite all is that is made of it.

        So the stretch is seen not to be finite, and computed again by trace, which stops at that operator.
        """
        together, check = self._memory.view(self._layout.operators), self._memory.view(self._layout.check).reshape(())
        tape.emit(partial(torch.sum, together, [0], out=check))
        loss = tape.values[self._program.loss]
        tape.emit(partial(torch.add, loss, check, alpha=0, out=loss))

    def _tell(self, tape: Tape) -> None:
        """Add the norms of the gradients, as a history records them, and the loss."""
        values = tape.values
        told = self._memory.told.unbind(0)
        for place, gradient in zip(told[1:], self._program.gradients, strict=True):
            tape.emit(partial(torch.linalg.vector_norm, values[gradient], out=place))
        tape.emit(partial(told[0].copy_, values[self._program.loss]))
