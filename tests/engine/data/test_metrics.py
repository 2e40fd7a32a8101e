"""Accuracy and confusion matrices, counted answer by answer here, and as arrays by NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.losses import LOSSES
from chainrule.engine import metrics
from chainrule.engine.metrics import Answer, Classification, answer_of, classify

REGRESSION = {
    "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "HalfSquaredError", "SumOfOutputs", "Formula",
}  # fmt: skip
CLASSES = {"CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "HingeLoss"}
# Ties, thresholds and their neighbours, zeros of both signs, and what saturates.
NUMBERS = st.sampled_from(
    [-1e30, -2.5, -1.0, -5e-324, -0.0, 0.0, 5e-324, 0.25, 0.5, math.nextafter(0.5, 1), 1.0, 3.0, math.inf]
)


def experiment(loss: str, targets: Any, outputs: int) -> Experiment:
    """An experiment of which loss, targets and outputs matter."""
    data = DataSpec(((0.0,),) * len(targets), tuple(map(tuple, targets)))
    return Experiment(NetworkSpec(1, (LayerSpec(outputs),)), data, loss=Choice(loss))


def counted(loss: str, targets: Any, outputs: Any) -> Classification:
    """What the engine says."""
    spec = experiment(loss, targets, len(outputs[0]))
    answer = answer_of(spec)
    assert answer is not None
    found = classify(
        spec, answer, torch.tensor(outputs, dtype=torch.float64), torch.tensor(targets, dtype=torch.float64)
    )
    assert found is not None
    return found


def tallied(pairs: list[tuple[int, int]], classes: int) -> tuple[list[list[int]], float]:
    """A confusion matrix and an accuracy by going through pairs of the true and the said class."""
    matrix = np.zeros((classes, classes), dtype=int)
    for true, said in pairs:
        matrix[true, said] += 1
    return matrix.tolist(), float(np.mean([true == said for true, said in pairs]))


def assert_counts(found: Classification, pairs: list[tuple[int, int]], classes: int) -> None:
    """The same counts as a tally."""
    matrix, accuracy = tallied(pairs, classes)
    assert found.confusion is not None
    assert [list(row) for row in found.confusion] == matrix
    assert found.accuracy == accuracy
    assert (found.right, found.count) == (np.trace(matrix), len(pairs))
    assert len(found.classes) == classes


def test_every_loss_is_one_of_classes_or_of_numbers() -> None:
    """A new loss fails here until it is said which it is."""
    assert set(LOSSES) <= REGRESSION | CLASSES
    for loss in REGRESSION:
        assert answer_of(experiment(loss, [[0.0, 1.0]], 2)) is None


@given(st.data(), st.integers(2, 5), st.integers(1, 8), st.sampled_from(["CrossEntropyLoss", "NLLLoss"]))
def test_the_largest_output_is_the_class(data: st.DataObject, classes: int, rows: int, loss: str) -> None:
    outputs = data.draw(st.lists(st.lists(NUMBERS, min_size=classes, max_size=classes), min_size=rows, max_size=rows))
    true = data.draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    found = counted(loss, [[float(one)] for one in true], outputs)
    # NumPy takes the first of several largest.
    assert_counts(found, list(zip(true, np.argmax(outputs, axis=1).tolist(), strict=True)), classes)
    assert found.classes == tuple(str(place) for place in range(classes))


def test_probabilities_mean_their_most_likely_class() -> None:
    targets = [[0.1, 0.7, 0.2], [0.6, 0.4, 0.0], [0.0, 0.0, 1.0]]
    found = counted("CrossEntropyLoss", targets, [[1.0, 5.0, 2.0], [0.0, 3.0, 0.0], [9.0, 0.0, 8.0]])
    assert_counts(found, [(1, 1), (0, 1), (2, 0)], 3)


@pytest.mark.parametrize(
    ("loss", "threshold", "no"), [("BCELoss", 0.5, 0.0), ("BCEWithLogitsLoss", 0.0, 0.0), ("HingeLoss", 0.0, -1.0)]
)
@given(data=st.data())
def test_one_output_says_yes_above_its_threshold(loss: str, threshold: float, no: float, data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(NUMBERS, st.booleans()), min_size=1, max_size=8))
    found = counted(loss, [[1.0 if yes else no] for _, yes in pairs], [[output] for output, _ in pairs])
    assert_counts(found, [(int(yes), int(output > threshold)) for output, yes in pairs], 2)
    assert found.answer is Answer.YES_OR_NO
    assert found.classes == (("−1", "1") if loss == "HingeLoss" else ("0", "1"))


@pytest.mark.parametrize("loss", ["BCELoss", "BCEWithLogitsLoss", "HingeLoss"])
def test_one_yes_in_each_row_makes_the_outputs_classes(loss: str) -> None:
    no = -1.0 if loss == "HingeLoss" else 0.0
    targets = [[no, 1.0, no], [1.0, no, no]]
    found = counted(loss, targets, [[0.1, 0.2, 0.3], [0.9, 0.8, 0.7]])
    assert found.answer is Answer.LARGEST
    assert_counts(found, [(1, 2), (0, 0)], 3)


@pytest.mark.parametrize(("loss", "said"), [("BCELoss", [0, 1, 1, 0]), ("BCEWithLogitsLoss", [1, 1, 1, 0])])
def test_other_rows_are_answers_of_yes_or_no_output_by_output(loss: str, said: list[int]) -> None:
    targets = [[1.0, 1.0], [1.0, 0.0]]
    found = counted(loss, targets, [[0.25, 0.75], [1.0, -1.0]])
    assert found.answer is Answer.YES_OR_NO
    assert_counts(found, list(zip([1, 1, 1, 0], said, strict=True)), 2)


def test_a_target_between_no_and_yes_counts_as_the_nearer() -> None:
    found = counted("BCELoss", [[0.9], [0.2]], [[0.6], [0.6]])
    assert_counts(found, [(1, 1), (0, 1)], 2)


def test_an_output_that_is_no_number_says_nothing() -> None:
    spec = experiment("CrossEntropyLoss", [[0.0], [1.0]], 2)
    outputs = torch.tensor([[1.0, 0.0], [math.nan, 1.0]])
    assert classify(spec, Answer.LARGEST, outputs, torch.tensor([[0.0], [1.0]])) is None


def test_very_many_classes_have_an_accuracy_and_no_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_CLASSES", 2)
    found = counted("CrossEntropyLoss", [[0.0], [2.0]], [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert (found.confusion, found.right, found.count, found.accuracy) == (None, 1, 2, 0.5)
