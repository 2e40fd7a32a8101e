"""A formula as PyTorch code: of whole tensors, with each index an axis.

What has no index is read as it is, and PyTorch's broadcasting holds. A condition chooses between two tensors that are
both computed, as `torch.where` does.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import TypeGuard

import torch
from torch import Tensor

from chainrule.formula.evaluate import CONSTANTS, as_float
from chainrule.formula.tree import (
    Add,
    Call,
    Cases,
    Compare,
    Constant,
    Divide,
    Expr,
    Multiply,
    Negative,
    Power,
    Rational,
    Sum,
    Symbol,
    walk,
)

# Python's numbers stay what they are until they meet a tensor, which decides the dtype.
Operand = Tensor | float

_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "abs": torch.abs,
    "sign": torch.sign,
    "min": torch.minimum,
    "max": torch.maximum,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    # PyTorch's own takes x itself from a threshold on, where the two differ by less than 1e-8.
    "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
    "erf": torch.erf,
    "floor": torch.floor,
    "Phi": torch.special.ndtr,
    "phi": lambda x: torch.exp(-0.5 * x * x) / math.sqrt(2 * math.pi),
}
_RELATIONS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "<": torch.lt,
    "<=": torch.le,
    ">": torch.gt,
    ">=": torch.ge,
    "==": torch.eq,
    "!=": torch.ne,
}


def lowered(
    expr: Expr, over: tuple[str, ...] = (), sizes: Mapping[str, int] | None = None
) -> Callable[[Mapping[str, Tensor]], Tensor]:
    """Return a function of the tensors that the formula's names stand for.

    `over` are the indices of the result, in the order of its axes; the value of a name has an axis for each of its own.
    `sizes` are how many values those indices have that no value has for an axis. The tree is read once, here.
    """
    parts = tuple(walk(expr))
    summed = {found.index for found in parts if isinstance(found, Sum)}
    axes = (*over, *sorted(summed.difference(over)))
    indexed = tuple(found for found in parts if isinstance(found, Symbol) and found.indices)
    part, known = _Reader(axes).tensor(expr), sizes or {}

    def computed(values: Mapping[str, Tensor]) -> Tensor:
        found_sizes = _sizes(indexed, values, known) if indexed else known
        found = part(_Run(values, found_sizes))
        if not axes:
            return found
        shape = [found_sizes.get(index, 1) for index in over]
        kept = found.reshape(found.shape[: len(over)]) if found.dim() else found
        return kept.expand(shape)

    return computed


def _sizes(indexed: Iterable[Symbol], values: Mapping[str, Tensor], known: Mapping[str, int]) -> dict[str, int]:
    """Return how many values each index has: as many as the axes that it stands at."""
    sizes = dict(known)
    for found in indexed:
        for index, size in zip(found.indices, values[found.name].shape, strict=True):
            if _is_index(index) and sizes.setdefault(index.name, size) != size:
                raise ValueError(f"{index.name} runs over {sizes[index.name]} and over {size} places")
    return sizes


def _is_index(found: Expr) -> TypeGuard[Symbol]:
    """Return whether an index is a name for all places; `t[n]` is one place that a value says."""
    return isinstance(found, Symbol) and not found.indices


class _Run:
    """What one computation works on: the values, how many places each index has, and what a number becomes like."""

    __slots__ = ("like", "sizes", "values")

    def __init__(self, values: Mapping[str, Tensor], sizes: Mapping[str, int]) -> None:
        self.values, self.sizes = values, sizes
        found = next((value for value in values.values() if value.is_floating_point()), None)
        if found is None:
            found = next(iter(values.values()), None)
        self.like = torch.zeros((), dtype=torch.float64) if found is None else found

    def tensor(self, found: Operand) -> Tensor:
        """Return a tensor of what may be a number."""
        return found if isinstance(found, Tensor) else self.like.new_tensor(found)


# A part of a formula as what computes it: each operand has an axis for each index, of size 1 where it does not depend
# on that.
_Part = Callable[[_Run], Operand]
_TensorPart = Callable[[_Run], Tensor]


class _Reader:
    """Reads a tree once: what it makes of a formula computes it as often as one likes."""

    def __init__(self, axes: tuple[str, ...]) -> None:
        self._axes = axes

    def tensor(self, expr: Expr) -> _TensorPart:
        """Return what computes a formula, as a tensor also where it is a number."""
        part = self.of(expr)
        return lambda run: run.tensor(part(run))

    def of(self, expr: Expr) -> _Part:
        """Return what computes a formula."""
        match expr:
            case Rational() | Constant():
                number = CONSTANTS[expr.name] if isinstance(expr, Constant) else as_float(expr)
                return lambda run: number
            case Symbol():
                return self._symbol(expr)
            case Add(terms):
                return self._added(terms)
            case Negative(body):
                negated = self.of(body)
                return lambda run: -negated(run)
            case Multiply(factors):
                return self._multiplied(factors)
            case Divide(top, bottom):
                above, below = self.tensor(top), self.tensor(bottom)
                return lambda run: torch.true_divide(above(run), below(run))
            case Power(base, exponent):
                return self._power(base, exponent)
            case Call(function, arguments):
                call, parts = _FUNCTIONS[function], tuple(map(self.tensor, arguments))
                return lambda run: call(*[part(run) for part in parts])
            case Compare():
                compared = self._compared(expr)
                return lambda run: compared(run).to(run.like.dtype)
            case Cases(cases, otherwise):
                return self._chosen(cases, otherwise)
            case Sum(index, body):
                return self._summed(index, body)

    def _symbol(self, symbol: Symbol) -> _Part:
        name = symbol.name
        if symbol.indices:
            indices = tuple(map(self._index, symbol.indices))
            return lambda run: run.values[name][tuple(index(run) for index in indices)]
        if name in self._axes:
            places = self._places(name)
            return lambda run: places(run).to(run.like.dtype)
        return lambda run: run.values[name]

    def _added(self, terms: tuple[Expr, ...]) -> _Part:
        first = self.of(terms[0])
        # What is subtracted is not turned around first: one operation, as it is usually written.
        others = [
            (operator.sub, self.of(term.body)) if isinstance(term, Negative) else (operator.add, self.of(term))
            for term in terms[1:]
        ]

        def added(run: _Run) -> Operand:
            found = first(run)
            for combine, part in others:
                found = combine(found, part(run))
            return found

        return added

    def _multiplied(self, factors: tuple[Expr, ...]) -> _Part:
        first, *others = map(self.of, factors)

        def multiplied(run: _Run) -> Operand:
            found = first(run)
            for factor in others:
                found = found * factor(run)
            return found

        return multiplied

    def _power(self, base: Expr, exponent: Expr) -> _Part:
        below, above = self.tensor(base), self.of(exponent)

        def power(run: _Run) -> Tensor:
            found, by = below(run), above(run)
            return torch.pow(found, by if isinstance(by, float) and math.isfinite(by) else run.tensor(by))

        return power

    def _compared(self, found: Compare) -> _TensorPart:
        relation, left, right = _RELATIONS[found.relation], self.tensor(found.left), self.tensor(found.right)
        return lambda run: relation(left(run), right(run))

    def _holds(self, condition: Expr) -> _TensorPart:
        if isinstance(condition, Compare):
            return self._compared(condition)
        number = self.tensor(condition)
        return lambda run: number(run) != 0

    def _chosen(self, cases: tuple[tuple[Expr, Expr], ...], otherwise: Expr) -> _TensorPart:
        parts = [(self._holds(condition), self.tensor(then)) for condition, then in reversed(cases)]
        last = self.tensor(otherwise)

        def chosen(run: _Run) -> Tensor:
            found = last(run)
            for holds, then in parts:
                found = torch.where(holds(run), then(run), found)
            return found

        return chosen

    def _summed(self, index: str, body: Expr) -> _TensorPart:
        axis, part = self._axes.index(index), self.tensor(body)

        def summed(run: _Run) -> Tensor:
            found, size = part(run), run.sizes[index]
            if not found.dim():
                return found * size
            return found.expand(*(size if at == axis else -1 for at in range(found.dim()))).sum(axis, keepdim=True)

        return summed

    def _places(self, index: str) -> _TensorPart:
        """Return the values of an index, along its own axis."""
        axes = self._axes

        def places(run: _Run) -> Tensor:
            shape = [run.sizes[index] if name == index else 1 for name in axes]
            return torch.arange(run.sizes[index], device=run.like.device).reshape(shape)

        return places

    def _index(self, index: Expr) -> _TensorPart:
        if _is_index(index):
            return self._places(index.name)
        part, shape = self.of(index), [1] * len(self._axes)

        def place(run: _Run) -> Tensor:
            found = part(run)
            return found.long() if isinstance(found, Tensor) else torch.tensor(int(found)).reshape(shape)

        return place
