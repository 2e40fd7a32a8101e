"""Gradient descent, with momentum or without."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice, Flag, Number
from chainrule.catalog.experiment.spec_error import expected
from chainrule.catalog.optimizers.common import (
    COUNT_STEPS,
    MAXIMIZE,
    MOMENTUM_BUFFER,
    STEP_BUFFER,
    WEIGHT_DECAY,
    adjusted_gradient,
    descent,
    gradient,
    learning_rate,
)
from chainrule.catalog.optimizers.entry import GRAD, MOMENTUM, Buffers, Called, Optimizer, Update, Updates

MOMENTUM_ARGUMENT = Number("momentum", 0.0, "momentum", symbol=r"\mu", minimum=0.0)
DAMPENING = Number("dampening", 0.0, "dampening", symbol=r"\tau")
NESTEROV = Flag("nesterov", False, "Nesterov's momentum")


def _check(choice: Choice, path: str) -> None:
    if choice["nesterov"] and (not choice.number("momentum") or choice.number("dampening")):
        raise expected(f"{path}.nesterov", "false, or a momentum above 0 and a dampening of 0", "true", who="SGD")


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    if not choice.number("momentum"):
        return ()
    # Dampening leaves the first gradient whole: only a count can tell which is the first.
    count = (STEP_BUFFER,) if choice.number("dampening") else ()
    return (*count, MOMENTUM_BUFFER)


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    direction = gradient(choice)
    if not choice.number("momentum"):
        what = "gradient" if direction == GRAD else "adjusted gradient"
        step = descent(direction, f"moves against its {what}, by the learning rate times the {what}")
        return (*adjusted_gradient(choice), step)
    velocity = _dampened(choice, direction) if choice.number("dampening") else (_velocity(direction),)
    if not choice["nesterov"]:
        step = descent(
            "momentum_buffer.next", "moves against its momentum buffer, by the learning rate times the buffer"
        )
        return (*adjusted_gradient(choice), *velocity, step)
    ahead = Update(
        "nesterov_grad",
        (direction, "momentum_buffer.next", MOMENTUM),
        f"{direction} + momentum*momentum_buffer.next",
        words="looks one step ahead: the gradient plus a share (the momentum) of the new momentum buffer",
        kernel="look_ahead",
        called=Called(r"\tilde{g}", "Nesterov gradient"),
    )
    step = descent("nesterov_grad", "moves against its Nesterov gradient, by the learning rate times it")
    return (*adjusted_gradient(choice), *velocity, ahead, step)


def _velocity(direction: str) -> Update:
    # torch starts the buffer as a copy of the first gradient: the same as starting from zero.
    return Update(
        "momentum_buffer.next",
        ("momentum_buffer", direction, MOMENTUM),
        f"momentum*momentum_buffer + {direction}",
        words="keeps a share (the momentum) of what it was and adds the new gradient",
        kernel="momentum",
    )


def _dampened(choice: Choice, direction: str) -> Updates:
    velocity = Update(
        "momentum_buffer.next",
        ("momentum_buffer", direction, MOMENTUM, "step.next"),
        f"if(step.next == 1, {direction}, momentum*momentum_buffer + (1 - dampening)*{direction})",
        words="keeps a share (the momentum) of what it was and adds the new gradient, dampened; "
        "at the first step it is the whole gradient",
        kernel="dampened_momentum",
        given=(choice.number("dampening"),),
        tell=lambda buffer, grad, momentum, step: (
            "is the whole gradient: at the first step nothing is dampened"
            if step == 1
            else "keeps a share (the momentum) of what it was and adds the new gradient, dampened"
        ),
    )
    return COUNT_STEPS, velocity


SGD = Optimizer(
    "SGD",
    (learning_rate(1e-3), MOMENTUM_ARGUMENT, DAMPENING, WEIGHT_DECAY, NESTEROV, MAXIMIZE),
    _state,
    _updates,
    words="goes downhill by the learning rate times the gradient",
    check=_check,
)
