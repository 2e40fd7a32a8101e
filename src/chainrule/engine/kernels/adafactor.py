"""The updates of Adafactor as torch computes them. A floor that is not given is the dtype's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor
from torch.linalg import vector_norm

from chainrule.engine.kernels.scalars import ScalarFunction, WithScalars, new_scalar, same_numbers, within
from chainrule.formula.functions import power, quotient

Compute = Callable[..., Tensor]


@cache
def _resolution(dtype: torch.dtype) -> float:
    """Return the smallest relative difference that a dtype knows."""
    return torch.finfo(dtype).eps


_rate = ScalarFunction(lambda lr, step: min(lr, quotient(1, power(step, 0.5))))


def _root_mean_square(parameter: Tensor) -> Tensor:
    return new_scalar(vector_norm(parameter).item() / parameter.numel() ** 0.5)


def _step_size(least: float) -> Compute:
    return lambda rms, rho: new_scalar(max(least, rms.item()) * rho.item())


def _mean_square_along(dim: int) -> Compute:
    return lambda grad: vector_norm(grad, 2, dim, True).square_().div_(grad.size(dim))


def _mean(rows: Tensor) -> Tensor:
    return new_scalar(rows.sum().item() / rows.numel())


_blend = WithScalars(2, same_numbers, lambda old, new, share: torch.lerp(old, new, within(share, old)))
_blend_of_squares = WithScalars(
    2, same_numbers, lambda old, grad, share: torch.lerp(old, torch.mul(grad, grad), within(share, old))
)


def _estimate(floor: float | None = None) -> Compute:
    def compute(rows: Tensor, columns: Tensor, mean: Tensor) -> Tensor:
        least = _resolution(rows.dtype) if floor is None else floor
        return torch.mul(rows, columns).div_(max(mean.item(), least))

    return compute


def _over_root(floor: float | None = None) -> Compute:
    def compute(variance: Tensor, grad: Tensor) -> Tensor:
        least = _resolution(grad.dtype) if floor is None else floor
        return torch.clamp(variance, min=within(least * least, grad)).rsqrt_().mul_(grad)

    return compute


def _clipping(threshold: float) -> Compute:
    def compute(scaled: Tensor) -> Tensor:
        root = scaled.numel() ** 0.5
        return new_scalar(max(1.0, vector_norm(scaled).item() / (root * threshold)))

    return compute


def _update(scaled: Tensor, alpha: Tensor, clip: Tensor) -> Tensor:
    return torch.mul(scaled, quotient(alpha.item(), clip.item()))


KERNELS: dict[str, Callable[..., Compute]] = {
    "adafactor_clipping": _clipping,
    "adafactor_estimate": _estimate,
    "adafactor_rate": lambda: _rate,
    "adafactor_step_size": _step_size,
    "adafactor_update": lambda: _update,
    "blend": lambda: _blend,
    "blend_of_squares": lambda: _blend_of_squares,
    "mean": lambda: _mean,
    "mean_square_of_columns": lambda: _mean_square_along(-2),
    "mean_square_of_rows": lambda: _mean_square_along(-1),
    "over_root": _over_root,
    "root_mean_square": lambda: _root_mean_square,
}
