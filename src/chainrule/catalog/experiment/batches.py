"""How iterations and epochs count: batches in one pass over the training rows."""

from __future__ import annotations

from chainrule.catalog.experiment.spec import DataSpec


def batches_per_epoch(data: DataSpec) -> int:
    """Return how many iterations one pass over the training rows has; the last batch may be smaller."""
    return 1 if data.batch_size is None else -(-data.training_rows // data.batch_size)


def place_in_epoch(data: DataSpec, iteration: int) -> tuple[int, int]:
    """Return the epoch of an iteration, and its batch in it, both from 0."""
    return divmod(iteration, batches_per_epoch(data))


def updating_iteration(data: DataSpec, iteration: int) -> int:
    """Return the iteration whose update uses the gradients of this one: a later one where batches are added up."""
    return iteration + data.accumulate - 1 - iteration % data.accumulate
