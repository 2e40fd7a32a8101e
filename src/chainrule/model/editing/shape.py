"""Edits of the network's shape. They keep what fits of the given numbers: adding a neuron does not lose the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.data_names import with_fitting_names
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec, check_structure, check_units
from chainrule.catalog.experiment.targets import filler, has_classes
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing.edits import Edit, InitialValues, change_layer
from chainrule.model.editing.patterns import moved_name, moved_patterns, without_orphans
from chainrule.model.files.file_size import check_total


def set_bias(layer: int, bias: bool, initial: InitialValues) -> Edit:
    """Give a layer a bias, or take it away."""
    return _reshape(change_layer(layer, lambda spec: replace(spec, bias=bias)), initial)


def set_units(layer: int, units: int, initial: InitialValues) -> Edit:
    """Set another width; layer -1 is the network's input. Data gains zeros or loses columns where it must."""

    def edit(experiment: Experiment) -> Experiment:
        network, data = experiment.network, experiment.data
        # Before any row is filled up to it.
        check_units(units, "$.network.inputs" if layer < 0 else f"$.network.layers[{layer}].units")
        if layer < 0:
            network, data = replace(network, inputs=units), replace(data, inputs=data.inputs.resized(units))
            return replace(experiment, network=network, data=data)
        # A class is one number, however many there are to choose from.
        if layer == len(network.layers) - 1 and not has_classes(experiment):
            targets = data.targets.resized(units, filler(experiment.loss))
            experiment = replace(experiment, data=replace(data, targets=targets))
        if layer == len(network.layers) - 1:
            experiment = replace(experiment, loss=_with_outputs(experiment.loss, units))
        return change_layer(layer, lambda spec: replace(spec, units=units))(experiment)

    return _reshape(edit, initial)


def _with_outputs(loss: Choice, outputs: int) -> Choice:
    """Return the loss with a weight for each output: a new one counts as it would without weights."""
    entry = LOSSES.get(loss.name)
    lists = [name for name in entry.lists if loss.arguments.get(name)] if entry else []
    return loss.replace(**{name: resize_row(loss.numbers(name), outputs, 1.0) for name in lists}) if lists else loss


def add_layer(initial: InitialValues) -> Edit:
    """Add a hidden layer before the last, as wide as the one before it."""

    def edit(experiment: Experiment) -> Experiment:
        network = experiment.network
        last = len(network.layers) - 1
        hidden = LayerSpec(network.fan_in(last), network.layers[0].activation if last else Choice("ReLU"))
        layers = (*network.layers[:last], hidden, network.layers[last])
        moved = _renumber(experiment, lambda index: index + 1 if index >= last else index)
        return replace(moved, network=replace(network, layers=layers))

    return _reshape(edit, initial)


def remove_layer(layer: int, initial: InitialValues) -> Edit:
    """Remove a layer; where it was the last one, the one before it becomes the output."""

    def edit(experiment: Experiment) -> Experiment:
        network = experiment.network
        layers = network.layers[:layer] + network.layers[layer + 1 :]
        if layer == len(layers) and layers:
            output = network.layers[layer].units
            layers = (*layers[:-1], replace(layers[-1], units=output))
        moved = _renumber(experiment, lambda index: None if index == layer else index - (index > layer))
        return replace(moved, network=replace(network, layers=layers))

    return _reshape(edit, initial)


def move_layer(layer: int, to: int, initial: InitialValues) -> Edit:
    """Move a layer to another place among the layers, with its activation, its numbers and what names it.

    The network has as many outputs as before: where another layer becomes the last, the two exchange their widths.
    """

    def edit(experiment: Experiment) -> Experiment:
        network = experiment.network
        order = list(range(len(network.layers)))
        order.insert(to, order.pop(layer))
        layers = [network.layers[index] for index in order]
        last = len(layers) - 1
        if order[-1] != last:
            new, old = layers[-1].units, order.index(last)
            layers[-1] = replace(layers[-1], units=network.layers[last].units)
            layers[old] = replace(layers[old], units=new)
        moved = _renumber(experiment, order.index)
        return replace(moved, network=replace(network, layers=tuple(layers)))

    return _reshape(edit, initial)


