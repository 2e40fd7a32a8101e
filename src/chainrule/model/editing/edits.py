"""Edits: pure functions from one experiment to the next. Nothing here is checked: `check_experiment` does that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, Value
from chainrule.catalog.experiment.spec import (
    TEST_SIZE,
    Experiment,
    LayerSpec,
    Numbers,
    Row,
    Rows,
    check_network,
    check_structure,
    check_units,
)
from chainrule.catalog.experiment.targets import converted_targets, filler, has_classes
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values import refs
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value as Described
from chainrule.model.editing.patterns import moved_name, moved_patterns, without_orphans
from chainrule.model.files.file_size import check_count

Edit = Callable[[Experiment], Experiment]
InitialValues = Callable[[Experiment], Mapping[ValueRef, Numbers]]


# A nested tuple of any depth: typing cannot say that the result is as deep as the argument.
def replace_number(numbers: Any, index: tuple[int, ...], value: float) -> Any:
    """Return a nested tuple with one number replaced; rows that are not touched are shared.

    Of a scalar the index is ().
    """
    if not index:
        return value
    first, *rest = index
    changed = replace_number(numbers[first], tuple(rest), value) if rest else value
    return (*numbers[:first], changed, *numbers[first + 1 :])


def set_data(ref: ValueRef, index: tuple[int, ...], value: float) -> Edit:
    """Replace one input or target."""

    def edit(experiment: Experiment) -> Experiment:
        data = experiment.data
        if ref == refs.INPUT:
            return replace(experiment, data=replace(data, inputs=replace_number(data.inputs, index, value)))
        return replace(experiment, data=replace(data, targets=replace_number(data.targets, index, value)))

    return edit


def set_rows(inputs: Rows, targets: Rows) -> Edit:
    """Replace all of the data; a batch size that no longer fits becomes the whole data."""
    return _change_data(inputs=inputs, targets=targets)


def set_test_size(fraction: float) -> Edit:
    """Hold back another fraction of the rows; a batch size that no longer fits becomes all that are trained on."""

    def edit(experiment: Experiment) -> Experiment:
        # Before rows are counted by it.
        TEST_SIZE.check(fraction, "$.data.test_size")
        return _change_data(test_size=fraction)(experiment)

    return edit


def set_batch_size(size: int | None) -> Edit:
    """Set another number of rows for each iteration, or None for all that are trained on."""
    return lambda experiment: replace(experiment, data=replace(experiment.data, batch_size=size))


def set_shuffle(shuffle: bool) -> Edit:
    """Draw the order of the rows anew each epoch, and the test rows once, or take them as they come."""
    return lambda experiment: replace(experiment, data=replace(experiment.data, shuffle=shuffle))


def set_accumulate(batches: int) -> Edit:
    """Set another number of batches whose gradients are added up before an update."""
    return lambda experiment: replace(experiment, data=replace(experiment.data, accumulate=batches))


def set_data_seed(seed: int) -> Edit:
    """Set another seed for the order of the rows."""
    return lambda experiment: replace(experiment, data=replace(experiment.data, seed=seed))


def _change_data(**changes: Any) -> Edit:
    def edit(experiment: Experiment) -> Experiment:
        data = replace(experiment.data, **changes)
        size = data.batch_size
        fits = size if size is not None and size <= data.training_rows else None
        return replace(experiment, data=replace(data, batch_size=fits))

    return edit


def add_row(experiment: Experiment) -> Experiment:
    """Add a copy of the last row: a start that has the right shape and is not all zeros."""
    data = experiment.data
    return set_rows((*data.inputs, data.inputs[-1]), (*data.targets, data.targets[-1]))(experiment)


def remove_row(row: int) -> Edit:
    """Remove one row of inputs and targets."""

    def edit(experiment: Experiment) -> Experiment:
        inputs, targets = experiment.data.inputs, experiment.data.targets
        return set_rows(inputs[:row] + inputs[row + 1 :], targets[:row] + targets[row + 1 :])(experiment)

    return edit


def set_parameter(ref: ValueRef, index: tuple[int, ...], value: float, initial: InitialValues) -> Edit:
    """Replace one element of a parameter's first value."""

    def edit(experiment: Experiment) -> Experiment:
        given = experiment.parameters.get(ref)
        if given is None:
            # Before they are drawn: all of them would be written out.
            check_count(math.prod(experiment.network.parameter_shapes()[ref]))
        numbers = initial(experiment)[ref] if given is None else given
        changed = replace_number(numbers, index, value)
        return replace(experiment, parameters={**experiment.parameters, ref: changed})

    return edit


