"""Losses by `torch.nn`, by their names; what torch lacks is written out here a second time, apart from the tables."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from chainrule.catalog import refs
from chainrule.catalog.arguments import Choice, Value
from chainrule.catalog.refs import ValueRef

Criterion = Callable[[Tensor, Tensor], Tensor]

# Those of torch's that take class indices as integers (B,): ours are a column of numbers, (B, 1).
OF_CLASSES = ("CrossEntropyLoss", "NLLLoss")
# What nn.BCELoss divides its slope by at least, in place of o (1 - o).
LEAST_DIVISOR = 1e-12


class HalfSquaredError(nn.Module):
    """Half of the squared distance, as textbooks have it."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.whole = nn.MSELoss(reduction=reduction)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, ()."""
        loss: Tensor = 0.5 * self.whole(output, target)
        return loss


class HingeLoss(nn.Module):
    """max(0, 1 - t y): what `nn.HingeEmbeddingLoss` makes of t y, if all of it is to be pushed beyond the margin."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.embedding = nn.HingeEmbeddingLoss(margin=1.0, reduction=reduction)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, ()."""
        product = target * output
        loss: Tensor = self.embedding(product, torch.full_like(product, -1.0))
        return loss


class SumOfOutputs(nn.Module):
    """The outputs themselves, whatever the targets are."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.reduce = torch.mean if reduction == "mean" else torch.sum

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, ()."""
        return self.reduce(output)


OWN: dict[str, Callable[..., nn.Module]] = {
    "HalfSquaredError": HalfSquaredError,
    "HingeLoss": HingeLoss,
    "SumOfOutputs": SumOfOutputs,
}


def criterion(choice: Choice) -> Criterion:
    """The loss of a batch; the reduction "batchmean" is the sum over the batch size."""
    arguments: dict[str, Value] = dict(choice.arguments)
    shared = arguments.get("reduction") == "batchmean"
    if shared:
        arguments["reduction"] = "sum"
    module = (OWN.get(choice.name) or getattr(nn, choice.name))(**arguments)

    def compute(output: Tensor, target: Tensor) -> Tensor:
        if choice.name in OF_CLASSES and target.shape[1] == 1:
            target = target.squeeze(1).long()
        loss: Tensor = module(output, target)
        return loss / len(output) if shared else loss

    return compute


def unlimited(choice: Choice, output: Tensor, slope: Tensor) -> Tensor | None:
    """What the slope by each output is short of that of the loss, where torch limits it; None where it never does."""
    if choice.name != "BCELoss":
        return None
    divisor = output * (1 - output)
    missing = slope * (LEAST_DIVISOR / divisor - 1)
    # At 0 and 1 the logarithm is limited too, and its slope is 0 as torch has it.
    return missing.masked_fill((divisor >= LEAST_DIVISOR) | (divisor == 0), 0.0)


def loss_terms(choice: Choice, output: Tensor, target: Tensor) -> dict[ValueRef, Tensor]:
    """What the program shows on the way to a cross-entropy, by torch's own functions; (B, outputs) each."""
    if choice.name != "CrossEntropyLoss":
        return {}
    classes, smoothing = output.shape[1], choice.number("label_smoothing")
    if target.shape[1] == 1:
        target = nn.functional.one_hot(target.squeeze(1).long(), classes).to(output.dtype)
    uniform = torch.full_like(target, 1 / classes)
    return {
        refs.loss_term("softmax"): nn.Softmax(dim=1)(output),
        refs.loss_term("log_softmax"): nn.LogSoftmax(dim=1)(output),
        refs.loss_term("target"): torch.lerp(target, uniform, smoothing),
    }
