r"""Losses: the term of one output, its derivative, and how the terms are reduced to one number.

In LaTeX `<o>` stands for the output and `<t>` for the target, as symbols or as numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from chainrule.engine.arguments import Argument, Word
from chainrule.engine.tables import table

REDUCTIONS = ("mean", "sum", "batchmean")
REDUCTION = Word("reduction", "mean", "reduction", choices=REDUCTIONS)


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss that adds one term for each output of each sample and divides by `divisor`.

    `term(o, t)` and `derivative(o, t)` work elementwise on (batch, outputs).
    """

    name: str
    term: Callable[[Tensor, Tensor], Tensor]
    derivative: Callable[[Tensor, Tensor], Tensor]
    latex: str
    derivative_latex: str
    words: str
    arguments: tuple[Argument, ...] = (REDUCTION,)


def divisor(reduction: str, batch: int, outputs: int) -> int:
    """What the sum of the terms is divided by: `mean` counts every element, `batchmean` the samples."""
    return {"mean": batch * outputs, "sum": 1, "batchmean": batch}[reduction]


def loss_function(loss: Loss, reduction: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Loss of a batch: (B, out), (B, out) -> ()."""

    def compute(output: Tensor, target: Tensor) -> Tensor:
        return loss.term(output, target).sum() / divisor(reduction, *output.shape)

    return compute


def loss_gradient(loss: Loss, reduction: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Derivative of the reduced loss with respect to each output: (B, out), (B, out) -> (B, out)."""

    def compute(output: Tensor, target: Tensor) -> Tensor:
        return loss.derivative(output, target) / divisor(reduction, *output.shape)

    return compute


MSE_LOSS = Loss(
    "MSELoss",
    term=lambda o, t: (o - t).square(),
    derivative=lambda o, t: 2 * (o - t),
    latex=r"(<o>-<t>)^2",
    derivative_latex=r"2\,(<o>-<t>)",
    words="the squared distance from output to target",
)
HALF_SQUARED_ERROR = Loss(
    "HalfSquaredError",
    term=lambda o, t: (t - o).square() / 2,
    derivative=lambda o, t: o - t,
    latex=r"\frac{1}{2}(<t>-<o>)^2",
    derivative_latex=r"<o>-<t>",
    words="half the squared distance from output to target",
)

LOSSES = table(MSE_LOSS, HALF_SQUARED_ERROR)
