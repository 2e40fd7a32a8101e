"""The straight lines in the plane of a layer: on them the layer behind it computes what they are named by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, InitializationSpec, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.reference import Network
from chainrule.engine.trace import Executor, Trace
from chainrule.model.curves.learned import outputs_of
from chainrule.model.curves.readings import Kind, OutputReading
from chainrule.model.warp.lines import LineQuestion, PlaneLine, lines_in_plane
from chainrule.model.warp.plane import WarpStage
from tests.experiments import dense

RANGES = ((-3.0, 3.0), (-3.0, 3.0))
ROW = (0.3, -0.8)
OUTPUT = OutputReading(Kind.OUTPUT)
CLASSES = OutputReading(Kind.CLASSES)


def network_of(*layers: tuple[int, str], seed: int = 0, loss: str = "MSELoss") -> Experiment:
    network = NetworkSpec(2, tuple(LayerSpec(units, Choice(name)) for units, name in layers))
    outputs = layers[-1][0]
    targets = ((0.0,), (1.0,)) if loss == "CrossEntropyLoss" else ((0.0,) * outputs, (1.0,) * outputs)
    return check_experiment(
        replace(
            dense((2, 2, 1), 2),
            network=network,
            data=DataSpec(((0.0, 1.0), (1.0, 0.0)), targets),
            loss=Choice(loss),
            initialization=InitializationSpec(seed=seed),
        )
    )


def lines_of(
    experiment: Experiment, stage: WarpStage, reading: OutputReading = OUTPUT, middle: float = 0.0
) -> tuple[tuple[PlaneLine, ...], Trace, Executor]:
    executor = Executor(experiment)
    trace = executor.trace(executor.initial_state())
    held = outputs_of(executor.program, trace.values, stage.layer, [ROW])[0]
    asked = LineQuestion(reading, middle, held)
    return lines_in_plane(executor.program, trace.values, experiment.network, stage, asked, RANGES), trace, executor


def behind(experiment: Experiment, executor: Executor, trace: Trace, stage: WarpStage, places: np.ndarray) -> dict:
    """What PyTorch's layers behind a stage make of places in its plane, with the other units as the row has them."""
    network = Network(experiment, {ref: trace.values[ref] for ref in executor.program.parameters})
    with torch.no_grad():
        a = network(torch.tensor([ROW], dtype=torch.float64))[refs.activation(stage.layer)].repeat(len(places), 1)
        a[:, list(stage.units)] = torch.from_numpy(places)
        values = {}
        for index in range(stage.layer + 1, len(experiment.network.layers)):
            z = network.layers[index](a)
            a = network.layers[index].activation(z)
            values |= {refs.pre_activation(index): z, refs.activation(index): a}
    return values


def along(line: PlaneLine) -> np.ndarray:
    begin, end = np.array(line.ends)
    return begin + np.linspace(0, 1, 9)[:, None] * (end - begin)


@pytest.mark.parametrize(("activation", "middle"), [("Sigmoid", 0.5), ("Tanh", 0.2), ("Identity", 0.1), ("ReLU", 0.3)])
@pytest.mark.parametrize("units", [2, 5])
def test_on_the_line_the_output_is_the_number_at_which_the_answer_turns(
    activation: str, middle: float, units: int
) -> None:
    experiment = network_of((units, "Tanh"), (1, activation), seed=3)
    stage = WarpStage(0, (units - 1, 0))
    lines, trace, executor = lines_of(experiment, stage, middle=middle)
    assert len(lines) == 1
    found = behind(experiment, executor, trace, stage, along(lines[0]))[refs.activation(1)]
    np.testing.assert_allclose(found[:, 0], middle, atol=1e-10)
    # It goes from one edge of what is in sight to another, and its equation is that of the drawn ends.
    ends = np.array(lines[0].ends)
    assert (np.isclose(np.abs(ends), 3.0).any(axis=1)).all()
    np.testing.assert_allclose(ends @ [lines[0].across, lines[0].up], lines[0].rest, atol=1e-12)


