"""Adafactor: Adam's average of squares, remembered only as one number for each row and one for each column."""

from __future__ import annotations

import math
from functools import cache, lru_cache

import torch
from torch import Tensor
from torch.linalg import vector_norm

from chainrule.catalog.arguments import Choice, Number, Numbers, Value
from chainrule.catalog.spec_error import expected
from chainrule.engine.optimizers.common import (
    COUNT_STEPS,
    MAXIMIZE,
    STEP_BUFFER,
    UPDATE,
    WEIGHT_DECAY,
    adjusted_gradient,
    decoupled_decay,
    gradient,
    learning_rate,
    move,
    new_scalar,
    scalar,
    within,
)
from chainrule.engine.optimizers.entry import LR, PARAMETER, Buffer, Buffers, Extent, Optimizer, Update, Updates
from chainrule.formula.functions import power, quotient

BLENDED = "is a running average: it keeps a share of what it was and takes the rest from the newest squares"
NEWEST = "is that of the newest squares alone: at this step nothing is kept of what it was"
BETA2_DECAY = Number("beta2_decay", -0.8, "decay of beta2", symbol=r"\tau", maximum=0.0)
EPS = Numbers(
    "eps",
    (None, 1e-3),
    "epsilons",
    item=Number("", 1e-3, "", minimum=0.0, optional=True),
    symbols=(r"\epsilon_1", r"\epsilon_2"),
)
D = Number("d", 1.0, "clipping threshold", symbol="D", minimum=1.0)


def _epsilons(choice: Choice) -> tuple[Value, ...]:
    several = choice["eps"]
    assert isinstance(several, tuple)
    return several


def _check(choice: Choice, path: str) -> None:
    if _epsilons(choice)[1] is None:
        raise expected(f"{path}.eps[1]", "a number of at least 0", "null")


def _floor(choice: Choice, tensor: Tensor) -> float:
    """The first epsilon; None is torch's sign for the smallest relative difference that the dtype knows."""
    first = _epsilons(choice)[0]
    return first if isinstance(first, float) else _resolution(tensor.dtype)


def _least(choice: Choice, tensor: Tensor) -> float:
    """The square of the first epsilon; infinite where that is too large."""
    floor = _floor(choice, tensor)
    return within(floor * floor, tensor)


