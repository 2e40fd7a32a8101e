"""Versions of the experiment file: the lowest that can say what an experiment holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chainrule.catalog.activations import ACTIVATIONS, Activation
from chainrule.catalog.arguments import Argument, Choice, SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.loss import Loss
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS, Optimizer

VERSION = 7


def version_of(experiment: Experiment) -> int:
    """Return the lowest version of a file that holds the experiment."""
    return max((version for version, _ in _news(experiment)), default=1)


def without_news(choice: Choice, arguments: Iterable[Argument]) -> Choice:
    """Return a choice without those of its entry's newer arguments that say nothing new."""
    plain = {argument.name: argument.default for argument in arguments if argument.since > 1}
    kept = {name: value for name, value in choice.arguments.items() if name not in plain or value != plain[name]}
    return Choice(choice.name, kept)


def check_version(experiment: Experiment, version: int) -> None:
    """Refuse what a file of that version cannot say."""
    for came, what in _news(experiment):
        if version < came:
            raise SpecError("$.version", f"expected {came}, got {version}; {what} came with version {came}")


def _news(experiment: Experiment) -> Iterator[tuple[int, str]]:
    """Yield what of the experiment came with a later version than the first: that version, and what it is in words."""
    yield from ((2, what) for what in _news_of_2(experiment))
    names = experiment.data.names
    for key, given in (
        ("input_columns", names.inputs),
        ("target_columns", names.targets),
        ("class_names", names.classes),
    ):
        if given:
            yield 3, f'"{key}"'
    if experiment.board is not None:
        yield 5, '"board"'
    if experiment.questions:
        yield 7, '"questions"'


def _news_of_2(experiment: Experiment) -> Iterator[str]:
    """Yield what of the experiment came with version 2, in words."""
    if experiment.network.formula:
        yield "a formula in the place of layers"
    for choice, entry in _chosen(experiment):
        if entry.since > 1:
            yield choice.name
        new = {argument.name: argument.default for argument in entry.arguments if argument.since > 1}
        yield from (
            f'"{name}" of {choice.name}' for name, value in choice.arguments.items() if value != new.get(name, value)
        )
    if experiment.penalties:
        yield '"penalties"'
    if experiment.parameter_groups:
        yield '"parameter_groups"'
    if experiment.state is not None:
        yield '"state"'
    if experiment.data.accumulate != 1:
        yield '"accumulate"'


def _chosen(experiment: Experiment) -> Iterator[tuple[Choice, Activation | Loss | Optimizer]]:
    """Yield the functions of which some came with a later version, with their entries; a name that no table has is
    refused elsewhere.
    """
    for layer in experiment.network.layers:
        if layer.activation.name in ACTIVATIONS:
            yield layer.activation, ACTIVATIONS[layer.activation.name]
    if experiment.loss.name in LOSSES:
        yield experiment.loss, LOSSES[experiment.loss.name]
    if experiment.optimizer.name in OPTIMIZERS:
        yield experiment.optimizer, OPTIMIZERS[experiment.optimizer.name]
