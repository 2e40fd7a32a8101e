"""Optimizers that divide each gradient by how large the gradients of its parameter have been."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, Flag, Number
from chainrule.engine.optimizers.common import (
    COUNT_STEPS,
    EPS,
    MAXIMIZE,
    MOVE,
    STEP_BUFFER,
    UPDATE,
    WEIGHT_DECAY,
    adjusted_gradient,
    average_of_squares,
    descent,
    gradient,
    learning_rate,
    scalar,
)
from chainrule.engine.optimizers.entry import LR, MOMENTUM, Buffer, Buffers, Extent, Optimizer, Update, Updates
from chainrule.engine.optimizers.sgd import MOMENTUM_ARGUMENT
from chainrule.engine.optimizers.words import averaged, with_epsilon
from chainrule.formula.functions import quotient

LR_DECAY = Number("lr_decay", 0.0, "learning rate decay", symbol=r"\rho", minimum=0.0)
INITIAL_SUM = Number("initial_accumulator_value", 0.0, "initial sum", symbol="G_0", minimum=0.0)
ADAGRAD_EPS = Number("eps", 1e-10, "epsilon", symbol=r"\epsilon", minimum=0.0)
RHO = Number("rho", 0.9, "rho", symbol=r"\rho", minimum=0.0, maximum=1.0)
ADADELTA_EPS = Number("eps", 1e-6, "epsilon", symbol=r"\epsilon", minimum=0.0)
ALPHA = Number("alpha", 0.99, "smoothing", symbol=r"\alpha", minimum=0.0)
CENTERED = Flag("centered", False, "centered")


def scaled(gradient: str, scale: str, rate: str) -> Update:
    """The update that is the gradient over its scale, by a rate."""
    return Update(
        UPDATE,
        (gradient, scale, rate),
        lambda grad, scale, rate: torch.div(grad, scale).mul_(rate.item()),
        formula=f"{rate}*({gradient}/{scale})",
        words="is the learning rate times the gradient over its scale: where gradients are large, steps stay small",
    )


# ---------------------------------------------------------------------------------------------------- Adagrad


def _adagrad_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return STEP_BUFFER, Buffer("sum", choice.number("initial_accumulator_value"))


def _adagrad_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, eps, decay = gradient(choice), choice.number("eps"), choice.number("lr_decay")
    total = Update(
        "sum.next",
        ("sum", grad),
        lambda total, grad: torch.addcmul(total, grad, grad),
        formula=f"sum + {grad}^2",
        words="adds the gradient's square: it never gets smaller",
    )
    std = Update(
        "std",
        ("sum.next",),
        lambda total: torch.sqrt(total).add_(eps),
        formula="sqrt(sum.next) + eps",
        words=f"is the root of the sum{with_epsilon(eps)}",
    )
    rate = Update(
        "clr",
        (LR, "step.next"),
        lambda lr, step: scalar(quotient(lr.item(), 1 + (step.item() - 1) * decay)),
        formula="lr/(1 + (step.next - 1)*lr_decay)",
        words="is the learning rate over 1 plus its decay for each step before this one",
        extent=Extent.SCALAR,
    )
    rates = (rate,) if decay else ()
    return (
        COUNT_STEPS,
        *adjusted_gradient(choice),
        *rates,
        total,
        std,
        scaled(grad, "std", "clr" if decay else LR),
        MOVE,
    )


ADAGRAD = Optimizer(
    "Adagrad",
    (learning_rate(1e-2), LR_DECAY, WEIGHT_DECAY, INITIAL_SUM, ADAGRAD_EPS, MAXIMIZE),
    _adagrad_state,
    _adagrad_updates,
    words="divides the gradient by the root of the sum of all its squares so far",
)


# --------------------------------------------------------------------------------------------------- Adadelta


def _adadelta_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return STEP_BUFFER, Buffer("square_avg"), Buffer("acc_delta")


def _adadelta_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, rho, eps = gradient(choice), choice.number("rho"), choice.number("eps")
    std = Update(
        "std",
        ("square_avg.next",),
        lambda square_avg: torch.add(square_avg, eps).sqrt_(),
        formula="sqrt(square_avg.next + eps)",
        words=f"is the root of the average square{' plus epsilon' if eps else ''}: how large gradients are here",
    )
    delta = Update(
        "delta",
        ("acc_delta", "std", grad),
        lambda acc_delta, std, grad: torch.add(acc_delta, eps).sqrt_().div_(std).mul_(grad),
        formula=f"sqrt(acc_delta + eps)/std*{grad}",
        words="is the gradient over its scale, times how large the steps have been: the unit of a step",
    )
    new = 1 - rho
    past = Update(
        "acc_delta.next",
        ("acc_delta", "delta"),
        lambda acc_delta, delta: torch.mul(acc_delta, rho).addcmul_(delta, delta, value=new),
        formula="rho*acc_delta + (1 - rho)*delta^2",
        words=averaged(rho, "the delta's square", "how large steps are here"),
    )
    return (
        COUNT_STEPS,
        *adjusted_gradient(choice),
        average_of_squares("square_avg", grad, rho, "rho"),
        std,
        delta,
        past,
        descent("delta", "moves against its delta, by the learning rate times the delta"),
    )


ADADELTA = Optimizer(
    "Adadelta",
    (learning_rate(1.0), RHO, ADADELTA_EPS, WEIGHT_DECAY, MAXIMIZE),
    _adadelta_state,
    _adadelta_updates,
    words="takes the size of a step from the sizes of the steps before",
)


# ---------------------------------------------------------------------------------------------------- RMSprop


def _rmsprop_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    momentum = (Buffer("momentum_buffer"),) if choice.number("momentum") else ()
    centered = (Buffer("grad_avg"),) if choice["centered"] else ()
    return STEP_BUFFER, Buffer("square_avg"), *momentum, *centered


def _rmsprop_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, alpha = gradient(choice), choice.number("alpha")
    squares = average_of_squares("square_avg", grad, alpha, "alpha")
    scale = _centered_scale(choice, grad) if choice["centered"] else (_scale(choice),)
    steps = (COUNT_STEPS, *adjusted_gradient(choice), squares, *scale)
    if not choice.number("momentum"):
        return (*steps, scaled(grad, "avg", LR), MOVE)
    velocity = Update(
        "momentum_buffer.next",
        ("momentum_buffer", grad, "avg", MOMENTUM),
        lambda buffer, grad, avg, momentum: torch.mul(buffer, momentum.item()).addcdiv_(grad, avg),
        formula=f"momentum*momentum_buffer + {grad}/avg",
        words="keeps a share (the momentum) of what it was and adds the gradient over its scale",
    )
    step = descent("momentum_buffer.next", "moves against its momentum buffer, by the learning rate times the buffer")
    return (*steps, velocity, step)


def _scale(choice: Choice) -> Update:
    eps = choice.number("eps")
    return Update(
        "avg",
        ("square_avg.next",),
        lambda square_avg: torch.sqrt(square_avg).add_(eps),
        formula="sqrt(square_avg.next) + eps",
        words=f"is the root of the average square{with_epsilon(eps)}",
    )


def _centered_scale(choice: Choice, grad: str) -> Updates:
    alpha, eps = choice.number("alpha"), choice.number("eps")

    def compute(square_avg: Tensor, grad_avg: Tensor) -> Tensor:
        return torch.addcmul(square_avg, grad_avg, grad_avg, value=-1).sqrt_().add_(eps)

    mean = Update(
        "grad_avg.next",
        ("grad_avg", grad),
        lambda average, grad: torch.lerp(average, grad, 1 - alpha),
        formula=f"alpha*grad_avg + (1 - alpha)*{grad}",
        words=averaged(alpha, "the gradient"),
    )
    scale = Update(
        "avg",
        ("square_avg.next", "grad_avg.next"),
        compute,
        formula="sqrt(square_avg.next - grad_avg.next^2) + eps",
        words=f"is how far gradients stray from their average{with_epsilon(eps)}",
    )
    return mean, scale


RMSPROP = Optimizer(
    "RMSprop",
    (learning_rate(1e-2), ALPHA, EPS, WEIGHT_DECAY, MOMENTUM_ARGUMENT, CENTERED, MAXIMIZE),
    _rmsprop_state,
    _rmsprop_updates,
    words="divides the gradient by the root of a running average of its squares",
)
