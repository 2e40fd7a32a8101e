"""The cases of a formula: which of them applies, and under which conditions each does."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from chainrule.formula.evaluate import ElementReader, evaluate
from chainrule.formula.tree import ONE, ZERO, Cases, Compare, Expr, rebuilt

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
# What holds where two relations do.
_TOGETHER = {frozenset(("<=", ">=")): "==", frozenset((">=", "!=")): ">", frozenset(("<=", "!=")): "<"}
_LESS, _MORE = ("<", "<="), (">", ">=")
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Branch(NamedTuple):
    """A case: its formula, and the comparisons that hold together where it applies."""

    conditions: tuple[Compare, ...]
    formula: Expr


def branches(expr: Expr) -> tuple[Branch, ...]:
    """Return the cases of a formula whose conditions follow each other along a line.

    One without any is its only case.
    """
    if not isinstance(expr, Cases):
        return (Branch((), expr),)
    found: list[Branch] = []
    before: tuple[Compare, ...] = ()
    for condition, then in expr.cases:
        assert isinstance(condition, Compare)
        same = bool(before) and (before[0].left, before[0].right) == (condition.left, condition.right)
        # What holds of the same two formulas says that the cases before do not.
        found.append(Branch((condition,) if same else (*before, condition), then))
        before = (_both(before[0], opposite(condition)) if same else opposite(condition),)
    return (*found, Branch(before, expr.otherwise))


def along_a_line(expr: Expr, value: ElementReader) -> bool:
    """Return whether the conditions of a formula's cases follow each other, so that `branches` can say each for itself.

    One condition does, with its opposite; several of the same formula do where they go from one end to the other.
    """
    if not isinstance(expr, Cases) or len(expr.cases) == 1:
        return True
    found = [condition for condition, _ in expr.cases if isinstance(condition, Compare)]
    if len(found) < len(expr.cases) or len({each.left for each in found}) > 1:
        return False
    if len({each.right for each in found}) == 1:
        return len(found) == len((_LESS, _MORE))
    bounds = [evaluate(each.right, value) for each in found]
    relations = {each.relation for each in found}
    rising = relations <= set(_LESS) and all(one < other for one, other in pairwise(bounds))
    return rising or (relations <= set(_MORE) and all(one > other for one, other in pairwise(bounds)))


def _both(one: Compare, other: Compare) -> Compare:
    """Join two comparisons of the same formulas in one: what is neither above nor below is equal."""
    relation = _TOGETHER.get(frozenset((one.relation, other.relation)), other.relation)
    return Compare(relation, one.left, one.right)


def is_indicator(expr: Expr) -> bool:
    """Return whether a formula is 1 where one comparison holds, and else 0."""
    return isinstance(expr, Cases) and len(expr.cases) == 1 and (expr.cases[0][1], expr.otherwise) == (ONE, ZERO)


def opposite(found: Compare) -> Compare:
    """Return what holds of numbers where a comparison does not."""
    return Compare(_OPPOSITE[found.relation], found.left, found.right)


def turned(found: Compare) -> Compare:
    """Return the same comparison with its sides exchanged."""
    return Compare(_TURNED[found.relation], found.right, found.left)


def place_of_case(expr: Expr, value: ElementReader) -> int:
    """Return which of the `branches` applies where the names have these values."""
    if not isinstance(expr, Cases):
        return 0
    found = (place for place, (condition, _) in enumerate(expr.cases) if evaluate(condition, value))
    return next(found, len(expr.cases))


def chosen_case(expr: Cases, value: ElementReader) -> Expr:
    """Return the formula of the case that applies where the names have these values."""
    return (*(then for _, then in expr.cases), expr.otherwise)[place_of_case(expr, value)]


def resolved(expr: Expr, value: ElementReader) -> Expr:
    """Return the formula with each of its cases decided by the values of its names."""
    if isinstance(expr, Cases):
        return resolved(chosen_case(expr, value), value)
    return rebuilt(expr, lambda part: resolved(part, value))


def decided(expr: Expr, value: ElementReader) -> Expr:
    """Return the same, but for what is 1 or 0: that is written with its condition."""
    if isinstance(expr, Cases) and not is_indicator(expr):
        return decided(chosen_case(expr, value), value)
    return rebuilt(expr, lambda part: decided(part, value))
