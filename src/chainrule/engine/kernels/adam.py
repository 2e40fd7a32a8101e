"""The updates of Adam and its variants as torch computes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.engine.kernels.scalars import operand, scalar, within
from chainrule.formula.functions import power, quotient

Compute = Callable[..., Tensor]


def _corrected_root_plus(eps: float) -> Compute:
    def compute(squares: Tensor, correction: Tensor) -> Tensor:
        root = operand(power(correction.item(), 0.5), squares)
        return torch.sqrt(squares).div_(root).add_(operand(eps, squares))

    return compute


def _corrected_update(average: Tensor, scale: Tensor, lr: Tensor, correction: Tensor) -> Tensor:
    return torch.div(average, scale).mul_(operand(quotient(lr.item(), correction.item()), average))


def _decaying_maximum(beta2: float, eps: float) -> Compute:
    def compute(largest: Tensor, grad: Tensor) -> Tensor:
        return torch.maximum(torch.mul(largest, operand(beta2, largest)), torch.abs(grad).add_(operand(eps, grad)))

    return compute


# ------------------------------------------------------------------------------------------------------ NAdam


@lru_cache(maxsize=1024)
def _mu(beta1: float, step: float, decay: float) -> Tensor:
    return scalar(beta1 * (1.0 - 0.5 * power(0.96, step * decay)))


def _nadam_momentum(decay: float, ahead: float) -> Compute:
    return lambda beta1, step: _mu(beta1.item(), step.item() + ahead, decay)


def _nadam_update(
    grad: Tensor, average: Tensor, scale: Tensor, lr: Tensor, mu: Tensor, following: Tensor, product: Tensor
) -> Tensor:
    rate, so_far, next_mu = lr.item(), product.item(), following.item()
    new = quotient(rate * (1.0 - mu.item()), 1.0 - so_far)
    old = quotient(rate * next_mu, 1.0 - so_far * next_mu)
    return torch.div(grad, scale).mul_(operand(new, grad)).addcdiv_(average, scale, value=within(old, grad))


# ------------------------------------------------------------------------------------------------------ RAdam


def _radam_rectification(beta2: float, enough: float) -> Compute:
    """Return what the step is multiplied by once enough gradients are known, and 1 before."""
    most = 2 / (1 - beta2) - 1

    @lru_cache(maxsize=1024)
    def factor(rho: float) -> Tensor:
        if not rho > enough:
            return scalar(1.0)
        return scalar(power(quotient((rho - 4) * (rho - 2) * most, (most - 4) * (most - 2) * rho), 0.5))

    return lambda rho: factor(rho.item())


def _radam_inverse_scale(eps: float, enough: float) -> Compute:
    def compute(squares: Tensor, correction: Tensor, rho: Tensor) -> Tensor:
        if not rho.item() > enough:
            return torch.ones_like(squares)
        root = operand(power(correction.item(), 0.5), squares)
        return torch.sqrt(squares).add_(operand(eps, squares)).reciprocal_().mul_(root)

    return compute


def _radam_update(mean: Tensor, inverse: Tensor, rect: Tensor, lr: Tensor) -> Tensor:
    return torch.mul(mean, inverse).mul_(operand(lr.item() * rect.item(), mean))


def _divide_by_number(average: Tensor, correction: Tensor) -> Tensor:
    return torch.div(average, operand(correction.item(), average))


KERNELS: dict[str, Callable[..., Compute]] = {
    "corrected_root_plus": _corrected_root_plus,
    "corrected_update": lambda: _corrected_update,
    "decaying_maximum": _decaying_maximum,
    "divide_by_number": lambda: _divide_by_number,
    "nadam_momentum": _nadam_momentum,
    "nadam_update": lambda: _nadam_update,
    "radam_inverse_scale": _radam_inverse_scale,
    "radam_rectification": _radam_rectification,
    "radam_update": lambda: _radam_update,
}
