r"""Optimizers: each update of a parameter's state, and of the parameter, as a formula beside its computation.

In LaTeX `<0>`, `<1>`, ... stand for the values that an update reads, as symbols or as numbers, and
`<eps>` for the argument of that name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from chainrule.engine.arguments import Argument, Choice, Number
from chainrule.engine.tables import table

PARAMETER = ""
GRAD = "grad"
LR = "lr"
MOMENTUM = "momentum"
BETA1 = "beta1"


class Extent(Enum):
    """What shape a value of the optimizer has: its parameter's, one number, or one for each row or column."""

    ELEMENTS = "elements"
    SCALAR = "scalar"
    ROWS = "rows"
    COLUMNS = "columns"

    def shape(self, parameter: tuple[int, ...]) -> tuple[int, ...]:
        """The shape that belongs to a parameter's: (out, in) gives (), (out, 1) or (1, in)."""
        if self is Extent.ELEMENTS:
            return parameter
        if self is Extent.SCALAR:
            return ()
        return (*parameter[:-1], 1) if self is Extent.ROWS else (*parameter[:-2], 1, parameter[-1])


@dataclass(frozen=True, slots=True)
class Buffer:
    """What an optimizer carries from one iteration to the next for one parameter, by the key of torch's state."""

    name: str
    initial: float = 0.0
    extent: Extent = Extent.ELEMENTS


@dataclass(frozen=True, slots=True)
class Update:
    """One computation of an optimizer, for one parameter; elementwise, unless `extent` says otherwise.

    `writes` and `reads` are suffixes of the parameter's ref ("" is the parameter, "next" its new value), "grad" for
    its gradient (clipped where gradients are clipped), or "lr", "momentum" and "beta1" for what the optimizer is set
    to. Scalars are tensors () in float64 on the CPU, so that `.item()` costs nothing.

    `choose`, given the numbers that one element reads, returns the template of the case that applies; `latex` is then
    the general form.
    """

    writes: str
    reads: tuple[str, ...]
    compute: Callable[..., Tensor]
    latex: str
    words: str
    extent: Extent = Extent.ELEMENTS
    choose: Callable[..., str] | None = None


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer by torch's name. `updates(choice, shape)` are its computations, in order, for a parameter's shape.

    `state(choice, shape)` are the buffers that are carried from one iteration to the next.
    """

    name: str
    arguments: tuple[Argument, ...]
    state: Callable[[Choice, tuple[int, ...]], tuple[Buffer, ...]]
    updates: Callable[[Choice, tuple[int, ...]], tuple[Update, ...]]
    words: str = ""


LEARNING_RATE = Number("lr", 0.01, "learning rate", symbol=r"\eta", minimum=0.0)
MOMENTUM_ARGUMENT = Number("momentum", 0.0, "momentum", symbol=r"\mu", minimum=0.0)


def descend(parameter: Tensor, direction: Tensor, lr: Tensor) -> Tensor:
    """One step of gradient descent: p - lr d, of the parameter's shape. `lr` is a scalar on the CPU."""
    return torch.sub(parameter, direction, alpha=lr.item())


def _sgd_state(choice: Choice, shape: tuple[int, ...]) -> tuple[Buffer, ...]:
    return (Buffer("momentum_buffer"),) if choice.number("momentum") else ()


def _sgd_updates(choice: Choice, shape: tuple[int, ...]) -> tuple[Update, ...]:
    if not choice.number("momentum"):
        step = Update(
            "next",
            (PARAMETER, GRAD, LR),
            descend,
            latex=r"<0>-<2>\cdot <1>",
            words="moves against its gradient, by the learning rate times the gradient",
        )
        return (step,)
    # torch starts the buffer as a copy of the first gradient: the same as starting from zero.
    velocity = Update(
        "momentum_buffer.next",
        ("momentum_buffer", GRAD, MOMENTUM),
        lambda buffer, grad, momentum: torch.add(grad, buffer, alpha=momentum.item()),
        latex=r"<2>\cdot <0>+<1>",
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


SGD = Optimizer("SGD", (LEARNING_RATE, MOMENTUM_ARGUMENT), _sgd_state, _sgd_updates)

OPTIMIZERS = table(SGD)
