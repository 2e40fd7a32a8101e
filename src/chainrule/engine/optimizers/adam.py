"""Adam and its nearest: running averages of the gradient and of its square, corrected for their start at zero."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, Flag, Number
from chainrule.engine.optimizers.common import (
    BETAS,
    BIAS_CORRECTION1,
    COUNT_STEPS,
    DECOUPLED,
    EPS,
    MAXIMIZE,
    STEP_BUFFER,
    UPDATE,
    WEIGHT_DECAY,
    adjusted_gradient,
    average,
    average_of_squares,
    bias_correction2,
    decoupled_decay,
    gradient,
    learning_rate,
    move,
)
from chainrule.engine.optimizers.entry import LR, Buffer, Buffers, Optimizer, Update, Updates
from chainrule.engine.optimizers.words import with_epsilon
from chainrule.formula.functions import power, quotient

AMSGRAD = Flag("amsgrad", False, "AMSGrad")
ADAMW_DECAY = Number("weight_decay", 1e-2, "weight decay", symbol=r"\lambda", minimum=0.0)


def scale(squares: str, eps: float) -> Update:
    """The denominator: the root of the corrected average of squares, plus epsilon."""

    def compute(squares: Tensor, correction: Tensor) -> Tensor:
        return torch.sqrt(squares).div_(power(correction.item(), 0.5)).add_(eps)

    return Update(
        "denom",
        (squares, "bias_correction2"),
        compute,
        formula=f"sqrt({squares})/sqrt(bias_correction2) + eps",
        words=f"is the root of the average square, corrected for its start at 0{with_epsilon(eps)}",
    )


ADAM_UPDATE = Update(
    UPDATE,
    ("exp_avg.next", "denom", LR, "bias_correction1"),
    lambda exp_avg, denom, lr, correction: torch.div(exp_avg, denom).mul_(quotient(lr.item(), correction.item())),
    formula="lr/bias_correction1*(exp_avg.next/denom)",
    words="is the learning rate times the average gradient, corrected for its start at 0, over the scale of gradients",
)


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    largest = (Buffer("max_exp_avg_sq"),) if choice["amsgrad"] else ()
    return STEP_BUFFER, Buffer("exp_avg"), Buffer("exp_avg_sq"), *largest


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, squares = gradient(choice), "exp_avg_sq.next"
    largest: Updates = ()
    if choice["amsgrad"]:
        largest = (
            Update(
                "max_exp_avg_sq.next",
                ("max_exp_avg_sq", squares),
                torch.maximum,
                formula=f"max(max_exp_avg_sq, {squares})",
                words="is the new average square, or what it was where that is larger: it never gets smaller",
            ),
        )
        squares = "max_exp_avg_sq.next"
    return (
        COUNT_STEPS,
        *decoupled_decay(choice),
        *adjusted_gradient(choice),
        average("exp_avg", grad),
        average_of_squares("exp_avg_sq", grad, choice.numbers("betas")[1], "betas_1"),
        BIAS_CORRECTION1,
        bias_correction2(choice),
        *largest,
        scale(squares, choice.number("eps")),
        ADAM_UPDATE,
        move(choice),
    )


ADAM = Optimizer(
    "Adam",
    (learning_rate(1e-3), BETAS, EPS, WEIGHT_DECAY, AMSGRAD, MAXIMIZE, DECOUPLED),
    _state,
    _updates,
    words="divides an average of the gradient by the root of an average of its squares",
)
ADAMW = Optimizer(
    "AdamW",
    (learning_rate(1e-3), BETAS, EPS, ADAMW_DECAY, AMSGRAD, MAXIMIZE),
    _state,
    _updates,
    words="is Adam with weight decay that shrinks the parameters themselves",
)


# ----------------------------------------------------------------------------------------------------- Adamax


def _adamax_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return STEP_BUFFER, Buffer("exp_avg"), Buffer("exp_inf")


def _adamax_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, eps, beta2 = gradient(choice), choice.number("eps"), choice.numbers("betas")[1]
    largest = Update(
        "exp_inf.next",
        ("exp_inf", grad),
        lambda exp_inf, grad: torch.maximum(torch.mul(exp_inf, beta2), torch.abs(grad).add_(eps)),
        formula=f"max(betas_1*exp_inf, abs({grad}) + eps)",
        words="is the gradient without its sign, plus epsilon, or what it was times beta2 where that is larger",
    )
    update = Update(
        UPDATE,
        ("exp_avg.next", "exp_inf.next", LR, "bias_correction1"),
        ADAM_UPDATE.compute,
        formula="lr/bias_correction1*(exp_avg.next/exp_inf.next)",
        words="is the learning rate times the average gradient, corrected for its start at 0, over the largest one",
    )
    return (
        COUNT_STEPS,
        *adjusted_gradient(choice),
        average("exp_avg", grad),
        largest,
        BIAS_CORRECTION1,
        update,
        move(choice),
    )


ADAMAX = Optimizer(
    "Adamax",
    (learning_rate(2e-3), BETAS, EPS, WEIGHT_DECAY, MAXIMIZE),
    _adamax_state,
    _adamax_updates,
    words="is Adam with the largest gradient so far in the place of an average of squares",
)
