"""Rprop: only the signs of gradients count, and each parameter has a step size of its own."""

from __future__ import annotations

from chainrule.catalog.arguments import Choice, Number, Numbers
from chainrule.catalog.experiment.spec_error import expected, number_text
from chainrule.catalog.optimizers.common import (
    COUNT_STEPS,
    MAXIMIZE,
    MOVE,
    STEP_BUFFER,
    THE_UPDATE,
    UPDATE,
    adjusted_gradient,
    gradient,
    learning_rate,
)
from chainrule.catalog.optimizers.entry import LR, Buffer, Buffers, Called, Optimizer, Update, Updates

ETAS = Numbers("etas", (0.5, 1.2), "etas", item=Number("", 1.0, "", above=0.0), symbols=(r"\eta_-", r"\eta_+"))
STEP_SIZES = Numbers("step_sizes", (1e-6, 50.0), "step sizes", symbols=(r"s_{\min}", r"s_{\max}"))


def _check(choice: Choice, path: str) -> None:
    smaller, larger = choice.numbers("etas")
    if not smaller < 1:
        raise expected(f"{path}.etas[0]", "a number above 0 and below 1", number_text(smaller))
    if not larger > 1:
        raise expected(f"{path}.etas[1]", "a number above 1", number_text(larger))


def _state(choice: Choice, shape: tuple[int, ...]) -> Buffers:
    prev = Buffer("prev", called=Called("p", "gradient to remember"))
    return STEP_BUFFER, prev, Buffer("step_size", LR, called=Called("s", "step size"))


def _factor(choice: Choice, grad: str) -> Update:
    def tell(grad: float, prev: float) -> str:
        turn = grad * prev
        if turn > 0:
            return "is the larger factor, because the gradient keeps its sign: the step gets longer"
        if turn < 0:
            return "is the smaller factor, because the sign of the gradient turns: the step gets shorter"
        return "is 1, because one of the two gradients is 0: the step stays as long as it was"

    return Update(
        "sign",
        (grad, "prev"),
        f"if({grad}*prev > 0, etas_1, if({grad}*prev < 0, etas_0, 1))",
        shows_cases=True,
        words="makes the step size larger where the gradient keeps its sign, smaller where the sign turns, "
        "and leaves it where one of the two gradients is 0",
        kernel="sign_factor",
        given=choice.numbers("etas"),
        tell=tell,
        called=Called("f", "step size factor"),
    )


def _tell(grad: float, size: float) -> str:
    if not grad:
        return "is 0, because the gradient to remember is 0"
    if grad > 0:
        return "is the step size, because the gradient is positive"
    return "is minus the step size, because the gradient is negative"


def _updates(choice: Choice, shape: tuple[int, ...]) -> Updates:
    grad = gradient(choice)
    size = Update(
        "step_size.next",
        ("step_size", "sign"),
        "min(max(step_size*sign, step_sizes_0), step_sizes_1)",
        words="is multiplied by its factor, and kept between the least and the largest step size",
        kernel="bounded_product",
        given=choice.numbers("step_sizes"),
    )
    prev = Update(
        "prev.next",
        (grad, "sign"),
        f"if(sign < 1, 0, {grad})",
        kernel="unless_turned",
        shows_cases=True,
        words="is the gradient, or 0 where its sign has turned, so that the sign is forgotten",
        tell=lambda grad, sign: (
            "is 0, because the sign of the gradient has turned: it is forgotten" if sign < 1 else "is the gradient"
        ),
    )
    update = Update(
        UPDATE,
        ("prev.next", "step_size.next"),
        "sign(prev.next)*step_size.next",
        words="is the step size with the sign of the gradient; it is 0 where that sign has turned",
        kernel="with_sign",
        tell=_tell,
        called=THE_UPDATE,
    )
    return (COUNT_STEPS, *adjusted_gradient(choice), _factor(choice, grad), size, prev, update, MOVE)


RPROP = Optimizer(
    "Rprop",
    (learning_rate(1e-2), ETAS, STEP_SIZES, MAXIMIZE),
    _state,
    _updates,
    words="looks only at the signs of gradients, and gives each parameter a step size of its own",
    check=_check,
)
