"""Averaged gradient descent: the parameters, and beside them their running mean."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, Number
from chainrule.engine.optimizers.common import (
    COUNT_STEPS,
    DECAYED,
    MAXIMIZE,
    STEP_BUFFER,
    WEIGHT_DECAY,
    adjusted_gradient,
    descend,
    gradient,
    learning_rate,
    scalar,
)
from chainrule.engine.optimizers.entry import (
    LR,
    NEXT,
    PARAMETER,
    Buffer,
    Buffers,
    Extent,
    Optimizer,
    Update,
    Updates,
)
from chainrule.formula.functions import power, quotient

LAMBD = Number("lambd", 1e-4, "decay", symbol=r"\kappa")
ALPHA = Number("alpha", 0.75, "power of the decay", symbol=r"\alpha")
T0 = Number("t0", 1e6, "first step of the mean", symbol="t_0")


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return STEP_BUFFER, Buffer("eta", LR, Extent.SCALAR), Buffer("mu", 1.0, Extent.SCALAR), Buffer("ax")


def _mean(ax: Tensor, parameter: Tensor, mu: Tensor) -> Tensor:
    share = mu.item()
    return parameter if share == 1 else torch.sub(parameter, ax).mul_(share).add_(ax)


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    lambd, alpha, first = (choice.number(name) for name in ("lambd", "alpha", "t0"))

    @lru_cache(maxsize=1024)
    def rate(lr: float, step: float) -> Tensor:
        return scalar(quotient(lr, power(1 + lambd * lr * step, alpha)))

    @lru_cache(maxsize=1024)
    def share(step: float) -> Tensor:
        return scalar(1 / max(1, step - first))

    decayed = Update(
        DECAYED,
        (PARAMETER, "eta"),
        lambda parameter, eta: torch.mul(parameter, 1 - lambd * eta.item()),
        formula="param*(1 - lambd*eta)",
        words="is what the decay leaves of the value, whatever its gradient",
        tell=lambda parameter, eta: (
            "is what the decay leaves of the value, whatever its gradient"
            if lambd * eta
            else "is the value as it was: nothing decays at this rate"
        ),
    )
    step = Update(
        NEXT,
        (DECAYED, gradient(choice), "eta"),
        descend,
        formula=f"decayed - eta*{gradient(choice)}",
        words="is what the decay left of it, moved against its gradient by the rate of this step",
    )
    mean = Update(
        "ax.next",
        ("ax", NEXT, "mu"),
        _mean,
        formula="if(mu == 1, next, ax + mu*(next - ax))",
        words="moves towards the parameter by a share; while that share is 1 it is the parameter itself",
        tell=lambda ax, parameter, mu: (
            "is the new value itself, because its share is 1"
            if mu == 1
            else "moves towards the new value by its share, which gets smaller from step to step"
        ),
    )
    eta = Update(
        "eta.next",
        (LR, "step.next"),
        lambda lr, step: rate(lr.item(), step.item()),
        formula="lr/(1 + lambd*lr*step.next)^alpha",
        words="is the learning rate over a power of 1 plus decay, learning rate and step count multiplied: "
        "the next step is made with it",
        extent=Extent.SCALAR,
    )
    mu = Update(
        "mu.next",
        ("step.next",),
        lambda step: share(step.item()),
        formula="1/max(1, step.next - t0)",
        words="is the share of the next value in the running mean: 1 until step t0 is past, then 1 over the steps "
        "since",
        extent=Extent.SCALAR,
    )
    return COUNT_STEPS, *adjusted_gradient(choice), decayed, step, mean, eta, mu


ASGD = Optimizer(
    "ASGD",
    (learning_rate(1e-2), LAMBD, ALPHA, T0, WEIGHT_DECAY, MAXIMIZE),
    _state,
    _updates,
    words="keeps a mean of the parameters beside gradient descent",
)
