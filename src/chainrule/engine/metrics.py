"""How well a network tells classes apart: which class it says, against the one that is true."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

from chainrule.catalog.experiment.answers import class_labels
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import ignored_class
from chainrule.catalog.losses import LOSSES

# With more classes than this only the accuracy is counted: the matrix would have millions of numbers.
MOST_CLASSES = 256


class Answer(Enum):
    """How outputs say a class, and targets the true one."""

    # The largest output of a row, and the row's class or the largest of its targets.
    LARGEST = "largest"
    # Each output for itself: above its threshold or not.
    YES_OR_NO = "yes or no"


@dataclass(frozen=True, slots=True)
class Classification:
    """Answers counted: `confusion[t][p]` of them say class p where t is true, or None where classes are too many.

    `classes` are their names. `count` answers were given, `right` of them true.
    """

    answer: Answer
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...] | None
    right: int
    count: int

    @property
    def accuracy(self) -> float:
        """The share of the answers that are right."""
        return self.right / self.count


def answer_of(experiment: Experiment) -> Answer | None:
    """Return how this experiment's outputs say a class; None where its loss does not ask for one."""
    loss, outputs = LOSSES[experiment.loss.name], experiment.network.outputs
    if loss.of_classes:
        return Answer.LARGEST
    if loss.decision is None:
        return None
    several = outputs > 1 and _one_hot(experiment.data.targets, loss.decision.target)
    return Answer.LARGEST if several else Answer.YES_OR_NO


def _one_hot(targets: Rows, threshold: float) -> bool:
    """Return whether each row says yes to exactly one output: then the outputs are classes, of which one is true."""
    return all(sum(target > threshold for target in row) == 1 for row in targets)


def classify(experiment: Experiment, answer: Answer, outputs: Tensor, targets: Tensor) -> Classification | None:
    """Count the answers of outputs (rows, out) to targets (rows, out), or (rows, 1) where they are class indices.

    Of outputs that are equally large the first counts, and an output at its threshold says no. Rows that the loss
    ignores do not count. None where an output is NaN, which says nothing, or where no row counts.
    """
    counted = counted_rows(experiment, targets)
    outputs, targets = outputs[counted], targets[counted]
    if outputs.isnan().any() or not len(outputs):
        return None
    classes = class_labels(experiment, largest=answer is Answer.LARGEST)
    predicted, true = (part.reshape(-1) for part in answers(experiment, answer, outputs, targets))
    confusion = _confusion(true, predicted, len(classes)) if len(classes) <= MOST_CLASSES else None
    return Classification(answer, classes, confusion, int((predicted == true).sum()), len(true))


def counted_rows(experiment: Experiment, targets: Tensor) -> Tensor:
    """Return which rows of targets count, (rows,): all but those of the class that the loss ignores."""
    ignored = ignored_class(experiment.loss)
    if targets.shape[1] != 1 or ignored is None:
        return torch.ones(len(targets), dtype=torch.bool, device=targets.device)
    return targets[:, 0] != ignored


def answers(experiment: Experiment, answer: Answer, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the classes that outputs (rows, out) say, and the true ones of rows that count.

    One a row, (rows, 1), or where each output says yes or no for itself (rows, out).
    """
    if answer is Answer.LARGEST:
        true = targets.long() if targets.shape[1] == 1 else targets.argmax(1, keepdim=True)
        return outputs.argmax(1, keepdim=True), true
    decision = LOSSES[experiment.loss.name].decision
    assert decision is not None
    return (outputs > decision.output).long(), (targets > decision.target).long()


def _confusion(true: Tensor, predicted: Tensor, classes: int) -> tuple[tuple[int, ...], ...]:
    counts = torch.bincount(true * classes + predicted, minlength=classes * classes)
    return tuple(map(tuple, counts.reshape(classes, classes).tolist()))
