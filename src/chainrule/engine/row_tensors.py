"""Rows of numbers as tensors: made once, and shared by all experiments that share the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from chainrule.catalog.experiment.row_blocks import RowBlock
from chainrule.catalog.experiment.rows import Rows

# Rows that share less than this part with others are sooner made anew.
LEAST_SHARE = 0.5
# Of so many numbers a tensor is made anew after an edit; of more only what is new.
SMALL = 2**21
# Bytes at which torch's own memory begins: the same numbers elsewhere need not give the same bits.
ALIGNMENT = 64
FORMATS = {"f": torch.float32, "d": torch.float64}


@dataclass(frozen=True, slots=True, eq=False)
class _Base:
    """Rows whose tensor others are made from, and where each of their blocks begins."""

    rows: Rows
    tensor: Tensor
    places: dict[int, int]


class RowTensor:
    """Rows, and their numbers as tensors, which nobody changes in place.

    Of many rows an edit makes no other tensor of all: they are those of the rows before it, and `fresh` ones.
    """

    __slots__ = ("__weakref__", "_base", "_fresh", "_places", "rows")

    def __init__(self, rows: Rows, base: _Base, fresh: Tensor | None = None, places: Tensor | None = None) -> None:
        """`places` are those of each row in the base, or behind it in `fresh`; None where the base has the rows."""
        self.rows = rows
        self._base, self._fresh, self._places = base, fresh, places

    @property
    def base(self) -> _Base:
        """What others can be made from."""
        return self._base

    @property
    def tensor(self) -> Tensor:
        """All rows, (rows, columns)."""
        return self._base.tensor if self._places is None else self.take(torch.arange(len(self.rows)))

    def parts(self) -> tuple[Tensor, ...]:
        """Return the memory that is held."""
        return tuple(part for part in (self._base.tensor, self._fresh, self._places) if part is not None)

    def take(self, rows: Tensor) -> Tensor:
        """Return the rows of that index, (n,), as a tensor of their own, (n, columns)."""
        base = self._base.tensor
        rows = rows.to(base.device)
        if self._places is None:
            return base.index_select(0, rows)
        places, count = self._places.index_select(0, rows), len(base)
        found = base.index_select(0, places.clamp(max=count - 1))
        if self._fresh is not None and bool((new := places >= count).any()):
            found[new] = self._fresh[places[new] - count]
        return found

    def between(self, first: int, end: int) -> Tensor:
        """Return rows that follow each other, (n, columns)."""
        return self._base.tensor[first:end] if self._places is None else self.take(torch.arange(first, end))


class RowTensors:
    """Makes tensors of rows. Each lives as long as somebody holds the `RowTensor`, and is found again until then.

    Of rows that share most of theirs with others, as after an edit, only the new blocks are read.
    """

    def __init__(self) -> None:
        # Ids are those of rows that live: each value holds its own.
        self._made: WeakValueDictionary[tuple[int, torch.dtype, str], RowTensor] = WeakValueDictionary()

    def of(self, rows: Rows, dtype: torch.dtype, device: str) -> RowTensor:
        """Return the rows as a tensor of that dtype on that device."""
        key = id(rows), dtype, device
        found = self._made.get(key)
        if found is None:
            # Whoever computes may be in inference mode, and what is kept is not to depend on that.
            with torch.inference_mode(False), torch.no_grad():
                found = self._made[key] = self._make(rows, dtype, device)
        return found

    def _make(self, rows: Rows, dtype: torch.dtype, device: str) -> RowTensor:
        like = [
            made.base
            for (_, other, place), made in self._made.items()
            if (other, place) == (dtype, device) and made.rows.columns == rows.columns
        ]
        # The one that was made last is the likeliest to share rows.
        found = _made_from(rows, like[-1]) if rows and like else None
        if found is None:
            found = RowTensor(rows, _base_of(rows, read_blocks(rows.blocks, dtype, device)))
        elif len(rows) * rows.columns <= SMALL:
            found = RowTensor(rows, _base_of(rows, found.tensor))
        return found


def _base_of(rows: Rows, tensor: Tensor) -> _Base:
    places, place = {}, 0
    for block in rows.blocks:
        places[id(block)] = place
        place += block.count
    return _Base(rows, tensor, places)


def _made_from(rows: Rows, base: _Base) -> RowTensor | None:
    """Return rows as those of a base and fresh ones, where they share enough."""
    starts = list(map(base.places.get, map(id, rows.blocks)))
    new = [block for block, start in zip(rows.blocks, starts, strict=True) if start is None]
    if sum(block.count for block in new) > len(rows) * (1 - LEAST_SHARE):
        return None
    ranges = _ranges(rows.blocks, starts, len(base.tensor))
    fresh = read_blocks(new, base.tensor.dtype, str(base.tensor.device)) if new else None
    places = torch.cat([torch.arange(first, end) for first, end in ranges])
    return RowTensor(rows, base, fresh, places.to(base.tensor.device))


def _ranges(blocks: Sequence[RowBlock], starts: Sequence[int | None], behind: int) -> Iterator[tuple[int, int]]:
    """Yield from where to where the rows of blocks lie in a base, or `behind` it where they start nowhere there."""
    first = end = -1
    for block, start in zip(blocks, starts, strict=True):
        begin = behind if start is None else start
        if start is None:
            behind += block.count
        if begin != end:
            if first >= 0:
                yield first, end
            first = begin
        end = begin + block.count
    yield first, end


def read_blocks(blocks: Sequence[RowBlock], dtype: torch.dtype, device: str) -> Tensor:
    """Return the numbers of blocks of one length as a tensor (rows, columns): that of their own memory, where they are
    many and it has the dtype.
    """
    if not blocks:
        # A formula has no data.
        return torch.empty((0, 0), dtype=dtype, device=device)
    columns, runs = blocks[0].columns, list(_runs(blocks))
    if len(runs) == 1:
        found = _view(*runs[0])
        is_own = found.dtype == dtype and found.numel() > SMALL and found.data_ptr() % ALIGNMENT == 0
        kept = found if is_own or device != "cpu" else found.to(dtype, copy=True)
        return kept.to(dtype=dtype, device=device).view(-1, columns)
    made = torch.empty(sum(count for _, _, count in runs), dtype=dtype)
    place = 0
    for run in runs:
        made[place : place + run[2]] = _view(*run)
        place += run[2]
    return made.view(-1, columns).to(device)


def _view(memory: memoryview, start: int, count: int) -> Tensor:
    return torch.frombuffer(memory, dtype=FORMATS[memory.format], count=count, offset=start * memory.itemsize)


def _runs(blocks: Sequence[RowBlock]) -> Iterator[tuple[memoryview, int, int]]:
    """Yield memory, first number and count of what lies side by side."""
    memory, start, count = blocks[0].memory, blocks[0].start, 0
    for block in blocks:
        if block.memory is not memory or block.start != start + count:
            yield memory, start, count
            memory, start, count = block.memory, block.start, 0
        count += block.count * block.columns
    yield memory, start, count
