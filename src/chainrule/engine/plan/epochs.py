"""The batches of an epoch, gathered once, as tensors whose memory stays where it is."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.engine.data import Batches, permutation, split
from chainrule.engine.plan.arena import LONGEST_CHUNK
from chainrule.engine.plan.layout import ALIGNMENT


class Epochs:
    """Inputs and targets of each iteration, (B, in) and (B, out): equal to `Batches.batch`, without its gathering."""

    def __init__(self, data: DataSpec, batches: Batches) -> None:
        self._data = data
        self._count = batches_per_epoch(data)
        self._epoch = -1
        self._training = torch.tensor(split(data)[0], dtype=torch.long)
        self._whole = batches.whole()
        size = max(1, data.batch_size or data.training_rows)
        self._stores = [_Store(whole, size, data.training_rows) for whole in self._whole]
        self._views = [
            (len(inputs), inputs, targets) for inputs, targets in zip(*(s.views for s in self._stores), strict=True)
        ]
        # Where all epochs are alike, and all batches of one size, the next epoch begins as the batch after the last.
        self._goes_round = not data.shuffle and self._views[0][0] == self._views[-1][0]
        around = 1 + -(-LONGEST_CHUNK // len(self._views)) if self._goes_round else 1
        # The inputs of each batch, and the targets: the same tensors for all epochs.
        self.batches = tuple(store.views * around for store in self._stores)

    @property
    def is_fixed(self) -> bool:
        """Return whether every iteration takes the same rows in the same order."""
        return self._count == 1 and not self._data.shuffle

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the batches' memory."""
        return (self._training, *(store.memory for store in self._stores))

    def batch(self, iteration: int) -> tuple[int, Tensor, Tensor]:
        """Return how many rows an iteration takes, and its inputs and targets, until another epoch is asked for."""
        epoch, place = divmod(iteration, self._count)
        if not self._data.shuffle:
            # All are like the first.
            epoch = 0
        if epoch != self._epoch:
            rows = self._training
            if self._data.shuffle:
                rows = rows[permutation(len(rows), self._data.seed, epoch)]
            rows = rows.to(self._whole[0].device)
            for store, whole in zip(self._stores, self._whole, strict=True):
                store.fill(whole[rows])
            self._epoch = epoch
        return self._views[place]

    def following(self, iteration: int, most: int) -> tuple[int, int]:
        """Return the place of an iteration's batch, and how many of its size come in a row, itself too, but at most so
        many.

        They are in `batches` from there on, or all are the same.
        """
        if self.is_fixed:
            return 0, most
        place = iteration % self._count
        if self._goes_round:
            return place, min(most, LONGEST_CHUNK)
        # The last may be smaller.
        end = self._count if self._views[place][0] == self._views[-1][0] else self._count - 1
        return place, min(most, end - place)


class _Store:
    """Rows of one epoch, each batch at an aligned place."""

    def __init__(self, like: Tensor, size: int, rows: int) -> None:
        columns, step = like.shape[1], ALIGNMENT // like.element_size()
        batches = max(1, -(-rows // size))
        stride = -(-size * columns // step) * step
        self._padding = batches * size - rows
        store = like.new_zeros(batches, stride)
        self.memory = store
        self._all = store[:, : size * columns]
        self.views = []
        for place in range(batches):
            count = min(size, rows - place * size)
            self.views.append(store[place, : count * columns].view(count, columns))

    def fill(self, rows: Tensor) -> None:
        """Put the rows of an epoch, in their order, into the batches."""
        if self._padding:
            rows = torch.nn.functional.pad(rows, (0, 0, 0, self._padding))
        self._all.copy_(rows.view(self._all.shape))
