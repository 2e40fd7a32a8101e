"""Which rows are trained on, which are held back for the test, and the rows of one iteration, with their tensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Literal

import torch
from torch import Tensor

from chainrule.catalog.experiment.batches import batches_per_epoch, place_in_epoch
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.row_tensors import RowTensor, RowTensors

RowNumbers = tuple[int, ...]
DataPart = Literal["training", "test"]
# So many numbers of the data go through a network at once where all rows do.
SLICE_NUMBERS = 2**21


def split(data: DataSpec) -> tuple[RowNumbers, RowNumbers]:
    """Return the rows that are trained on, and those that are held back for the test, both in the data's order.

    With `shuffle` the test rows are drawn under the seed; otherwise they are the last.
    """
    return _split(*_split_key(data))


def split_order(data: DataSpec) -> tuple[Tensor, Tensor]:
    """Return the same as tensors, (rows,) each, on the CPU."""
    return _split_tensors(*_split_key(data))


def _split_key(data: DataSpec) -> tuple[int, int, int | None]:
    """Return all that the split depends on."""
    return len(data.inputs), data.test_rows, data.seed if data.shuffle else None


# Of many rows each takes megabytes.
@lru_cache(maxsize=8)
def _split(rows: int, test_rows: int, seed: int | None) -> tuple[RowNumbers, RowNumbers]:
    training, test = _split_tensors(rows, test_rows, seed)
    return tuple(training.tolist()), tuple(test.tolist())


@lru_cache(maxsize=8)
def _split_tensors(rows: int, test_rows: int, seed: int | None) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):
        # One epoch before the first: no epoch draws its order from the same numbers.
        drawn = torch.arange(rows) if seed is None or not test_rows else permutation(rows, seed, -1)
        return drawn[: rows - test_rows].sort().values, drawn[rows - test_rows :].sort().values


def permutation(rows: int, seed: int, epoch: int) -> Tensor:
    """Return the order in which an epoch takes so many rows, (rows,), on the CPU."""
    # One generator an epoch: any iteration can be asked for without drawing those before it.
    # The remainder keeps every seed within the 64 bits that a generator takes.
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**64)
    return torch.randperm(rows, generator=generator)


def batch_indices(data: DataSpec, iteration: int) -> RowNumbers:
    """Return the rows that an iteration takes: a function of seed and iteration alone, so that replays are equal."""
    return tuple(batch_order(data, iteration).tolist())


def batch_order(data: DataSpec, iteration: int) -> Tensor:
    """Return the same as a tensor, (B,), on the CPU."""
    size = data.batch_size or data.training_rows
    epoch, batch = place_in_epoch(data, iteration)
    return epoch_order(data, epoch)[batch * size : (batch + 1) * size]


def epoch_order(data: DataSpec, epoch: int) -> Tensor:
    """Return the training rows in the order in which an epoch takes them, (rows,), on the CPU."""
    return _epoch_order(*_split_key(data), epoch) if data.shuffle else split_order(data)[0]


@lru_cache(maxsize=4)
def _epoch_order(rows: int, test_rows: int, seed: int, epoch: int) -> Tensor:
    training, _ = _split_tensors(rows, test_rows, seed)
    with torch.inference_mode(False):
        return training[permutation(len(training), seed, epoch)]


class Batches:
    """The data of an experiment as tensors on its device: batch by batch, all training rows, or the test rows."""

    def __init__(self, experiment: Experiment, tensors: RowTensors | None = None) -> None:
        """`tensors` are those of other experiments, for rows that this one shares with them."""
        self._data = experiment.data
        self._dtype, self._device = torch_dtype(experiment), experiment.device
        self._tensors = tensors or RowTensors()
        self._is_whole = batches_per_epoch(self._data) == 1 and not self._data.shuffle
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
            self._held = _Held(inputs, targets, {})
        return self._held

    @property
    def test_rows(self) -> RowNumbers:
        """The rows that are held back."""
        return split(self._data)[1]

    def rows(self, iteration: int) -> RowNumbers:
        """Return which rows of the data the iteration takes."""
        return split(self._data)[0] if self._is_whole else batch_indices(self._data, iteration)

    def batch(self, iteration: int) -> tuple[Tensor, Tensor]:
        """Return inputs (B, in) and targets (B, out) of an iteration."""
        return self.training() if self._is_whole else self.take(batch_order(self._data, iteration))

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of the rows of that index, (n,), in its order."""
        held = self._now()
        return held.inputs.take(rows), held.targets.take(rows)

    def training(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of every row that is trained on, in the data's order."""
        return self._part("training")

    def test(self) -> tuple[Tensor, Tensor]:
        """Return inputs and targets of the rows that are held back, in the data's order; no rows where none are."""
        return self._part("test")

    def slices(self, part: DataPart) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield inputs and targets of one part, of many numbers some rows at a time."""
        rows = split_order(self._data)[part == "test"]
        size = max(1, SLICE_NUMBERS // max(1, self._data.inputs.columns))
        if len(rows) <= size:
            yield self._part(part)
            return
        held = self._now()
        for first in range(0, len(rows), size):
            if self._data.test_size:
                yield self.take(rows[first : first + size])
            else:
                end = min(first + size, len(rows))
                yield held.inputs.between(first, end), held.targets.between(first, end)

    def _part(self, part: DataPart) -> tuple[Tensor, Tensor]:
        held = self._now()
        if part not in held.parts:
            # What all rows are shared by need not be in the mode of whoever asks first.
            with torch.inference_mode(False), torch.no_grad():
                rows = split_order(self._data)[part == "test"]
                if len(rows) == len(self._data.inputs):
                    held.parts[part] = held.inputs.tensor, held.targets.tensor
                else:
                    held.parts[part] = self.take(rows)
        return held.parts[part]


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """All rows, and those parts of them that were asked for as one tensor."""

    inputs: RowTensor
    targets: RowTensor
    parts: dict[DataPart, tuple[Tensor, Tensor]]

    def all(self) -> tuple[Tensor, ...]:
        return (*self.inputs.parts(), *self.targets.parts(), *chain.from_iterable(self.parts.values()))
