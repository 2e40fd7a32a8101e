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
from chainrule.engine.referee.kinks import beside_kink, has_kinks
from chainrule.engine.referee.losses import loss_kinks
from chainrule.formula.graph import graph_of
from chainrule.formula.tree import Expr

# A number that is at a kink: of which value, and which of its numbers in their order.
Tie = tuple[ValueRef, int]


class KinkFinder:
    """Finds which numbers of an experiment's iterations are at a kink; its formulas are put together once."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._layers = list(_layers_with_kinks(experiment))
        units = experiment.network.outputs if experiment.network.layers else 0
        has_targets = bool(experiment.network.layers) and targets_of(experiment.loss) is not Targets.UNUSED
        self._loss = loss_kinks(experiment.loss, units) if has_targets else None

    def ties(self, values: Mapping[ValueRef, Tensor]) -> frozenset[Tie]:
        """Return which numbers of an iteration are at a kink, or next to it: z of a ReLU that is 0, an output that
        meets its target where the loss is a distance.
        """
        found = self._of_formula(values) if self._experiment.network.formula else self._of_layers(values)
        return frozenset(
            (ref, place) for ref, kinked in found for place in kinked.flatten().nonzero().flatten().tolist()
        )

    def _of_formula(self, values: Mapping[ValueRef, Tensor]) -> Iterator[tuple[ValueRef, Tensor]]:
        for node in graph_of(self._experiment.network.formula).nodes:
            operands = {name: values[ValueRef(name)].double() for name in node.reads}
            for name in node.reads:
                yield ValueRef(node.writes), beside_kink(node.rule, name, operands)

    def _of_layers(self, values: Mapping[ValueRef, Tensor]) -> Iterator[tuple[ValueRef, Tensor]]:
        for place, learned, tree in self._layers:
            ref = refs.pre_activation(place)
            others = {name: values[refs.learned(place, name)].double() for name in learned}
            yield ref, beside_kink(tree, "z", {"z": values[ref].double(), **others})
        if self._loss is not None:
            output = refs.activation(len(self._experiment.network.layers) - 1)
            yield output, self._loss(values[output].double(), values[refs.TARGET].double())


def _layers_with_kinks(experiment: Experiment) -> Iterator[tuple[int, tuple[str, ...], Expr]]:
    """Yield the layers whose activation can have a kink, with what it learns and its formula."""
    for place, layer in enumerate(experiment.network.layers):
        entry = ACTIVATIONS[layer.activation.name]
        if entry.couples_units:
            continue
        tree = entry.with_numbers(entry.tree(layer.activation), layer.activation)
        if has_kinks(tree, "z"):
            yield place, tuple(layer.learned), tree
