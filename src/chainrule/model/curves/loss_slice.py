"""The loss along one parameter: what the gradient is the slope of."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep, Overrides
from chainrule.engine.trace import Trace, run_steps
from chainrule.model.editing.overrides import NONE

POINTS = 61
# A curve of large data has fewer, as many as make about so many multiplications, and never fewer than this.
MOST_WORK, FEWEST = 2**28, 15


# The least part of the loss that an axis of losses spans.
LEAST_SPAN = 0.05


@dataclass(frozen=True, slots=True)
class LossSlice:
    """Losses of the batch with one number of a parameter at each of `places` and all others as they are.

    `value` and `loss` are where training is, `slope` the gradient there and `following` the value after the update,
    each None where it is not computed: a frozen parameter has neither.
    """

    places: tuple[float, ...]
    losses: tuple[float, ...]
    value: float
    loss: float
    slope: float | None
    following: float | None
    following_loss: float | None

    def span(self) -> tuple[float, float] | None:
        """Return the least and the largest loss to be shown; None where there are none, or their distance has no
        number.

        However little the loss changes, the span is a part of the loss itself: a slope of 7e-10 is flat, not a hill.
        """
        known = [loss for loss in (*self.losses, self.loss, self.following_loss) if loss is not None]
        finite = [loss for loss in known if math.isfinite(loss)]
        if not finite or not math.isfinite(self.loss):
            return None
        low, high = min(finite), max(finite)
        missing = max(0.0, LEAST_SPAN * abs(self.loss) - (high - low)) or (1.0 if low == high else 0.0)
        low, high = low - missing / 2, high + missing / 2
        return (low, high) if math.isfinite(high - low) and low < high else None


def loss_slice(
    program: Program, trace: Trace, ref: ValueRef, index: tuple[int, ...], overrides: Overrides = NONE
) -> LossSlice:
    """Return the loss along one element of a parameter, by running the forward steps that depend on it at each place.

    A number that is set by hand stays as far from what is computed as it is in the trace: that is how the gradient
    takes it, which passes through it unchanged.
    """
    value = trace.values[ref][index].item()
    gradient, update = trace.values.get(refs.grad(ref)), trace.values.get(refs.next_value(ref))
    slope = None if gradient is None else gradient[index].item()
    following = None if update is None else update[index].item()
    # Wide enough to see the curve bend, and never narrower than the step that was taken.
    reach = max(1.0, abs(value))
    if following is not None and math.isfinite(following):
        reach = max(reach, 1.5 * abs(following - value))
    points = _points(trace, program)
    places = [value + reach * (2 * place / (points - 1) - 1) for place in range(points)]
    first = next(place for place, step in enumerate(program.steps) if ref in step.reads)
    steps = program.steps[first : program.index[program.loss] + 1]
    if overrides:
        steps = tuple(_shifted(step, trace) if step.writes in overrides else step for step in steps)
    values, parameter = dict(trace.values), trace.values[ref].clone()

    def loss_at(place: float) -> float:
        parameter[index] = place
        run_steps(steps, values)
        return values[program.loss].item()

    values[ref] = parameter
    with torch.inference_mode():
        losses = tuple(loss_at(place) for place in places)
        following_loss = None if following is None else loss_at(following)
    return LossSlice(tuple(places), losses, value, trace.values[program.loss].item(), slope, following, following_loss)


def _points(trace: Trace, program: Program) -> int:
    """Return for how many places the loss is computed: an odd number, so that one is where training is."""
    work = max(1, len(trace.rows)) * sum(trace.values[ref].numel() for ref in program.parameters)
    return max(FEWEST, min(POINTS, MOST_WORK // work)) // 2 * 2 + 1


def _shifted(step: MicroStep, trace: Trace) -> MicroStep:
    """Return the step, with what was set by hand in the trace as an addend."""
    with torch.inference_mode():
        shift = trace.values[step.writes] - step.compute(*(trace.values[read] for read in step.reads))

    def compute(*read: Tensor) -> Tensor:
        computed: Tensor = step.compute(*read)
        return computed + shift

    return replace(step, compute=compute)
