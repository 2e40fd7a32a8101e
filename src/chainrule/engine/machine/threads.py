"""How many threads torch computes with: one for small tensors, as many as it takes by itself for large ones.

torch splits some operations, softmax among them, however small they are. The threads then wait for each other at every
one: on a machine that does other things too, for thousands of times as long as the computing takes.
"""

from __future__ import annotations

from itertools import pairwise

import torch

from chainrule.catalog.experiment.spec import Experiment

# Multiplications in an iteration's largest product of matrices, up to which a second thread gains nothing.
SMALL = 2**18
_ALL = torch.get_num_threads()


def threads_for(experiment: Experiment) -> int:
    """Return how many threads an experiment is computed with.

    Always the same, or large sums would add up in another order.
    """
    network, data = experiment.network, experiment.data
    rows = max(data.batch_size or data.training_rows, data.test_rows)
    widths = (network.inputs, *(layer.units for layer in network.layers))
    largest = max(rows * inputs * outputs for inputs, outputs in pairwise(widths)) if network.layers else 0
    return 1 if largest <= SMALL else _ALL


def use_threads(count: int) -> None:
    """Let torch compute with so many threads from now on."""
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
