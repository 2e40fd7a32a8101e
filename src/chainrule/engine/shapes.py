"""The shape that values have together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Protocol


class Shaped(Protocol):
    """A tensor of torch's, or an array of NumPy's."""

    @property
    def shape(self) -> Sequence[int]:
        """Its size along each axis."""


def shape_together(values: Iterable[Shaped]) -> tuple[int, ...]:
    """Return the shape of values that go together, as `torch.broadcast_shapes` has it, which refuses others.

    That imports sympy when it is called first, for which a window would stand still for half a second.
    """
    sizes = zip_longest(*(tuple(reversed(value.shape)) for value in values), fillvalue=1)
    return tuple(max(each, key=lambda size: size != 1) for each in sizes)[::-1]
