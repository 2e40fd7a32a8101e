"""Names for what a scheduler keeps and changes: symbols, marks for the timeline, titles, and nouns for sentences."""

from __future__ import annotations

from chainrule.catalog.values.value import Role, Value
from chainrule.translation import gettext, gettext_noop

# Letter and label below, mark on the timeline, and a noun.
_SCHEDULER = {
    "best": (r"L_{\text{best}}", "L*", "the best loss so far"),
    "num_bad_epochs": (r"n_{\text{bad}}", "n", "the count of bad steps"),
    "cooldown_counter": (r"n_{\text{cool}}", "c", "the cooldown"),
    "metric": (r"L_{\text{epoch}}", "L̄", "the mean loss of the epoch so far"),
    "loss_sum": (r"L_{\text{sum}}", "ΣL", "the sum of the epoch's losses"),
    "loss_count": (r"n_{\text{sum}}", "N", "the count of the epoch's losses"),
}
_MARKS = {"lr": "η", "momentum": "μ", "beta1": "β₁"}
_NOUNS = {
    "lr": gettext_noop("the learning rate"),
    "momentum": gettext_noop("the momentum"),
    "beta1": gettext_noop("beta1"),
}


def scheduler_symbol(value: Value) -> tuple[str, str]:
    """Return the letter of what the scheduler keeps, and its label below."""
    letter, _, below = _SCHEDULER[value.name][0].partition("_")
    return letter, below[1:-1]


def schedule_mark(value: Value) -> str:
    """Return a short label for the timeline, without a layer's number."""
    return _SCHEDULER[value.name][1] if value.role is Role.SCHEDULER else _MARKS[value.name]


def noun(value: Value) -> str:
    """Return the value in a sentence: `the learning rate of layer 2`."""
    if value.role is Role.SCHEDULER:
        return _SCHEDULER[value.name][2]
    layer = "" if value.layer is None else f" of layer {value.layer + 1}"
    layer = layer if value.group is None else f" of group {value.group + 1}"
    return f"{gettext(_NOUNS[value.name])}{layer}"


def schedule_title(value: Value) -> str:
    """Return the stage's heading, behind the phase: `next learning rate`."""
    text = noun(value).removeprefix("the ")
    return f"schedule · next {text}" if value.is_next else f"schedule · {text}"
