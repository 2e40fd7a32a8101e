"""Training as it is written in torch: `nn.Sequential`, `MSELoss`, `torch.optim`, and a loop over the batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn


def train(
    parameters: Sequence[tuple[Tensor, Tensor]],
    inputs: Tensor,
    targets: Tensor,
    batch_size: int,
    activation: str,
    optimizer_name: str,
    options: dict[str, Any],
) -> Iterator[float]:
    """Train without end from first weights and biases; yield the loss of each iteration before its update."""
    modules: list[nn.Module] = []
    for weight, bias in parameters:
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        modules += [linear, getattr(nn, activation)()]
    # The last layer has no activation.
    model = nn.Sequential(*modules[:-1])
    criterion = nn.MSELoss()
    optimizer = getattr(torch.optim, optimizer_name)(model.parameters(), **options)

    while True:
        for start in range(0, len(inputs), batch_size):
            x, y = inputs[start : start + batch_size], targets[start : start + batch_size]
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            yield loss.item()