def is_moved(before: NetworkSpec, after: NetworkSpec) -> bool:
    """Return whether one network is the other with its layers in another order."""
    one, other = ([(each.activation, each.bias) for each in network.layers] for network in (before, after))
    widths = (sorted(each.units for each in network.layers) for network in (before, after))
    return before.layers != after.layers and len(set(map(tuple, widths))) == 1 and _same_but_order(one, other)


def _same_but_order(one: list[tuple[Choice, bool]], other: list[tuple[Choice, bool]]) -> bool:
    rest = list(other)
    for each in one:
        if each not in rest:
            return False
        rest.remove(each)
    return not rest


def _renumber(experiment: Experiment, move: Callable[[int], int | None]) -> Experiment:
    """Move all that names a layer to its new number: parameters, what is frozen or kept, patterns; or drop it."""

    def moved(numbers: Mapping[ValueRef, NestedNumbers]) -> dict[ValueRef, NestedNumbers]:
        names = ((moved_name(ref, move), number) for ref, number in numbers.items())
        return {ValueRef(name): number for name, number in names if name is not None}

    parameters, state = moved(experiment.parameters), experiment.state
    frozen = frozenset(ValueRef(name) for ref in experiment.frozen if (name := moved_name(ref, move)) is not None)
    if state is not None:
        state = replace(state, values=moved(state.values))
    return moved_patterns(replace(experiment, parameters=parameters, frozen=frozen, state=state), move)


def _reshape(change: Edit, initial: InitialValues) -> Edit:
    """Change the network's shape. Given parameters are kept where they overlap, the rest is drawn from the seed."""

    def edit(experiment: Experiment) -> Experiment:
        if experiment.parameters:
            check_total(experiment.network.parameter_count)
            # Drawing depends on the shapes before: pin what is on the screen first, so that it stays.
            experiment = replace(experiment, parameters={**initial(experiment), **experiment.parameters})
        changed = without_orphans(with_fitting_names(_with_fitting_activations(change(experiment))), experiment)
        shapes, kept = changed.network.parameter_shapes(), changed.parameters
        changed = replace(changed, frozen=changed.frozen.intersection(shapes), parameters={})
        if not kept:
            return changed
        # Refuse a shape that cannot be before drawing numbers for it.
        check_structure(changed, experiment)
        check_total(changed.network.parameter_count)
        drawn = initial(changed)
        parameters = {ref: overlay(drawn[ref], kept[ref]) if ref in kept else drawn[ref] for ref in shapes}
        return replace(changed, parameters=parameters)

    return edit


def _with_fitting_activations(experiment: Experiment) -> Experiment:
    """Let an activation learn one number for all units, or as many as its layer has."""

    def fitted(layer: LayerSpec) -> LayerSpec:
        entry = ACTIVATIONS.get(layer.activation.name)
        choice = entry.fitted(layer.activation, layer.units) if entry else layer.activation
        return layer if choice is layer.activation else replace(layer, activation=choice)

    network = experiment.network
    return replace(experiment, network=replace(network, layers=tuple(map(fitted, network.layers))))


def overlay(base: Any, top: Any) -> Any:
    """Return `base` with the numbers of `top` wherever both have one: (m, n) and (p, q) -> (m, n).

    Whole rows are shared.
    """
    both = min(len(base), len(top))
    merged = tuple(map(overlay, base, top)) if isinstance(base[0], tuple) else top[:both]
    return merged + base[both:]


def resize_row(row: Row, length: int, fill: float = 0.0) -> Row:
    """Return a row cut or filled up."""
    return row[:length] + (fill,) * (length - len(row))
