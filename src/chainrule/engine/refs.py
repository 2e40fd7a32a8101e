"""Names of values: the keys of `state_dict`, with suffixes for what a training iteration adds.

`layers.0.weight`, `layers.0.pre_activation`, `layers.0.weight.grad`, `layers.0.bias.exp_avg.next`, ...
A ref is a plain string, because the trace looks values up millions of times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NewType

ValueRef = NewType("ValueRef", str)

INPUT = ValueRef("input")
TARGET = ValueRef("target")
LOSS = ValueRef("loss")
LR = ValueRef("lr")

PARAMETER_NAMES = ("weight", "bias")


def weight(layer: int) -> ValueRef:
    """Weight of a layer, (out, in) as in `torch.nn.Linear`."""
    return ValueRef(f"layers.{layer}.weight")


def bias(layer: int) -> ValueRef:
    """Bias of a layer, (out,)."""
    return ValueRef(f"layers.{layer}.bias")


def pre_activation(layer: int) -> ValueRef:
    """z = x W^T + b of a layer, (batch, out)."""
    return ValueRef(f"layers.{layer}.pre_activation")


def activation(layer: int) -> ValueRef:
    """a = f(z) of a layer, (batch, out); layer -1 is the network's input."""
    return INPUT if layer < 0 else ValueRef(f"layers.{layer}.activation")


def grad(ref: ValueRef) -> ValueRef:
    """Derivative of the loss with respect to `ref`, of the same shape."""
    return ValueRef(f"{ref}.grad")


def next_value(ref: ValueRef) -> ValueRef:
    """What `ref` becomes at the end of the iteration."""
    return ValueRef(f"{ref}.next")


def optimizer_state(parameter: ValueRef, name: str) -> ValueRef:
    """A buffer that the optimizer keeps for one parameter, such as `momentum_buffer`."""
    return ValueRef(f"{parameter}.{name}")


@dataclass(frozen=True, slots=True)
class RefParts:
    """A ref taken apart: `layers.1.weight.grad` is layer 1, name "weight", suffixes ("grad",)."""

    layer: int | None
    name: str
    suffixes: tuple[str, ...]

    @property
    def base(self) -> ValueRef:
        """The ref without its suffixes."""
        return ValueRef(self.name if self.layer is None else f"layers.{self.layer}.{self.name}")


@lru_cache(maxsize=4096)
def parse(ref: ValueRef) -> RefParts:
    """Take a ref apart; the inverse of the functions above."""
    parts = ref.split(".")
    if parts[0] == "layers":
        return RefParts(int(parts[1]), parts[2], tuple(parts[3:]))
    return RefParts(None, parts[0], tuple(parts[1:]))
