r"""Optimizers: each update of a parameter's state, and of the parameter, as a formula beside its computation.

In LaTeX `<0>`, `<1>`, ... stand for the values that an update reads, as symbols or as numbers, and
`<momentum>` for the argument of that name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.engine.arguments import Argument, Choice
from chainrule.engine.tables import table

PARAMETER = ""
LR = "lr"


@dataclass(frozen=True, slots=True)
class Update:
    """One elementwise computation of an optimizer, for one parameter.

    `writes` and `reads` are suffixes of the parameter's ref ("" is the parameter, "next" its new value), or
    "lr".
    """

    writes: str
    reads: tuple[str, ...]
    compute: Callable[..., Tensor]
    latex: str
    words: str


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer by torch's name. `updates(choice)` are its computations, in order, for each parameter.

    `state(choice)` names the buffers that are carried from one iteration to the next; they start at zero.
    """

    name: str
    arguments: tuple[Argument, ...]
    state: Callable[[Choice], tuple[str, ...]]
    updates: Callable[[Choice], tuple[Update, ...]]


LEARNING_RATE = Argument("lr", 0.01, "learning rate", symbol=r"\eta", minimum=0.0)
MOMENTUM = Argument("momentum", 0.0, "momentum", symbol=r"\mu", minimum=0.0)


def descend(parameter: Tensor, direction: Tensor, lr: Tensor) -> Tensor:
    """One step of gradient descent: p - lr d, of the parameter's shape. `lr` is a scalar on the CPU."""
    return torch.sub(parameter, direction, alpha=lr.item())


def _sgd_state(choice: Choice) -> tuple[str, ...]:
    return ("momentum_buffer",) if choice.number("momentum") else ()


def _sgd_updates(choice: Choice) -> tuple[Update, ...]:
    momentum = choice.number("momentum")
    if not momentum:
        step = Update(
            "next",
            (PARAMETER, "grad", LR),
            descend,
            latex=r"<0>-<2>\cdot <1>",
            words="moves against its gradient, by the learning rate times the gradient",
        )
        return (step,)
    # torch starts the buffer as a copy of the first gradient: the same as starting from zero.
    velocity = Update(
        "momentum_buffer.next",
        ("momentum_buffer", "grad"),
        lambda buffer, grad: torch.add(grad, buffer, alpha=momentum),
        latex=r"<momentum>\cdot <0>+<1>",
        words="keeps a share (the momentum) of what it was and adds the new gradient",
    )
    step = Update(
        "next",
        (PARAMETER, "momentum_buffer.next", LR),
        descend,
        latex=r"<0>-<2>\cdot <1>",
        words="moves against its momentum buffer, by the learning rate times the buffer",
    )
    return velocity, step


SGD = Optimizer("SGD", (LEARNING_RATE, MOMENTUM), _sgd_state, _sgd_updates)

OPTIMIZERS = table(SGD)