def set_loss(choice: Choice) -> Edit:
    """Set another loss or reduction; targets are told in its way where that loses nothing."""

    def edit(experiment: Experiment) -> Experiment:
        data, targets = experiment.data, converted_targets(experiment, choice)
        data = data if targets is data.targets else replace(data, targets=targets)
        return replace(experiment, loss=choice, data=data)

    return edit


def set_optimizer(choice: Choice) -> Edit:
    """Set another optimizer, learning rate or other argument."""
    return lambda experiment: replace(experiment, optimizer=choice)


def set_clipping(choice: Choice | None) -> Edit:
    """Set another clipping of the gradients, or None."""
    return lambda experiment: replace(experiment, clipping=choice)


def set_scheduler(choice: Choice | None) -> Edit:
    """Set another scheduler of the learning rate, or None."""
    return lambda experiment: replace(experiment, scheduler=choice)


def set_layer_lr(layer: int, lr: float | None) -> Edit:
    """Set a learning rate for one layer, or None for the optimizer's."""
    return _change_layer(layer, lambda spec: replace(spec, lr=lr))


def set_initialization(scheme: Choice) -> Edit:
    """Draw every parameter anew, by another scheme; numbers that were given are given up."""

    def edit(experiment: Experiment) -> Experiment:
        return replace(experiment, parameters={}, initialization=replace(experiment.initialization, scheme=scheme))

    return edit


def set_layer_initialization(layer: int, scheme: Choice | None) -> Edit:
    """Draw one layer's parameters anew, by a scheme of its own, or by the network's (None)."""

    def edit(experiment: Experiment) -> Experiment:
        own = {ref for ref, value in parameters_of(experiment.network).items() if value.layer == layer}
        others = {ref: numbers for ref, numbers in experiment.parameters.items() if ref not in own}
        return replace(experiment, parameters=others)

    change = _change_layer(layer, lambda spec: replace(spec, initialization=scheme))
    return lambda experiment: change(edit(experiment))


def set_activation(layer: int, choice: Choice) -> Edit:
    """Set another activation for one layer. What the one before had learned goes with it."""

    def edit(experiment: Experiment) -> Experiment:
        changed = _change_layer(layer, lambda spec: replace(spec, activation=choice))(experiment)
        shapes, before = changed.network.parameter_shapes(), experiment.network.parameter_shapes()
        is_other = choice.name != experiment.network.layers[layer].activation.name
        learned = {refs.learned(layer, name) for name in experiment.network.layers[layer].learned}
        gone = {ref for ref in learned if is_other or shapes.get(ref) != before[ref]}
        if not gone:
            return changed
        given = {ref: numbers for ref, numbers in changed.parameters.items() if ref not in gone}
        changed = replace(changed, parameters=given, frozen=changed.frozen.intersection(shapes))
        return without_orphans(changed, experiment)

    return edit


def set_hidden_activations(choose: Callable[[Choice], Choice]) -> Edit:
    """Set another activation for every hidden layer: `choose` gives it for the one that is there."""

    def edit(experiment: Experiment) -> Experiment:
        for layer, spec in enumerate(experiment.network.layers[:-1]):
            experiment = set_activation(layer, choose(spec.activation))(experiment)
        return experiment

    return edit


def set_setting(setting: Described, number: float) -> Edit:
    """Set another learning rate, of all, of one layer or of one group, momentum or beta1."""
    layer, group = setting.layer, setting.group
    if layer is not None:
        return _change_layer(layer, lambda spec: replace(spec, lr=number))

    def changed(arguments: Mapping[str, Value]) -> dict[str, Value]:
        if setting.name != refs.BETA1:
            return {**arguments, setting.name: number}
        betas = arguments["betas"]
        assert isinstance(betas, tuple)
        return {**arguments, "betas": (number, *betas[1:])}

    def edit(experiment: Experiment) -> Experiment:
        if group is None:
            optimizer = experiment.optimizer
            return replace(experiment, optimizer=Choice(optimizer.name, changed(optimizer.arguments)))
        groups = list(experiment.parameter_groups)
        groups[group] = replace(groups[group], arguments=changed(groups[group].arguments))
        return replace(experiment, parameter_groups=tuple(groups))

    return edit


def set_frozen(ref: ValueRef, frozen: bool) -> Edit:
    """Freeze a parameter, or train it again."""

    def edit(experiment: Experiment) -> Experiment:
        return replace(experiment, frozen=experiment.frozen | {ref} if frozen else experiment.frozen - {ref})

    return edit


