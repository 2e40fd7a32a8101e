"""What each entry of the tables is held against: torch's own by name, or one written here for what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from chainrule.engine.arguments import Choice

# Only for what torch does not have.
ACTIVATIONS: dict[str, Callable[..., nn.Module]] = {}


class HalfSquaredError(nn.Module):
    """The textbooks' half of the squared distance, with the reductions of torch."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss, element by element for the reduction "none"."""
        terms = 0.5 * (target - output) ** 2
        if self.reduction == "none":
            return terms
        return terms.mean() if self.reduction == "mean" else terms.sum()


LOSSES: dict[str, Callable[..., nn.Module]] = {"HalfSquaredError": HalfSquaredError}


def activation(choice: Choice) -> nn.Module:
    """The module of an activation; `LookupError` if nothing covers it."""
    module: nn.Module = _class(choice.name, ACTIVATIONS, nn)(**choice.arguments)
    return module


def loss(choice: Choice) -> Callable[[Tensor, Tensor], Tensor]:
    """The criterion of a loss; `LookupError` if nothing covers it."""
    criterion = _class(choice.name, LOSSES, nn)
    others = {name: value for name, value in choice.arguments.items() if name != "reduction"}
    reduction = choice["reduction"]
    if reduction == "batchmean":
        total = criterion(reduction="sum", **others)
        return lambda output, target: total(output, target) / len(output)
    module: Callable[[Tensor, Tensor], Tensor] = criterion(reduction=reduction, **others)
    return module


def optimizer(choice: Choice, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """The optimizer of torch; `LookupError` if it has none of that name."""
    made: torch.optim.Optimizer = _class(choice.name, {}, torch.optim)(parameters, **choice.arguments)
    return made


def _class(name: str, own: Mapping[str, Callable[..., Any]], module: object) -> Callable[..., Any]:
    if name in own:
        return own[name]
    if not hasattr(module, name):
        raise LookupError(f"nothing to hold {name} against: add an oracle to {__file__}")
    found: Callable[..., Any] = getattr(module, name)
    return found
