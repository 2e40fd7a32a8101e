"""The loss under many parameters at once: each step of the program computes all of them in one go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep, Overrides
from chainrule.engine.trace import Trace, run_steps

# So many numbers of the largest value are computed at once: as many as stay near to the processor.
AT_ONCE = 2**16
# What gives some of the parameters, (end - first, ...) each, of the losses from `first` to `end`.
Moved = Callable[[int, int], dict[ValueRef, Tensor]]


def steps_to_loss(
    program: Program, trace: Trace, changed: Collection[ValueRef], overrides: Overrides
) -> tuple[MicroStep, ...]:
    """Return the steps up to the loss that depend on some parameters.

    A number that is set by hand stays as far from what is computed as it is in the trace: that is how the gradient
    takes it, which passes through it unchanged.
    """
    found, known = [], set(changed)
    for step in program.steps[: program.index[program.loss] + 1]:
        if not known.isdisjoint(step.reads):
            known.add(step.writes)
            found.append(_shifted(step, trace) if step.writes in overrides else step)
    return tuple(found)


def _shifted(step: MicroStep, trace: Trace) -> MicroStep:
    """Return the step, with what was set by hand in the trace as an addend."""
    with torch.inference_mode():
        shift = trace.values[step.writes] - step.compute(*(trace.values[read] for read in step.reads))

    def compute(*read: Tensor) -> Tensor:
        computed: Tensor = step.compute(*read)
        return computed + shift

    return replace(step, compute=compute)


def losses_over(
    steps: Sequence[MicroStep], values: Mapping[ValueRef, Tensor], loss: ValueRef, moved: Moved, count: int
) -> Iterator[Tensor]:
    """Yield `count` losses, (n,) at a time, each under other parameters that `moved` gives; all else is in `values`.

    `steps` are those that depend on what is moved. As many are computed at once as bounds the memory.
    """
    largest = max((values[step.writes].numel() for step in steps), default=1)
    with torch.inference_mode():
        largest = max(largest, sum(part.numel() for part in moved(0, 1).values()))
    size = max(1, AT_ONCE // max(1, largest))

    def one(changed: dict[ValueRef, Tensor]) -> Tensor:
        found = {**values, **changed}
        run_steps(tuple(steps), found)
        return found[loss]

    every = torch.func.vmap(one)
    for first in range(0, count, size):
        with torch.inference_mode():
            found = every(moved(first, min(first + size, count)))
        yield found
