"""The numbers of a large tensor as Python numbers, a row at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from torch import Tensor

# Tensors of up to so many numbers are turned into lists at once.
SMALL = 4096
# Rows that are kept once they were asked for.
MOST_ROWS = 64


def as_lists(tensor: Tensor) -> Any:
    """Return a tensor as nested sequences of floats.

    A large one takes four times its memory as lists: its rows wait.
    """
    return LazyRows(tensor) if tensor.dim() > 1 and tensor.numel() > SMALL else tensor.tolist()


class LazyRows(Sequence[Any]):
    """The rows of a tensor, each turned into a list when it is asked for."""

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor
        self._rows: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._tensor)

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._tensor[index].tolist()
        if index not in self._rows:
            if len(self._rows) >= MOST_ROWS:
                self._rows.pop(next(iter(self._rows)))
            self._rows[index] = self._tensor[index].tolist()
        return self._rows[index]
