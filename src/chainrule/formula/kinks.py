"""Kinks and jumps of a formula: where it has one slope on one side and another on the other, or none at all.

There a derivative is a choice, PyTorch's as a rule: 0 for the absolute value at 0, though it is nowhere flat.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import ElementReader, evaluate, holds, prepared
from chainrule.formula.functions import FUNCTIONS
from chainrule.formula.tree import (
    Add,
    Call,
    Cases,
    Compare,
    Expr,
    Negative,
    Power,
    Sum,
    Symbol,
    parts,
    symbols_of,
    walk,
    with_parts,
)

# A jump, or another slope, is more than what float32 rounds off.
_SAME = 1e-6
# Between two ends so many places are looked at, and so many kinks are told of: more are not seen apart.
_PLACES, _MOST = 240, 24
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


def kinks_between(expr: Expr, by: str, value: ElementReader, low: float, high: float) -> tuple[tuple[float, Kink], ...]:
    """Return the kinks and jumps that a formula has between two values of a name, each with its place, from left to
    right.

    Where no float is the place itself, it is the one above it.
    """
    found: dict[float, Kink] = {}
    for part in dict.fromkeys(walk(expr)):
        switch = _switch(part)
        if switch is None or by not in symbols_of(switch):
            continue
        states = _states(switch, by, value)
        places = [low + (high - low) * at / _PLACES for at in range(_PLACES + 1)]
        for left, right in pairwise(places):
            if len(found) < _MOST and states(left) != states(right):
                found.update(_kink_in(expr, by, value, _narrowed(states, left, right)))
    return tuple(sorted(found.items()))


def is_zero_to_zero(expr: Expr, by: str, value: ElementReader) -> bool:
    """Return whether 0 is raised to 0 in a formula, and the exponent changes with the name.

    It has no slope by it there.
    """
    powers = (part for part in walk(expr) if isinstance(part, Power) and by in symbols_of(part.exponent))
    return any(not evaluate(part.base, value) and not evaluate(part.exponent, value) for part in powers)


def is_kinked(expr: Expr) -> bool:
    """Return whether a formula can have a kink or jump by itself, however smooth its parts are."""
    return isinstance(expr, Cases) or (isinstance(expr, Call) and expr.function in _KINKED)


def _switch(part: Expr) -> Expr | None:
    """Return what has another sign, or another whole part, on both sides of a kink of a formula."""
    match part:
        case Compare(left=left, right=right) | Call("min" | "max", (left, right)):
            return Add((left, Negative(right)))
        case Call("abs" | "sign" | "relu", (body,)):
            return body
        case Call("floor"):
            return part
    return None


def _states(switch: Expr, by: str, value: ElementReader) -> Callable[[float], float]:
    compute, is_whole = prepared(switch), isinstance(switch, Call) and switch.function == "floor"

    def state(place: float) -> float:
        found = compute(lambda name, at: place if name == by else value(name, at), {}, {})
        return found if is_whole else FUNCTIONS["sign"].number(found)

    return state


def _narrowed(states: Callable[[float], float], left: float, right: float) -> tuple[float, float]:
    """Return the two floats beside each other at which the state changes."""
    # Most are at a round number: towards 0 there are a thousand halves.
    for near in ((left, math.nextafter(left, right)), (math.nextafter(right, left), right)):
        if states(near[0]) != states(near[1]):
            return near
    first = states(left)
    while left < (middle := left / 2 + right / 2) < right:
        if states(middle) == first:
            left = middle
        else:
            right = middle
    return left, right


def _kink_in(expr: Expr, by: str, value: ElementReader, ends: tuple[float, float]) -> dict[float, Kink]:
    """Return the kink at one of two neighbours, or between them, if there is one."""
    readers = [lambda name, at, place=place: place if name == by else value(name, at) for place in ends]
    for place, reader in zip(ends, readers, strict=True):
        found = kink_at(expr, by, reader)
        if found is not None:
            return {place: found}
    try:
        sides = [_beside(expr, by, reader, way) for reader, way in zip(readers, (-1, 1), strict=True)]
    except _UndecidedError:
        return {}
    found = Kink(sides[1].value, *sides)
    if not all(math.isfinite(number) for side in sides for number in (side.value, side.slope)):
        return {}
    return {ends[1]: found} if found.is_jump or not _same(sides[0].slope, sides[1].slope) else {}


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
