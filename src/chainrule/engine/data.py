"""Which rows are trained on, which are held back for the test, and the rows of one iteration, with their tensors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.experiment.batches import batches_per_epoch, place_in_epoch
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.row_tensors import RowTensor, RowTensors

RowNumbers = tuple[int, ...]


def split(data: DataSpec) -> tuple[RowNumbers, RowNumbers]:
    """Return the rows that are trained on, and those that are held back for the test, both in the data's order.

    With `shuffle` the test rows are drawn under the seed; otherwise they are the last.
    """
    return _split(len(data.inputs), data.test_rows, data.seed if data.shuffle else None)


@lru_cache(maxsize=64)
def _split(rows: int, test_rows: int, seed: int | None) -> tuple[RowNumbers, RowNumbers]:
    order = range(rows)
    # One epoch before the first: no epoch draws its order from the same numbers.
    drawn = order if seed is None or not test_rows else permutation(rows, seed, -1).tolist()
    return tuple(sorted(drawn[: rows - test_rows])), tuple(sorted(drawn[rows - test_rows :]))


def permutation(rows: int, seed: int, epoch: int) -> Tensor:
    """Return the order in which an epoch takes so many rows, (rows,), on the CPU."""
    # One generator an epoch: any iteration can be asked for without drawing those before it.
    # The remainder keeps every seed within the 64 bits that a generator takes.
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**64)
    return torch.randperm(rows, generator=generator)


def batch_indices(data: DataSpec, iteration: int) -> RowNumbers:
    """Return the rows that an iteration takes: a function of seed and iteration alone, so that replays are equal."""
    size = data.batch_size or data.training_rows
    epoch, batch = place_in_epoch(data, iteration)
    return epoch_rows(data, epoch)[batch * size : (batch + 1) * size]


def epoch_rows(data: DataSpec, epoch: int) -> RowNumbers:
    """Return the training rows in the order in which an epoch takes them."""
    training, _ = split(data)
    if not data.shuffle:
        return training
    return tuple([training[place] for place in permutation(len(training), data.seed, epoch).tolist()])


class Batches:
    """The data of an experiment as tensors on its device: batch by batch, all training rows, or the test rows."""

    def __init__(self, experiment: Experiment, tensors: RowTensors | None = None) -> None:
        """`tensors` are those of other experiments, for rows that this one shares with them."""
        self._data = experiment.data
        self._dtype, self._device = torch_dtype(experiment), experiment.device
        self._tensors = tensors or RowTensors()
        training, self.test_rows = split(self._data)
        self._whole = training if batches_per_epoch(self._data) == 1 and not self._data.shuffle else None
        self._held: _Held | None = None
        # At once: a device that cannot hold them is told of before anything else is made.
        self._now()

    def let_go(self) -> None:
        """Hold no tensors until some are asked for."""
        self._held = None

    def held(self) -> tuple[Tensor, ...]:
        """Return the tensors that are held now."""
        return self._held.all() if self._held else ()

    def _now(self) -> _Held:
        if self._held is None:
            data = self._data
            inputs, targets = (
                self._tensors.of(rows, self._dtype, self._device) for rows in (data.inputs, data.targets)
            )
            whole = inputs.tensor, targets.tensor
            training = _take(whole, split(data)[0]) if self.test_rows else whole
            self._held = _Held(inputs, targets, training, _take(whole, self.test_rows))
        return self._held

    def rows(self, iteration: int) -> RowNumbers:
        """Return which rows of the data the iteration takes."""
        return batch_indices(self._data, iteration) if self._whole is None else self._whole

    def batch(self, iteration: int) -> tuple[Tensor, Tensor]:
        """Return inputs (B, in) and targets (B, out) of an iteration."""
        return self._now().training if self._whole is not None else _take(self.whole(), self.rows(iteration))

    def whole(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of every row of the data."""
        held = self._now()
        return held.inputs.tensor, held.targets.tensor

    def training(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of every row that is trained on, in the data's order."""
        return self._now().training

    def test(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of the rows that are held back, in the data's order; no rows where none are."""
        return self._now().test


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """All rows, and those of the two parts."""

    inputs: RowTensor
    targets: RowTensor
    training: tuple[Tensor, Tensor]
    test: tuple[Tensor, Tensor]

    def all(self) -> tuple[Tensor, ...]:
        return self.inputs.tensor, self.targets.tensor, *self.training, *self.test


def _take(whole: tuple[Tensor, Tensor], rows: RowNumbers) -> tuple[Tensor, Tensor]:
    inputs, targets = whole
    index = torch.tensor(rows, device=inputs.device, dtype=torch.long)
    return inputs[index], targets[index]
