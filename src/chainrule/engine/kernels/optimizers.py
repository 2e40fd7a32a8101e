"""The optimizers' updates as torch computes them, operation by operation, by the names that the catalogue gives them.

Each is made from the numbers that its update declares, and takes what the update reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from chainrule.engine.kernels import adafactor, adam
from chainrule.engine.kernels.scalars import ScalarFunction, WithScalars, same_numbers, scalar_operand, within
from chainrule.formula.functions import power

Compute = Callable[..., Tensor]
MakeKernel = Callable[..., Compute]


def _as_it_is(compute: Compute) -> MakeKernel:
    """Return a kernel that is told nothing."""
    return lambda: compute


# ------------------------------------------------------------------------------------------------- in common


_count = ScalarFunction(lambda step: step + 1)


def _correction(beta: float, step: float) -> float:
    """Return 1 - beta^t: what an average that started at zero has of its full weight after t steps."""
    return 1 - power(beta, step)


_bias_correction = ScalarFunction(_correction)


def _bias_correction_of(beta: float) -> Compute:
    return ScalarFunction(lambda step: _correction(beta, step))


# One step of gradient descent: p - lr d.
_descend = WithScalars(
    2,
    same_numbers,
    lambda parameter, direction, lr: torch.sub(parameter, direction, alpha=within(lr, parameter)),
)


def _add_decay(decay: float) -> Compute:
    return lambda grad, parameter: torch.add(grad, parameter, alpha=decay)


def _turn_and_add_decay(decay: float) -> Compute:
    return lambda grad, parameter: torch.neg(grad).add_(parameter, alpha=decay)


def _shrink(decay: float) -> Compute:
    return WithScalars(
        1,
        lambda lr: (1 - lr * decay,),
        lambda parameter, factor: torch.mul(parameter, scalar_operand(factor, parameter)),
    )


_average = WithScalars(
    2,
    lambda beta: (1 - beta,),
    lambda average, grad, share: torch.lerp(average, grad, within(share, grad)),
)


def _average_by(share: float) -> Compute:
    return lambda average, grad: torch.lerp(average, grad, 1 - share)


def _average_of_squares(share: float) -> Compute:
    new = 1 - share
    return lambda average, grad: torch.mul(average, scalar_operand(share, average)).addcmul_(grad, grad, value=new)


_scaled = WithScalars(
    2, same_numbers, lambda grad, scale, rate: torch.div(grad, scale).mul_(scalar_operand(rate, grad))
)


def _root_plus(eps: float) -> Compute:
    return lambda squares: torch.sqrt(squares).add_(scalar_operand(eps, squares))


# ------------------------------------------------------------------------------------------------------- SGD


_momentum = WithScalars(
    2, same_numbers, lambda buffer, grad, momentum: torch.add(grad, buffer, alpha=within(momentum, grad))
)
_look_ahead = WithScalars(
    2, same_numbers, lambda grad, buffer, momentum: torch.add(grad, buffer, alpha=within(momentum, grad))
)


def _dampened_momentum(dampening: float) -> Compute:
    share = 1 - dampening

    def compute(buffer: Tensor, grad: Tensor, momentum: float, is_first: bool) -> Tensor:
        return grad if is_first else torch.mul(buffer, scalar_operand(momentum, buffer)).add_(grad, alpha=share)

    return WithScalars(2, lambda momentum, step: (momentum,), compute, lambda momentum, step: step == 1)


# --------------------------------------------------------------------------------- Adagrad, Adadelta, RMSprop


def _add_square(total: Tensor, grad: Tensor) -> Tensor:
    return torch.addcmul(total, grad, grad)


def _root_of_sum(eps: float) -> Compute:
    return lambda squares: torch.add(squares, scalar_operand(eps, squares)).sqrt_()


def _delta(eps: float) -> Compute:
    return lambda acc_delta, std, grad: (
        torch.add(acc_delta, scalar_operand(eps, acc_delta)).sqrt_().div_(std).mul_(grad)
    )


_momentum_of_scaled = WithScalars(
    3,
    same_numbers,
    lambda buffer, grad, scale, momentum: torch.mul(buffer, scalar_operand(momentum, buffer)).addcdiv_(grad, scale),
)


def _root_of_variance(eps: float) -> Compute:
    return lambda squares, mean: torch.addcmul(squares, mean, mean, value=-1).sqrt_().add_(scalar_operand(eps, squares))


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


def _moved_mean(mean: Tensor, parameter: Tensor, share: float, is_whole: bool) -> Tensor:
    return parameter if is_whole else torch.sub(parameter, mean).mul_(scalar_operand(share, mean)).add_(mean)


_running_mean = WithScalars(2, same_numbers, _moved_mean, lambda share: share == 1)


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
