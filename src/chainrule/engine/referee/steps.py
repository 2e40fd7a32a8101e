"""What PyTorch makes of what each micro-step reads: each computation for itself, from the trace's own numbers.

A rounding error then stays where it is made. In a comparison of whole iterations it would grow on its way through a
deep network, and an optimizer that divides a gradient by its size would make a step of full size of it; allowing for
that would allow for errors. That all computations are right, from the first to the last, makes the iteration right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.referee.formula_module import FormulaModule
from chainrule.engine.referee.losses import formula_rounding, loss_terms
from chainrule.engine.referee.penalties import penalized_gradients, penalized_loss
from chainrule.engine.referee.rounding import Expected

if TYPE_CHECKING:
    from chainrule.engine.referee.formula_network import FormulaLoop
    from chainrule.engine.referee.reference import TorchLoop

Values = Mapping[ValueRef, Tensor]
Found = dict[ValueRef, Expected]
# Losses whose slope is a probability less a target: where they are equal but for rounding, that is of their size.
OF_PROBABILITIES = ("CrossEntropyLoss", "BCEWithLogitsLoss")
# Beyond |z| = 7.4 the tanh of a GELU is 1 in either dtype, and of its slope nothing is left: what that is a share of.
LARGEST_SHARED = 25.0


def computations(loop: TorchLoop, values: Values) -> Iterator[Found]:
    """Compute forward pass, loss and backward pass, by autograd, from what the trace has for each.

    A layer at a time.
    """
    layers = loop.experiment.network.layers
    for index in range(len(layers)):
        yield penalized_gradients(loop, _layer(loop, index, values), values)
    yield penalized_loss(loop, _loss(loop, refs.activation(len(layers) - 1), values), values)


# Whatever the mode is in which it is called: an error elsewhere may have left gradients switched off.
@torch.enable_grad()
def _layer(loop: TorchLoop, index: int, values: Values) -> Found:
    layer = loop.network.layers[index]
    assert isinstance(layer, nn.Linear)
    assert isinstance(layer.activation, nn.Module)
    below, z_ref, a_ref = refs.activation(index - 1), refs.pre_activation(index), refs.activation(index)
    x = values[below].clone().requires_grad_()
    z = values[z_ref].clone().requires_grad_()
    sums, activation = layer(x), layer.activation(z)
    # torch's own types say that there always is one.
    offset: Tensor | None = layer.bias
    bias = None if offset is None else offset.abs()
    found = {
        z_ref: Expected(sums, nn.functional.linear(x.abs(), layer.weight.abs(), bias)),
        a_ref: Expected(activation, layer.activation.terms(z) if isinstance(layer.activation, FormulaModule) else None),
    }
    slope, delta = values.get(refs.grad(a_ref)), values.get(refs.grad(z_ref))
    if slope is not None:
        found |= _activation_gradients(layer.activation, index, (z, activation), slope.clone())
    if delta is not None:
        found |= _linear_gradients(layer, index, (x, sums), delta.clone())
    return {ref: _detached(expected) for ref, expected in found.items()}


def _pulled(value: Tensor, gradient: Tensor) -> Tensor:
    """Return a number whose gradient by a value is the given one: handed to autograd as it is, torch would load sympy
    for it, which holds the window up for a quarter of a second.
    """
    return (value * gradient).sum()


def _activation_gradients(activation: nn.Module, index: int, way: tuple[Tensor, Tensor], slope: Tensor) -> Found:
    """Return dL/dz, and dL/dw of what the activation learns, of dL/da."""
    z, a = way
    learned = {name: parameter for name, parameter in activation.named_parameters() if parameter.requires_grad}
    wanted = [z, *learned.values()]
    # A formula need not have all of it.
    of_z, *of_learned = torch.autograd.grad(_pulled(a, slope), wanted, materialize_grads=True)
    found = {refs.grad(refs.pre_activation(index)): Expected(of_z, _slope_terms(activation, z, a, slope))}
    for name, gradient in zip(learned, of_learned, strict=True):
        terms = (slope.abs() * _learned_terms(activation, name, z)).sum(0)
        terms = terms if gradient.shape == terms.shape else terms.sum().reshape(1)
        found[refs.grad(refs.learned(index, name))] = Expected(gradient, terms)
    return found


def _learned_terms(activation: nn.Module, name: str, z: Tensor) -> Tensor:
    """Return how large da by a learned vector is, with the terms of which it is the sum."""
    return activation.learned_terms(name, z) if isinstance(activation, FormulaModule) else z.abs()


def _slope_terms(activation: nn.Module, z: Tensor, a: Tensor, slope: Tensor) -> Tensor:
    """Return how large the terms are of which dL/dz is the sum."""
    if getattr(activation, "dim", None) is not None:
        # The units depend on each other: the slopes of a sample are added up.
        return slope.abs().sum(1, keepdim=True)
    precision = torch.finfo(z.dtype)
    if isinstance(activation, FormulaModule):
        return activation.gradient_terms(slope, z)
    if isinstance(activation, nn.GELU):
        # Its 1 + erf, or 1 + tanh, has the rounding of 1 however little is left of it.
        largest = torch.ones_like(z) if activation.approximate == "none" else 1 + _tanh_terms(z)
    else:
        # f'(z) of z g(z) is g(z) + z g'(z), which cancel where the function turns: the first of them is a / z.
        largest = (a / z).abs().nan_to_num(nan=0.0).clamp(max=1.0)
    # An exponential that is no normal number is 0 for one way to compute it, and not for another.
    return slope.abs() * largest.clamp(min=precision.smallest_normal / precision.eps)


def _tanh_terms(z: Tensor) -> Tensor:
    """Return how large z/2 du/dz of a GELU by tanh(u) is, of which 1 - tanh(u)^2 is the share: next to 1 that is
    rounded.
    """
    return (z / 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)).abs().clamp(max=LARGEST_SHARED)


def _linear_gradients(layer: nn.Linear, index: int, way: tuple[Tensor, Tensor], delta: Tensor) -> Found:
    """Return dL/dW, dL/db and dL/dx of dL/dz; each is a sum, over the batch or over the units."""
    x, sums = way
    wanted = {refs.activation(index - 1): x}
    named = {ValueRef(f"layers.{index}.{name}"): parameter for name, parameter in layer.named_parameters(recurse=False)}
    wanted |= {ref: parameter for ref, parameter in named.items() if parameter.requires_grad}
    gradients = torch.autograd.grad(_pulled(sums, delta), list(wanted.values()))
    sizes = {
        refs.activation(index - 1): lambda: delta.abs() @ layer.weight.abs(),
        refs.weight(index): lambda: delta.abs().t() @ x.abs(),
        refs.bias(index): lambda: delta.abs().sum(0),
    }
    found = zip(wanted, gradients, strict=True)
    return {refs.grad(ref): Expected(gradient, sizes[ref]()) for ref, gradient in found}


@torch.enable_grad()
def _loss(loop: TorchLoop, output_ref: ValueRef, values: Values) -> Found:
    choice, output, target = (
        loop.experiment.loss,
        values[output_ref].clone().requires_grad_(),
        values[refs.TARGET].clone(),
    )
    if not torch.isfinite(output).all():
        # The loss of a run that overflows is beyond comparison, and nn.BCELoss refuses it.
        return {}
    try:
        loss = loop.criterion(output, target)
    except RuntimeError:
        # nn.BCELoss refuses outputs that a Sigmoid cannot have: that they are wrong is seen where they are made.
        return {}
    (slope,) = torch.autograd.grad(loss, output)
    found = {ref: Expected(term) for ref, term in loss_terms(choice, output, target).items()}
    # What a relative error of each output would change.
    of_loss, of_slope = (slope * output).abs().sum(), _loss_slope_terms(choice, output, target)
    if (rounding := formula_rounding(choice, output, target)) is not None:
        of_loss, of_slope = of_loss + rounding[0].sum(), rounding[1]
    found[refs.LOSS] = Expected(loss, of_loss)
    found[refs.grad(output_ref)] = Expected(slope, of_slope)
    return {ref: _detached(expected) for ref, expected in found.items()}


def _loss_slope_terms(choice: Choice, output: Tensor, target: Tensor) -> Tensor | None:
    """Return how large the probability and the target are of which a slope is the difference, as the reduction has
    them.
    """
    if choice.name not in OF_PROBABILITIES:
        return None
    lists = [value for value in choice.arguments.values() if isinstance(value, tuple)]
    largest = math.prod(max(1.0, *(abs(float(str(number))) for number in value)) for value in lists)
    return torch.full_like(output, largest / (_slope_divisor(choice, output, target) or 1))


def _slope_divisor(choice: Choice, output: Tensor, target: Tensor) -> float:
    if choice["reduction"] != "mean":
        return 1 if choice["reduction"] == "sum" else len(output)
    if choice.name != "CrossEntropyLoss":
        return output.numel()
    if target.shape[1] > 1:
        return len(output)
    counted = target[target != choice.number("ignore_index")].long().tolist()
    weight = choice.arguments.get("weight")
    return abs(math.fsum(choice.numbers("weight")[place] for place in counted)) if weight else len(counted)


def _detached(expected: Expected) -> Expected:
    terms = None if expected.terms is None else expected.terms.detach()
    return expected._replace(value=expected.value.detach(), terms=terms)


def update_expected(
    loop: TorchLoop | FormulaLoop, iteration: int, values: Values, memory: tuple[ValueRef, ...]
) -> Found:
    """Return what clipping, `torch.optim` and `lr_scheduler` make, from the trace's gradients and from what it had
    carried.
    """
    for ref, parameter in loop.network.trained.items():
        parameter.grad = values[refs.grad(ref)].clone()
    loop.updating.restore(iteration, {ref: values[ref] for ref in memory})
    computed = loop.updating.step(iteration, values[loop.experiment.network.loss_ref].item(), values)
    dtype = getattr(torch, loop.experiment.dtype)
    carried = {refs.next_value(ref): ref for ref in (*loop.network.by_ref, *memory)}
    found = {}
    for ref, value in computed.items():
        before = carried.get(ref, ref)
        if before in loop.network.by_ref:
            found[ref] = Expected(value, before=values[before])
        elif ref in (refs.GRAD_NORM, refs.CLIP_COEFFICIENT):
            found[ref] = Expected(value, dtype=dtype)
        else:
            kept = values.get(before) if before != ref else None
            found[ref] = Expected(value, kept if kept is not None and kept.shape == value.shape else None)
    return found
