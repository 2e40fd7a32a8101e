"""The optimizers' updates as torch computes them, operation by operation, by the names that the catalogue gives them.

Each is made from the numbers that its update declares, and takes what the update reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.engine.kernels import adafactor, adam
from chainrule.engine.kernels.scalars import operand, scalar, within
from chainrule.formula.functions import power

Compute = Callable[..., Tensor]
MakeKernel = Callable[..., Compute]


def _as_it_is(compute: Compute) -> MakeKernel:
    """Return a kernel that is told nothing."""
    return lambda: compute


# ------------------------------------------------------------------------------------------------- in common


def _count(step: Tensor) -> Tensor:
    return scalar(step.item() + 1)


@lru_cache(maxsize=1024)
def _correction(beta: float, step: float) -> Tensor:
    """Return 1 - beta^t: what an average that started at zero has of its full weight after t steps."""
    return scalar(1 - power(beta, step))


def _bias_correction(beta: Tensor, step: Tensor) -> Tensor:
    return _correction(beta.item(), step.item())


def _bias_correction_of(beta: float) -> Compute:
    return lambda step: _correction(beta, step.item())


def _descend(parameter: Tensor, direction: Tensor, lr: Tensor) -> Tensor:
    """Return one step of gradient descent: p - lr d."""
    return torch.sub(parameter, direction, alpha=within(lr.item(), parameter))


def _add_decay(decay: float) -> Compute:
    return lambda grad, parameter: torch.add(grad, parameter, alpha=decay)


def _turn_and_add_decay(decay: float) -> Compute:
    return lambda grad, parameter: torch.neg(grad).add_(parameter, alpha=decay)


def _shrink(decay: float) -> Compute:
    return lambda parameter, lr: torch.mul(parameter, operand(1 - lr.item() * decay, parameter))


def _average(average: Tensor, grad: Tensor, beta: Tensor) -> Tensor:
    return torch.lerp(average, grad, within(1 - beta.item(), grad))


def _average_by(share: float) -> Compute:
    return lambda average, grad: torch.lerp(average, grad, 1 - share)


def _average_of_squares(share: float) -> Compute:
    new = 1 - share
    return lambda average, grad: torch.mul(average, operand(share, average)).addcmul_(grad, grad, value=new)


def _scaled(grad: Tensor, scale: Tensor, rate: Tensor) -> Tensor:
    return torch.div(grad, scale).mul_(operand(rate.item(), grad))


def _root_plus(eps: float) -> Compute:
    return lambda squares: torch.sqrt(squares).add_(operand(eps, squares))


# ------------------------------------------------------------------------------------------------------- SGD


def _momentum(buffer: Tensor, grad: Tensor, momentum: Tensor) -> Tensor:
    return torch.add(grad, buffer, alpha=within(momentum.item(), grad))


def _look_ahead(grad: Tensor, buffer: Tensor, momentum: Tensor) -> Tensor:
    return torch.add(grad, buffer, alpha=within(momentum.item(), grad))


def _dampened_momentum(dampening: float) -> Compute:
    share = 1 - dampening

    def compute(buffer: Tensor, grad: Tensor, momentum: Tensor, step: Tensor) -> Tensor:
        if step.item() == 1:
            return grad
        return torch.mul(buffer, operand(momentum.item(), buffer)).add_(grad, alpha=share)

    return compute


# --------------------------------------------------------------------------------- Adagrad, Adadelta, RMSprop


def _add_square(total: Tensor, grad: Tensor) -> Tensor:
    return torch.addcmul(total, grad, grad)


def _root_of_sum(eps: float) -> Compute:
    return lambda squares: torch.add(squares, operand(eps, squares)).sqrt_()


def _delta(eps: float) -> Compute:
    return lambda acc_delta, std, grad: torch.add(acc_delta, operand(eps, acc_delta)).sqrt_().div_(std).mul_(grad)


def _momentum_of_scaled(buffer: Tensor, grad: Tensor, scale: Tensor, momentum: Tensor) -> Tensor:
    return torch.mul(buffer, operand(momentum.item(), buffer)).addcdiv_(grad, scale)


def _root_of_variance(eps: float) -> Compute:
    return lambda squares, mean: torch.addcmul(squares, mean, mean, value=-1).sqrt_().add_(operand(eps, squares))


# ------------------------------------------------------------------------------------------------ Rprop, ASGD


def _sign_factor(smaller: float, larger: float) -> Compute:
    def compute(grad: Tensor, prev: Tensor) -> Tensor:
        turn = torch.mul(grad, prev)
        # Masks, as in torch, and no `where`: a NaN stays one.
        sign = turn.masked_fill(turn > 0, larger).masked_fill_(turn < 0, smaller)
        return sign.masked_fill_(turn == 0, 1.0)

    return compute


def _bounded_product(least: float, most: float) -> Compute:
    return lambda size, factor: torch.mul(size, factor).clamp_(least, most)


def _unless_turned(grad: Tensor, sign: Tensor) -> Tensor:
    return torch.masked_fill(grad, sign < 1, 0.0)


def _with_sign(grad: Tensor, size: Tensor) -> Tensor:
    return torch.sign(grad).mul_(size)


def _running_mean(mean: Tensor, parameter: Tensor, share: Tensor) -> Tensor:
    new = share.item()
    return parameter if new == 1 else torch.sub(parameter, mean).mul_(operand(new, mean)).add_(mean)


KERNELS: Mapping[str, MakeKernel] = {
    "add_decay": _add_decay,
    "add_square": _as_it_is(_add_square),
    "average": _as_it_is(_average),
    "average_by": _average_by,
    "average_of_squares": _average_of_squares,
    "bias_correction": _as_it_is(_bias_correction),
    "bias_correction_of": _bias_correction_of,
    "bounded_product": _bounded_product,
    "count": _as_it_is(_count),
    "dampened_momentum": _dampened_momentum,
    "delta": _delta,
    "descend": _as_it_is(_descend),
    "look_ahead": _as_it_is(_look_ahead),
    "momentum": _as_it_is(_momentum),
    "momentum_of_scaled": _as_it_is(_momentum_of_scaled),
    "root_of_sum": _root_of_sum,
    "root_of_variance": _root_of_variance,
    "root_plus": _root_plus,
    "running_mean": _as_it_is(_running_mean),
    "scaled": _as_it_is(_scaled),
    "shrink": _shrink,
    "sign_factor": _sign_factor,
    "subtract": _as_it_is(torch.sub),
    "turn_and_add_decay": _turn_and_add_decay,
    "unless_turned": _as_it_is(_unless_turned),
    "with_sign": _as_it_is(_with_sign),
    **adam.KERNELS,
    **adafactor.KERNELS,
}
