"""A formula as PyTorch code: of whole tensors, with each index an axis.

What has no index is read as it is, and PyTorch's broadcasting holds. A condition chooses between two tensors that are
both computed, as `torch.where` does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
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
    Number,
    Power,
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
    """A function of the tensors that the formula's names stand for.

    `over` are the indices of the result, in the order of its axes; the value of a name has an axis for each of its own.
    `sizes` are how many values those indices have that no value has for an axis.
    """
    summed = {found.index for found in walk(expr) if isinstance(found, Sum)}
    axes = (*over, *sorted(summed.difference(over)))

    def computed(values: Mapping[str, Tensor]) -> Tensor:
        run = _Run(values, axes, _sizes(expr, values, sizes or {}))
        found = run.tensor(run.of(expr))
        if not axes:
            return found
        shape = [run.sizes.get(index, 1) for index in over]
        kept = found.reshape(found.shape[: len(over)]) if found.dim() else found
        return kept.expand(shape)

    return computed


def _sizes(expr: Expr, values: Mapping[str, Tensor], known: Mapping[str, int]) -> dict[str, int]:
    """How many values each index has: as many as the axes that it stands at."""
    sizes = dict(known)
    for found in walk(expr):
        if isinstance(found, Symbol) and found.indices:
            for index, size in zip(found.indices, values[found.name].shape, strict=True):
                if _is_index(index) and sizes.setdefault(index.name, size) != size:
                    raise ValueError(f"{index.name} runs over {sizes[index.name]} and over {size} places")
    return sizes


def _is_index(found: Expr) -> TypeGuard[Symbol]:
    """Whether an index is a name for all places; `t[n]` is one place that a value says."""
    return isinstance(found, Symbol) and not found.indices


class _Run:
    """One computation: each operand has an axis for each index, of size 1 where it does not depend on that."""

    def __init__(self, values: Mapping[str, Tensor], axes: tuple[str, ...], sizes: Mapping[str, int]) -> None:
        self._values, self._axes, self.sizes = values, axes, sizes
        first = next(iter(values.values()), torch.zeros((), dtype=torch.float64))
        self._like = next((value for value in values.values() if value.is_floating_point()), first)

    def tensor(self, found: Operand) -> Tensor:
        """A tensor of what may be a number."""
        return found if isinstance(found, Tensor) else self._like.new_tensor(found)

    def of(self, expr: Expr) -> Operand:
        """What a formula gives."""
        match expr:
            case Number():
                return as_float(expr)
            case Constant(name):
                return CONSTANTS[name]
            case Symbol(name, ()) if name in self._axes:
                return self._places(name).to(self._like.dtype)
            case Symbol(name, ()):
                return self._values[name]
            case Symbol(name, indices):
                return self._values[name][tuple(self._index(index) for index in indices)]
            case Add(terms):
                return self._added(terms)
            case Negative(body):
                return -self.of(body)
            case Multiply(factors):
                found = self.of(factors[0])
                for factor in factors[1:]:
                    found = found * self.of(factor)
                return found
            case Divide(top, bottom):
                return torch.true_divide(self.tensor(self.of(top)), self.tensor(self.of(bottom)))
            case Power(base, exponent):
                return self._power(self.of(base), self.of(exponent))
            case Call(function, arguments):
                return _FUNCTIONS[function](*(self.tensor(self.of(argument)) for argument in arguments))
            case Compare(relation, left, right):
                return self._compared(relation, left, right).to(self._like.dtype)
            case Cases(cases, otherwise):
                return self._chosen(cases, otherwise)
            case Sum(index, body):
                axis = self._axes.index(index)
                found = self.tensor(self.of(body))
                size = self.sizes[index]
                if not found.dim():
                    return found * size
                return found.expand(*(size if at == axis else -1 for at in range(found.dim()))).sum(axis, keepdim=True)

    def _added(self, terms: tuple[Expr, ...]) -> Operand:
        found = self.of(terms[0])
        for term in terms[1:]:
            # What is subtracted is not turned around first: one operation, as it is usually written.
            found = found - self.of(term.body) if isinstance(term, Negative) else found + self.of(term)
        return found

    def _power(self, base: Operand, exponent: Operand) -> Tensor:
        if isinstance(exponent, float) and math.isfinite(exponent):
            return torch.pow(self.tensor(base), exponent)
        return torch.pow(self.tensor(base), self.tensor(exponent))

    def _compared(self, relation: str, left: Expr, right: Expr) -> Tensor:
        return _RELATIONS[relation](self.tensor(self.of(left)), self.tensor(self.of(right)))

    def _chosen(self, cases: tuple[tuple[Expr, Expr], ...], otherwise: Expr) -> Tensor:
        found = self.tensor(self.of(otherwise))
        for condition, then in reversed(cases):
            holds = (
                self._compared(condition.relation, condition.left, condition.right)
                if isinstance(condition, Compare)
                else self.tensor(self.of(condition)) != 0
            )
            found = torch.where(holds, self.tensor(self.of(then)), found)
        return found

    def _places(self, index: str) -> Tensor:
        """The values of an index, along its own axis."""
        shape = [self.sizes[index] if name == index else 1 for name in self._axes]
        return torch.arange(self.sizes[index], device=self._like.device).reshape(shape)

    def _index(self, index: Expr) -> Tensor:
        if _is_index(index):
            return self._places(index.name)
        found = self.of(index)
        return self.tensor(found).long() if isinstance(found, Tensor) else torch.tensor(int(found)).reshape(
            [1] * len(self._axes)
        )  # fmt: skip