@cache
def _resolution(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    if len(shape) > 1:
        return STEP_BUFFER, Buffer("row_var", extent=Extent.ROWS), Buffer("col_var", extent=Extent.COLUMNS)
    return STEP_BUFFER, Buffer("variance")


def _rates(choice: Choice) -> Updates:
    decay, least = choice.number("beta2_decay"), _epsilons(choice)[1]
    assert isinstance(least, float)

    @lru_cache(maxsize=1024)
    def share(step: float) -> Tensor:
        return scalar(power(step, decay))

    @lru_cache(maxsize=1024)
    def rate(lr: float, step: float) -> Tensor:
        return scalar(min(lr, quotient(1, power(step, 0.5))))

    return (
        Update(
            "one_minus_beta2_t",
            ("step.next",),
            lambda step: share(step.item()),
            formula="step.next^beta2_decay",
            words="is the step count to the power of the decay: 1 at the first step, then less and less"
            if decay
            else "is 1 at every step, because the decay of beta2 is 0",
            extent=Extent.SCALAR,
        ),
        Update(
            "rho_t",
            (LR, "step.next"),
            lambda lr, step: rate(lr.item(), step.item()),
            formula="min(lr, 1/sqrt(step.next))",
            words="is the learning rate, or one over the root of the step count where that is less",
            extent=Extent.SCALAR,
        ),
        Update(
            "rms",
            (PARAMETER,),
            lambda parameter: new_scalar(vector_norm(parameter).item() / parameter.numel() ** 0.5),
            formula="sqrt(total/count)",
            words="is how large these values are: the root of the mean of their squares",
            extent=Extent.SCALAR,
            term="x^2",
        ),
        Update(
            "alpha",
            ("rms", "rho_t"),
            lambda rms, rho: new_scalar(max(least, rms.item()) * rho.item()),
            formula="max(eps_1, rms)*rho_t",
            words="is rho times how large the values are, or times the second epsilon where that is larger",
            extent=Extent.SCALAR,
        ),
    )


def _mean_square(name: str, grad: str, dim: int, extent: Extent, what: str) -> Update:
    return Update(
        name,
        (grad,),
        lambda grad: vector_norm(grad, 2, dim, True).square_().div_(grad.size(dim)),
        formula="total/count",
        words=f"is the mean of the squared gradients of this {what}",
        extent=extent,
        term="x^2",
    )


def _blend(name: str, new: str, extent: Extent) -> Update:
    return Update(
        f"{name}.next",
        (name, new, "one_minus_beta2_t"),
        lambda old, new, share: torch.lerp(old, new, within(share.item(), old)),
        formula=f"(1 - one_minus_beta2_t)*{name} + one_minus_beta2_t*{new}",
        words=BLENDED,
        tell=lambda old, new, share: NEWEST if share == 1 else BLENDED,
        extent=extent,
    )


def _factored(choice: Choice, grad: str) -> Updates:
    """The estimate for each element from what is kept for its row and for its column."""

    def estimate(rows: Tensor, columns: Tensor, mean: Tensor) -> Tensor:
        return torch.mul(rows, columns).div_(max(mean.item(), _floor(choice, rows)))

    return (
        _mean_square("row_mean", grad, -1, Extent.ROWS, "row"),
        _blend("row_var", "row_mean", Extent.ROWS),
        _mean_square("col_mean", grad, -2, Extent.COLUMNS, "column"),
        _blend("col_var", "col_mean", Extent.COLUMNS),
        Update(
            "row_var_mean",
            ("row_var.next",),
            lambda rows: new_scalar(rows.sum().item() / rows.numel()),
            formula="total/count",
            words="is the sum of the average squares of the rows, over how many rows there are",
            extent=Extent.SCALAR,
            term="x",
        ),
        Update(
            "var_estimate",
            ("row_var.next", "col_var.next", "row_var_mean"),
            estimate,
            formula="row_var.next*col_var.next/max(row_var_mean, eps_0)",
            words="is guessed from its row and its column: the one times the other, over the mean of the rows",
        ),
    )


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, threshold, matrix = gradient(choice), choice.number("d"), len(shape) > 1
    variance = "var_estimate" if matrix else "variance.next"
    squares = _factored(choice, grad) if matrix else (_blend_of_squares(grad),)
    root = math.prod(shape) ** 0.5
    scaled = Update(
        "scaled_grad",
        (variance, grad),
        lambda variance, grad: torch.clamp(variance, min=_least(choice, grad)).rsqrt_().mul_(grad),
        formula=f"{grad}/sqrt(max({variance}, eps_0^2))",
        words="is the gradient over its scale",
    )
    clip = Update(
        "clip_denom",
        ("scaled_grad",),
        lambda scaled: new_scalar(max(1.0, vector_norm(scaled).item() / (root * threshold))),
        formula="max(1, 1/d*sqrt(total/count))",
        words="is more than 1 where the scaled gradients together are larger than allowed: it shortens the step",
        extent=Extent.SCALAR,
        term="x^2",
    )
    update = Update(
        UPDATE,
        ("scaled_grad", "alpha", "clip_denom"),
        lambda scaled, alpha, clip: torch.mul(scaled, quotient(alpha.item(), clip.item())),
        formula="alpha/clip_denom*scaled_grad",
        words="is the size of the step times the gradient over its scale",
    )
    return (
        COUNT_STEPS,
        *_rates(choice),
        *decoupled_decay(choice),
        *adjusted_gradient(choice),
        *squares,
        scaled,
        clip,
        update,
        move(choice),
    )


def _blend_of_squares(grad: str) -> Update:
    return Update(
        "variance.next",
        ("variance", grad, "one_minus_beta2_t"),
        lambda old, grad, share: torch.lerp(old, torch.mul(grad, grad), within(share.item(), old)),
        formula=f"(1 - one_minus_beta2_t)*variance + one_minus_beta2_t*{grad}^2",
        words=BLENDED,
        tell=lambda old, grad, share: NEWEST if share == 1 else BLENDED,
    )


ADAFACTOR = Optimizer(
    "Adafactor",
    (learning_rate(1e-2), BETA2_DECAY, EPS, D, WEIGHT_DECAY, MAXIMIZE),
    _state,
    _updates,
    words="is Adam that remembers one number for each row and each column",
    check=_check,
)
