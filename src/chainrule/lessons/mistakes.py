"""Likely mistakes in one number, each computed: a rule is altered, and the calculation runs again from there.

One mistake comes before two, what is made often before what is made seldom, and what is near to the number before what
is far. What leaves the number as it is is no mistake of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.alterations import Alteration, MistakeKind, alterations
from chainrule.lessons.altered_formulas import FormulaChange
from chainrule.lessons.calculation import Calculation, Index

# About how many products are computed in all for one number, and for how many pairs of mistakes: a moment's work.
MOST_PRODUCTS = 40_000_000
MOST_PAIRS = 400
MOST_IN_PAIRS = 40
# What differs from the right number by less is that.
_SAME = {"float64": 1e-9, "float32": 1e-5}
_CANNOT = (RuntimeError, ValueError, KeyError, IndexError, TypeError, ZeroDivisionError, OverflowError)
# What is seldom done by hand.
_SELDOM = (
    FormulaChange.NOT_RAISED,
    FormulaChange.FUNCTION_LEFT_OUT,
    FormulaChange.OTHER_CASE,
    FormulaChange.AVERAGED,
    FormulaChange.TERM_OF_SUM_LEFT_OUT,
)
_COMMON = (
    *(
        MistakeKind.NO_SLOPE,
        MistakeKind.SLOPE_AT_A,
        MistakeKind.OPPOSITE,
        MistakeKind.UPDATED,
        MistakeKind.NOT_AVERAGED,
        MistakeKind.AVERAGED,
    ),
    *(
        MistakeKind.DOUBLED,
        MistakeKind.HALVED,
        MistakeKind.TRANSPOSED,
        MistakeKind.Z_FOR_A,
        MistakeKind.A_FOR_Z,
        MistakeKind.VALUE_FOR_SLOPE,
    ),
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What was done wrong, and the number that it gives: one alteration, the same in several steps, or two of them."""

    alterations: tuple[Alteration, ...]
    number: float
    is_everywhere: bool = False

    @property
    def count(self) -> int:
        """How many mistakes it takes."""
        return 1 if self.is_everywhere else len(self.alterations)

    @property
    def first(self) -> Alteration:
        """The one that is made first."""
        return self.alterations[0]


def mistakes(calculation: Calculation, ref: ValueRef, index: Index) -> tuple[Mistake, ...]:
    """Return each single mistake that gives another number than the right one, the likeliest first."""
    return tuple(each for each in Search(calculation, ref, index).singles() if each is not None)


class Search:
    """The mistakes of one number, as long as they take no more than a moment to compute.

    Each is yielded as it is computed; None where it gives the right number, or none.
    """

    def __init__(self, calculation: Calculation, ref: ValueRef, index: Index) -> None:
        self._calculation, self._ref, self._index = calculation, ref, index
        self._steps = calculation.ancestors(ref)
        self._right = calculation.number(ref, index)
        costs = [calculation.cost(step) for step in self._steps]
        # What is altered is computed again, and so is all behind it.
        self._behind = [sum(costs[place:]) for place in range(len(costs))]
        self._left = MOST_PRODUCTS
        self._found: list[Alteration] | None = None

    def preparing(self) -> Iterator[None]:
        """Find what can be wrong, a step at a time, nearest to the number first: a large step takes its time."""
        found = []
        count = len(self._steps)
        for place, step in enumerate(reversed(self._steps)):
            if self._behind[count - 1 - place] > MOST_PRODUCTS:
                break
            for order, each in enumerate(alterations(self._calculation, step)):
                found.append(((_rank(each), place, order), each))
            yield
        self._found = [each for _, each in sorted(found, key=lambda pair: pair[0])]

    def singles(self) -> Iterator[Mistake | None]:
        """Yield one mistake each, and the same one wherever it can be made."""
        found = self._alterations()
        together: dict[tuple[object, ...], list[Alteration]] = {}
        for each in found:
            if each.kind not in _ONCE:
                together.setdefault(each.sort, []).append(each)
        told = set[tuple[object, ...]]()
        for each in found:
            yield self._mistake((each,))
            same = together.get(each.sort, [])
            steps = {other.step.writes for other in same}
            if each.sort not in told and len(steps) > 1:
                told.add(each.sort)
                yield self._mistake(_one_a_step(same), is_everywhere=True)

    def pairs(self) -> Iterator[Mistake | None]:
        """Yield two mistakes at once, of those that are common."""
        common = [each for each in self._alterations() if each.kind in _COMMON][:MOST_IN_PAIRS]
        chosen = [pair for pair in combinations(common, 2) if pair[0].step.writes != pair[1].step.writes]
        for pair in chosen[:MOST_PAIRS]:
            yield self._mistake(pair)

    def _alterations(self) -> list[Alteration]:
        """Return what can be wrong, in the order in which it is tried."""
        if self._found is None:
            for _ in self.preparing():
                pass
        assert self._found is not None
        return self._found

    def _mistake(self, made: Sequence[Alteration], *, is_everywhere: bool = False) -> Mistake | None:
        steps = [place for place, step in enumerate(self._steps) if any(step is each.step for each in made)]
        cost = self._behind[steps[0]]
        if cost > self._left:
            return None
        self._left -= cost
        instead = {each.step.writes: each.compute for each in made}
        try:
            values = self._calculation.run(instead, self._steps)
        except _CANNOT:
            return None
        number = float(values[self._ref][self._index])
        room = _SAME[self._calculation.experiment.dtype]
        if not math.isfinite(number) or math.isclose(number, self._right, rel_tol=room, abs_tol=1e-15):
            return None
        return Mistake(tuple(made), number, is_everywhere)


def _one_a_step(found: Sequence[Alteration]) -> tuple[Alteration, ...]:
    steps: dict[ValueRef, Alteration] = {}
    for each in found:
        steps.setdefault(each.step.writes, each)
    return tuple(reversed(steps.values()))


def _rank(each: Alteration) -> int:
    """Return how seldom a mistake is made: 0 for what teachers see each year."""
    if each.kind in _COMMON:
        return 0
    if each.kind is MistakeKind.FORMULA:
        assert each.changed is not None
        return 2 if each.changed.change in _SELDOM else 1
    return _RANKS.get(each.kind, 1)


_RANKS = {
    MistakeKind.NO_ACTIVATION: 2,
    MistakeKind.OTHER_LAYER: 2,
    MistakeKind.LEFT_AS_IT_WAS: 2,
    MistakeKind.ONE_OF_NORM: 2,
}
# What is told of one step alone.
_ONCE = (
    MistakeKind.OPPOSITE,
    MistakeKind.OTHER_LAYER,
    MistakeKind.LEFT_AS_IT_WAS,
    MistakeKind.ONE_OF_NORM,
    MistakeKind.NOT_AVERAGED,
    MistakeKind.AVERAGED,
)
