"""Targets of each kind in files and under edits: flat class indices, none at all, another loss, another width."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.files.storage import decode_experiment, encode_experiment


def file(loss: str, outputs: int = 3, **data: Any) -> bytes:
    return json.dumps(
        {
            "format": "chainrule-experiment",
            "version": 1,
            "network": {"inputs": 1, "layers": [{"units": outputs, "activation": {"name": "Identity"}}]},
            "data": {"inputs": [[1], [2], [3]], **data},
            "loss": {"name": loss},
            "optimizer": {"name": "SGD", "lr": 0.1},
        }
    ).encode()


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(SpecError) as error:
        check_experiment(decode_experiment(data))
    return error.value.path, error.value.message


@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "NLLLoss"])
def test_class_indices_may_be_flat(loss: str) -> None:
    experiment = check_experiment(decode_experiment(file(loss, targets=[0, 2, 1])))

    assert experiment.data.targets == ((0.0,), (2.0,), (1.0,))
    written = json.loads(encode_experiment(experiment))
    assert written["data"]["targets"] == [[0], [2], [1]]
    assert check_experiment(decode_experiment(encode_experiment(experiment))) == experiment
    assert decode_experiment(file(loss, targets=[[0], [2], [1]])).data == experiment.data


def test_flat_targets_are_class_indices_only() -> None:
    assert refusal(file("MSELoss", outputs=1, targets=[0, 2, 1]))[0] == "$.data.targets[0]"
    assert refusal(file("CrossEntropyLoss", targets=[0, "2", 1])) == (
        "$.data.targets[1]",
        "expected a number, got text",
    )
    assert refusal(file("CrossEntropyLoss", targets=[0, [2], 1]))[0] == "$.data.targets[0]"
    assert refusal(file("CrossEntropyLoss", targets=[0, 3, 1])) == (
        "$.data.targets[1][0]",
        "expected a class index, an integer from 0 to 2, got 3",
    )
    assert refusal(file("CrossEntropyLoss", targets=[0, 1]))[0] == "$.data.targets"


def test_only_the_sum_of_outputs_needs_no_targets() -> None:
    experiment = check_experiment(decode_experiment(file("SumOfOutputs")))

    assert experiment.data.targets == ((0.0, 0.0, 0.0),) * 3
    assert decode_experiment(encode_experiment(experiment)).data == experiment.data
    assert refusal(file("MSELoss")) == ("$.data", 'missing key "targets"')
    assert refusal(file("SumOfOutputs", targets=None)) == ("$.data.targets", "expected a list, got null")
    assert refusal(file("SumOfOutputs", outputs=0))[0] == "$.network.layers[0].units"


# ------------------------------------------------------------------------------------------------------------- edits


def experiment(loss: str, targets: Rows, outputs: int) -> Experiment:
    inputs = tuple((float(row),) for row in range(len(targets)))
    network = NetworkSpec(1, (LayerSpec(outputs),))
    return check_experiment(Experiment(network, DataSpec(inputs, targets), Choice(loss)))


def initial(given: Experiment) -> Mapping[ValueRef, NestedNumbers]:
    return {
        ref: tuple(map(tuple, v.tolist())) if v.dim() > 1 else tuple(v.tolist())
        for ref, v in initial_parameters(given).items()
    }


def test_another_loss_takes_targets_along() -> None:
    one_hot = ((0.0, 1.0), (1.0, 0.0))
    start = experiment("MSELoss", one_hot, 2)
    for loss, targets in (
        ("CrossEntropyLoss", one_hot),
        ("NLLLoss", ((1.0,), (0.0,))),
        ("CrossEntropyLoss", ((1.0,), (0.0,))),
        ("HingeLoss", ((-1.0, 1.0), (1.0, -1.0))),
        ("BCEWithLogitsLoss", one_hot),
        ("MSELoss", one_hot),
    ):
        start = check_experiment(edits.set_loss(Choice(loss))(start))
        assert start.data.targets == targets


def test_what_cannot_be_told_otherwise_is_refused_in_words() -> None:
    start = experiment("MSELoss", ((0.5, 2.0),), 2)
    changed = edits.set_loss(Choice("NLLLoss"))(start)

    assert changed.data == start.data
    with pytest.raises(SpecError, match="expected 1 number, a class index: NLLLoss takes no probabil"):
        check_experiment(changed)


def test_another_number_of_outputs_keeps_classes() -> None:
    start = experiment("CrossEntropyLoss", ((1.0,), (0.0,)), 2)

    wider = check_experiment(shape_edits.set_units(0, 4, initial)(start))
    assert wider.data == start.data
    with pytest.raises(SpecError, match="expected the class index 0, got 1"):
        check_experiment(shape_edits.set_units(0, 1, initial)(start))


@pytest.mark.parametrize(
    ("loss", "targets", "wider"),
    [
        ("MSELoss", ((0.5, 2.0),), ((0.5, 2.0, 0.0),)),
        ("HingeLoss", ((-1.0, 1.0),), ((-1.0, 1.0, -1.0),)),
        ("CrossEntropyLoss", ((0.25, 0.75),), ((0.25, 0.75, 0.0),)),
    ],
)
def test_a_new_output_gets_a_target_that_its_loss_takes(loss: str, targets: Rows, wider: Rows) -> None:
    assert check_experiment(shape_edits.set_units(0, 3, initial)(experiment(loss, targets, 2))).data.targets == wider
