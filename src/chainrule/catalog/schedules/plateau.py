r"""`ReduceLROnPlateau`: the learning rate waits until the loss stops getting better, with counters to be seen.

Each function takes what the scheduler knows after an iteration, and returns one of its next numbers with its reason.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from chainrule.catalog.arguments import Choice
from chainrule.catalog.schedules.rules import Rule, held

# What is carried: by torch's names, and the sum and the count of the losses of the epoch so far.
BEST = "best"
BAD = "num_bad_epochs"
COOLDOWN = "cooldown_counter"
METRIC = "metric"
LOSS_SUM = "loss_sum"
LOSS_COUNT = "loss_count"


class Known(NamedTuple):
    """What the scheduler reads at its step."""

    metric: float
    best: float
    num_bad_epochs: float
    cooldown_counter: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the metric means: whether it is better than `bound`, how many bad steps that makes, whether to reduce."""

    bound: float
    better: bool
    cooling: bool
    bad: float
    reduce: bool


def first_best(choice: Choice) -> float:
    """Return what any metric is better than."""
    return math.inf if choice["mode"] == "min" else -math.inf


def judge(choice: Choice, known: Known) -> Verdict:
    """Judge by torch's rule, in its order: better or not, then the cooldown, then patience."""
    threshold, low = choice.number("threshold"), choice["mode"] == "min"
    if choice["threshold_mode"] == "rel":
        bound = known.best * (1.0 - threshold if low else threshold + 1.0)
    else:
        bound = known.best - threshold if low else known.best + threshold
    better = known.metric < bound if low else known.metric > bound
    cooling = known.cooldown_counter > 0
    bad = 0.0 if better or cooling else known.num_bad_epochs + 1
    return Verdict(bound, better, cooling, bad, bad > choice.number("patience"))


def _why(choice: Choice, verdict: Verdict, known: Known) -> str:
    """Return how the metric compares, as the begin of a sentence."""
    low = choice["mode"] == "min"
    if math.isinf(known.best):
        return (
            "The {loss}, {metric}, is the first" if verdict.better else "The {loss}, {metric}, is no number to compare"
        )
    word = ("below" if verdict.better else "not below") if low else ("above" if verdict.better else "not above")
    bound = f"{{bound}} (the best so far, {{best}}, {'less' if low else 'plus'} the least change that counts)"
    return f"The {{loss}}, {{metric}}, is {word} {bound}"


def _numbers(known: Known, verdict: Verdict) -> dict[str, float]:
    return {**known._asdict(), "bound": verdict.bound}


def next_best(choice: Choice, known: Known) -> Rule:
    """Return the best metric so far."""
    verdict = judge(choice, known)
    numbers = _numbers(known, verdict)
    if verdict.better:
        return Rule(known.metric, "metric", f"{_why(choice, verdict, known)}, so it is the new best.", numbers)
    return Rule(known.best, "best", f"{_why(choice, verdict, known)}, so the best stays.", numbers)


def next_bad(choice: Choice, known: Known) -> Rule:
    """Return how many steps in a row were not better."""
    verdict = judge(choice, known)
    numbers = _numbers(known, verdict)
    why = _why(choice, verdict, known)
    if verdict.better:
        return Rule(0.0, "0", f"{why}, so the count of bad steps begins again from 0.", numbers)
    if verdict.cooling:
        return Rule(0.0, "0", "During the cooldown bad steps do not count.", numbers)
    if verdict.reduce:
        words = (
            f"{why}: one bad step more than patience {{patience}}, so a lower learning rate is due and the count is 0."
        )
        return Rule(0.0, "0", words, numbers)
    words = f"{why}: one more bad step. Up to patience {{patience}} of them the learning rate stays."
    return Rule(verdict.bad, "num_bad_epochs + 1", words, numbers)


def next_cooldown(choice: Choice, known: Known) -> Rule:
    """Return how many steps the cooldown still lasts."""
    verdict = judge(choice, known)
    numbers = _numbers(known, verdict)
    if verdict.reduce:
        begins = ", so a cooldown of {cooldown} steps begins" if choice.number("cooldown") else "; no cooldown is set"
        return Rule(choice.number("cooldown"), "cooldown", f"A lower learning rate is due{begins}.", numbers)
    if verdict.cooling:
        words = "The cooldown is one step shorter."
        return Rule(known.cooldown_counter - 1, "cooldown_counter - 1", words, numbers)
    return Rule(known.cooldown_counter, "cooldown_counter", "There is no cooldown now.", numbers)


def next_lr(choice: Choice, now: float, known: Known) -> Rule:
    """Return the learning rate: reduced, or as it was."""
    verdict = judge(choice, known)
    numbers = _numbers(known, verdict) | {"bad": verdict.bad}
    if not verdict.reduce:
        if verdict.better:
            return held(now, _why(choice, verdict, known), **numbers)
        if verdict.cooling:
            return held(now, "During the cooldown bad steps do not count", **numbers)
        return held(now, "Bad steps in a row: {bad}, not more than patience {patience}", **numbers)
    reduced = max(now * choice.number("factor"), choice.number("min_lr"))
    if not now - reduced > choice.number("eps"):
        words = "Bad steps in a row: {bad}, more than patience {patience}, but the change would not be above {eps}"
        return held(now, words, **numbers)
    words = "Bad steps in a row: {bad}, more than patience {patience}, so {what} is multiplied by factor {factor}"
    if reduced > now * choice.number("factor"):
        words += ", but is at least {min_lr}"
    return Rule(reduced, "max(lr*factor, min_lr)", f"{words}.", {"lr": now, **numbers})


def mean_loss(loss: float, loss_sum: float, loss_count: float) -> Rule:
    """Return the mean of the losses of the epoch so far: what the scheduler goes by after its last batch."""
    words = "The mean of the losses of this epoch so far: after its last batch the scheduler goes by it."
    numbers = {"loss": loss, LOSS_SUM: loss_sum, LOSS_COUNT: loss_count}
    return Rule((loss_sum + loss) / (loss_count + 1), "(loss_sum + loss)/(loss_count + 1)", words, numbers)


def next_sum(last: bool, loss: float, loss_sum: float) -> Rule:
    """Return the sum of the losses of the epoch so far."""
    if last:
        return Rule(0.0, "0", "The epoch is over: the next sum of losses begins from 0.")
    words = "The sum of the losses of this epoch so far."
    return Rule(loss_sum + loss, "loss_sum + loss", words, {"loss": loss, LOSS_SUM: loss_sum})


def next_count(last: bool, loss_count: float) -> Rule:
    """Return how many losses the sum has."""
    if last:
        return Rule(0.0, "0", "The epoch is over: the next count of losses begins from 0.")
    return Rule(loss_count + 1, "loss_count + 1", "One more loss in the sum.", {LOSS_COUNT: loss_count})
