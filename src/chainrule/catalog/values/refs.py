"""Names of values: the keys of `state_dict`, with suffixes for what a training iteration adds.

`layers.0.weight`, `layers.0.pre_activation`, `layers.0.weight.grad`, `layers.0.bias.exp_avg.next`, ...
A ref is a plain string, because the trace looks values up millions of times.
"""

from __future__ import annotations

from typing import NewType

ValueRef = NewType("ValueRef", str)

INPUT = ValueRef("input")
TARGET = ValueRef("target")
LOSS = ValueRef("loss")
# What the optimizer is set to. `momentum` and `beta1` are values, because some schedulers change them.
LR = ValueRef("lr")
MOMENTUM = ValueRef("momentum")
BETA1 = ValueRef("beta1")
# Counters: of this iteration, from 0.
ITERATION = ValueRef("iteration")
# What clipping by norm computes from all gradients together.
GRAD_NORM = ValueRef("grad_norm")
CLIP_COEFFICIENT = ValueRef("clip_coef")

FROM = "from"
PARAMETER_GROUPS = "parameter_groups"
# What a name of a formula would be mistaken for. Its output may be called the loss, because it is.
TAKEN_NAMES = frozenset(
    (
        *(INPUT, TARGET, LR, MOMENTUM, BETA1, ITERATION, GRAD_NORM, CLIP_COEFFICIENT, PARAMETER_GROUPS),
        *("layers", "scheduler", "grad", "next", "clipped"),
    )
)

# What an activation learns is called so: `activation.weight` are the slopes of `nn.PReLU`.
LEARNED = "activation."


def weight(layer: int) -> ValueRef:
    """Return the weight of a layer, (out, in) as in `torch.nn.Linear`."""
    return ValueRef(f"layers.{layer}.weight")


def bias(layer: int) -> ValueRef:
    """Return the bias of a layer, (out,)."""
    return ValueRef(f"layers.{layer}.bias")


def pre_activation(layer: int) -> ValueRef:
    """Return z = x W^T + b of a layer, (batch, out)."""
    return ValueRef(f"layers.{layer}.pre_activation")


def activation(layer: int) -> ValueRef:
    """Return a = f(z) of a layer, (batch, out); layer -1 is the network's input."""
    return INPUT if layer < 0 else ValueRef(f"layers.{layer}.activation")


def learned(layer: int, name: str) -> ValueRef:
    """Return a vector that a layer's activation learns, (1,) or (out,), as `weight` of `torch.nn.PReLU`."""
    return ValueRef(f"layers.{layer}.{LEARNED}{name}")


def layer_lr(layer: int) -> ValueRef:
    """Return the learning rate of a layer that has one of its own: a parameter group of torch's."""
    return ValueRef(f"layers.{layer}.lr")


def group_setting(group: int, name: str) -> ValueRef:
    """Return what the optimizer is set to for a parameter group that has an own one: `parameter_groups.0.lr`; ()."""
    return ValueRef(f"{PARAMETER_GROUPS}.{group}.{name}")


def grad(ref: ValueRef) -> ValueRef:
    """Return the derivative of the loss with respect to `ref`, of the same shape."""
    return ValueRef(f"{ref}.grad")


def next_value(ref: ValueRef) -> ValueRef:
    """Return what `ref` becomes at the end of the iteration."""
    return ValueRef(f"{ref}.next")


def optimizer_state(parameter: ValueRef, name: str) -> ValueRef:
    """Return a buffer that the optimizer keeps for one parameter, such as `momentum_buffer`."""
    return ValueRef(f"{parameter}.{name}")


def of_another(ref: ValueRef, owner: ValueRef, other: ValueRef) -> ValueRef:
    """Return what belongs to one value, as what belongs so to another."""
    return ValueRef(other + ref[len(owner) :])


def clipped(gradient: ValueRef) -> ValueRef:
    """Return a gradient after clipping, of the same shape: what the optimizer then reads."""
    return ValueRef(f"{gradient.removesuffix('.accumulated')}.clipped")


def accumulated(gradient: ValueRef) -> ValueRef:
    """Return a gradient with those of the batches before it added, of the same shape: what an update then reads."""
    return ValueRef(f"{gradient}.accumulated")


def kept_gradient(parameter: ValueRef) -> ValueRef:
    """Return the gradients of a parameter that were added up since the last update, of the same shape."""
    return ValueRef(f"{parameter}.accumulated_grad")


def loss_term(name: str) -> ValueRef:
    """Return a value on the way to the loss, such as `loss.softmax`, (batch, outputs)."""
    return ValueRef(f"loss.{name}")


# The loss of the data alone, where penalties are added to it.
DATA_LOSS = loss_term("data")


def penalty(index: int) -> ValueRef:
    """Return the value of a penalty, by its place among those of the experiment; ()."""
    return loss_term(f"penalties.{index}")


def share(gradient: ValueRef, source: str) -> ValueRef:
    """Return what one source adds to a gradient: `layers.0.weight.grad.from.data`, of the same shape."""
    return ValueRef(f"{gradient}.{FROM}.{source}")


def penalty_share(gradient: ValueRef, index: int) -> ValueRef:
    """Return what a penalty adds to a gradient, by its place among those of the experiment; of the gradient's shape."""
    return share(gradient, f"penalties.{index}")


def scheduler_state(name: str) -> ValueRef:
    """Return a number that the scheduler keeps from one iteration to the next, such as `scheduler.best`; ()."""
    return ValueRef(f"scheduler.{name}")


# What is infinite without an overflow: the best metric, before there is one.
MAY_BE_INFINITE = frozenset((scheduler_state("best"), next_value(scheduler_state("best"))))
