"""Kinks and jumps of a formula: where it has one slope on one side and another on the other, or none at all.

There a derivative is a choice, PyTorch's as a rule: 0 for the absolute value at 0, though it is nowhere flat.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import ElementReader, evaluate, holds
from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.tree import Call, Cases, Compare, Expr, Power, Sum, Symbol, parts, symbols_of, walk, with_parts

# A jump, or another slope, is more than what float32 rounds off.
_SAME = 1e-6
_KINKED = ("abs", "sign", "min", "max", "relu", "floor")


@dataclass(frozen=True, slots=True)
class Side:
    """What a formula comes to close to a place on one side of it, and its slope there."""

    value: float
    slope: float


@dataclass(frozen=True, slots=True)
class Kink:
    """A place where a formula has a kink, or jumps: its value `here`, and what it does below it and above it."""

    here: float
    below: Side
    above: Side

    @property
    def is_jump(self) -> bool:
        """Whether its value beside the place is another than there, on one side or both."""
        return not (_same(self.below.value, self.here) and _same(self.above.value, self.here))


class _UndecidedError(Exception):
    """What a formula does beside a place cannot be told from its slopes."""


def kink_at(expr: Expr, by: str, value: ElementReader) -> Kink | None:
    """Return the kink or the jump that a formula has, as the name `by` changes, where the names have these values.

    None where it is smooth, and where that cannot be told: where it has no finite value or slope.
    """
    if not any(isinstance(part, Compare) or is_kinked(part) for part in walk(expr)):
        return None
    try:
        below, above = (_beside(expr, by, value, direction) for direction in (-1, 1))
        here = evaluate(expr, value)
    except _UndecidedError:
        return None
    if not all(map(math.isfinite, (below.value, below.slope, above.value, above.slope, here))):
        return None
    found = Kink(here, below, above)
    return found if found.is_jump or not _same(below.slope, above.slope) else None


def is_zero_to_zero(expr: Expr, by: str, value: ElementReader) -> bool:
    """Return whether 0 is raised to 0 in a formula, and the exponent changes with the name.

    It has no slope by it there.
    """
    powers = (part for part in walk(expr) if isinstance(part, Power) and by in symbols_of(part.exponent))
    return any(not evaluate(part.base, value) and not evaluate(part.exponent, value) for part in powers)


def is_kinked(expr: Expr) -> bool:
    """Return whether a formula can have a kink or jump by itself, however smooth its parts are."""
    return isinstance(expr, Cases) or (isinstance(expr, Call) and expr.function in _KINKED)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)


def _beside(expr: Expr, by: str, value: ElementReader, direction: int) -> Side:
    """Return the formula just below (-1) or just above (1) the place."""
    if isinstance(expr, Symbol) and expr.name == by:
        return Side(value(by, ()), 1.0)
    if by not in symbols_of(expr):
        return Side(evaluate(expr, value), 0.0)

    def of(part: Expr) -> Side:
        return _beside(part, by, value, direction)

    match expr:
        case Call("abs", (body,)):
            side = of(body)
            sign = _sign_beside(side, direction)
            return Side(abs(side.value), sign * side.slope)
        case Call("sign", (body,)):
            return Side(_sign_beside(of(body), direction), 0.0)
        case Call("relu", (body,)):
            side = of(body)
            return side if _sign_beside(side, direction) > 0 else Side(0.0, 0.0)
        case Call(("min" | "max") as function, (first, second)):
            one, other = of(first), of(second)
            sign = _sign_beside(Side(one.value - other.value, one.slope - other.slope), direction, settled=True)
            return one if (sign >= 0) == (function == "max") else other
        case Call("floor", (body,)):
            return Side(_floor_beside(of(body), direction), 0.0)
        case Compare(relation, left, right):
            return Side(float(_holds_beside(relation, of(left), of(right), direction)), 0.0)
        case Cases(cases, otherwise):
            return of(next((then for condition, then in cases if of(condition).value), otherwise))
        case Sum():
            raise _UndecidedError
    return _smooth(expr, by, value, of)


def _sign_beside(side: Side, direction: int, *, settled: bool = False) -> float:
    """Return the sign that a number has just beside the place.

    0 where it stays 0 is told only where that is `settled`.
    """
    if side.value:
        return FUNCTIONS["sign"].number(side.value)
    if not side.slope and not settled:
        raise _UndecidedError
    return FUNCTIONS["sign"].number(direction * side.slope)


def _floor_beside(side: Side, direction: int) -> float:
    whole = FUNCTIONS["floor"].number(side.value)
    return whole - 1 if side.value == whole and _sign_beside(Side(0.0, side.slope), direction) < 0 else whole


def _holds_beside(relation: str, left: Side, right: Side, direction: int) -> bool:
    if left.value != right.value:
        return holds(relation, left.value, right.value)
    return holds(relation, _sign_beside(Side(0.0, left.slope - right.slope), direction), 0.0)


def _smooth(expr: Expr, by: str, value: ElementReader, of: Callable[[Expr], Side]) -> Side:
    """Return what is smooth in its parts: its value, and its slope by each of them times the part's own."""
    found: Mapping[str, Side] = {f"_{at}": of(part) for at, part in enumerate(parts(expr)) if by in symbols_of(part)}
    named = tuple(Symbol(f"_{at}") if f"_{at}" in found else part for at, part in enumerate(parts(expr)))
    own = with_parts(expr, named)

    def read(name: str, places: tuple[int, ...]) -> float:
        return found[name].value if name in found else value(name, places)

    slopes = (evaluate(derivative(own, Symbol(name)), read) * side.slope for name, side in found.items() if side.slope)
    return Side(evaluate(own, read), math.fsum(slopes))
