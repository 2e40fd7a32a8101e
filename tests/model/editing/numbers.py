"""Numbers that edits keep, or may not ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from tests.experiments import article


def forbidden(experiment: Experiment) -> Mapping[ValueRef, NestedNumbers]:
    """Initial values that nobody may ask for."""
    raise AssertionError(f"drew numbers for {experiment.network}")


SLOPES = refs.learned(0, "weight")


def own_slopes(**changes: Any) -> Experiment:
    """The article's network with a slope for each hidden unit."""
    experiment = edits.set_activation(0, Choice("PReLU", {"num_parameters": 2}))(article())
    given = {**experiment.parameters, SLOPES: (0.5, -1.0)}
    return check_experiment(replace(experiment, parameters=given, frozen=frozenset({SLOPES}), **changes))
