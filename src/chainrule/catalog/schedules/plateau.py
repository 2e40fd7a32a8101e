r"""`ReduceLROnPlateau`: the learning rate waits until the loss stops getting better, with counters to be seen.

Each function takes what the scheduler knows after an iteration, and returns one of its next numbers with its reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from chainrule.catalog.arguments import Choice
from chainrule.catalog.schedules.rules import ScheduledNumber, unchanged_number

# What is carried: by torch's names, and the sum and the count of the losses of the epoch so far.
BEST = "best"
BAD = "num_bad_epochs"
COOLDOWN = "cooldown_counter"
METRIC = "metric"
LOSS_SUM = "loss_sum"
LOSS_COUNT = "loss_count"


class PlateauState(NamedTuple):
    """What the scheduler reads at its step."""

    metric: float
    best: float
    num_bad_epochs: float
    cooldown_counter: float


@dataclass(frozen=True, slots=True)
class PlateauDecision:
    """What the metric means: whether it is better than `bound`, how many bad steps that makes, whether to reduce."""

    bound: float
    better: bool
    cooling: bool
    bad: float
    reduce: bool


def first_best(choice: Choice) -> float:
    """Return what any metric is better than."""
    return math.inf if choice["mode"] == "min" else -math.inf


def decide(choice: Choice, known: PlateauState) -> PlateauDecision:
    """Judge by torch's rule, in its order: better or not, then the cooldown, then patience."""
    threshold, low = choice.number("threshold"), choice["mode"] == "min"
    if choice["threshold_mode"] == "rel":
        bound = known.best * (1.0 - threshold if low else threshold + 1.0)
    else:
        bound = known.best - threshold if low else known.best + threshold
    better = known.metric < bound if low else known.metric > bound
    cooling = known.cooldown_counter > 0
    bad = 0.0 if better or cooling else known.num_bad_epochs + 1
    return PlateauDecision(bound, better, cooling, bad, bad > choice.number("patience"))


def _why(choice: Choice, decision: PlateauDecision, known: PlateauState) -> str:
    """Return how the metric compares, as the begin of a sentence."""
    low = choice["mode"] == "min"
    if math.isinf(known.best):
        return (
            "The {loss}, {metric}, is the first" if decision.better else "The {loss}, {metric}, is no number to compare"
        )
    word = ("below" if decision.better else "not below") if low else ("above" if decision.better else "not above")
    bound = f"{{bound}} (the best so far, {{best}}, {'less' if low else 'plus'} the least change that counts)"
    return f"The {{loss}}, {{metric}}, is {word} {bound}"


def _numbers(known: PlateauState, decision: PlateauDecision) -> dict[str, float]:
    return {**known._asdict(), "bound": decision.bound}


def next_best(choice: Choice, known: PlateauState) -> ScheduledNumber:
    """Return the best metric so far."""
    decision = decide(choice, known)
    numbers = _numbers(known, decision)
    if decision.better:
        return ScheduledNumber(
            known.metric, "metric", f"{_why(choice, decision, known)}, so it is the new best.", numbers
        )
    return ScheduledNumber(known.best, "best", f"{_why(choice, decision, known)}, so the best stays.", numbers)


def next_bad(choice: Choice, known: PlateauState) -> ScheduledNumber:
    """Return how many steps in a row were not better."""
    decision = decide(choice, known)
    numbers = _numbers(known, decision)
    why = _why(choice, decision, known)
    if decision.better:
        return ScheduledNumber(0.0, "0", f"{why}, so the count of bad steps begins again from 0.", numbers)
    if decision.cooling:
        return ScheduledNumber(0.0, "0", "During the cooldown bad steps do not count.", numbers)
    if decision.reduce:
        words = (
            f"{why}: one bad step more than patience {{patience}}, so a lower learning rate is due and the count is 0."
        )
        return ScheduledNumber(0.0, "0", words, numbers)
    words = f"{why}: one more bad step. Up to patience {{patience}} of them the learning rate stays."
    return ScheduledNumber(decision.bad, "num_bad_epochs + 1", words, numbers)


def next_cooldown(choice: Choice, known: PlateauState) -> ScheduledNumber:
    """Return how many steps the cooldown still lasts."""
    decision = decide(choice, known)
    numbers = _numbers(known, decision)
    if decision.reduce:
        begins = ", so a cooldown of {cooldown} steps begins" if choice.number("cooldown") else "; no cooldown is set"
        return ScheduledNumber(choice.number("cooldown"), "cooldown", f"A lower learning rate is due{begins}.", numbers)
    if decision.cooling:
        words = "The cooldown is one step shorter."
        return ScheduledNumber(known.cooldown_counter - 1, "cooldown_counter - 1", words, numbers)
    return ScheduledNumber(known.cooldown_counter, "cooldown_counter", "There is no cooldown now.", numbers)


def next_lr(choice: Choice, now: float, known: PlateauState) -> ScheduledNumber:
    """Return the learning rate: reduced, or as it was."""
    decision = decide(choice, known)
    numbers = _numbers(known, decision) | {"bad": decision.bad}
    if not decision.reduce:
        if decision.better:
            return unchanged_number(now, _why(choice, decision, known), **numbers)
        if decision.cooling:
            return unchanged_number(now, "During the cooldown bad steps do not count", **numbers)
        return unchanged_number(now, "Bad steps in a row: {bad}, not more than patience {patience}", **numbers)
    reduced = max(now * choice.number("factor"), choice.number("min_lr"))
    if not now - reduced > choice.number("eps"):
        words = "Bad steps in a row: {bad}, more than patience {patience}, but the change would not be above {eps}"
        return unchanged_number(now, words, **numbers)
    words = "Bad steps in a row: {bad}, more than patience {patience}, so {what} is multiplied by factor {factor}"
    if reduced > now * choice.number("factor"):
        words += ", but is at least {min_lr}"
    return ScheduledNumber(reduced, "max(lr*factor, min_lr)", f"{words}.", {"lr": now, **numbers})


def mean_loss(loss: float, loss_sum: float, loss_count: float) -> ScheduledNumber:
    """Return the mean of the losses of the epoch so far: what the scheduler goes by after its last batch."""
    words = "The mean of the losses of this epoch so far: after its last batch the scheduler goes by it."
    numbers = {"loss": loss, LOSS_SUM: loss_sum, LOSS_COUNT: loss_count}
    return ScheduledNumber((loss_sum + loss) / (loss_count + 1), "(loss_sum + loss)/(loss_count + 1)", words, numbers)


def next_sum(last: bool, loss: float, loss_sum: float) -> ScheduledNumber:
    """Return the sum of the losses of the epoch so far."""
    if last:
        return ScheduledNumber(0.0, "0", "The epoch is over: the next sum of losses begins from 0.")
    words = "The sum of the losses of this epoch so far."
    return ScheduledNumber(loss_sum + loss, "loss_sum + loss", words, {"loss": loss, LOSS_SUM: loss_sum})


def next_count(last: bool, loss_count: float) -> ScheduledNumber:
    """Return how many losses the sum has."""
    if last:
        return ScheduledNumber(0.0, "0", "The epoch is over: the next count of losses begins from 0.")
    return ScheduledNumber(loss_count + 1, "loss_count + 1", "One more loss in the sum.", {LOSS_COUNT: loss_count})
