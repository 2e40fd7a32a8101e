"""What a network has learned: its layers over a grid, against PyTorch's modules and the values of the trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine import forward
from chainrule.engine.data import split
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.metrics import answer_of
from chainrule.engine.referee.reference import Network
from chainrule.engine.trace import Executor, Trace
from chainrule.model.curves import learned
from chainrule.model.curves.data_points import MOST_POINTS, DataPoints, data_points
from chainrule.model.curves.learned import InputPlane, learned_map, outputs_of, side_of
from chainrule.model.curves.readings import Kind, OutputReading, middle_of, read_outputs, readings
from tests.experiments import dense, experiments, mazur

CROSS_ENTROPY, WITH_LOGITS = Choice("CrossEntropyLoss"), Choice("BCEWithLogitsLoss")


def traced(experiment: Experiment) -> tuple[Executor, Trace]:
    executor = Executor(experiment)
    return executor, executor.trace(executor.initial_state())


def points_of(experiment: Experiment, *columns: int) -> DataPoints:
    return data_points(experiment, Executor(experiment).batches, columns)


@given(experiments())
def test_each_layer_of_the_datas_rows_is_the_traces(experiment: Experiment) -> None:
    executor, trace = traced(experiment)
    inputs = trace.values[refs.INPUT]
    for layer in range(len(experiment.network.layers)):
        found = outputs_of(executor.program, trace.values, layer, inputs.tolist())
        np.testing.assert_allclose(found, trace.values[refs.activation(layer)].numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("at_once", [1, 7, 2**18])
def test_a_place_of_the_grid_is_a_forward_pass_of_pytorchs_for_itself(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Two of three inputs go along the axes, the second one across; the third is held."""
    monkeypatch.setattr(forward, "AT_ONCE", at_once)
    experiment = dense((3, 4, 2), 5)
    executor, trace = traced(experiment)
    plane = InputPlane((1, 0), ((-2.0, 1.0), (0.0, 5.0)), (9.0, 9.0, 0.25))
    found = learned_map(executor.program, trace.values, plane, (4, 3), (0, 1))
    network = Network(experiment, {ref: trace.values[ref] for ref in executor.program.parameters})
    assert found.layers[0].shape == (3, 4, 4)
    assert [axis.tolist() for axis in found.axes] == [[-2.0, -1.0, 0.0, 1.0], [0.0, 2.5, 5.0]]
    for across, x in enumerate(found.axes[0]):
        for up, y in enumerate(found.axes[1]):
            single = network(torch.tensor([[y, x, 0.25]], dtype=torch.float64))
            for layer in (0, 1):
                wanted = single[refs.activation(layer)][0].detach().numpy()
                np.testing.assert_allclose(found.layers[layer][up, across], wanted, rtol=1e-12, atol=1e-12)


