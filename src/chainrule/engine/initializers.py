"""First values of parameters: a pure function of the network, the scheme and the seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.engine import refs
from chainrule.engine.arguments import Argument
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment
from chainrule.engine.tables import table


@dataclass(frozen=True, slots=True)
class Initializer:
    """A way to draw first values, by the name of torch's function in `torch.nn.init` without its underscore."""

    name: str
    words: str
    arguments: tuple[Argument, ...] = ()


INITIALIZERS = table(Initializer("torch_default", "what nn.Linear does: uniform within 1/sqrt(fan in)"))


def initial_parameters(experiment: Experiment) -> dict[ValueRef, Tensor]:
    """Each parameter's first value, on the experiment's device: what is given, the rest drawn from the seed.

    The draws are those of `torch.manual_seed(seed)` followed by `nn.Linear` layer by layer in the same dtype:
    uniform within 1/sqrt(fan_in). A parameter that is given does not move the draws of the others.
    """
    dtype = torch_dtype(experiment)
    generator = torch.Generator().manual_seed(experiment.initialization.seed)
    values: dict[ValueRef, Tensor] = {}
    for ref, shape in experiment.network.parameter_shapes().items():
        parts = refs.parse(ref)
        fan_in = experiment.network.fan_in(parts.layer or 0)
        bound = _weight_bound(fan_in) if parts.name == "weight" else 1 / math.sqrt(fan_in)
        drawn = torch.empty(shape, dtype=dtype).uniform_(-bound, bound, generator=generator)
        given = experiment.parameters.get(ref)
        value = drawn if given is None else torch.tensor(given, dtype=dtype)
        values[ref] = value.to(experiment.device)
    return values


def _weight_bound(fan_in: int) -> float:
    # kaiming_uniform_(a=sqrt(5)), rounded as torch rounds it, so that the draws are equal to the last bit.
    gain = math.sqrt(2.0 / (1 + math.sqrt(5) ** 2))
    return math.sqrt(3.0) * (gain / math.sqrt(fan_in))


def torch_dtype(experiment: Experiment) -> torch.dtype:
    """The experiment's floating-point type."""
    dtype: torch.dtype = getattr(torch, experiment.dtype)
    return dtype
