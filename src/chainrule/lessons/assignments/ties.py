"""Numbers at a kink of what is computed from them: which slope holds there is a convention, and no fair question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.referee.kinks import beside_kink
from chainrule.engine.referee.losses import beside_loss_kink
from chainrule.formula.graph import graph_of

# A number that is at a kink: of which value, and which of its numbers in their order.
Tie = tuple[ValueRef, int]


def ties(experiment: Experiment, values: Mapping[ValueRef, Tensor]) -> frozenset[Tie]:
    """Return which numbers of an iteration are at a kink, or next to it: z of a ReLU that is 0, an output that
    meets its target where the loss is a distance.
    """
    found = _of_formula(experiment, values) if experiment.network.formula else _of_layers(experiment, values)
    return frozenset((ref, place) for ref, kinked in found for place in kinked.flatten().nonzero().flatten().tolist())


def _of_formula(experiment: Experiment, values: Mapping[ValueRef, Tensor]) -> Iterator[tuple[ValueRef, Tensor]]:
    for node in graph_of(experiment.network.formula).nodes:
        operands = {name: values[ValueRef(name)].double() for name in node.reads}
        for name in node.reads:
            yield ValueRef(node.writes), beside_kink(node.rule, name, operands)


def _of_layers(experiment: Experiment, values: Mapping[ValueRef, Tensor]) -> Iterator[tuple[ValueRef, Tensor]]:
    for place, layer in enumerate(experiment.network.layers):
        entry, ref = ACTIVATIONS[layer.activation.name], refs.pre_activation(place)
        if entry.couples_units:
            continue
        learned = {name: values[refs.learned(place, name)].double() for name in layer.learned}
        tree = entry.with_numbers(entry.tree(layer.activation), layer.activation)
        yield ref, beside_kink(tree, "z", {"z": values[ref].double(), **learned})
    if targets_of(experiment.loss) is Targets.UNUSED:
        return
    output = refs.activation(len(experiment.network.layers) - 1)
    yield output, beside_loss_kink(experiment.loss, values[output].double(), values[refs.TARGET].double())
