"""PyTorch's own code for losses, by the names of their entries: faster or with more digits than the formulas.

What has no kernel here is computed from its formula. Tests hold these against the formulas and against `torch.nn`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from chainrule.catalog.losses import LEAST_DIVISOR, LEAST_LOG


@dataclass(frozen=True, slots=True)
class LossKernel:
    """Terms and their slopes, of what the formulas name and then of the arguments by their names.

    Of outputs each for itself `term(o, t)` and `slope(o, t)` keep their shape, (B, out). Where samples belong to
    classes what `term` gives adds up to the loss, and `slope` is (B, out). There a target is (B, 1), the index of a
    class, or where not `classes` (B, out).
    """

    term: Callable[..., Tensor]
    slope: Callable[..., Tensor]


def _l1_slope(o: Tensor, t: Tensor) -> Tensor:
    return torch.sign(o - t)


def _smooth_l1(o: Tensor, t: Tensor, beta: float) -> Tensor:
    distance = (o - t).abs()
    return torch.where(distance < beta, 0.5 * distance * distance / beta, distance - 0.5 * beta) if beta else distance


def _huber(o: Tensor, t: Tensor, delta: float) -> Tensor:
    distance = (o - t).abs()
    return torch.where(distance < delta, 0.5 * distance * distance, delta * (distance - 0.5 * delta))


def _weighted(value: Tensor, weight: Tensor | None) -> Tensor:
    return value if weight is None else value * weight


def _binary(o: Tensor, t: Tensor, weight: Tensor | None) -> Tensor:
    # log1p keeps the digits of a small output.
    term = (t - 1) * torch.log1p(-o).clamp_min(LEAST_LOG) - t * torch.log(o).clamp_min(LEAST_LOG)
    return _weighted(term, weight)


def _binary_slope(o: Tensor, t: Tensor, weight: Tensor | None) -> Tensor:
    return _weighted((o - t) / ((1 - o) * o).clamp_min(LEAST_DIVISOR), weight)


def _logits(o: Tensor, t: Tensor, weight: Tensor | None, pos_weight: Tensor | None) -> Tensor:
    logarithm = logsigmoid(o)
    if pos_weight is not None:
        logarithm = logarithm * (1 + (pos_weight - 1) * t)
    return _weighted((1 - t) * o - logarithm, weight)


def _logits_slope(o: Tensor, t: Tensor, weight: Tensor | None, pos_weight: Tensor | None) -> Tensor:
    if pos_weight is None:
        return _weighted(torch.sigmoid(o) - t, weight)
    return _weighted((1 - t) - (1 + (pos_weight - 1) * t) * torch.sigmoid(-o), weight)


# The terms of a cross-entropy, by the names of `LossTerm`.


def softmax(o: Tensor) -> Tensor:
    """Return p = e^o / sum of e^o over the outputs, (B, out) -> (B, out)."""
    return torch.softmax(o, dim=1)


def log_softmax(o: Tensor) -> Tensor:
    """Return log p = o - log of the sum of e^o, without computing any e^o that could overflow; (B, out) -> (B, out)."""
    return torch.log_softmax(o, dim=1)


def target_probabilities(t: Tensor, outputs: int, classes: bool, smoothing: float) -> Tensor:
    """Return q = (1 - eps) t + eps / K, where t is 1 for the target's class and else 0, or given; -> (B, out)."""
    if classes:
        t = (t == torch.arange(outputs, device=t.device)).to(t.dtype)
    return t * (1 - smoothing) + smoothing / outputs if smoothing else t


def _cross_entropy(log_p: Tensor, q: Tensor, classes: bool, label_smoothing: float, weight: Tensor | None) -> Tensor:
    """Return -q log p; (B, out), (B, out) -> (B, out)."""
    terms = _weighted(q, weight) * log_p
    # A class that is not the target's has no share, even where its log p is -inf.
    return -(torch.where(q == 0, 0.0, terms) if classes and not label_smoothing else terms)


def _cross_entropy_slope(p: Tensor, q: Tensor, classes: bool, label_smoothing: float, weight: Tensor | None) -> Tensor:
    """Return p sum(q) - q; (B, out), (B, out) -> (B, out). The sum is 1 but for rounding."""
    shares = _weighted(q, weight)
    return p * shares.sum(1, keepdim=True) - shares


def _likelihood(o: Tensor, t: Tensor, classes: bool, weight: Tensor | None) -> Tensor:
    """Return minus the outputs of the targets' classes: (B, out), (B, 1) -> (B, 1)."""
    places = t.long()
    return -_weighted(o.gather(1, places), None if weight is None else weight[places])


def _likelihood_slope(o: Tensor, t: Tensor, classes: bool, weight: Tensor | None) -> Tensor:
    """Return -1 at the target's class, or minus its weight: (B, out), (B, 1) -> (B, out)."""
    # In place it could not be computed for many runs at once.
    slope = torch.zeros_like(o).scatter(1, t.long(), -1.0)
    return _weighted(slope, weight)


KERNELS = {
    "MSELoss": LossKernel(lambda o, t: (o - t).square(), lambda o, t: 2 * (o - t)),
    "L1Loss": LossKernel(lambda o, t: (o - t).abs(), _l1_slope),
    "SmoothL1Loss": LossKernel(
        _smooth_l1, lambda o, t, beta: ((o - t) / beta).clamp(-1, 1) if beta else _l1_slope(o, t)
    ),
    "HuberLoss": LossKernel(_huber, lambda o, t, delta: (o - t).clamp(-delta, delta)),
    "BCELoss": LossKernel(_binary, _binary_slope),
    "BCEWithLogitsLoss": LossKernel(_logits, _logits_slope),
    "CrossEntropyLoss": LossKernel(_cross_entropy, _cross_entropy_slope),
    "NLLLoss": LossKernel(_likelihood, _likelihood_slope),
    "HingeLoss": LossKernel(lambda o, t: (1 - t * o).clamp_min(0), lambda o, t: torch.where(t * o <= 1, -t, 0.0)),
    "HalfSquaredError": LossKernel(lambda o, t: (t - o).square() / 2, lambda o, t: o - t),
    "SumOfOutputs": LossKernel(lambda o: o, torch.ones_like),
}
