"""torch's own functions that draw first values, by the names of the initializers: their numbers are torch's.

Each draws into an empty tensor and is called with a generator and the arguments; a bias is drawn with its `fan_in`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import init


def linear_weight(weight: Tensor, generator: torch.Generator) -> Tensor:
    """Draw by `kaiming_uniform_(a=sqrt(5))`, as `nn.Linear.reset_parameters` calls it."""
    return init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)


def linear_bias(bias: Tensor, fan_in: int, generator: torch.Generator) -> Tensor:
    """Draw uniformly within 1/sqrt(inputs) of 0, as `nn.Linear.reset_parameters` draws it."""
    bound = 1 / math.sqrt(fan_in)
    return bias.uniform_(-bound, bound, generator=generator)


WEIGHTS: dict[str, Callable[..., Tensor]] = {
    "torch_default": linear_weight,
    "xavier_uniform": init.xavier_uniform_,
    "xavier_normal": init.xavier_normal_,
    "kaiming_uniform": init.kaiming_uniform_,
    "kaiming_normal": init.kaiming_normal_,
    "normal": init.normal_,
    "randn": init.normal_,
    "uniform": init.uniform_,
    "trunc_normal": init.trunc_normal_,
    "orthogonal": init.orthogonal_,
}
BIASES: dict[str, Callable[..., Tensor]] = {"torch_default": linear_bias}
