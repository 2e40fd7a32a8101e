"""Edits of the network's shape: what fits of the given numbers is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.spec import MAX_PARAMETERS, MAX_UNITS, DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.targets import needs_probabilities
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import article, dense, experiments, mazur, parameters
from tests.model.editing.numbers import SLOPES, forbidden, own_slopes


def overlap(numbers: Any, other: Any) -> Any:
    """The numbers for which another value of as many dimensions has a place too."""
    return [overlap(*pair) for pair in zip(numbers, other, strict=False)] if isinstance(numbers, tuple) else numbers


@pytest.mark.parametrize("units", [1, 2, 3, 5])
def test_resizing_a_hidden_layer_keeps_the_numbers_that_overlap(units: int) -> None:
    old, kept = article(), min(2, units)
    new = check_experiment(shape_edits.set_units(0, units, initial_numbers)(old))
    drawn = initial_numbers(replace(new, parameters={}))
    first, bias, second = (new.parameters[ref] for ref in (refs.weight(0), refs.bias(0), refs.weight(1)))
    assert first == ((0.1, 0.2), (0.3, 0.4))[:kept] + drawn[refs.weight(0)][kept:]
    assert bias == (0.0, 0.0)[:kept] + drawn[refs.bias(0)][kept:]
    assert second == ((0.5, -0.6)[:kept] + drawn[refs.weight(1)][0][kept:],)
    assert all(
        new_row is old_row for new_row, old_row in zip(first[:kept], old.parameters[refs.weight(0)], strict=False)
    )
    assert new.parameters[refs.bias(1)] is old.parameters[refs.bias(1)]
    assert new.data is old.data


@pytest.mark.parametrize("units", [1, 3])
def test_resizing_the_input_resizes_the_rows(units: int) -> None:
    new = check_experiment(shape_edits.set_units(-1, units, initial_numbers)(article()))
    assert new.network.inputs == units
    assert new.data.inputs == (((1.0,), (3.0,)) if units == 1 else ((1.0, 2.0, 0.0), (3.0, 4.0, 0.0)))
    assert [row[:units] for row in new.parameters[refs.weight(0)]] == [
        row[:units] for row in initial_numbers(new)[refs.weight(0)]
    ]
    assert [row[: min(2, units)] for row in new.parameters[refs.weight(0)]] == [(0.1, 0.2)[:units], (0.3, 0.4)[:units]]


def test_resizing_the_output_resizes_the_targets() -> None:
    new = check_experiment(shape_edits.set_units(1, 2, initial_numbers)(article()))
    assert new.data.targets == ((1.0, 0.0), (2.0, 0.0))
    assert new.parameters[refs.weight(1)][0] == (0.5, -0.6)
    again = check_experiment(shape_edits.set_units(1, 1, initial_numbers)(new))
    assert again.data.targets == ((1.0,), (2.0,))
    assert again.parameters == article().parameters


def test_resizing_keeps_nothing_where_nothing_was_given() -> None:
    """Then the seed alone says what the parameters are."""
    new = shape_edits.set_units(0, 4, forbidden)(dense((2, 3, 1), 2))
    assert new.parameters == {}


def test_resizing_keeps_drawn_numbers_beside_given_ones() -> None:
    """Drawing depends on the shapes: what was on the screen stays there."""
    old = replace(article(), parameters=parameters({"layers.1.bias": (0.1,)}))
    drawn = initial_numbers(old)
    new = check_experiment(shape_edits.set_units(0, 3, initial_numbers)(old))
    assert new.parameters[refs.weight(0)][:2] == drawn[refs.weight(0)]
    assert new.parameters[refs.weight(1)][0][:2] == drawn[refs.weight(1)][0]
    assert new.parameters[refs.bias(1)] == (0.1,)


def test_a_bias_is_taken_away_and_drawn_anew() -> None:
    old = replace(mazur(), frozen=frozenset({refs.bias(0)}))
    without = check_experiment(shape_edits.set_bias(0, False, initial_numbers)(old))
    assert refs.bias(0) not in without.parameters
    assert without.frozen == frozenset()
    again = check_experiment(shape_edits.set_bias(0, True, initial_numbers)(without))
    assert again.parameters[refs.bias(0)] == initial_numbers(replace(again, parameters={}))[refs.bias(0)]
    assert again.parameters[refs.weight(1)] == old.parameters[refs.weight(1)]
    assert again.parameters[refs.weight(1)][0] is old.parameters[refs.weight(1)][0]


def test_a_layer_is_added_before_the_last_and_the_last_moves_on() -> None:
    old = replace(article(), frozen=frozenset({refs.weight(0), refs.bias(1)}))
    new = check_experiment(shape_edits.add_layer(initial_numbers)(old))
    assert [layer.units for layer in new.network.layers] == [2, 2, 1]
    assert [layer.activation.name for layer in new.network.layers] == ["ReLU", "ReLU", "Identity"]
    assert new.frozen == {refs.weight(0), refs.bias(2)}
    for before, after in ((0, 0), (1, 2)):
        assert new.parameters[refs.weight(after)] == old.parameters[refs.weight(before)]
        assert new.parameters[refs.bias(after)] == old.parameters[refs.bias(before)]
    drawn = initial_numbers(replace(new, parameters={}))
    assert new.parameters[refs.weight(1)] == drawn[refs.weight(1)]


def test_a_layer_is_added_to_a_single_neuron() -> None:
    old = check_experiment(Experiment(NetworkSpec(3, (LayerSpec(1),)), DataSpec(((1.0, 2.0, 3.0),), ((1.0,),))))
    new = check_experiment(shape_edits.add_layer(initial_numbers)(old))
    assert [(layer.units, layer.activation.name) for layer in new.network.layers] == [(3, "ReLU"), (1, "Identity")]


@pytest.mark.parametrize(
    ("layer", "sizes", "moved"),
    [
        (0, [4, 1], {1: 0, 2: 1}),
        (1, [3, 1], {0: 0, 2: 1}),
        (2, [3, 1], {0: 0, 1: 1}),
    ],
)
def test_removing_a_layer_renumbers_the_rest(layer: int, sizes: list[int], moved: dict[int, int]) -> None:
    old = dense((2, 3, 4, 1), 2)
    old = replace(old, parameters=initial_numbers(old), frozen=frozenset(map(refs.bias, range(3))))
    new = check_experiment(shape_edits.remove_layer(layer, initial_numbers)(old))
    assert [spec.units for spec in new.network.layers] == sizes
    assert new.data is old.data
    for before, after in moved.items():
        for name in (refs.weight, refs.bias):
            numbers, kept = new.parameters[name(after)], old.parameters[name(before)]
            assert overlap(numbers, kept) == overlap(kept, numbers)
    assert new.frozen == set(map(refs.bias, moved.values()))


@given(experiments())
def test_removing_the_last_layer_keeps_the_targets(experiment: Experiment) -> None:
    layers = len(experiment.network.layers)
    edit = shape_edits.remove_layer(layers - 1, initial_numbers)
    if layers == 1:
        with pytest.raises(SpecError, match=r"\$\.network\.layers: expected at least 1 layer, got 0"):
            check_experiment(edit(experiment))
        return
    # Where the loss takes no outputs of the activation before, it is refused.
    assume(not needs_probabilities(experiment.loss))
    new = check_experiment(edit(experiment))
    assert new.network.outputs == experiment.network.outputs
    assert new.data is experiment.data
    # The slopes of PReLU, where each unit has its own, become as many as there are units.
    assert new.network.layers[-1].activation.name == experiment.network.layers[-2].activation.name


@pytest.mark.parametrize("units", [0, -1, MAX_UNITS + 1, 10**9, 10**18])
@pytest.mark.parametrize("layer", [-1, 0, 1])
@pytest.mark.parametrize("make", [article, lambda: dense((2, 2, 1), 2)])
def test_absurd_widths_are_refused_before_anything_is_made(
    layer: int, units: int, make: Callable[[], Experiment]
) -> None:
    experiment = make()
    place = "network.inputs" if layer < 0 else f"network.layers[{layer}].units"

    def initial(asked: Experiment) -> Mapping[ValueRef, NestedNumbers]:
        assert asked.network is experiment.network
        return initial_numbers(asked)

    with pytest.raises(SpecError) as refusal:
        check_experiment(shape_edits.set_units(layer, units, initial)(experiment))
    assert str(refusal.value) == f"$.{place}: expected an integer from 1 to {MAX_UNITS}, got {units}"


@pytest.mark.parametrize("layer", [-1, 0])
@pytest.mark.parametrize("given_numbers", [True, False])
def test_too_many_parameters_are_refused_before_any_is_drawn(layer: int, given_numbers: bool) -> None:
    experiment = dense((300, 300, 1), 1)
    if given_numbers:
        experiment = replace(experiment, parameters=parameters({"layers.1.bias": (0.5,)}))

    def initial(asked: Experiment) -> Mapping[ValueRef, NestedNumbers]:
        assert asked.network is experiment.network
        return initial_numbers(asked)

    with pytest.raises(SpecError, match=rf"^\$\.network: expected at most {MAX_PARAMETERS} parameters, got "):
        check_experiment(shape_edits.set_units(layer, MAX_UNITS, initial)(experiment))


@pytest.mark.parametrize(("units", "slopes"), [(1, (0.5,)), (2, (0.5, -1.0)), (3, (0.5, -1.0, 0.25))])
def test_slopes_follow_the_units(units: int, slopes: tuple[float, ...]) -> None:
    changed = check_experiment(shape_edits.set_units(0, units, initial_numbers)(own_slopes()))
    assert changed.parameters[SLOPES] == slopes
    assert changed.network.layers[0].learned["weight"] == units


def test_a_shared_slope_stays_shared() -> None:
    experiment = edits.set_activation(0, Choice("PReLU"))(article())
    changed = check_experiment(shape_edits.set_units(0, 5, initial_numbers)(experiment))
    assert changed.parameters[SLOPES] == (0.25,)


def test_slopes_move_with_their_layer() -> None:
    experiment = own_slopes()
    removed = check_experiment(shape_edits.remove_layer(1, initial_numbers)(experiment))
    assert removed.network.layers[0].learned["weight"] == removed.network.outputs
    added = check_experiment(shape_edits.add_layer(initial_numbers)(experiment))
    assert added.parameters[SLOPES] == (0.5, -1.0)
    assert SLOPES in added.frozen
    gone = check_experiment(shape_edits.remove_layer(0, initial_numbers)(experiment))
    assert not gone.frozen