def test_a_line_is_as_long_as_it_is_asked_for_and_single_precision_is_near() -> None:
    experiment = dense((1, 3, 1), 5)
    executor, trace = traced(experiment)
    plane = InputPlane((0,), ((-1.0, 1.0),), (7.0,))
    exact, near = (
        learned_map(executor.program, trace.values, plane, (5,), (1,), single=single).layers[1]
        for single in (False, True)
    )
    assert exact.shape == (5, 1)
    wanted = outputs_of(executor.program, trace.values, 1, [[-1.0], [-0.5], [0.0], [0.5], [1.0]])
    np.testing.assert_allclose(exact, wanted, rtol=1e-12)
    assert near.dtype == np.float32
    np.testing.assert_allclose(near, wanted, rtol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_a_quick_grid_is_near_pytorchs_modules_where_they_are_flat_too(bias: bool) -> None:
    """Tanh and Linear have kernels of their own in it; weights of 40 take z to where tanh is 1."""
    layers = (LayerSpec(5, Choice("Tanh"), bias), LayerSpec(4, Choice("Tanh"), bias), LayerSpec(2, bias=bias))
    experiment = check_experiment(replace(dense((2, 2), 3), network=NetworkSpec(2, layers)))
    executor, trace = traced(experiment)
    for scale in (1.0, 40.0):
        values = {ref: scale * trace.values[ref] for ref in executor.program.parameters}
        plane = InputPlane((0, 1), ((-1.0, 1.0), (-3.0, 2.0)), (0.0, 0.0))
        found = learned_map(executor.program, values, plane, (9, 7), (0, 1), single=True)
        places = torch.cartesian_prod(*(torch.from_numpy(axis) for axis in reversed(found.axes))).flip(1)
        wanted = Network(experiment, values)(places)
        for layer in (0, 1):
            exact = wanted[refs.activation(layer)].detach().numpy().reshape(7, 9, -1)
            np.testing.assert_allclose(found.layers[layer], exact, atol=2e-5 if scale > 1 else 2e-6)


def test_the_places_of_a_grid_are_found_once_whatever_row_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    executor, trace = traced(dense((3, 2), 5))
    made, rows = [], learned._rows
    monkeypatch.setattr(learned, "_rows", lambda *given: made.append(1) or rows(*given))
    for first, held in ((1.0, 0.5), (2.0, 0.5), (3.0, 0.75)):
        plane = InputPlane((0, 1), ((-1.25, 1.0), (0.0, 5.0)), (first, -first, held))
        found = learned_map(executor.program, trace.values, plane, (4, 3), (0,))
        wanted = outputs_of(executor.program, trace.values, 0, [[1.0, 5.0, held]])
        np.testing.assert_allclose(found.layers[0][2, 3], wanted[0], rtol=1e-12)
    assert len(made) == 2


def test_a_large_network_has_a_coarser_grid() -> None:
    small, large = (dense(sizes, 2).network for sizes in ((2, 8, 8, 8, 1), (784, 128, 10)))
    assert side_of(small, 2, quick=True) == 200
    assert 15 <= side_of(large, 2, quick=True) < side_of(large, 2, quick=False) < 200


# What is read


@pytest.mark.parametrize(
    ("loss", "outputs", "kinds"),
    [
        ("MSELoss", 1, [(Kind.OUTPUT, 0)]),
        ("MSELoss", 2, [(Kind.OUTPUT, 0), (Kind.OUTPUT, 1)]),
        ("BCEWithLogitsLoss", 1, [(Kind.PROBABILITY, 0), (Kind.OUTPUT, 0)]),
        (
            "CrossEntropyLoss",
            2,
            [(Kind.CLASSES, 0), *((kind, unit) for kind in (Kind.PROBABILITY, Kind.OUTPUT) for unit in (0, 1))],
        ),
        ("NLLLoss", 2, [(Kind.CLASSES, 0), (Kind.OUTPUT, 0), (Kind.OUTPUT, 1)]),
    ],
)
def test_what_can_be_read_goes_by_the_loss(loss: str, outputs: int, kinds: list[tuple[Kind, int]]) -> None:
    of_classes = loss in ("CrossEntropyLoss", "NLLLoss")
    targets = ((0.0,), (1.0,)) if of_classes else ((1.0,) * outputs, (0.0,) * outputs)
    data = DataSpec(((0.0, 1.0), (1.0, 0.0)), targets)
    experiment = dense((2, outputs), 2, data=data, loss=Choice(loss))
    found = readings(experiment, answer_of(experiment), 2)
    assert [(reading.kind, reading.unit) for reading in found] == kinds
    over_one = readings(experiment, answer_of(experiment), 1)
    assert [reading.kind for reading in over_one] == [kind for kind, _ in kinds if kind is not Kind.CLASSES]


def test_a_probability_is_what_the_loss_takes() -> None:
    outputs = np.array([[[2.0, -1.0], [0.5, 0.5]]])
    given = torch.tensor(outputs)
    data = DataSpec(((0.0, 1.0), (1.0, 0.0)), ((0.0,), (1.0,)))
    cross = dense((2, 2), 2, data=data, loss=CROSS_ENTROPY)
    logits = dense((2, 2), 2, data=replace(data, targets=((0.0, 0.0), (1.0, 1.0))), loss=WITH_LOGITS)
    for experiment, wanted in ((cross, given.softmax(-1)), (logits, given.sigmoid())):
        read = read_outputs(experiment, OutputReading(Kind.PROBABILITY, 1), outputs)
        np.testing.assert_allclose(read, wanted[..., 1].numpy(), rtol=1e-15)
    assert read_outputs(cross, OutputReading(Kind.CLASSES), outputs).tolist() == [[0.0, 0.0]]
    missing = np.array([[np.nan, 1.0]])
    assert np.isnan(read_outputs(cross, OutputReading(Kind.CLASSES), missing)).all()


@pytest.mark.parametrize(
    ("loss", "targets", "middle"),
    [
        ("MSELoss", (0.0, 1.0), 0.5),
        ("MSELoss", (-1.0, 1.0), 0.0),
        ("MSELoss", (-1.0, 0.5, 3.0), 0.0),
        ("MSELoss", (2.0, 3.0, 6.0), 4.0),
        ("BCEWithLogitsLoss", (0.0, 1.0), 0.0),
        ("HingeLoss", (-1.0, 1.0), 0.0),
    ],
)
def test_the_line_is_where_an_answer_turns(loss: str, targets: tuple[float, ...], middle: float) -> None:
    data = DataSpec(tuple((float(row), 0.0) for row in range(len(targets))), tuple((t,) for t in targets))
    experiment = dense((2, 1), 2, data=data, loss=Choice(loss))
    assert middle_of(experiment, OutputReading(Kind.OUTPUT), points_of(experiment, 0, 1)) == middle
    if loss == "BCEWithLogitsLoss":
        assert middle_of(experiment, OutputReading(Kind.PROBABILITY), points_of(experiment, 0, 1)) == 0.5


# The data


def test_points_are_the_rows_with_their_columns_and_those_for_the_test() -> None:
    inputs = tuple((float(row), 10.0 - row, 3.0) for row in range(8))
    data = DataSpec(inputs, tuple((row % 2 + 0.0,) for row in range(8)), test_size=0.25, shuffle=True, seed=3)
    experiment = dense((3, 1), 2, data=data)
    found = points_of(experiment, 2, 0)
    order = np.argsort(found.rows)
    assert found.rows[order].tolist() == list(range(8))
    assert found.inputs[order].tolist() == [[3.0, float(row)] for row in range(8)]
    assert found.targets[order, 0].tolist() == [0.0, 1.0] * 4
    assert sorted(found.rows[found.is_test].tolist()) == sorted(split(data)[1])
    assert found.count == 8
    # A constant input has a range, too.
    assert found.ranges == ((1.5, 4.5), (-0.84, 7.84))
    assert (found.target_ranges, found.two_targets) == (((0.0, 1.0),), (True,))


def test_of_many_rows_some_are_drawn_of_both_parts_and_the_ranges_are_of_all() -> None:
    count = 60_000
    inputs = tuple((float(row), float(-row)) for row in range(count))
    data = DataSpec(inputs, tuple((float(row % 3),) for row in range(count)), test_size=0.1)
    found = points_of(dense((2, 1), 2, data=data), 0, 1)
    assert (found.count, len(found.rows)) == (count, MOST_POINTS)
    assert found.is_test.sum() == MOST_POINTS // 10
    np.testing.assert_allclose(found.ranges[0], (-0.12 * 59_999, 1.12 * 59_999), rtol=1e-12)
    assert found.two_targets == (False,)
    assert np.ptp(found.rows[~found.is_test]) > 0.99 * 0.9 * count


def test_rows_that_the_loss_ignores_are_no_points() -> None:
    data = DataSpec(((0.0, 1.0), (1.0, 0.0), (2.0, 2.0)), ((0.0,), (-100.0,), (1.0,)))
    found = points_of(dense((2, 2), 2, data=data, loss=CROSS_ENTROPY), 0, 1)
    assert found.rows.tolist() == [0, 2]


def test_one_row_is_a_point() -> None:
    found = points_of(mazur(), 0, 1)
    assert found.rows.tolist() == [0]
    assert all(low < high for low, high in found.ranges)
    assert found.can_be_drawn


def test_numbers_whose_distance_overflows_cannot_be_drawn() -> None:
    layers = (LayerSpec(1),)
    data = DataSpec(((1e308,), (-1e308,)), ((0.0,), (1.0,)))
    experiment = check_experiment(Experiment(network=NetworkSpec(1, layers), data=data))
    assert not points_of(experiment, 0).can_be_drawn
