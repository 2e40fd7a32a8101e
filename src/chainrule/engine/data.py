"""The rows of one iteration, and their tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.engine.initializers import torch_dtype
from chainrule.engine.spec import DataSpec, Experiment


def batches_per_epoch(data: DataSpec) -> int:
    """Iterations in one pass over the data; the last batch may be smaller."""
    rows = len(data.inputs)
    return 1 if data.batch_size is None else -(-rows // data.batch_size)


def batch_indices(data: DataSpec, iteration: int) -> tuple[int, ...]:
    """The rows that an iteration takes: a function of seed and iteration alone, so that replays are equal."""
    rows = len(data.inputs)
    size = data.batch_size or rows
    epoch, batch = divmod(iteration, batches_per_epoch(data))
    order = list(range(rows))
    if data.shuffle:
        # One generator an epoch: any iteration can be asked for without drawing those before it.
        # The remainder keeps the largest seed within the 64 bits that a generator takes.
        generator = torch.Generator().manual_seed((data.seed * 1_000_003 + epoch) % 2**64)
        order = torch.randperm(rows, generator=generator).tolist()
    return tuple(order[batch * size : (batch + 1) * size])


class Batches:
    """The data of an experiment as tensors on its device, batch by batch."""

    def __init__(self, experiment: Experiment) -> None:
        self._data = experiment.data
        dtype = torch_dtype(experiment)
        self._inputs = torch.tensor(experiment.data.inputs, dtype=dtype, device=experiment.device)
        self._targets = torch.tensor(experiment.data.targets, dtype=dtype, device=experiment.device)
        self._whole = batches_per_epoch(self._data) == 1 and not self._data.shuffle

    def rows(self, iteration: int) -> tuple[int, ...]:
        """Which rows of the data the iteration takes."""
        return batch_indices(self._data, iteration)

    def batch(self, iteration: int) -> tuple[Tensor, Tensor]:
        """Inputs (B, in) and targets (B, out) of an iteration."""
        if self._whole:
            return self._inputs, self._targets
        index = torch.tensor(self.rows(iteration), device=self._inputs.device)
        return self._inputs[index], self._targets[index]
