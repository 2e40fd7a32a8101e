"""What a derivation is made of: the links of the chain rule, and the paths on which a number reaches the loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.fragments import Fragments

Index = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One number of a value."""

    ref: ValueRef
    index: Index = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One formula of the forward pass, differentiated by one of the numbers that it reads.

    `of` and `by` are LaTeX of the two. `what` names the formula in words, `formula` is its right side. `sides` are the
    derivative: as it is derived, and as the table writes it where that is another form. `factor` is the last one as it
    stands in a product. `numbers(more)` is that with numbers of so many digits more, empty where there is nothing to
    put in.
    """

    what: str
    of: str
    by: str
    formula: Fragments
    sides: tuple[Fragments, ...]
    factor: str
    numbers: Callable[[int], Fragments]
    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class GradientPath:
    """One way from a number to the loss: links, the last one first, and the gradient that they carry on.

    Without an `upstream` the first link is the loss itself.
    """

    what: str
    upstream: Element | None
    links: tuple[Link, ...]

    @property
    def slope(self) -> float:
        """What the links make of the gradient that comes in."""
        return math.prod(link.value for link in self.links)


@dataclass(frozen=True, slots=True)
class GradientPaths:
    """All paths of a number, by their place; their shares add up to its gradient.

    `title` says what there is a path for. `chosen` is the one that is followed further.
    """

    count: int
    at: Callable[[int], GradientPath]
    share: Callable[[int], float]
    title: str = ""
    chosen: int = 0


def single(path: GradientPath, share: float) -> GradientPaths:
    """Return the only path of a number."""
    return GradientPaths(1, lambda _: path, lambda _: share)
