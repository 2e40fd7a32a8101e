"""The loss along one parameter: what the gradient is the slope of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.many_losses import steps_to_loss
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import Overrides
from chainrule.engine.trace import Trace, run_steps
from chainrule.model.editing.overrides import NONE

POINTS = 61
# A curve of large data has fewer, as many as make about so many multiplications, and never fewer than this.
MOST_WORK, FEWEST = 2**28, 15


# The least part of the loss that an axis of losses spans.
LEAST_SPAN = 0.05


@dataclass(frozen=True, slots=True)
class StepEffect:
    """What a step does to the loss of the batch: what the slope predicts, gradient times step, and what it is."""

    predicted: float
    actual: float


@dataclass(frozen=True, slots=True)
class LossSlice:
    """Losses of the batch with one number of a parameter at each of `places` and all others as they are.

    `value` and `loss` are where training is, `slope` the gradient there and `following` the value after the update,
    each None where it is not computed: a frozen parameter has neither. `together` is what the steps of all parameters
    do at once.
    """

    places: tuple[float, ...]
    losses: tuple[float, ...]
    value: float
    loss: float
    slope: float | None
    following: float | None
    following_loss: float | None
    together: StepEffect | None = None
    # Which part of the usual places these are.
    part: float = 1.0

    @property
    def alone(self) -> StepEffect | None:
        """What the step of this number alone does."""
        if self.slope is None or self.following is None or self.following_loss is None:
            return None
        return StepEffect(self.slope * (self.following - self.value), self.following_loss - self.loss)

    def shows(self, place: float | None) -> bool:
        """Return whether a place is between the first and the last."""
        return place is not None and self.places[0] <= place <= self.places[-1]

    def span(self) -> tuple[float, float] | None:
        """Return the least and the largest loss to be shown; None where there are none, or their distance has no
        number.

        However little the loss changes, the span is a part of the loss itself: a slope of 7e-10 is flat, not a hill.
        """
        dots = [(self.value, self.loss), (self.following, self.following_loss)]
        known = [*self.losses, *(loss for place, loss in dots if loss is not None and self.shows(place))]
        finite = [loss for loss in known if math.isfinite(loss)]
        if not finite or not math.isfinite(self.loss):
            return None
        low, high = min(finite), max(finite)
        missing = max(0.0, self.part * LEAST_SPAN * abs(self.loss) - (high - low)) or (1.0 if low == high else 0.0)
        low, high = low - missing / 2, high + missing / 2
        return (low, high) if math.isfinite(high - low) and low < high else None


def slice_ends(trace: Trace, ref: ValueRef, index: tuple[int, ...]) -> tuple[float, float]:
    """Return the usual ends of the places, around where training is."""
    value, reach = trace.values[ref][index].item(), _reach(trace, ref, index)
    return value - reach, value + reach


def _reach(trace: Trace, ref: ValueRef, index: tuple[int, ...]) -> float:
    """Return how far the places go: to see the curve bend, and never less than the step that was taken."""
    value, update = trace.values[ref][index].item(), trace.values.get(refs.next_value(ref))
    reach = max(1.0, abs(value))
    if update is not None and math.isfinite(following := update[index].item()):
        reach = max(reach, 1.5 * abs(following - value))
    return reach


def loss_slice(
    program: Program,
    trace: Trace,
    ref: ValueRef,
    index: tuple[int, ...],
    overrides: Overrides = NONE,
    ends: tuple[float, float] | None = None,
) -> LossSlice:
    """Return the loss along one element of a parameter, by running the forward steps that depend on it at each place.

    The places are between the usual ends, around where training is, or between others.

    A number that is set by hand stays as far from what is computed as it is in the trace: that is how the gradient
    takes it, which passes through it unchanged.
    """
    value = trace.values[ref][index].item()
    gradient, update = trace.values.get(refs.grad(ref)), trace.values.get(refs.next_value(ref))
    slope = None if gradient is None else gradient[index].item()
    following = None if update is None else update[index].item()
    reach = _reach(trace, ref, index)
    places = _places(value, reach, ends, _points(trace, program))
    steps = steps_to_loss(program, trace, (ref,), overrides)
    values, parameter = dict(trace.values), trace.values[ref].clone()

    def loss_at(place: float) -> float:
        parameter[index] = place
        run_steps(steps, values)
        return values[program.loss].item()

    values[ref] = parameter
    with torch.inference_mode():
        losses = tuple(loss_at(place) for place in places)
        following_loss = None if following is None else loss_at(following)
    loss, together = trace.values[program.loss].item(), _effect_of_all(program, trace, overrides)
    part = 1.0 if ends is None else (ends[1] - ends[0]) / (2 * reach)
    return LossSlice(places, losses, value, loss, slope, following, following_loss, together, part)


def _places(value: float, reach: float, ends: tuple[float, float] | None, points: int) -> tuple[float, ...]:
    """Return so many places around a value, or between ends."""
    if ends is None:
        return tuple(value + reach * (2 * place / (points - 1) - 1) for place in range(points))
    return tuple(ends[0] + (ends[1] - ends[0]) * (place / (points - 1)) for place in range(points))


def _effect_of_all(program: Program, trace: Trace, overrides: Overrides) -> StepEffect | None:
    """Return what the steps of all parameters do to the loss of the batch; None where none is computed."""
    known = trace.values
    moved = [ref for ref in program.parameters if refs.next_value(ref) in known and refs.grad(ref) in known]
    if not moved:
        return None
    values = {**known, **{ref: known[refs.next_value(ref)] for ref in moved}}
    with torch.inference_mode():
        steps = steps_to_loss(program, trace, moved, overrides)
        run_steps(steps, values)
        predicted = sum(((values[ref] - known[ref]) * known[refs.grad(ref)]).sum().item() for ref in moved)
    return StepEffect(predicted, values[program.loss].item() - known[program.loss].item())


def _points(trace: Trace, program: Program) -> int:
    """Return for how many places the loss is computed: an odd number, so that one is where training is."""
    work = max(1, len(trace.rows)) * sum(trace.values[ref].numel() for ref in program.parameters)
    return max(FEWEST, min(POINTS, MOST_WORK // work)) // 2 * 2 + 1
