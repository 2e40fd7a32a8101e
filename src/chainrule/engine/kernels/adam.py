"""The updates of Adam and its variants as torch computes them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from chainrule.engine.kernels.scalars import ScalarFunction, WithScalars, same_numbers, scalar_operand, within
from chainrule.formula.functions import power, quotient

Compute = Callable[..., Tensor]


def _corrected_root_plus(eps: float) -> Compute:
    def compute(squares: Tensor, root: float) -> Tensor:
        return torch.sqrt(squares).div_(scalar_operand(root, squares)).add_(scalar_operand(eps, squares))

    return WithScalars(1, lambda correction: (power(correction, 0.5),), compute)


def _corrected_update() -> Compute:
    return WithScalars(
        2,
        lambda lr, correction: (quotient(lr, correction),),
        lambda average, scale, rate: torch.div(average, scale).mul_(scalar_operand(rate, average)),
    )


def _decaying_maximum(beta2: float, eps: float) -> Compute:
    def compute(largest: Tensor, grad: Tensor) -> Tensor:
        return torch.maximum(
            torch.mul(largest, scalar_operand(beta2, largest)), torch.abs(grad).add_(scalar_operand(eps, grad))
        )

    return compute


# ------------------------------------------------------------------------------------------------------ NAdam


def _nadam_momentum(decay: float, ahead: float) -> Compute:
    return ScalarFunction(lambda beta1, step: beta1 * (1.0 - 0.5 * power(0.96, (step + ahead) * decay)))


def _nadam_rates(lr: float, mu: float, following: float, product: float) -> tuple[float, float]:
    """Return what this gradient is multiplied by, and what the average is."""
    return quotient(lr * (1.0 - mu), 1.0 - product), quotient(lr * following, 1.0 - product * following)


def _nadam_update() -> Compute:
    def compute(grad: Tensor, average: Tensor, scale: Tensor, new: float, old: float) -> Tensor:
        return torch.div(grad, scale).mul_(scalar_operand(new, grad)).addcdiv_(average, scale, value=within(old, grad))

    return WithScalars(3, _nadam_rates, compute)


# ------------------------------------------------------------------------------------------------------ RAdam


def _radam_rectification(beta2: float, enough: float) -> Compute:
    """Return what the step is multiplied by once enough gradients are known, and 1 before."""
    most = 2 / (1 - beta2) - 1

    def factor(rho: float) -> float:
        if not rho > enough:
            return 1.0
        return power(quotient((rho - 4) * (rho - 2) * most, (most - 4) * (most - 2) * rho), 0.5)

    return ScalarFunction(factor)


def _radam_inverse_scale(eps: float, enough: float) -> Compute:
    def compute(squares: Tensor, root: float, is_enough: bool) -> Tensor:
        if not is_enough:
            return torch.ones_like(squares)
        return torch.sqrt(squares).add_(scalar_operand(eps, squares)).reciprocal_().mul_(scalar_operand(root, squares))

    return WithScalars(
        1, lambda correction, rho: (power(correction, 0.5),), compute, lambda correction, rho: rho > enough
    )


def _radam_update() -> Compute:
    return WithScalars(
        2,
        lambda rect, lr: (lr * rect,),
        lambda mean, inverse, rate: torch.mul(mean, inverse).mul_(scalar_operand(rate, mean)),
    )


def _divide_by_number() -> Compute:
    return WithScalars(1, same_numbers, lambda average, number: torch.div(average, scalar_operand(number, average)))


KERNELS: dict[str, Callable[..., Compute]] = {
    "corrected_root_plus": _corrected_root_plus,
    "corrected_update": _corrected_update,
    "decaying_maximum": _decaying_maximum,
    "divide_by_number": _divide_by_number,
    "nadam_momentum": _nadam_momentum,
    "nadam_update": _nadam_update,
    "radam_inverse_scale": _radam_inverse_scale,
    "radam_rectification": _radam_rectification,
    "radam_update": _radam_update,
}
