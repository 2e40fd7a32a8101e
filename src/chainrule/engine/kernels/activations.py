"""PyTorch's own code for activations, by their names in the catalogue. Tests hold each against its formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from ctypes import c_float
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from chainrule.catalog.activations import SELU_ALPHA, SELU_SCALE, SIXTH


@dataclass(frozen=True, slots=True)
class ActivationKernel:
    """The code of one activation, with its arguments by name; what learns has its vectors behind z, and behind z and a.

    `forward(z)` is a, and `slope(z, a)` is f'(z), in the shape of z. `learned` are da by each learned vector, of z.
    Where units depend on each other, `jacobian(z, a)` are all da_k / dz_i, (B, out) -> (B, out, out) with k first, and
    `pull_back(dL/da, a)` is the sum over k of dL/da_k da_k/dz_i without the matrix. `helper(z)` is the part of the
    slope that has a letter.
    """

    forward: Callable[..., Tensor]
    slope: Callable[..., Tensor] | None = None
    learned: Mapping[str, Callable[..., Tensor]] = field(default_factory=dict)
    jacobian: Callable[[Tensor, Tensor], Tensor] | None = None
    pull_back: Callable[[Tensor, Tensor], Tensor] | None = None
    helper: Callable[..., Tensor] | None = None


def _inside(z: Tensor, low: float, high: float) -> Tensor:
    """Return 1 strictly between two bounds and 0 elsewhere, in the dtype of z."""
    return ((z > low) & (z < high)).to(z.dtype)


def _celu_slope(z: Tensor, a: Tensor, alpha: float) -> Tensor:
    # torch's autograd takes 1/alpha of the alpha that float32 holds, whatever the dtype.
    single = c_float(alpha).value
    inverse = 1 / single if single else math.copysign(math.inf, alpha)
    return torch.where(z > 0, 1.0, alpha * inverse * torch.exp(z * inverse))


def _silu_slope(z: Tensor, a: Tensor) -> Tensor:
    sigmoid = torch.sigmoid(z)
    return sigmoid * (1 + z * (1 - sigmoid))


def _mish_damping(z: Tensor) -> Tensor:
    return torch.tanh(functional.softplus(z))


def _mish_slope(z: Tensor, a: Tensor) -> Tensor:
    damping = _mish_damping(z)
    return damping + z * torch.sigmoid(z) * (1 - damping * damping)


_GELU_SCALE = math.sqrt(2 / math.pi)


def _gelu_bend(z: Tensor) -> Tensor:
    return torch.tanh(_GELU_SCALE * (z + 0.044715 * z * (z * z)))


def _gelu_slope(z: Tensor, a: Tensor, approximate: str) -> Tensor:
    if approximate == "none":
        share = 0.5 * (1 + torch.erf(z * math.sqrt(0.5)))
        return share + z * torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    bend = _gelu_bend(z)
    return 0.5 * (1 + bend + z * (1 - bend * bend) * (_GELU_SCALE * (1 + 3 * 0.044715 * (z * z))))


def _softmax_jacobian(z: Tensor, a: Tensor) -> Tensor:
    return torch.diag_embed(a) - a.unsqueeze(2) * a.unsqueeze(1)


def _softmax_pull_back(grad: Tensor, a: Tensor) -> Tensor:
    weighted = grad * a
    return weighted - a * weighted.sum(-1, keepdim=True)


def _log_softmax_jacobian(z: Tensor, a: Tensor) -> Tensor:
    units = torch.eye(a.shape[-1], dtype=a.dtype, device=a.device)
    return units - torch.exp(a).unsqueeze(1)


KERNELS: Mapping[str, ActivationKernel] = {
    "Identity": ActivationKernel(lambda z: z, lambda z, a: torch.ones_like(z)),
    # Of z, as the formula: an a that was set by hand has no say. Several times as fast as heaviside.
    "ReLU": ActivationKernel(torch.relu, lambda z, a: torch.sign(torch.relu(z))),
    "LeakyReLU": ActivationKernel(
        functional.leaky_relu, lambda z, a, negative_slope: torch.where(z > 0, torch.ones_like(z), negative_slope)
    ),
    # Its arguments set up what it learns, and are in no formula.
    "PReLU": ActivationKernel(
        # To the bits of prelu, which torch.func.vmap cannot compute where only the slopes are many.
        lambda z, weight, **_: torch.where(z > 0, z, weight * z),
        lambda z, a, weight, **_: torch.where(z > 0, 1.0, weight),
        {"weight": lambda z: torch.clamp(z, max=0.0)},
    ),
    "Hardtanh": ActivationKernel(functional.hardtanh, lambda z, a, min_val, max_val: _inside(z, min_val, max_val)),
    "ReLU6": ActivationKernel(functional.relu6, lambda z, a: _inside(z, 0.0, 6.0)),
    "Hardsigmoid": ActivationKernel(functional.hardsigmoid, lambda z, a: _inside(z, -3.0, 3.0) * SIXTH),
    "Hardswish": ActivationKernel(
        functional.hardswish,
        lambda z, a: torch.where(z >= 3, 1.0, torch.where(z > -3, z / 3 + 0.5, 0.0)),  # noqa: PLR2004
    ),
    "ELU": ActivationKernel(functional.elu, lambda z, a, alpha: torch.where(z > 0, 1.0, alpha * torch.exp(z))),
    "SELU": ActivationKernel(
        torch.selu, lambda z, a: torch.where(z > 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * torch.exp(z))
    ),
    "CELU": ActivationKernel(torch.celu, _celu_slope),
    "Softplus": ActivationKernel(
        functional.softplus,
        lambda z, a, beta, threshold: torch.where(z * beta > threshold, 1.0, torch.sigmoid(z * beta)),
    ),
    "Sigmoid": ActivationKernel(torch.sigmoid, lambda z, a: a * (1 - a)),
    "LogSigmoid": ActivationKernel(functional.logsigmoid, lambda z, a: torch.sigmoid(-z)),
    "Tanh": ActivationKernel(torch.tanh, lambda z, a: 1 - a * a),
    "Softsign": ActivationKernel(functional.softsign, lambda z, a: (1 + z.abs()).square().reciprocal()),
    "SiLU": ActivationKernel(functional.silu, _silu_slope),
    "Mish": ActivationKernel(functional.mish, _mish_slope, helper=_mish_damping),
    "GELU": ActivationKernel(functional.gelu, _gelu_slope, helper=_gelu_bend),
    "Softmax": ActivationKernel(
        lambda z, **_: torch.softmax(z, -1), jacobian=_softmax_jacobian, pull_back=_softmax_pull_back
    ),
    "LogSoftmax": ActivationKernel(
        lambda z, **_: torch.log_softmax(z, -1),
        jacobian=_log_softmax_jacobian,
        pull_back=lambda grad, a: grad - torch.exp(a) * grad.sum(-1, keepdim=True),
    ),
}
