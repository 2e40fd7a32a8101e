"""The batches of an epoch, gathered once, as tensors whose memory stays where it is."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.engine.data import Batches, epoch_order
from chainrule.engine.plan.arena import LONGEST_CHUNK
from chainrule.engine.plan.layout import ALIGNMENT

# So many numbers are gathered at once.
MOST_NUMBERS = 2**22


class Epochs:
    """Inputs and targets of each iteration, (B, in) and (B, out): equal to `Batches.batch`, without its gathering.

    Of large data not a whole epoch is gathered, but a window of some of its batches.
    """

    def __init__(self, data: DataSpec, batches: Batches) -> None:
        self._data, self._batches = data, batches
        self._count = batches_per_epoch(data)
        self._size = size = max(1, data.batch_size or data.training_rows)
        # Without rows, for their dtype, device and lengths.
        like = batches.take(torch.empty(0, dtype=torch.long))
        # The last batch of an epoch may be smaller: it has a place of its own, behind those of a window.
        self._rest = data.training_rows % size
        self._full = max(1, data.training_rows // size)
        most = MOST_NUMBERS // (size * max(1, sum(part.shape[1] for part in like)))
        self._window = max(1, min(self._full, most))
        rows = min(data.training_rows, self._window * size + self._rest)
        self._stores = [_Store(part, size, rows) for part in like]
        # The epoch and the window whose batches are there; and the epoch of the last one.
        self._now, self._last = (-1, -1), -1
        self._views = [
            (len(inputs), inputs, targets) for inputs, targets in zip(*(s.views for s in self._stores), strict=True)
        ]
        # Where all epochs are alike, and all batches of one size, the next epoch begins as the batch after the last.
        self._goes_round = not data.shuffle and self._window == self._count
        around = 1 + -(-LONGEST_CHUNK // len(self._views)) if self._goes_round else 1
        # The inputs of each batch, and the targets: the same tensors for all epochs.
        self.batches = tuple(store.views * around for store in self._stores)

    @property
    def is_fixed(self) -> bool:
        """Return whether every iteration takes the same rows in the same order."""
        return self._count == 1 and not self._data.shuffle

    def tensors(self) -> tuple[Tensor, ...]:
        """Return the batches' memory."""
        return tuple(store.memory for store in self._stores)

    def batch(self, iteration: int) -> tuple[int, Tensor, Tensor]:
        """Return how many rows an iteration takes, and its inputs and targets, until another epoch is asked for."""
        epoch, place = divmod(iteration, self._count)
        if not self._data.shuffle:
            # All are like the first.
            epoch = 0
        if place == self._full:
            if epoch != self._last:
                self._fill(epoch, place, self._window)
                self._last = epoch
            return self._views[self._window]
        window, slot = divmod(place, self._window)
        if (epoch, window) != self._now:
            self._fill(epoch, window * self._window, 0)
            self._now = epoch, window
        return self._views[slot]

    def _fill(self, epoch: int, place: int, slot: int) -> None:
        """Gather a window of batches, or the last, smaller one, of an epoch."""
        end = self._full * self._size if place < self._full else None
        rows = epoch_order(self._data, epoch)[place * self._size : end][: self._window * self._size]
        for store, found in zip(self._stores, self._batches.take(rows), strict=True):
            store.fill(found, slot)

    def following(self, iteration: int, most: int) -> tuple[int, int]:
        """Return the place of an iteration's batch, and how many of its size come in a row, itself too, but at most so
        many.

        They are in `batches` from there on, or all are the same.
        """
        if self.is_fixed:
            return 0, most
        place = iteration % self._count
        if place == self._full:
            return self._window, 1
        slot = place % self._window
        if self._goes_round:
            return slot, min(most, LONGEST_CHUNK)
        return slot, min(most, self._window - slot, self._full - place)


class _Store:
    """Batches of rows, each at an aligned place."""

    def __init__(self, like: Tensor, size: int, rows: int) -> None:
        columns, step = like.shape[1], ALIGNMENT // like.element_size()
        batches = max(1, -(-rows // size))
        stride = -(-size * columns // step) * step
        store = like.new_zeros(batches, stride)
        self.memory = store
        self._size = size
        self._all = store[:, : size * columns]
        self.views = []
        for place in range(batches):
            count = min(size, rows - place * size)
            self.views.append(store[place, : count * columns].view(count, columns))

    def fill(self, rows: Tensor, place: int) -> None:
        """Put rows, in their order, into the batches from a place on."""
        full = len(rows) // self._size
        if full:
            self._all[place : place + full].copy_(rows[: full * self._size].view(full, -1))
        if len(rows) > full * self._size:
            self.views[place + full].copy_(rows[full * self._size :])
