"""The cases of a formula: which of them applies, and under which conditions each does."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.formula.evaluate import Value, evaluate
from chainrule.formula.tree import ONE, ZERO, Cases, Compare, Expr, rebuilt

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Branch:
    """A case: its formula, and the comparisons that hold together where it applies."""

    conditions: tuple[Compare, ...]
    formula: Expr


def branches(expr: Expr) -> tuple[Branch, ...]:
    """The cases of a formula whose conditions follow each other along a line; one without any is its only case."""
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


def _both(one: Compare, other: Compare) -> Compare:
    """Two comparisons of the same formulas in one: what is neither above nor below is equal."""
    return Compare("==", one.left, one.right) if {one.relation, other.relation} == {"<=", ">="} else other


def is_indicator(expr: Expr) -> bool:
    """Whether a formula is 1 where one comparison holds, and else 0."""
    return isinstance(expr, Cases) and len(expr.cases) == 1 and (expr.cases[0][1], expr.otherwise) == (ONE, ZERO)


def opposite(found: Compare) -> Compare:
    """What holds of numbers where a comparison does not."""
    return Compare(_OPPOSITE[found.relation], found.left, found.right)


def turned(found: Compare) -> Compare:
    """The same comparison with its sides exchanged."""
    return Compare(_TURNED[found.relation], found.right, found.left)


def place_of_case(expr: Expr, value: Value) -> int:
    """Which of the `branches` applies where the names have these values."""
    if not isinstance(expr, Cases):
        return 0
    found = (place for place, (condition, _) in enumerate(expr.cases) if evaluate(condition, value))
    return next(found, len(expr.cases))


def resolved(expr: Expr, value: Value) -> Expr:
    """The formula with each of its cases decided by the values of its names."""
    if isinstance(expr, Cases):
        return resolved(branches(expr)[place_of_case(expr, value)].formula, value)
    return rebuilt(expr, lambda part: resolved(part, value))
