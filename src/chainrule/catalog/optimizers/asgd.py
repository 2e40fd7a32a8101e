"""Averaged gradient descent: the parameters, and beside them their running mean."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice, Number
from chainrule.catalog.optimizers.common import (
    COUNT_STEPS,
    DECAYED,
    MAXIMIZE,
    STEP_BUFFER,
    THE_DECAYED,
    WEIGHT_DECAY,
    adjusted_gradient,
    gradient,
    learning_rate,
)
from chainrule.catalog.optimizers.entry import (
    LR,
    NEXT,
    PARAMETER,
    Buffer,
    Buffers,
    Called,
    Extent,
    Optimizer,
    Update,
    Updates,
)

LAMBD = Number("lambd", 1e-4, "decay", symbol=r"\kappa")
ALPHA = Number("alpha", 0.75, "power of the decay", symbol=r"\alpha")
T0 = Number("t0", 1e6, "first step of the mean", symbol="t_0")


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return (
        STEP_BUFFER,
        Buffer("eta", LR, Extent.SCALAR, Called(r"\eta_t", "rate of the step")),
        Buffer("mu", 1.0, Extent.SCALAR, Called(r"\mu", "share of the newest value")),
        Buffer("ax", called=Called("", "running mean", above="mean")),
    )


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    return COUNT_STEPS, *adjusted_gradient(choice), *_descent(choice), MEAN, RATE, SHARE


def _descent(choice: Choice) -> Updates:
    lambd, direction = choice.number("lambd"), gradient(choice)
    decayed = Update(
        DECAYED,
        (PARAMETER, "eta"),
        "param*(1 - lambd*eta)",
        words="is what the decay leaves of the value, whatever its gradient",
        kernel="shrink",
        given=(lambd,),
        tell=lambda parameter, eta: (
            "is what the decay leaves of the value, whatever its gradient"
            if lambd * eta
            else "is the value as it was: nothing decays at this rate"
        ),
        called=THE_DECAYED,
    )
    step = Update(
        NEXT,
        (DECAYED, direction, "eta"),
        f"decayed - eta*{direction}",
        words="is what the decay left of it, moved against its gradient by the rate of this step",
        kernel="descend",
    )
    return decayed, step


MEAN = Update(
    "ax.next",
    ("ax", NEXT, "mu"),
    "if(mu == 1, next, ax + mu*(next - ax))",
    words="moves towards the parameter by a share; while that share is 1 it is the parameter itself",
    kernel="running_mean",
    tell=lambda ax, parameter, mu: (
        "is the new value itself, because its share is 1"
        if mu == 1
        else "moves towards the new value by its share, which gets smaller from step to step"
    ),
)
RATE = Update(
    "eta.next",
    (LR, "step.next"),
    "lr/(1 + lambd*lr*step.next)^alpha",
    words="is the learning rate over a power of 1 plus decay, learning rate and step count multiplied: "
    "the next step is made with it",
    extent=Extent.SCALAR,
)
SHARE = Update(
    "mu.next",
    ("step.next",),
    "1/max(1, step.next - t0)",
    words="is 1 until step t0 is past, and then 1 over the steps since: so much the next value counts in the mean",
    extent=Extent.SCALAR,
)

ASGD = Optimizer(
    "ASGD",
    (learning_rate(1e-2), LAMBD, ALPHA, T0, WEIGHT_DECAY, MAXIMIZE),
    _state,
    _updates,
    words="keeps a mean of the parameters beside gradient descent",
)
