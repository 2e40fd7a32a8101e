"""Versions of the experiment file: the lowest that can say what an experiment holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chainrule.catalog.arguments import Choice, SpecError, Value
from chainrule.catalog.spec import Experiment

VERSION = 2
FORMULA = "Formula"
# Arguments that came with version 2, at what they were before: where they are that, a file need not name them.
_NEW_ARGUMENTS: Mapping[str, Mapping[str, Value]] = {
    "CrossEntropyLoss": {"weight": None, "ignore_index": -100},
    "NLLLoss": {"weight": None, "ignore_index": -100},
    "BCELoss": {"weight": None},
    "BCEWithLogitsLoss": {"weight": None, "pos_weight": None},
    "Adam": {"bias_correction": True},
    "AdamW": {"bias_correction": True},
}


def version_of(experiment: Experiment) -> int:
    """The lowest version of a file that holds the experiment."""
    return 2 if any(True for _ in _news(experiment)) else 1


def without_news(choice: Choice) -> Choice:
    """A choice without those of version 2's arguments that say nothing new."""
    plain = _NEW_ARGUMENTS.get(choice.name, {})
    kept = {name: value for name, value in choice.arguments.items() if name not in plain or value != plain[name]}
    return Choice(choice.name, kept)


def check_version(experiment: Experiment, version: int) -> None:
    """Refuse what a file of that version cannot say."""
    if version < VERSION and (what := next(_news(experiment), "")):
        raise SpecError("$.version", f"expected {VERSION}, got {version}; {what} came with version {VERSION}")


def _news(experiment: Experiment) -> Iterator[str]:
    """What of the experiment came with version 2, in words."""
    if experiment.network.formula:
        yield "a formula in the place of layers"
    chosen = [layer.activation for layer in experiment.network.layers] + [experiment.loss, experiment.optimizer]
    for choice in chosen:
        if choice.name == FORMULA:
            yield "Formula"
        plain = _NEW_ARGUMENTS.get(choice.name, {})
        yield from (
            f'"{name}" of {choice.name}'
            for name, value in choice.arguments.items()
            if name in plain and value != plain[name]
        )
    if experiment.penalties:
        yield '"penalties"'
    if experiment.parameter_groups:
        yield '"parameter_groups"'
    if experiment.state is not None:
        yield '"state"'
    if experiment.data.accumulate != 1:
        yield '"accumulate"'
