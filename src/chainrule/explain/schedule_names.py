"""Names for what a scheduler keeps and changes: symbols, marks for the timeline, titles, and nouns for sentences."""

from __future__ import annotations

from chainrule.catalog import refs
from chainrule.catalog.refs import RefParts, ValueRef

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
_NOUNS = {"lr": "the learning rate", "momentum": "the momentum", "beta1": "beta1"}


def scheduler_symbol(parts: RefParts) -> tuple[str, str]:
    """The letter of what the scheduler keeps, and its label below."""
    letter, _, below = _SCHEDULER[parts.suffixes[0]][0].partition("_")
    return letter, below[1:-1]


def schedule_mark(parts: RefParts) -> str:
    """A short label for the timeline, without a layer's number."""
    return _SCHEDULER[parts.suffixes[0]][1] if parts.name == "scheduler" else _MARKS[parts.name]


def noun(ref: ValueRef) -> str:
    """The value in a sentence: `the learning rate of layer 2`."""
    parts = refs.parse(ref)
    if parts.name == "scheduler":
        return _SCHEDULER[parts.suffixes[0]][2]
    layer = "" if parts.layer is None else f" of layer {parts.layer + 1}"
    layer = layer if parts.group is None else f" of group {parts.group + 1}"
    return f"{_NOUNS[parts.name]}{layer}"


def schedule_title(ref: ValueRef) -> str:
    """The stage's heading, behind the phase: `next learning rate`."""
    text = noun(ref).removeprefix("the ")
    return f"schedule · next {text}" if ref.endswith(".next") else f"schedule · {text}"
