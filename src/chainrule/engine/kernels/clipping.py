"""What becomes of a gradient by each clipping, in torch: called with its choice, and with what its formula reads."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice


def clip_grad_norm_(choice: Choice, grad: Tensor, share: Tensor) -> Tensor:
    """Return the gradient times the share that is kept, of the gradient's shape."""
    return torch.mul(grad, share.item())


def clip_grad_value_(choice: Choice, grad: Tensor) -> Tensor:
    """Return the gradient within `clip_value`, of the gradient's shape."""
    most = choice.number("clip_value")
    return torch.clamp(grad, -most, most)


KERNELS: dict[str, Callable[..., Tensor]] = {kernel.__name__: kernel for kernel in (clip_grad_norm_, clip_grad_value_)}
