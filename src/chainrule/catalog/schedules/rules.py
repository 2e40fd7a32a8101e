r"""What each scheduler makes of a learning rate at each of its steps: the number, its formula and the reason together.

The numbers are those of `torch.optim.lr_scheduler`, operation by operation, on plain floats: what the formula gives
where it has torch's operations in torch's order, and else they are computed beside it.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from chainrule.catalog.arguments import Choice
from chainrule.catalog.schedules.expressions import Expression, NoValueError, parse_expression
from chainrule.formula.evaluate import Prepared, prepared
from chainrule.formula.parse import read


@dataclass(frozen=True, slots=True)
class ScheduledNumber:
    """One number of a schedule after a step, how it is computed, and why so.

    In `formula`, `lr` is the number before the step and `base` the one that the schedule began with; other names are
    arguments, or what `numbers` holds. It is empty where nothing is computed. `words` are sentences with the same names
    in braces, `{next}` for the step that begins and `{what}` for the number. `factor` is the user's expression where
    the formula has one by that name.
    """

    value: float
    formula: str
    words: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    factor: Expression | None = None


def number_by_formula(formula: str, words: str, choice: Choice, **numbers: float) -> ScheduledNumber:
    """Return the rule whose number is what its formula gives; arguments are those of the scheduler."""

    def value(name: str, places: tuple[int, ...]) -> float:
        return numbers[name] if name in numbers else choice.number(name)

    return ScheduledNumber(_prepared(formula)(value, {}, {}), formula, words, numbers)


# They are few, and each step of a schedule asks for one.
@cache
def _prepared(formula: str) -> Prepared:
    return prepared(read(formula))


class ScheduledGroup(NamedTuple):
    """What schedulers keep in a parameter group of torch's: a later scheduler of a sequence overwrites an earlier's.

    `initial_lr` None is not set yet: the first scheduler that is made sets it to the learning rate.
    """

    lr: float
    initial_lr: float | None = None
    max_lr: float = 0.0
    min_lr: float = 0.0
    base_momentum: float = 0.0
    max_momentum: float = 0.0


class ScheduleStep(NamedTuple):
    """Where a schedule is: the number before the step, where it began, and the step's count, as epochs and iterations.

    At step 0 the number before is the one to begin with.
    """

    now: float
    base: float
    group: ScheduledGroup
    step: int
    iteration: int = 0
    epoch: int = 0


def unchanged_number(now: float, words: str, **numbers: float) -> ScheduledNumber:
    """Return a number that stays as it is."""
    return ScheduledNumber(now, "lr", f"{words}, so {{what}} stays as it is.", {"lr": now, **numbers})


def waits(now: float, iteration: int, batches: int) -> ScheduledNumber:
    """Return a number in the middle of an epoch, where the scheduler steps after its last batch."""
    words = "The scheduler steps after the last batch of each epoch. This is batch {batch} of {batches}"
    return unchanged_number(now, words, batch=iteration % batches + 1, batches=batches)


def _begun(at: ScheduleStep) -> ScheduledNumber:
    return ScheduledNumber(at.now, "base", "It begins with the base learning rate.", {"base": at.now})


def constant(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `ConstantLR`."""
    total = choice.number("total_iters")
    if at.step == 0:
        words = "It begins with factor {factor} times the base learning rate."
        return number_by_formula("base*factor", words, choice, base=at.now)
    if at.step == total:
        words = "{next} is at the end of the {total_iters} steps: {what} is divided by factor {factor} again."
        return number_by_formula("lr*(1/factor)", words, choice, lr=at.now)
    if at.step < total:
        return unchanged_number(at.now, "{next} is before the end of the {total_iters} steps")
    return unchanged_number(at.now, "{next} is after the {total_iters} steps")


