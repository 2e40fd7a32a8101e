"""The patterns by which penalties and groups name their parameters, where layers come and go: they go with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from chainrule.catalog.experiment.groups import matching
from chainrule.catalog.experiment.spec import Experiment

Patterns = tuple[str, ...]
# Where a layer comes to: None where it is gone.
Move = Callable[[int], int | None]

_LAYER = re.compile(r"layers\.(\d+)(?=\.)")


def moved_patterns(experiment: Experiment, move: Move) -> Experiment:
    """Return the experiment with the layers' numbers in patterns moved.

    A pattern of a layer that is gone goes with it.
    """

    def moved(patterns: Patterns) -> Patterns:
        return tuple(new for pattern in patterns if (new := moved_name(pattern, move)) is not None)

    return _with_patterns(experiment, moved)


def moved_name(name: str, move: Move) -> str | None:
    """Return a ref, or a pattern of refs, with its layer's number moved; None of a layer that is gone."""
    match = _LAYER.match(name)
    if match is None:
        return name
    layer = move(int(match[1]))
    return None if layer is None else f"layers.{layer}{name[match.end() :]}"


def without_orphans(experiment: Experiment, before: Experiment) -> Experiment:
    """Return the experiment without the patterns that had parameters before and have none in this network any more."""
    old, new = (tuple(each.network.parameter_shapes()) for each in (before, experiment))

    def kept(patterns: Patterns) -> Patterns:
        return tuple(each for each in patterns if matching((each,), new) or not matching((each,), old))

    return _with_patterns(experiment, kept)


def _with_patterns(experiment: Experiment, change: Callable[[Patterns], Patterns]) -> Experiment:
    """Set other patterns of all penalties and groups; those that have none left go."""
    if not experiment.penalties and not experiment.parameter_groups:
        return experiment
    penalties = (replace(each, parameters=change(each.parameters)) for each in experiment.penalties)
    groups = (replace(each, parameters=change(each.parameters)) for each in experiment.parameter_groups)
    return replace(
        experiment,
        penalties=tuple(each for each in penalties if each.parameters),
        parameter_groups=tuple(each for each in groups if each.parameters),
    )
