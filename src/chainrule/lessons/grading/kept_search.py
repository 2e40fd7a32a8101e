"""The mistakes of one number, computed once for all who are asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.mistakes import Mistake, Search


class KeptSearch:
    """A search that remembers what it has found. Pairs of mistakes are not looked for: there would be too many."""

    def __init__(self, calculation: Calculation, ref: ValueRef, index: Index) -> None:
        self._left = Search(calculation, ref, index).singles()
        self._found: list[Mistake | None] = []

    def singles(self) -> Iterator[Mistake | None]:
        """Yield one mistake each."""
        yield from self._found
        # Nobody else goes on with it meanwhile.
        for each in self._left:
            self._found.append(each)
            yield each

    def pairs(self) -> Iterator[Mistake | None]:
        """Yield nothing."""
        return iter(())
