"""The parameters of a network, described: what there is before anything is trained or computed."""

from __future__ import annotations

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.experiment.spec import NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role, Value


def parameters_of(network: NetworkSpec) -> dict[ValueRef, Value]:
    """Return the parameters of a network, in the order of `nn.Module.parameters()`."""
    if network.formula:
        return {ref: Value(ref, Role.PARAMETER, ref) for ref in network.parameter_shapes()}
    found = []
    for index, layer in enumerate(network.layers):
        units, below = layer.units, network.fan_in(index)
        axes = (Axis.UNIT, Axis.SOURCE)
        found.append(Value(refs.weight(index), Role.PARAMETER, "weight", axes, (units, below), layer=index))
        if layer.bias:
            found.append(Value(refs.bias(index), Role.PARAMETER, "bias", axes[:1], (units,), layer=index))
        entry = ACTIVATIONS.get(layer.activation.name)
        vectors = {each.name: each for each in entry.learned} if entry else {}
        for name, size in layer.learned.items():
            along = Axis.UNIT if size == units else Axis.ONE
            ref = refs.learned(index, name)
            found.append(Value(ref, Role.PARAMETER, name, (along,), (size,), layer=index, learned=vectors.get(name)))
    return {value.ref: value for value in found}