def linear(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `LinearLR`."""
    if at.step == 0:
        words = "It begins with the first factor, {start_factor}, times the base learning rate."
        return number_by_formula("base*start_factor", words, choice, base=at.now)
    if at.step > choice.number("total_iters"):
        return unchanged_number(at.now, "{next} is after the {total_iters} steps: the ramp is over")
    formula = "lr*(1 + (end_factor - start_factor)/(total_iters*start_factor + before*(end_factor - start_factor)))"
    words = (
        "{next} is on the straight line that takes {what} from {start_factor} to {end_factor} times its base within "
        "{total_iters} steps."
    )
    if choice["start_factor"] == choice["end_factor"]:
        words = "{next} is within the {total_iters} steps in which {what} is {end_factor} times its base."
    return number_by_formula(formula, words, choice, lr=at.now, before=at.step - 1)


def step(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `StepLR`."""
    if at.step == 0:
        return _begun(at)
    if at.step % choice.number("step_size"):
        return unchanged_number(at.now, "{next} is not a multiple of {step_size}, the steps between drops")
    words = "{next} is a multiple of {step_size}, the steps between drops, so {what} is multiplied by gamma {gamma}."
    return number_by_formula("lr*gamma", words, choice, lr=at.now)


def multi_step(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `MultiStepLR`."""
    milestones = choice.numbers("milestones")
    place = bisect_left(milestones, at.step)
    hit = place < len(milestones) and milestones[place] == at.step
    if at.step == 0:
        if not hit:
            return _begun(at)
        words = "Step 0 is a milestone, so it begins with gamma {gamma} times the base learning rate."
        return number_by_formula("base*gamma", words, choice, base=at.now)
    if not hit:
        return unchanged_number(at.now, "{next} is not one of the milestones")
    words = "{next} is one of the milestones, so {what} is multiplied by gamma {gamma}."
    return number_by_formula("lr*gamma", words, choice, lr=at.now)


def exponential(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `ExponentialLR`."""
    if at.step == 0:
        return _begun(at)
    words = "At every step {what} is multiplied by gamma {gamma}."
    return number_by_formula("lr*gamma", words, choice, lr=at.now)


def polynomial(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `PolynomialLR`."""
    total = choice.number("total_iters")
    if at.step == 0:
        return _begun(at)
    if at.step > total:
        return unchanged_number(at.now, "{next} is after the {total_iters} steps: the decay is over")
    decay = ((1.0 - at.step / total) / (1.0 - (at.step - 1) / total)) ** choice.number("power")
    formula = "lr*((total_iters - t)/(total_iters - before))^power"
    words = "{next} of {total_iters}: {what} is its base times the part that is left, to the power {power}."
    return ScheduledNumber(at.now * decay, formula, words, {"lr": at.now, "t": at.step, "before": at.step - 1})


def cosine_annealing(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `CosineAnnealingLR`."""
    bottom, half = choice.number("eta_min"), choice.number("T_max")
    if at.step == 0:
        return _begun(at)
    numbers = {"lr": at.now, "t": at.step, "before": at.step - 1}
    if (at.step - 1 - half) % (2 * half) == 0:
        value = at.now + (at.base - bottom) * (1 - math.cos(math.pi / half)) / 2
        formula = "lr + (base - eta_min)*((1 - cos(1/T_max*pi))/2)"
        words = (
            "{next} is the first after half a wave of the cosine: {what} turns back from its smallest, {eta_min}, to "
            "its base."
        )
        return ScheduledNumber(value, formula, words, {"base": at.base, **numbers})
    up = math.floor((at.step - 1) / half) % 2
    share = (1 + math.cos(math.pi * at.step / half)) / (1 + math.cos(math.pi * (at.step - 1) / half))
    formula = "eta_min + (lr - eta_min)*((1 + cos(t/T_max*pi))/(1 + cos(before/T_max*pi)))"
    words = "{next} is on the " + (
        "second half of the cosine: {what} goes back from its smallest, {eta_min}, to its base within {T_max} steps."
        if up
        else "first half of the cosine: {what} goes from its base to its smallest, {eta_min}, within {T_max} steps."
    )
    return ScheduledNumber(share * (at.now - bottom) + bottom, formula, words, numbers)


def warm_restarts(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `CosineAnnealingWarmRestarts`."""
    bottom, into, length = choice.number("eta_min"), at.step, int(choice.number("T_0"))
    longer = int(choice.number("T_mult"))
    if longer == 1:
        into %= length
    while into >= length:
        into, length = into - length, length * longer
    value = bottom + (at.base - bottom) * (1 + math.cos(math.pi * into / length)) / 2
    formula = "eta_min + (base - eta_min)*((1 + cos(T_cur/T_i*pi))/2)"
    words = (
        "At step {T_cur} of the {T_i} of this cycle {what} is on half a cosine from its base to {eta_min}."
        if into
        else "A new cycle of {T_i} steps begins: {what} starts again from its base."
    )
    return ScheduledNumber(value, formula, words, {"base": at.base, "T_cur": into, "T_i": length})


def cyclic(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `CyclicLR`."""
    height, numbers, words = _triangle(choice, at.step)
    low, high = choice.number("base_lr"), choice.number("max_lr")
    value = low + (high - low) * numbers["scale"] * _triangle_height(choice, at.step, numbers["cycle"])
    return ScheduledNumber(value, f"base_lr + (max_lr - base_lr)*{height}", words, numbers)


def cyclic_momentum(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the momentum of `CyclicLR`, which falls where the learning rate rises."""
    height, numbers, _ = _triangle(choice, at.step)
    low, high = choice.number("base_momentum"), choice.number("max_momentum")
    value = high - (high - low) * numbers["scale"] * _triangle_height(choice, at.step, numbers["cycle"])
    formula = f"max_momentum - (max_momentum - base_momentum)*{height}"
    words = (
        "{what} runs against the learning rate: it is at its largest, {max_momentum}, where that is at its smallest, "
        "and goes towards {base_momentum} where that goes towards its largest."
    )
    return ScheduledNumber(value, formula, words, numbers)


def _triangle(choice: Choice, step: int) -> tuple[str, dict[str, float], str]:
    """Return how high a step is on the triangle, with its formula, and in words."""
    up = choice.number("step_size_up")
    down = up if choice["step_size_down"] is None else choice.number("step_size_down")
    total = up + down
    ratio = up / total
    cycle = math.floor(1 + step / total)
    x = 1.0 + step / total - cycle
    scale = x / ratio if x <= ratio else (x - 1) / (ratio - 1)
    height = {
        "triangular": "scale",
        "triangular2": "scale*(1/2^(cycle - 1))",
        "exp_range": "scale*gamma^t",
    }[str(choice["mode"])]
    far = "s = {scale} of the way from {base_lr} to {max_lr}"
    words = f"{{next}} is on the way up in cycle {{cycle}}, {far}"
    if x > ratio:
        words = f"{{next}} is on the way back down in cycle {{cycle}}, still {far}"
    shrinks = {
        "triangular2": "; each cycle is half as high as the one before",
        "exp_range": ", times gamma {gamma} to the power of the step",
    }
    words += shrinks.get(str(choice["mode"]), "") + "."
    return height, {"scale": scale, "cycle": cycle, "t": step}, words


def _triangle_height(choice: Choice, step: int, cycle: float) -> float:
    if choice["mode"] == "triangular2":
        # 1 / 2^(cycle - 1), without an overflow of the power.
        return math.ldexp(1.0, 1 - int(cycle))
    if choice["mode"] != "exp_range":
        return 1.0
    try:
        return math.pow(choice.number("gamma"), step)
    except OverflowError:
        return math.inf


def total_steps(choice: Choice) -> int | None:
    """Return how long the cycle of `OneCycleLR` is, or None if it was not told."""
    if choice["total_steps"] is not None:
        return int(choice.number("total_steps"))
    if choice["epochs"] is None or choice["steps_per_epoch"] is None:
        return None
    # No larger than what a float can hold.
    return int(min(choice.number("epochs") * choice.number("steps_per_epoch"), sys.float_info.max))


def past_the_end(choice: Choice, step: int, total: int) -> str:
    """Say why there is no number for a step of a scheduler that is over.

    It begins with one, and has one more a step.
    """
    return f"{choice.name} has {total} steps; this would be the {_ordinal(step + 1)} rate, which torch refuses"


def _ordinal(count: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, ..., 11th, ..."""
    last = count % 100
    return f"{count}{'th' if 10 < last < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th')}"  # noqa: PLR2004


def one_cycle(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `OneCycleLR`.

    After its last step torch computes one more number, and then refuses to go on.
    """
    group = at.group
    assert group.initial_lr is not None
    return _annealed(choice, at, group.initial_lr, group.max_lr, group.min_lr)


def one_cycle_momentum(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the momentum of `OneCycleLR`."""
    group = at.group
    return _annealed(choice, at, group.max_momentum, group.base_momentum, group.max_momentum)


def _annealed(choice: Choice, at: ScheduleStep, first: float, top: float, last: float) -> ScheduledNumber:
    """Return a number on the way from `first` to `top`, then to `last`; with `three_phase` by way of `first` again."""
    total = total_steps(choice)
    assert total is not None
    if at.step > total:
        return ScheduledNumber(math.nan, "", f"{{what}} cannot be computed: {past_the_end(choice, at.step, total)}.")
    rise = choice.number("pct_start") * total
    phases = [(rise - 1, first, top), (2 * rise - 2, top, first), (total - 1, first, last)]
    if not choice["three_phase"]:
        phases = [phases[0], (total - 1, top, last)]
    # The last phase takes what is left.
    phase = next(number for number, (end, *_) in enumerate(phases, 1) if at.step <= end or number == len(phases))
    begin, (end, start, goal) = phases[phase - 2][0] if phase > 1 else 0.0, phases[phase - 1]
    done = (at.step - begin) / (end - begin)
    if choice["anneal_strategy"] == "cos":
        value = goal + (start - goal) / 2.0 * (math.cos(math.pi * done) + 1)
        formula = "end + (start - end)/2*(1 + cos(done*pi))"
    else:
        value, formula = (goal - start) * done + start, "start + (end - start)*done"
    words = (
        "{next} is in phase {phase} of {phases}, which takes {what} from {start} to {end}; p = {done} of it is done."
    )
    if at.step == total:
        words = (
            "The cycle of {total} steps is over. torch computes one more number, past the end of the last phase, which "
            "takes {what} from {start} to {end}: p = {done} of it would be done. There is none after this."
        )
    numbers = {"start": start, "end": goal, "done": done, "phase": phase, "phases": len(phases), "total": total}
    return ScheduledNumber(value, formula, words, numbers)


def by_expression(choice: Choice, at: ScheduleStep) -> ScheduledNumber:
    """Return the number of `LambdaLR`, its function written as an expression.

    Not a number where the expression has no value.
    """
    expression = parse_expression(str(choice["lr_lambda"]))
    numbers = {"base": at.base, "iteration": at.iteration, "epoch": at.epoch}
    at_place = "at iteration {iteration}, epoch {epoch}{counted}"
    try:
        factor = expression.evaluate(at.iteration, at.epoch)
    except NoValueError as error:
        words = f"{{what}} cannot be computed: {at_place}, {error}."
        return ScheduledNumber(math.nan, "base*factor", words, numbers, expression)
    words = f"{{what}} is its base times the expression, which {at_place} is {{factor}}."
    return ScheduledNumber(at.base * factor, "base*factor", words, {**numbers, "factor": factor}, expression)
