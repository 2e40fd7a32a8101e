"""Numbers as values of the trace: scalars are computed as Python numbers, and the tensors of equal ones are shared.

That is what makes a step that writes one cost little. Nothing ever changes a value in place.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import LARGEST


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
    return math.copysign(math.inf, number) if abs(number) > _LARGEST[tensor.dtype] else number


@lru_cache(maxsize=1024)
def _operand(number: float, dtype: torch.dtype) -> Tensor:
    if abs(number) <= _LARGEST[dtype]:
        return torch.scalar_tensor(number, dtype=dtype)
    # What is too large is infinite in arithmetic, and refused here.
    return new_scalar(number).to(dtype)


def operand(number: float, tensor: Tensor) -> Tensor | float:
    """Return a number as one operand of arithmetic whose other is a tensor: the result is the same as with the number.

    Of a number torch makes a tensor at each call, and another in the dtype of the result, which takes longer than the
    arithmetic with a small tensor. On the CPU those of equal numbers are shared: this is for numbers that stay, or that
    many parameters have.
    """
    return _operand(number, tensor.dtype) if number and tensor.is_cpu else number
