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
        found.append(Branch((*before, condition), then))
        before = (opposite(condition),)
    return (*found, Branch(before, expr.otherwise))


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
