"""The steps of optimizers, one iteration after the other."""

from __future__ import annotations

import math
from collections.abc import Iterator

from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.program.steps import MicroStep
from tests.explain.cases import Case, network, random_rows

SMALL = Experiment(network(2, (3, "Tanh"), (1, "Identity")), DataSpec(random_rows(3, 2, 1), random_rows(3, 1, 2)))
NEURON = Experiment(network(1, (1, "Identity")), DataSpec(((1.0,),), ((0.5,),)))


def updates(it: Case) -> Iterator[tuple[MicroStep, tuple[int, ...]]]:
    """Every element that the update writes."""
    return ((step, index) for step, index in it.elements() if step.phase is Phase.UPDATE)


def same(left: float, right: float) -> bool:
    """Equal but for what cancels in the difference of numbers around 1."""
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-14)
