"""Edits: pure functions from one experiment to the next. Nothing here is checked: `check_experiment` does that."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.catalog.experiment.data_names import with_fitting_names, without_target_names
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.question import Question
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import TEST_SIZE, Experiment, LayerSpec, check_network
from chainrule.catalog.experiment.targets import converted_targets
from chainrule.catalog.values import refs
from chainrule.catalog.values.asked import with_fitting_questions
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value as Described
from chainrule.model.editing.patterns import without_orphans
from chainrule.model.files.file_size import check_total

Edit = Callable[[Experiment], Experiment]
InitialValues = Callable[[Experiment], Mapping[ValueRef, NestedNumbers]]


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
            return replace(experiment, data=replace(data, inputs=data.inputs.with_number(index, value)))
        return replace(experiment, data=replace(data, targets=data.targets.with_number(index, value)))

    return edit


def set_rows(inputs: Rows, targets: Rows) -> Edit:
    """Replace all of the data; a batch size that no longer fits becomes the whole data."""
    return _change_data(inputs=inputs, targets=targets)


def set_inputs_of_row(row: int, numbers: tuple[float, ...]) -> Edit:
    """Replace the inputs of a row."""

    def edit(experiment: Experiment) -> Experiment:
        data = experiment.data
        return replace(experiment, data=replace(data, inputs=data.inputs.spliced(row, row + 1, (numbers,))))

    return edit


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
        return with_fitting_names(replace(experiment, data=replace(data, batch_size=fits)))

    return edit


def add_row(experiment: Experiment) -> Experiment:
    """Add a copy of the last row: a start that has the right shape and is not all zeros."""
    data, end = experiment.data, len(experiment.data.inputs)
    inputs, targets = (rows.spliced(end, end, (rows[-1],)) for rows in (data.inputs, data.targets))
    return set_rows(inputs, targets)(experiment)


def remove_row(row: int) -> Edit:
    """Remove one row of inputs and targets."""

    def edit(experiment: Experiment) -> Experiment:
        data = experiment.data
        return set_rows(data.inputs.spliced(row, row + 1), data.targets.spliced(row, row + 1))(experiment)

    return edit


def set_parameter(ref: ValueRef, index: tuple[int, ...], value: float, initial: InitialValues) -> Edit:
    """Replace one element of a parameter's first value."""

    def edit(experiment: Experiment) -> Experiment:
        given = experiment.parameters.get(ref)
        if given is None:
            # Before they are drawn: all of them would be written out.
            check_total(math.prod(experiment.network.parameter_shapes()[ref]))
        numbers = initial(experiment)[ref] if given is None else given
        changed = replace_number(numbers, index, value)
        return replace(experiment, parameters={**experiment.parameters, ref: changed})

    return edit


def set_parameters(values: Mapping[ValueRef, NestedNumbers]) -> Edit:
    """Set first values of parameters."""
    return lambda experiment: replace(experiment, parameters={**experiment.parameters, **values})


def set_loss(choice: Choice) -> Edit:
    """Set another loss or reduction; targets are told in its way where that loses nothing."""

    def edit(experiment: Experiment) -> Experiment:
        data, targets = experiment.data, converted_targets(experiment, choice)
        if targets is not data.targets:
            same_columns = len(targets[0]) == len(data.targets[0])
            data = replace(data if same_columns else without_target_names(data), targets=targets)
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
    return change_layer(layer, lambda spec: replace(spec, lr=lr))


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

    change = change_layer(layer, lambda spec: replace(spec, initialization=scheme))
    return lambda experiment: change(edit(experiment))


def set_activation(layer: int, choice: Choice) -> Edit:
    """Set another activation for one layer. What the one before had learned goes with it."""

    def edit(experiment: Experiment) -> Experiment:
        changed = change_layer(layer, lambda spec: replace(spec, activation=choice))(experiment)
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
        return change_layer(layer, lambda spec: replace(spec, lr=number))

    def changed(arguments: Mapping[str, ArgumentValue]) -> dict[str, ArgumentValue]:
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


def set_board(board: BoardSpec | None) -> Edit:
    """Let the experiment bring another board, or none."""
    return lambda experiment: replace(experiment, board=board)


def set_questions(questions: tuple[Question, ...]) -> Edit:
    """Ask other questions: of an experiment those that it has a number for."""
    return lambda experiment: with_fitting_questions(experiment, questions)


def reseed(seed: int, initial: InitialValues) -> Edit:
    """Draw every parameter anew but the frozen ones; other numbers that were given are given up.

    New parameters begin at iteration 0, with nothing kept of those before.
    """

    def edit(experiment: Experiment) -> Experiment:
        kept = {ref: experiment.parameters[ref] for ref in experiment.frozen if ref in experiment.parameters}
        if drawn := experiment.frozen - kept.keys():
            shapes = experiment.network.parameter_shapes()
            # Before they are drawn: all of them would be written out.
            check_total(sum(math.prod(shapes[ref]) for ref in drawn))
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


def change_layer(layer: int, change: Callable[[LayerSpec], LayerSpec]) -> Edit:
    """Replace one layer by what is made of it."""

    def edit(experiment: Experiment) -> Experiment:
        layers = list(experiment.network.layers)
        layers[layer] = change(layers[layer])
        return replace(experiment, network=replace(experiment.network, layers=tuple(layers)))

    return edit
