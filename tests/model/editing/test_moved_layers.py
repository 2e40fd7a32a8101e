"""Layers in another order: what belongs to a layer goes with it, what fits of the weights stays, the rest is drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing.shape import is_moved, move_layer
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import dense, parameters


def network(*units: int) -> Experiment:
    """Layers of these widths with numbers that tell them apart, each with an activation of its own."""
    names = ("ReLU", "Tanh", "Sigmoid", "Identity")
    made = dense(units, 2)
    layers = tuple(
        replace(layer, activation=Choice(name)) for layer, name in zip(made.network.layers, names, strict=False)
    )
    made = replace(made, network=replace(made.network, layers=layers))
    shapes = made.network.parameter_shapes()
    numbers = {
        ref: tuple(tuple(100.0 * place + 10 * i + j for j in range(shape[1])) for i in range(shape[0]))
        if len(shape) > 1
        else tuple(100.0 * place + i for i in range(shape[0]))
        for place, (ref, shape) in enumerate(shapes.items(), 1)
    }
    return checked_experiment(replace(made, parameters=parameters(numbers)))


def moved(experiment: Experiment, layer: int, to: int) -> Experiment:
    return checked_experiment(move_layer(layer, to, initial_numbers)(experiment))


@pytest.mark.parametrize(
    ("layer", "to", "names", "units"),
    [
        (0, 1, ["Tanh", "ReLU", "Sigmoid"], [4, 3, 1]),
        (1, 0, ["Tanh", "ReLU", "Sigmoid"], [4, 3, 1]),
        # The outputs stay as many as they are: the two that are exchanged exchange their widths.
        (2, 0, ["Sigmoid", "ReLU", "Tanh"], [4, 3, 1]),
        (0, 2, ["Tanh", "Sigmoid", "ReLU"], [4, 3, 1]),
    ],
)
def test_layers_go_where_they_are_moved(layer: int, to: int, names: list[str], units: list[int]) -> None:
    before = network(2, 3, 4, 1)
    after = moved(before, layer, to)
    assert [each.activation.name for each in after.network.layers] == names
    assert [each.units for each in after.network.layers] == units
    assert after.data == before.data
    assert is_moved(before.network, after.network)


def test_between_layers_of_one_width_all_numbers_go_along() -> None:
    before = network(3, 3, 3, 1)
    after = moved(before, 0, 1)
    for old, new in ((0, 1), (1, 0), (2, 2)):
        assert after.parameters[refs.weight(new)] == before.parameters[refs.weight(old)]
        assert after.parameters[refs.bias(new)] == before.parameters[refs.bias(old)]
    assert moved(after, 0, 1) == before


def test_what_fits_of_the_weights_stays() -> None:
    before = network(2, 3, 4, 1)
    after = moved(before, 0, 1)
    old, new = before.parameters[refs.weight(0)], after.parameters[refs.weight(1)]
    assert [row[:2] for row in new] == [row[:2] for row in old]
    assert [len(row) for row in new] == [4, 4, 4]
    assert after.parameters[refs.bias(1)] == before.parameters[refs.bias(0)]


def test_what_names_a_layer_names_it_in_its_new_place() -> None:
    before = replace(network(3, 3, 3, 1), frozen=frozenset({refs.weight(0), refs.bias(2)}))
    assert moved(before, 0, 1).frozen == {refs.weight(1), refs.bias(2)}


def test_other_edits_are_no_moves() -> None:
    before = network(2, 3, 4, 1).network
    wider = replace(before, layers=(replace(before.layers[0], units=4), *before.layers[1:]))
    other = replace(before, layers=(replace(before.layers[0], activation=Choice("Tanh")), *before.layers[1:]))
    assert not any(is_moved(before, after) for after in (before, wider, other))
