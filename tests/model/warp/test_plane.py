"""The plane of two inputs as a layer has it: each stage against PyTorch's modules, and the boundary where it turns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.reference import Network
from chainrule.engine.trace import Executor, Trace
from chainrule.model.warp.plane import (
    GRID_LINES,
    GRID_PLACES,
    BoundaryLevel,
    WarpStage,
    carried,
    grid_of,
    on_boundary,
    stages_of,
)
from tests.experiments import dense, experiments

INPUTS = WarpStage(-1, (0, 1))


def traced(experiment: Experiment) -> tuple[Executor, Trace]:
    executor = Executor(experiment)
    return executor, executor.trace(executor.initial_state())


def bent(*units: int, activation: str = "Tanh") -> Experiment:
    layers = tuple(LayerSpec(count, Choice(activation)) for count in units)
    return check_experiment(replace(dense((2, *units, 1), 4), network=NetworkSpec(2, (*layers, LayerSpec(1)))))


def test_the_way_goes_through_layers_of_two_units_and_past_wider_ones() -> None:
    network = bent(2, 8, 2).network
    first, third = (0, (0, 1)), (2, (1, 0))
    assert stages_of(network, 0, (0, 1)) == (INPUTS, WarpStage(*first, is_activated=False), WarpStage(*first))
    assert stages_of(network, 2, (1, 0)) == (
        INPUTS,
        WarpStage(*first, is_activated=False),
        WarpStage(*first),
        WarpStage(*third, is_activated=False),
        WarpStage(*third),
    )
    assert [stage.layer for stage in stages_of(network, 1, (3, 7))] == [-1, 0, 0, 1, 1]


def test_identity_is_no_stage_of_its_own() -> None:
    network = NetworkSpec(2, (LayerSpec(2), LayerSpec(2, Choice("ReLU"))))
    assert [(stage.layer, stage.is_activated) for stage in stages_of(network, 1, (0, 1))] == [
        (-1, True),
        (0, False),
        (1, False),
        (1, True),
    ]


def test_the_grid_covers_the_ranges_with_straight_lines_both_ways() -> None:
    grid = grid_of(((-1.0, 3.0), (0.0, 8.0)))
    assert grid.shape == (2 * GRID_LINES, GRID_PLACES, 2)
    upwards, across = grid[:GRID_LINES], grid[GRID_LINES:]
    assert (np.ptp(upwards[:, :, 0], axis=1) == 0).all()
    assert (np.ptp(across[:, :, 1], axis=1) == 0).all()
    assert upwards[0, 0].tolist() == [-1.0, 0.0]
    assert across[-1, -1].tolist() == [3.0, 8.0]


@given(experiments().filter(lambda each: each.network.inputs >= 2), st.data())
def test_each_stage_of_a_row_is_what_the_forward_pass_wrote(experiment: Experiment, data: st.DataObject) -> None:
    wide = [place for place, layer in enumerate(experiment.network.layers) if layer.units >= 2]
    if not wide:
        return
    layer = data.draw(st.sampled_from(wide))
    units = tuple(data.draw(st.permutations(range(experiment.network.layers[layer].units)))[:2])
    executor, trace = traced(experiment)
    stages = stages_of(experiment.network, layer, (units[0], units[1]))
    last = len(experiment.network.layers) - 1
    found = carried(executor.program, trace.values, stages, last, trace.values[refs.INPUT].numpy())
    for stage, places in zip(stages, found.places, strict=True):
        np.testing.assert_allclose(places, trace.values[stage.ref][:, list(stage.units)], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.outputs, trace.values[refs.activation(last)], rtol=1e-12, atol=1e-12)


def test_places_that_are_no_rows_are_pytorchs_forward_pass() -> None:
    experiment = bent(3, 2)
    executor, trace = traced(experiment)
    places = np.random.default_rng(0).normal(size=(40, 2))
    found = carried(executor.program, trace.values, stages_of(experiment.network, 1, (1, 0)), 2, places)
    network = Network(experiment, {ref: trace.values[ref] for ref in executor.program.parameters})
    with torch.no_grad():
        wanted = network(torch.from_numpy(places))
    np.testing.assert_array_equal(found.places[0], places)
    np.testing.assert_allclose(found.places[1], wanted[refs.pre_activation(1)][:, [1, 0]], rtol=1e-12)
    np.testing.assert_allclose(found.places[2], wanted[refs.activation(1)][:, [1, 0]], rtol=1e-12)


def test_places_near_the_boundary_are_moved_onto_it() -> None:
    experiment = bent(8, 2)
    executor, trace = traced(experiment)
    values = trace.values | {refs.weight(0): trace.values[refs.weight(0)] * 5}
    places = np.random.default_rng(1).uniform(-1, 1, (400, 2))

    def outputs(at: np.ndarray) -> np.ndarray:
        stages = stages_of(experiment.network, 0, (0, 1))
        return carried(executor.program, values, stages, 2, at).outputs[:, 0]

    middle = float(np.median(outputs(places)))
    near = places[np.abs(outputs(places) - middle) < 0.005]
    assert len(near) > 10
    moved = on_boundary(executor.program, values, 2, near, BoundaryLevel(0, middle, (0.05, 0.05)))
    assert np.abs(moved - near).max() <= 0.05
    reached = np.abs(outputs(moved) - middle)
    assert np.median(reached) < 1e-9
    assert (reached <= np.abs(outputs(near) - middle) + 1e-12).all()


def test_between_classes_it_is_where_the_two_largest_outputs_are_the_same() -> None:
    network = NetworkSpec(2, (LayerSpec(4, Choice("Tanh")), LayerSpec(3)))
    data = DataSpec(((0.0, 1.0), (1.0, 0.0), (1.0, 1.0)), ((0.0,), (1.0,), (2.0,)))
    experiment = check_experiment(
        replace(dense((2, 4, 3), 3), network=network, data=data, loss=Choice("CrossEntropyLoss"))
    )
    executor, trace = traced(experiment)
    places = np.random.default_rng(2).uniform(-1, 1, (2000, 2))
    stages = stages_of(network, 0, (0, 1))

    def leads(at: np.ndarray) -> np.ndarray:
        ordered = np.sort(carried(executor.program, trace.values, stages, 1, at).outputs, axis=1)
        return ordered[:, 2] - ordered[:, 1]

    near = places[leads(places) < 0.01]
    assert len(near) > 10
    moved = on_boundary(executor.program, trace.values, 1, near, BoundaryLevel(None, 0.0, (0.1, 0.1)))
    assert np.median(leads(moved)) < 1e-12


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_what_has_no_slope_stays_where_it_is(broken: float) -> None:
    experiment = bent(2)
    executor, trace = traced(experiment)
    values = trace.values | {refs.bias(0): torch.full_like(trace.values[refs.bias(0)], broken)}
    places = np.array([[0.1, 0.2]])
    moved = on_boundary(executor.program, values, 1, places, BoundaryLevel(0, 0.0, (0.1, 0.1)))
    np.testing.assert_array_equal(moved, places)
