"""The shape that values have together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from torch import Tensor


def shape_together(values: Iterable[Tensor]) -> tuple[int, ...]:
    """Return the shape of values that go together, as `torch.broadcast_shapes` has it.

    That imports sympy when it is called first, for which a window would stand still for half a second.
    """
    sizes = zip_longest(*(reversed(value.shape) for value in values), fillvalue=1)
    return tuple(max(each, key=lambda size: size != 1) for each in sizes)[::-1]
