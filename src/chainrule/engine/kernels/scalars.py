"""Numbers as values of the trace: scalars are computed as Python numbers, and the tensors of equal ones are shared.

That is what makes a step that writes one cost little. Nothing ever changes a value in place.

Two kinds of computation say which part of them is arithmetic of scalars, so that a training plan can do that part for
many iterations at once, before their tensors: `ScalarFunction` and `WithScalars`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

import torch
from torch import Tensor

from chainrule.catalog.experiment.numbers import LARGEST


def new_scalar(number: float) -> Tensor:
    """Return a number as a value of the trace, (), float64, on the CPU."""
    return torch.scalar_tensor(number, dtype=torch.float64)


_shared = lru_cache(maxsize=1024)(new_scalar)


def scalar(number: float) -> Tensor:
    """Return the same, one tensor for all equal numbers: for those that many parameters have."""
    # 0 and -0 are looked up as the same, and are not.
    return _shared(number) if number else new_scalar(number)


# The largest number of each dtype that a parameter can have.
_LARGEST = {getattr(torch, dtype): largest for dtype, largest in LARGEST.items()}


def within(number: float, tensor: Tensor) -> float:
    """Return a number as the tensor's dtype has it: infinite where it is too large, as torch makes it in a product.

    As `alpha`, `value`, `weight` or a bound torch refuses it; a rate may grow, and then the run overflows.
    """
    if type(number) is Placeholder:
        return number
    return math.copysign(math.inf, number) if abs(number) > _LARGEST[tensor.dtype] else number


@lru_cache(maxsize=1024)
def _operand(number: float, dtype: torch.dtype) -> Tensor:
    if abs(number) <= _LARGEST[dtype]:
        return torch.scalar_tensor(number, dtype=dtype)
    # What is too large is infinite in arithmetic, and refused here.
    return new_scalar(number).to(dtype)


def scalar_operand(number: float, tensor: Tensor) -> Tensor | float:
    """Return a number as one operand of arithmetic whose other is a tensor: the result is the same as with the number.

    Of a number torch makes a tensor at each call, and another in the dtype of the result, which takes longer than the
    arithmetic with a small tensor. On the CPU those of equal numbers are shared: this is for numbers that stay, or that
    many parameters have.
    """
    if type(number) is Placeholder:
        return number.tensor_for(tensor)
    return _operand(number, tensor.dtype) if number and tensor.is_cpu else number


# ---------------------------------------------------------------------------------- scalars apart from tensors


@dataclass(frozen=True, slots=True)
class ScalarFunction:
    """The computation of a scalar from other scalars: `number` takes and returns Python numbers."""

    number: Callable[..., float]

    def __call__(self, *reads: Tensor) -> Tensor:
        """Compute it from values of the trace, each ()."""
        return scalar(self.number(*[value.item() for value in reads]))


@dataclass(frozen=True, slots=True)
class WithScalars:
    """A computation that reads so many `tensors` first, and then scalars.

    `numbers` turns the scalars, as Python numbers, into the numbers that `compute` takes after the tensors. There they
    may only be given to torch, by way of `scalar_operand` or `within`: all arithmetic with them belongs into `numbers`.
    Where `case` is given, it tells from the scalars which operations are to be made; `compute` takes that last.
    """

    tensors: int
    numbers: Callable[..., tuple[float, ...]]
    compute: Callable[..., Tensor]
    case: Callable[..., bool] | None = None

    def __call__(self, *reads: Tensor) -> Tensor:
        """Compute it from values of the trace."""
        scalars = [value.item() for value in reads[self.tensors :]]
        tensors, numbers = reads[: self.tensors], self.numbers(*scalars)
        if self.case is None:
            return self.compute(*tensors, *numbers)
        return self.compute(*tensors, *numbers, self.case(*scalars))


def same_numbers(*scalars: float) -> tuple[float, ...]:
    """Hand the scalars on as they are: the `numbers` of a computation that takes them unchanged."""
    return scalars


class Placeholder(float):
    """Stands for a number that changes from iteration to iteration, while a computation's operations are recorded.

    As an operand it is a tensor () that is filled anew each time. As `alpha`, `value` or `weight`, which torch wants
    as numbers, it is found again in the recorded operation by its value: that is one that no formula has. Arithmetic
    with it would make another number, which would stay the same for ever; so it raises an error.
    """

    def __new__(cls, number: float, tensor_for: Callable[[Tensor], Tensor]) -> Placeholder:
        """Make one with a value of its own; `tensor_for` returns its tensor for operations with another one."""
        self = super().__new__(cls, number)
        self.tensor_for = tensor_for
        return self

    tensor_for: Callable[[Tensor], Tensor]

    def _refuse(self, *_: Any) -> NoReturn:
        raise TypeError("a number that changes is computed in `numbers`, not where tensors are")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refuse
    __pow__ = __rpow__ = __neg__ = __abs__ = __bool__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
