"""Rows of numbers as tensors: made once, and shared by all experiments that share the rows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import Rows

# Rows that share less than this part with others are sooner made anew.
LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class RowTensor:
    """Rows, and their numbers as a tensor (rows, columns), which nobody changes in place."""

    rows: Rows
    tensor: Tensor


class RowTensors:
    """Makes tensors of rows. Each lives as long as somebody holds the `RowTensor`, and is found again until then.

    Of rows that share most of theirs with others, as after an edit, only the new ones are read number by number.
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
                found = self._made[key] = RowTensor(rows, self._make(rows, dtype, device))
        return found

    def _make(self, rows: Rows, dtype: torch.dtype, device: str) -> Tensor:
        if not rows:
            # A formula has no data.
            return torch.empty((0, 0), dtype=dtype, device=device)
        like = [
            made
            for (_, other, place), made in self._made.items()
            if (other, place) == (dtype, device) and made.rows and len(made.rows[0]) == len(rows[0])
        ]
        # The one that was made last is the likeliest to share rows.
        base = like[-1] if like else None
        if base is None:
            return read_numbers(rows, dtype, device)
        places = dict(zip(map(id, base.rows), range(len(base.rows)), strict=True))
        found = list(map(places.get, map(id, rows), repeat(-1)))
        new = [index for index, place in enumerate(found) if place < 0] if -1 in found else []
        if len(new) > len(rows) * (1 - LEAST_SHARE):
            return read_numbers(rows, dtype, device)
        # A row that is not there is any of them, until it is put in.
        made = base.tensor[torch.tensor(found, device=device).clamp_(min=0)]
        if new:
            fresh = read_numbers(tuple([rows[index] for index in new]), dtype, device)
            made[torch.tensor(new, device=device)] = fresh
        return made


def read_numbers(rows: Rows, dtype: torch.dtype, device: str) -> Tensor:
    """Return the numbers of rows, one by one, as a tensor (rows, columns)."""
    return torch.tensor(rows, dtype=dtype, device=device)
