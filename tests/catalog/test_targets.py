"""What each loss refuses as a target, and what targets become when another loss is chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.targets import (
    PROBABILITY_ACTIVATIONS,
    converted_targets,
    has_classes,
    needs_probabilities,
    targets_of,
)
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.engine.machine.check import check_experiment
from tests.experiments import usual


def experiment(loss: str, targets: Rows, outputs: int = 3, activation: str = "Identity", **changes: str) -> Experiment:
    network = NetworkSpec(1, (LayerSpec(outputs, usual(ACTIVATIONS, activation)),))
    inputs = tuple((float(row),) for row in range(len(targets)))
    return Experiment(network, DataSpec(inputs, targets), usual(LOSSES, loss), **changes)  # type: ignore[arg-type]


def refusal(wrong: Experiment) -> tuple[str, str]:
    with pytest.raises(SpecError) as error:
        check_experiment(wrong)
    return error.value.path, error.value.message


ROW = (0.0, 1.0, 0.0)
WRONG_CLASSES = [
    (((0.0,), (3.0,)), "$.data.targets[1][0]", "expected a class index, an integer from 0 to 2, got 3"),
    (((-1.0,),), "$.data.targets[0][0]", "expected a class index, an integer from 0 to 2, got -1"),
    (((1.0,), (0.5,)), "$.data.targets[1][0]", "expected a class index, an integer from 0 to 2, got 0.5"),
    (((1e30,),), "$.data.targets[0][0]", "expected a class index, an integer from 0 to 2, got 1e+30"),
]


@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "NLLLoss"])
@pytest.mark.parametrize(("targets", "path", "message"), WRONG_CLASSES)
def test_class_indices_out_of_range(loss: str, targets: Rows, path: str, message: str) -> None:
    assert refusal(experiment(loss, targets)) == (path, message)


@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "NLLLoss"])
def test_class_indices_in_range(loss: str) -> None:
    assert has_classes(check_experiment(experiment(loss, ((0.0,), (2.0,), (1.0,)))))
    assert has_classes(check_experiment(experiment(loss, ((0.0,),), outputs=1)))
    path, message = refusal(experiment(loss, ((1.0,),), outputs=1))
    assert path == "$.data.targets[0][0]"
    assert message == "expected the class index 0, got 1; a network needs an output for each class"


@pytest.mark.parametrize(
    ("targets", "path", "message"),
    [
        ((ROW, (0.5, 0.6, 0.0)), "$.data.targets[1]", "expected probabilities that sum to 1, got the sum 1.1"),
        (((0.0, 0.0, 0.0),), "$.data.targets[0]", "expected probabilities that sum to 1, got the sum 0"),
        ((ROW, (1.5, -0.5, 0.0)), "$.data.targets[1][0]", "expected a number from 0 to 1, got 1.5"),
        (((0.5, -0.5, 1.0),), "$.data.targets[0][1]", "expected a number from 0 to 1, got -0.5"),
    ],
)
def test_probabilities_that_are_none(targets: Rows, path: str, message: str) -> None:
    assert refusal(experiment("CrossEntropyLoss", targets)) == (path, message)


def test_the_sum_of_probabilities_may_be_off_by_rounding() -> None:
    third = (1 / 3, 1 / 3, 1 / 3)
    single = (0.3333333432674408,) * 3
    assert not has_classes(check_experiment(experiment("CrossEntropyLoss", (third,))))
    check_experiment(experiment("CrossEntropyLoss", (single,), dtype="float32"))
    assert refusal(experiment("CrossEntropyLoss", (single,)))[0] == "$.data.targets[0]"
    assert refusal(experiment("CrossEntropyLoss", ((0.333, 0.333, 0.333),), dtype="float32"))[1].endswith("0.999")


@pytest.mark.parametrize(("loss", "activation"), [("BCELoss", "Sigmoid"), ("BCEWithLogitsLoss", "Identity")])
def test_binary_cross_entropy_takes_targets_from_0_to_1(loss: str, activation: str) -> None:
    check_experiment(experiment(loss, ((0.0, 1.0, 0.5),), activation=activation))
    assert refusal(experiment(loss, (ROW, (0.0, 1.0, 1.25)), activation=activation)) == (
        "$.data.targets[1][2]",
        "expected a number from 0 to 1, got 1.25",
    )
    assert refusal(experiment(loss, ((-0.5, 1.0, 2.0),), activation=activation))[0] == "$.data.targets[0][0]"


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_bce_loss_takes_outputs_that_are_never_outside_0_to_1(activation: str) -> None:
    wanted = experiment("BCELoss", (ROW,), activation=activation)
    if activation in PROBABILITY_ACTIVATIONS:
        check_experiment(wanted)
        return
    assert refusal(wanted) == (
        "$.network.layers[0].activation",
        f"expected Sigmoid, Softmax or Hardsigmoid, whose outputs BCELoss can take: from 0 to 1, got {activation}; "
        "BCEWithLogitsLoss takes any outputs",
    )


def test_only_the_output_matters_to_bce_loss() -> None:
    network = NetworkSpec(1, (LayerSpec(2, Choice("Tanh")), LayerSpec(1, Choice("Sigmoid"))))
    check_experiment(replace(experiment("BCELoss", ((1.0,),)), network=network))


def test_hinge_targets_are_signs() -> None:
    check_experiment(experiment("HingeLoss", ((-1.0, 1.0, 1.0),)))
    wrong = experiment("HingeLoss", ((-1.0, 1.0, 1.0), ROW))
    assert refusal(wrong) == ("$.data.targets[1][0]", "expected -1 or 1, got 0")


@pytest.mark.parametrize("loss", [name for name in LOSSES if targets_of(Choice(name)) is not Targets.UNUSED])
def test_a_wrong_number_of_columns(loss: str) -> None:
    activation = "Sigmoid" if needs_probabilities(Choice(loss)) else "Identity"
    wide = experiment(loss, ((1.0, 0.0),), activation=activation)
    assert refusal(wide)[0] == "$.data.targets[0]"
    kind, narrow = targets_of(Choice(loss)), experiment(loss, ((1.0,),), activation=activation)
    if kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        check_experiment(narrow)
    else:
        assert refusal(narrow) == ("$.data.targets[0]", "expected 3 numbers, one for each output, got 1")
    if kind is Targets.CLASSES:
        assert refusal(experiment(loss, (ROW,))) == (
            "$.data.targets[0]",
            f"expected 1 number, a class index: {loss} takes no probabilities, got 3",
        )


def test_the_sum_of_outputs_takes_any_targets() -> None:
    for targets in ((0.0,), (7.0, -2.0, 0.5)):
        check_experiment(experiment("SumOfOutputs", (targets,)))


# ----------------------------------------------------------------------------------------------- another loss

ONE_HOT = ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
INDICES = ((1.0,), (0.0,))
SIGNS = ((-1.0, 1.0, -1.0), (1.0, -1.0, -1.0))
SOFT = ((0.25, 0.5, 0.25), (1.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("before", "targets", "loss", "after"),
    [
        ("MSELoss", ONE_HOT, "NLLLoss", INDICES),
        ("CrossEntropyLoss", ONE_HOT, "NLLLoss", INDICES),
        ("CrossEntropyLoss", SOFT, "NLLLoss", SOFT),
        ("CrossEntropyLoss", INDICES, "NLLLoss", INDICES),
        ("NLLLoss", INDICES, "CrossEntropyLoss", INDICES),
        ("MSELoss", ONE_HOT, "CrossEntropyLoss", ONE_HOT),
        ("CrossEntropyLoss", INDICES, "MSELoss", ONE_HOT),
        ("NLLLoss", INDICES, "BCEWithLogitsLoss", ONE_HOT),
        ("NLLLoss", INDICES, "HingeLoss", SIGNS),
        ("MSELoss", ONE_HOT, "HingeLoss", SIGNS),
        ("HingeLoss", SIGNS, "BCEWithLogitsLoss", ONE_HOT),
        ("HingeLoss", SIGNS, "MSELoss", SIGNS),
        ("MSELoss", SOFT, "HingeLoss", SOFT),
        ("CrossEntropyLoss", INDICES, "SumOfOutputs", INDICES),
        ("SumOfOutputs", INDICES, "L1Loss", ONE_HOT),
        ("SumOfOutputs", ((0.5,), (7.0,)), "L1Loss", ((0.5,), (7.0,))),
    ],
)
def test_targets_of_another_loss(before: str, targets: Rows, loss: str, after: Rows) -> None:
    assert converted_targets(experiment(before, targets), Choice(loss)) == after


def test_one_output_keeps_its_targets() -> None:
    for loss in LOSSES:
        assert converted_targets(experiment("MSELoss", ((0.5,),), outputs=1), Choice(loss)) == ((0.5,),)
    assert converted_targets(experiment("NLLLoss", ((0.0,),), outputs=1), Choice("MSELoss")) == ((0.0,),)
