"""The chain of fully connected layers as a graph: of each layer the weighted sum, and the activation."""

from __future__ import annotations

import torch
from torch import Tensor

from chainrule.catalog import linear
from chainrule.catalog.activations import ACTIVATIONS, Activation
from chainrule.catalog.experiment.spec import LayerSpec, NetworkSpec
from chainrule.catalog.linear import BIAS, WEIGHT, X
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program import activations as activation_functions
from chainrule.engine.program.graph import RESULT, Node, Operation, Pullback
from chainrule.formula.rule import UPSTREAM


def layer_nodes(network: NetworkSpec) -> list[Node]:
    """Return the operations of a network in their order, each with the values that it reads."""
    nodes = []
    for index, layer in enumerate(network.layers):
        z, a = refs.pre_activation(index), refs.activation(index)
        operands = {X: refs.activation(index - 1), WEIGHT: refs.weight(index)}
        operands |= {BIAS: refs.bias(index)} if layer.bias else {}
        nodes.append(Node(LINEAR if layer.bias else LINEAR_WITHOUT_BIAS, operands, z, index))
        operands = {"z": z} | {name: refs.learned(index, name) for name in layer.learned}
        nodes.append(Node(activation_operation(layer), operands, a, index))
    return nodes


def activation_entry(network: NetworkSpec, layer: int) -> Activation:
    """Return the table entry of a layer's activation."""
    return lookup(ACTIVATIONS, network.layers[layer].activation.name)


def weight_gradient(delta: Tensor, below: Tensor) -> Tensor:
    """Return dL/dW: dL/dz times what the weight carried, summed over the batch, (B, out), (B, in) -> (out, in)."""
    return torch.mm(delta.t(), below)


def bias_gradient(delta: Tensor) -> Tensor:
    """Return dL/db: the sum of dL/dz over the batch, (B, out) -> (out,)."""
    return delta.sum(0)


_PULLBACKS = {
    name: Pullback(kind, rule.names, compute, rule)
    for name, kind, compute, rule in (
        (X, StepKind.ACTIVATION_GRADIENT, torch.mm, linear.INPUT_GRADIENT),
        (WEIGHT, StepKind.WEIGHT_GRADIENT, weight_gradient, linear.WEIGHT_GRADIENT),
        (BIAS, StepKind.BIAS_GRADIENT, bias_gradient, linear.BIAS_GRADIENT),
    )
}
LINEAR, LINEAR_WITHOUT_BIAS = (
    Operation(StepKind.PRE_ACTIVATION, torch.nn.functional.linear, rule, _PULLBACKS)
    for rule in (linear.WITH_BIAS, linear.WITHOUT_BIAS)
)


def activation_operation(layer: LayerSpec) -> Operation:
    """Return a layer's activation: of z, and of what it learns."""
    entry, choice, sizes = lookup(ACTIVATIONS, layer.activation.name), layer.activation, layer.learned
    backward = activation_functions.backward(choice)
    reads = (UPSTREAM, "z", RESULT, *sizes)
    pullbacks = {"z": Pullback(StepKind.PRE_ACTIVATION_GRADIENT, reads, backward, entry.slope_rule(choice))}
    for vector in entry.learned:
        operands, shared = activation_functions.learned_operands(choice, vector), sizes[vector.name] == 1
        rule = entry.learned_rule(vector, choice, operands, shared=shared)
        compute = activation_functions.learned_backward(choice, vector, shared)
        pullbacks[vector.name] = Pullback(StepKind.ACTIVATION_WEIGHT_GRADIENT, rule.names, compute, rule, vector)
    return Operation(StepKind.ACTIVATION, activation_functions.forward(choice), entry.rule(choice), pullbacks)