def test_an_activation_that_turns_often_has_a_line_for_each_time() -> None:
    experiment = network_of((2, "Tanh"), (1, "Identity"))
    wave = Choice("Formula", {"formula": "sin(8*z)"})
    layers = (experiment.network.layers[0], replace(experiment.network.layers[1], activation=wave))
    experiment = check_experiment(replace(experiment, network=NetworkSpec(2, layers)))
    stage = WarpStage(0, (0, 1))
    lines, trace, executor = lines_of(experiment, stage, middle=0.5)
    assert len(lines) > 3
    for line in lines:
        found = behind(experiment, executor, trace, stage, along(line))[refs.activation(1)]
        np.testing.assert_allclose(found[:, 0], 0.5, atol=1e-9)


def test_before_a_hidden_layer_each_of_its_units_has_the_line_on_which_its_z_is_0() -> None:
    experiment = network_of((2, "Tanh"), (3, "ReLU"), (1, "Identity"), seed=1)
    stage = WarpStage(0, (0, 1))
    lines, trace, executor = lines_of(experiment, stage)
    assert {line.unit for line in lines} <= {0, 1, 2}
    assert lines
    for line in lines:
        found = behind(experiment, executor, trace, stage, along(line))[refs.pre_activation(1)]
        np.testing.assert_allclose(found[:, line.unit], 0.0, atol=1e-12)


@pytest.mark.parametrize("activation", ["Identity", "Softmax", "Tanh"])
def test_between_classes_two_outputs_are_the_same_and_no_other_is_larger(activation: str) -> None:
    loss = "CrossEntropyLoss" if activation != "Tanh" else "MSELoss"
    experiment = network_of((2, "Tanh"), (4, activation), seed=5, loss=loss)
    stage = WarpStage(0, (0, 1))
    lines, trace, executor = lines_of(experiment, stage, CLASSES)
    assert lines
    for line in lines:
        assert line.other is not None
        outputs = behind(experiment, executor, trace, stage, along(line))[refs.activation(1)].numpy()
        np.testing.assert_allclose(outputs[:, line.unit], outputs[:, line.other], atol=1e-10)
        assert (outputs.max(axis=1) <= outputs[:, line.unit] + 1e-10).all()


def test_outputs_that_do_not_rise_with_z_have_no_line_between_classes() -> None:
    for activation in ("ReLU", "SiLU"):
        experiment = network_of((2, "Tanh"), (3, activation), loss="CrossEntropyLoss")
        assert lines_of(experiment, WarpStage(0, (0, 1)), CLASSES)[0] == ()


def test_two_outputs_are_the_same_on_the_diagonal_of_their_own_plane() -> None:
    experiment = network_of((3, "Tanh"), (2, "Softmax"), loss="CrossEntropyLoss")
    (line,), _, _ = lines_of(experiment, WarpStage(1, (0, 1)), CLASSES)
    np.testing.assert_allclose(line.ends, [[-3, -3], [3, 3]] if line.ends[0][0] < 0 else [[3, 3], [-3, -3]])


def test_one_output_turns_on_a_line_along_the_other_axis() -> None:
    experiment = network_of((3, "Tanh"), (2, "Sigmoid"))
    (line,), _, _ = lines_of(experiment, WarpStage(1, (1, 0)), OUTPUT, 0.5)
    assert (line.across, line.up, line.rest, line.unit) == (0.0, 1.0, 0.5, 0)
    assert lines_of(experiment, WarpStage(1, (1, 0)), OutputReading(Kind.OUTPUT, 5), 0.5)[0] == ()


def test_there_is_none_where_z_goes_on_to_an_activation_and_none_out_of_sight() -> None:
    experiment = network_of((2, "Tanh"), (1, "Identity"))
    assert lines_of(experiment, WarpStage(0, (0, 1), is_activated=False), middle=0.0)[0] == ()
    assert lines_of(experiment, WarpStage(0, (0, 1)), middle=1e6)[0] == ()
    plain = network_of((2, "Identity"), (1, "Identity"))
    assert len(lines_of(plain, WarpStage(0, (0, 1), is_activated=False), middle=0.05)[0]) == 1
