"""What an experiment takes of the machine, where that is so much that little of its training is remembered."""

from __future__ import annotations

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.background.lazy_engine import engine

# With fewer numbers nothing is large: the engine is not asked.
FEW_NUMBERS = 2_000_000


def has_few_numbers(experiment: Experiment) -> bool:
    """Return whether an experiment is small beyond doubt, as nearly all are.

    It need not be checked, nor torch be there.
    """
    network, rows = experiment.network, len(experiment.data.inputs)
    units = network.inputs + sum(layer.units for layer in network.layers)
    return network.parameter_count + rows * units < FEW_NUMBERS


def needs_of(experiment: Experiment) -> str | None:
    """Say in words what a checked experiment takes, where it is so much that little is remembered; None for others."""
    if has_few_numbers(experiment):
        return None
    estimated = engine().estimate(experiment)
    return estimated.text if estimated.is_large else None
