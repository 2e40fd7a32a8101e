"""Adam and its nearest: running averages of the gradient and of its square, corrected for their start at zero."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice, Flag, Number
from chainrule.catalog.optimizers.common import (
    BETAS,
    BIAS_CORRECTION1,
    COUNT_STEPS,
    DECOUPLED,
    EPS,
    EXP_AVG,
    EXP_AVG_SQ,
    MAXIMIZE,
    SCALE,
    STEP_BUFFER,
    THE_UPDATE,
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
    root_plus,
    scaled,
)
from chainrule.catalog.optimizers.entry import LR, Buffer, Buffers, Called, Optimizer, Update, Updates
from chainrule.catalog.optimizers.words import with_epsilon

AMSGRAD = Flag("amsgrad", False, "AMSGrad")
# What torch always does.
CORRECTION = Flag("bias_correction", True, "bias correction", since=2)
ADAMW_DECAY = Number("weight_decay", 1e-2, "weight decay", symbol=r"\lambda", minimum=0.0)


def scale(squares: str, eps: float) -> Update:
    """Return the denominator: the root of the corrected average of squares, plus epsilon."""
    return Update(
        "denom",
        (squares, "bias_correction2"),
        f"sqrt({squares})/sqrt(bias_correction2) + eps",
        words=f"is the root of the average square, corrected for its start at 0{with_epsilon(eps)}",
        kernel="corrected_root_plus",
        given=(eps,),
        called=SCALE,
    )


PLAIN = "is the learning rate times the average gradient, over the scale of gradients"
ADAM_UPDATE = Update(
    UPDATE,
    ("exp_avg.next", "denom", LR, "bias_correction1"),
    "lr/bias_correction1*(exp_avg.next/denom)",
    words="is the learning rate times the average gradient, corrected for its start at 0, over the scale of gradients",
    kernel="corrected_update",
    called=THE_UPDATE,
)


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    largest = (
        (Buffer("max_exp_avg_sq", called=Called(r"\hat{v}", "largest average square")),) if choice["amsgrad"] else ()
    )
    return STEP_BUFFER, EXP_AVG, EXP_AVG_SQ, *largest


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, squares = gradient(choice), "exp_avg_sq.next"
    largest: Updates = ()
    if choice["amsgrad"]:
        largest = (
            Update(
                "max_exp_avg_sq.next",
                ("max_exp_avg_sq", squares),
                f"max(max_exp_avg_sq, {squares})",
                words="is the new average square, or what it was where that is larger: it never gets smaller",
            ),
        )
        squares = "max_exp_avg_sq.next"
    eps = choice.number("eps")
    corrected: Updates = (BIAS_CORRECTION1, bias_correction2(choice))
    steps: Updates = (scale(squares, eps), ADAM_UPDATE)
    if not choice["bias_correction"]:
        words = f"is the root of the average square{with_epsilon(eps)}"
        corrected, steps = (), (root_plus("denom", squares, eps, words), scaled("exp_avg.next", "denom", LR, PLAIN))
    return (
        COUNT_STEPS,
        *decoupled_decay(choice),
        *adjusted_gradient(choice),
        average("exp_avg", grad),
        average_of_squares("exp_avg_sq", grad, choice.numbers("betas")[1], "betas_1"),
        *corrected,
        *largest,
        *steps,
        move(choice),
    )


ADAM = Optimizer(
    "Adam",
    (learning_rate(1e-3), BETAS, EPS, WEIGHT_DECAY, AMSGRAD, MAXIMIZE, DECOUPLED, CORRECTION),
    _state,
    _updates,
    words="divides an average of the gradient by the root of an average of its squares",
)
ADAMW = Optimizer(
    "AdamW",
    (learning_rate(1e-3), BETAS, EPS, ADAMW_DECAY, AMSGRAD, MAXIMIZE, CORRECTION),
    _state,
    _updates,
    words="is Adam with weight decay that shrinks the parameters themselves",
)


# ----------------------------------------------------------------------------------------------------- Adamax


def _adamax_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    return STEP_BUFFER, EXP_AVG, Buffer("exp_inf", called=Called("u", "largest gradient"))


def _adamax_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad = gradient(choice)
    largest = Update(
        "exp_inf.next",
        ("exp_inf", grad),
        f"max(betas_1*exp_inf, abs({grad}) + eps)",
        words="is the gradient without its sign, plus epsilon, or what it was times beta2 where that is larger",
        kernel="decaying_maximum",
        given=(choice.numbers("betas")[1], choice.number("eps")),
    )
    update = Update(
        UPDATE,
        ("exp_avg.next", "exp_inf.next", LR, "bias_correction1"),
        "lr/bias_correction1*(exp_avg.next/exp_inf.next)",
        words="is the learning rate times the average gradient, corrected for its start at 0, over the largest one",
        kernel="corrected_update",
        called=THE_UPDATE,
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
