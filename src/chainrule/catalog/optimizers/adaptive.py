"""Optimizers that divide each gradient by how large the gradients of its parameter have been."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice, Flag, Number
from chainrule.catalog.optimizers.common import (
    COUNT_STEPS,
    EPS,
    MAXIMIZE,
    MOMENTUM_BUFFER,
    MOVE,
    SCALE,
    STEP_BUFFER,
    WEIGHT_DECAY,
    adjusted_gradient,
    average_of_squares,
    descent,
    gradient,
    learning_rate,
    root_plus,
    scaled,
)
from chainrule.catalog.optimizers.entry import (
    LR,
    MOMENTUM,
    Buffer,
    Buffers,
    Called,
    Extent,
    Optimizer,
    Update,
    Updates,
)
from chainrule.catalog.optimizers.sgd import MOMENTUM_ARGUMENT
from chainrule.catalog.optimizers.words import averaged, with_epsilon

LR_DECAY = Number("lr_decay", 0.0, "learning rate decay", symbol=r"\rho", minimum=0.0)
INITIAL_SUM = Number("initial_accumulator_value", 0.0, "initial sum", symbol="G_0", minimum=0.0)
ADAGRAD_EPS = Number("eps", 1e-10, "epsilon", symbol=r"\epsilon", minimum=0.0)
RHO = Number("rho", 0.9, "rho", symbol=r"\rho", minimum=0.0, maximum=1.0)
ADADELTA_EPS = Number("eps", 1e-6, "epsilon", symbol=r"\epsilon", minimum=0.0)
ALPHA = Number("alpha", 0.99, "smoothing", symbol=r"\alpha", minimum=0.0)
CENTERED = Flag("centered", False, "centered")

SCALED = "is the learning rate times the gradient over its scale: where gradients are large, steps stay small"
SQUARE_AVG = Buffer("square_avg", called=Called("s", "average square"))


# ---------------------------------------------------------------------------------------------------- Adagrad


def _adagrad_state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    total = Buffer("sum", choice.number("initial_accumulator_value"), called=Called("s", "sum of squares"))
    return STEP_BUFFER, total


def _adagrad_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, eps, decay = gradient(choice), choice.number("eps"), choice.number("lr_decay")
    total = Update(
        "sum.next",
        ("sum", grad),
        f"sum + {grad}^2",
        words="adds the gradient's square: it never gets smaller",
        kernel="add_square",
    )
    std = root_plus("std", "sum.next", eps, f"is the root of the sum{with_epsilon(eps)}")
    rate = Update(
        "clr",
        (LR, "step.next"),
        "lr/(1 + (step.next - 1)*lr_decay)",
        words="is the learning rate over 1 plus its decay for each step before this one",
        extent=Extent.SCALAR,
        called=Called(r"\eta_t", "rate of this step"),
    )
    rates = (rate,) if decay else ()
    return (
        COUNT_STEPS,
        *adjusted_gradient(choice),
        *rates,
        total,
        std,
        scaled(grad, "std", "clr" if decay else LR, SCALED),
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
    return STEP_BUFFER, SQUARE_AVG, Buffer("acc_delta", called=Called("u", "average squared delta"))


def _adadelta_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, rho, eps = gradient(choice), choice.number("rho"), choice.number("eps")
    std = Update(
        "std",
        ("square_avg.next",),
        "sqrt(square_avg.next + eps)",
        words=f"is the root of the average square{' plus epsilon' if eps else ''}: how large gradients are here",
        kernel="root_of_sum",
        given=(eps,),
        called=SCALE,
    )
    delta = Update(
        "delta",
        ("acc_delta", "std", grad),
        f"sqrt(acc_delta + eps)/std*{grad}",
        words="is the gradient over its scale, times how large the steps have been: the unit of a step",
        kernel="delta",
        given=(eps,),
        called=Called(r"\Delta", "delta", prefix=True),
    )
    past = Update(
        "acc_delta.next",
        ("acc_delta", "delta"),
        "rho*acc_delta + (1 - rho)*delta^2",
        words=averaged(rho, "the delta's square", "how large steps are here"),
        kernel="average_of_squares",
        given=(rho,),
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
    momentum = (MOMENTUM_BUFFER,) if choice.number("momentum") else ()
    centered = (Buffer("grad_avg", called=Called(r"\bar{g}", "average gradient")),) if choice["centered"] else ()
    return STEP_BUFFER, SQUARE_AVG, *momentum, *centered


def _rmsprop_updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad, alpha = gradient(choice), choice.number("alpha")
    squares = average_of_squares("square_avg", grad, alpha, "alpha")
    eps = choice.number("eps")
    around_zero = root_plus("avg", "square_avg.next", eps, f"is the root of the average square{with_epsilon(eps)}")
    scale = _centered_scale(choice, grad) if choice["centered"] else (around_zero,)
    steps = (COUNT_STEPS, *adjusted_gradient(choice), squares, *scale)
    if not choice.number("momentum"):
        return (*steps, scaled(grad, "avg", LR, SCALED), MOVE)
    velocity = Update(
        "momentum_buffer.next",
        ("momentum_buffer", grad, "avg", MOMENTUM),
        f"momentum*momentum_buffer + {grad}/avg",
        words="keeps a share (the momentum) of what it was and adds the gradient over its scale",
        kernel="momentum_of_scaled",
    )
    step = descent("momentum_buffer.next", "moves against its momentum buffer, by the learning rate times the buffer")
    return (*steps, velocity, step)


def _centered_scale(choice: Choice, grad: str) -> Updates:
    alpha, eps = choice.number("alpha"), choice.number("eps")

    mean = Update(
        "grad_avg.next",
        ("grad_avg", grad),
        f"alpha*grad_avg + (1 - alpha)*{grad}",
        words=averaged(alpha, "the gradient"),
        kernel="average_by",
        given=(alpha,),
    )
    scale = Update(
        "avg",
        ("square_avg.next", "grad_avg.next"),
        "sqrt(square_avg.next - grad_avg.next^2) + eps",
        words=f"is how far gradients stray from their average{with_epsilon(eps)}",
        kernel="root_of_variance",
        given=(eps,),
        called=SCALE,
    )
    return mean, scale


RMSPROP = Optimizer(
    "RMSprop",
    (learning_rate(1e-2), ALPHA, EPS, WEIGHT_DECAY, MOMENTUM_ARGUMENT, CENTERED, MAXIMIZE),
    _rmsprop_state,
    _rmsprop_updates,
    words="divides the gradient by the root of a running average of its squares",
)
