"""Arithmetic of a script, by the kinds of its two sides; integers and texts stay within bounds."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from chainrule.engine.shapes import shape_together
from chainrule.explain.code.reading.findings import NotUnderstoodError
from chainrule.explain.code.reading.numbers.arrays import apply, arrays_in, guarded, unwrapped, wrapped
from chainrule.explain.code.reading.signals import combined, compared_terms
from chainrule.explain.code.reading.state import ScriptCall, items_within
from chainrule.explain.code.reading.training import penalty_term, scaled_penalty
from chainrule.explain.code.reading.values import (
    UNKNOWN,
    ErrorTerm,
    LoopIndex,
    ParameterGradient,
    PenaltyTerm,
    ScriptArray,
    ScriptLoss,
    Signal,
)

MOST_ITEMS = 100_000
_SYMBOLS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
# Integers beyond are no count, seed or size.
LARGEST_INTEGER = 2**64
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def binary(kind: ast.operator, left: object, right: object, call: ScriptCall) -> object:
    """Return what an operator makes of two values; unknown where one of them is."""
    if isinstance(left, ScriptLoss) or isinstance(right, ScriptLoss):
        return _noted_loss(_with_loss(kind, left, right), call)
    if isinstance(left, PenaltyTerm) or isinstance(right, PenaltyTerm):
        return _with_penalty(kind, left, right)
    if isinstance(left, ParameterGradient) or isinstance(right, ParameterGradient):
        return _with_gradient(kind, left, right)
    if isinstance(left, Signal | ErrorTerm) or isinstance(right, Signal | ErrorTerm):
        return combined(kind, left, right, call)
    if left is UNKNOWN or right is UNKNOWN:
        return UNKNOWN
    if isinstance(left, LoopIndex):
        return replace(left, is_end=True) if isinstance(kind, ast.Add) and right == left.step else UNKNOWN
    if isinstance(left, ScriptArray) or isinstance(right, ScriptArray):
        return _with_array(kind, left, right, call)
    found = _plain(kind, left, right)
    if isinstance(found, list | tuple):
        call.state.spend_items(len(found))
    return found


def _noted_loss(loss: object, call: ScriptCall) -> object:
    """Remember what became of a loss, for scripts without a backward pass."""
    if isinstance(loss, ScriptLoss) and not call.state.without_gradient:
        call.state.training.losses.append(loss)
    return loss


def _with_array(kind: ast.operator, left: object, right: object, call: ScriptCall) -> object:
    if isinstance(left, ScriptArray) and left.learned and isinstance(kind, ast.Pow) and right == 2:  # noqa: PLR2004
        return penalty_term("L2", left)
    if isinstance(kind, ast.MatMult):
        if isinstance(right, ScriptArray) and right.learned:
            return combined(kind, left, right, call)
        return apply(
            torch if isinstance(left, ScriptArray) and isinstance(left.data, torch.Tensor) else _numpy(),
            "matmul",
            ScriptCall(call.caller, [left, right], {}, call.node),
        )
    args = [unwrapped(left), unwrapped(right)]
    call.state.spend(math.prod(shape_together(arrays_in(args))))
    function = _OPERATORS.get(type(kind))
    if function is None:
        raise NotUnderstoodError
    return wrapped(guarded(lambda: function(*args)), call.state)


def _numpy() -> Any:
    import numpy  # noqa: PLC0415

    return numpy


def _with_loss(kind: ast.operator, left: object, right: object) -> object:
    loss, other = (left, right) if isinstance(left, ScriptLoss) else (right, left)
    assert isinstance(loss, ScriptLoss)
    if isinstance(kind, ast.Add) and isinstance(other, PenaltyTerm) and other.is_sum:
        parts = (*(loss.penalties.parts if loss.penalties else ()), *other.parts)
        return replace(loss, penalties=PenaltyTerm(parts))
    if isinstance(kind, ast.Div) and loss is left and isinstance(other, int | float) and other > 0:
        return replace(loss, divided=loss.divided * other)
    if isinstance(kind, ast.Mult) and isinstance(other, int | float) and other > 0:
        return replace(loss, divided=loss.divided / other)
    if isinstance(kind, ast.Add) and (other is UNKNOWN or isinstance(other, int | float)):
        # What is added up over batches to be printed.
        return UNKNOWN if other is UNKNOWN or other != 0 else loss
    raise NotUnderstoodError("a loss of several parts is not known here")


def _with_penalty(kind: ast.operator, left: object, right: object) -> object:
    if isinstance(left, PenaltyTerm) and isinstance(right, PenaltyTerm) and isinstance(kind, ast.Add):
        return PenaltyTerm((*left.parts, *right.parts), left.is_sum and right.is_sum)
    term, other = (left, right) if isinstance(left, PenaltyTerm) else (right, left)
    assert isinstance(term, PenaltyTerm)
    if isinstance(other, ScriptArray) and not other.shape:
        other = other.tensor.item()
    if isinstance(other, int | float):
        if isinstance(kind, ast.Mult):
            return scaled_penalty(term, float(other))
        if isinstance(kind, ast.Div) and term is left and other:
            return scaled_penalty(term, 1 / other)
        if isinstance(kind, ast.Add) and other == 0:
            return term
    raise NotUnderstoodError


def _with_gradient(kind: ast.operator, left: object, right: object) -> object:
    gradient, other = (left, right) if isinstance(left, ParameterGradient) else (right, left)
    assert isinstance(gradient, ParameterGradient)
    if isinstance(kind, ast.Mult) and isinstance(other, int | float):
        return replace(gradient, factor=gradient.factor * other)
    raise NotUnderstoodError


def _plain(kind: ast.operator, left: Any, right: Any) -> object:
    """Return what an operator makes of numbers, texts and lists, within bounds."""
    function = _OPERATORS.get(type(kind))
    if function is None or not all(isinstance(each, int | float | str | list | tuple) for each in (left, right)):
        raise NotUnderstoodError
    if isinstance(kind, ast.Pow):
        # As floats, so that it takes a bounded time; a whole number stays one where a float is exact.
        found = guarded(lambda: math.pow(left, right))
        whole = isinstance(left, int) and isinstance(right, int) and right >= 0 and abs(found) < 2**53
        return int(found) if whole else found
    if isinstance(kind, ast.Mult) and not (isinstance(left, int | float) and isinstance(right, int | float)):
        count = left if isinstance(left, int) else right
        items = right if isinstance(left, int) else left
        if not isinstance(count, int) or not isinstance(items, str | list | tuple) or len(items) * count > MOST_ITEMS:
            raise NotUnderstoodError("too long")
    if isinstance(kind, ast.Mod) and isinstance(left, str):
        # To write numbers into a text takes as much room as the text asks for.
        return UNKNOWN
    found = guarded(lambda: function(left, right))
    if isinstance(found, int) and abs(found) > LARGEST_INTEGER:
        raise NotUnderstoodError("the number is too large")
    if isinstance(found, str | list | tuple) and len(found) > MOST_ITEMS:
        raise NotUnderstoodError("too long")
    return found


def unary(kind: ast.unaryop, value: Any, call: ScriptCall) -> object:
    """Return what a sign, or `not`, makes of a value."""
    if isinstance(kind, ast.Not):
        return UNKNOWN if not _is_plain(value) else not value
    if isinstance(kind, ast.USub) and isinstance(value, ScriptArray | Signal | ErrorTerm):
        return binary(ast.Mult(), -1, value, call)
    if isinstance(kind, ast.USub) and isinstance(value, ScriptLoss):
        raise NotUnderstoodError("the loss is made larger")
    if not isinstance(value, int | float):
        return UNKNOWN
    return -value if isinstance(kind, ast.USub) else value if isinstance(kind, ast.UAdd) else UNKNOWN


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str | list | tuple | dict)


def comparison(kind: ast.cmpop, left: Any, right: Any, call: ScriptCall) -> object:
    """Return what a comparison says; unknown where a side is no plain value."""
    if isinstance(kind, ast.Is | ast.IsNot):
        same = left is right
        known = not (left is UNKNOWN or right is UNKNOWN)
        return (same if isinstance(kind, ast.Is) else not same) if known else UNKNOWN
    if any(isinstance(each, ErrorTerm) for each in (left, right)) and type(kind) in _SYMBOLS:
        return compared_terms(_SYMBOLS[type(kind)], left, right)
    if isinstance(left, ScriptArray) or isinstance(right, ScriptArray):
        function = _COMPARISONS.get(type(kind))
        if function is None or any(each is UNKNOWN or isinstance(each, Signal) for each in (left, right)):
            return UNKNOWN
        args = [unwrapped(left), unwrapped(right)]
        call.state.spend(math.prod(shape_together(arrays_in(args))))
        return wrapped(guarded(lambda: function(*args)), call.state)
    call.state.spend_items(items_within((left, right)))
    if isinstance(kind, ast.Eq | ast.NotEq) and not (_is_plain(left) and _is_plain(right)):
        known = not any(each is UNKNOWN or isinstance(each, LoopIndex | Signal | ScriptLoss) for each in (left, right))
        return (left == right) is isinstance(kind, ast.Eq) if known else UNKNOWN
    if not (_is_plain(left) and _is_plain(right)):
        return UNKNOWN
    if isinstance(kind, ast.In | ast.NotIn):
        if not isinstance(right, str | list | tuple | dict):
            return UNKNOWN
        return guarded(lambda: (left in right) is isinstance(kind, ast.In))
    return guarded(lambda: bool(_COMPARISONS[type(kind)](left, right)))