def set_dtype(dtype: str) -> Edit:
    """Compute in another floating-point type."""
    return lambda experiment: replace(experiment, dtype=dtype)


def set_device(device: str) -> Edit:
    """Compute on another device."""
    return lambda experiment: replace(experiment, device=device)


def set_title(title: str) -> Edit:
    """Set another title."""
    return lambda experiment: replace(experiment, title=title)


def reseed(seed: int, initial: InitialValues) -> Edit:
    """Draw every parameter anew but the frozen ones; other numbers that were given are given up.

    New parameters begin at iteration 0, with nothing kept of those before.
    """

    def edit(experiment: Experiment) -> Experiment:
        kept = {ref: experiment.parameters[ref] for ref in experiment.frozen if ref in experiment.parameters}
        if drawn := experiment.frozen - kept.keys():
            shapes = experiment.network.parameter_shapes()
            # Before they are drawn: all of them would be written out.
            check_count(sum(math.prod(shapes[ref]) for ref in drawn))
            numbers = initial(experiment)
            kept |= {ref: numbers[ref] for ref in drawn}
        initialization = replace(experiment.initialization, seed=seed)
        return replace(experiment, parameters=kept, initialization=initialization, state=None)

    return edit


def set_formula(lines: Sequence[str], initial: InitialValues) -> Edit:
    """Put other lines in the place of a formula's. Parameters whose names stay keep their numbers."""

    def edit(experiment: Experiment) -> Experiment:
        network = replace(experiment.network, formula=tuple(lines))
        # Before its names are asked for.
        check_network(network)
        names = network.parameter_shapes()
        numbers = {**initial(experiment), **experiment.parameters}
        kept = {ref: number for ref, number in numbers.items() if ref in names}
        return replace(experiment, network=network, parameters=kept, frozen=experiment.frozen.intersection(names))

    return edit


# Edits of the network's shape. They keep what fits of the given numbers: adding a neuron does not lose the rest.


def set_bias(layer: int, bias: bool, initial: InitialValues) -> Edit:
    """Give a layer a bias, or take it away."""
    return _reshape(_change_layer(layer, lambda spec: replace(spec, bias=bias)), initial)


def set_units(layer: int, units: int, initial: InitialValues) -> Edit:
    """Set another width; layer -1 is the network's input. Data gains zeros or loses columns where it must."""

    def edit(experiment: Experiment) -> Experiment:
        network, data = experiment.network, experiment.data
        # Before any row is filled up to it.
        check_units(units, "$.network.inputs" if layer < 0 else f"$.network.layers[{layer}].units")
        if layer < 0:
            inputs = tuple(resize_row(row, units) for row in data.inputs)
            network, data = replace(network, inputs=units), replace(data, inputs=inputs)
            return replace(experiment, network=network, data=data)
        # A class is one number, however many there are to choose from.
        if layer == len(network.layers) - 1 and not has_classes(experiment):
            fill = filler(experiment.loss)
            targets = tuple(resize_row(row, units, fill) for row in data.targets)
            experiment = replace(experiment, data=replace(data, targets=targets))
        if layer == len(network.layers) - 1:
            experiment = replace(experiment, loss=_with_outputs(experiment.loss, units))
        return _change_layer(layer, lambda spec: replace(spec, units=units))(experiment)

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


def _change_layer(layer: int, change: Callable[[LayerSpec], LayerSpec]) -> Edit:
    def edit(experiment: Experiment) -> Experiment:
        layers = list(experiment.network.layers)
        layers[layer] = change(layers[layer])
        return replace(experiment, network=replace(experiment.network, layers=tuple(layers)))

    return edit


def _renumber(experiment: Experiment, move: Callable[[int], int | None]) -> Experiment:
    """Move all that names a layer to its new number: parameters, what is frozen or kept, patterns; or drop it."""

    def moved(numbers: Mapping[ValueRef, Numbers]) -> dict[ValueRef, Numbers]:
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
            check_count(experiment.network.parameter_count)
            # Drawing depends on the shapes before: pin what is on the screen first, so that it stays.
            experiment = replace(experiment, parameters={**initial(experiment), **experiment.parameters})
        changed = without_orphans(_with_fitting_activations(change(experiment)), experiment)
        shapes, kept = changed.network.parameter_shapes(), changed.parameters
        changed = replace(changed, frozen=changed.frozen.intersection(shapes), parameters={})
        if not kept:
            return changed
        # Refuse a shape that cannot be before drawing numbers for it.
        check_structure(changed, experiment)
        check_count(changed.network.parameter_count)
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
