"""What is read from a network's outputs: a class, a probability, or a number; and what that is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.losses import LOSSES
from chainrule.engine.metrics import Answer
from chainrule.model.curves.data_points import DataPoints
from chainrule.model.timeline.downsampled_series import Floats

# So many outputs can be chosen from.
MOST_OUTPUTS = 128


class Kind(Enum):
    """What is read: which output is the largest, one of them as a probability, or one as it is."""

    CLASSES = "classes"
    PROBABILITY = "probability"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class OutputReading:
    """What of the outputs is drawn; `unit` is the output, counted from 0, where it is of one."""

    kind: Kind
    unit: int = 0


def readings(experiment: Experiment, answer: Answer | None, inputs: int) -> tuple[OutputReading, ...]:
    """Return what can be read from the outputs, which say a class in that way, with what is shown at first in front.

    Over one input classes have no line.
    """
    outputs = range(min(experiment.network.outputs, MOST_OUTPUTS))
    found = [OutputReading(Kind.CLASSES)] if answer is Answer.LARGEST and inputs > 1 else []
    if _is_logit(experiment) or _is_softmax(experiment):
        found += [OutputReading(Kind.PROBABILITY, unit) for unit in outputs]
    return (*found, *(OutputReading(Kind.OUTPUT, unit) for unit in outputs))


def _is_logit(experiment: Experiment) -> bool:
    """Return whether the loss itself takes the sigmoid of an output: then 0 stands for the probability 0.5."""
    decision = LOSSES[experiment.loss.name].decision
    return decision is not None and (decision.target, decision.output) == (0.5, 0.0)


def _is_softmax(experiment: Experiment) -> bool:
    """Return whether the loss itself takes the softmax of the outputs."""
    return any(term.name == "softmax" for term in LOSSES[experiment.loss.name].terms)


def read_outputs(experiment: Experiment, reading: OutputReading, outputs: Floats) -> Floats:
    """Return what is read from outputs (..., out) as (...): of classes their numbers, NaN where an output is NaN."""
    if reading.kind is Kind.CLASSES:
        found: Floats = np.where(np.isnan(outputs).any(axis=-1), np.nan, outputs.argmax(axis=-1))
        return found
    if reading.kind is Kind.OUTPUT:
        return outputs[..., reading.unit]
    given = torch.from_numpy(np.ascontiguousarray(outputs))
    if _is_logit(experiment):
        return torch.sigmoid(given[..., reading.unit]).numpy()
    return torch.softmax(given, -1)[..., reading.unit].numpy()


def lead_of(outputs: Floats, unit: int) -> Floats:
    """Return by how much an output is larger than the largest of the others; below 0 where it is smaller."""
    with np.errstate(over="ignore", invalid="ignore"):
        lead: Floats = outputs[..., unit] - np.delete(outputs, unit, axis=-1).max(axis=-1)
    return lead


def middle_of(experiment: Experiment, reading: OutputReading, points: DataPoints) -> float:
    """Return the number that what is read is compared with: there a line is drawn, and two colours meet."""
    decision = LOSSES[experiment.loss.name].decision
    if reading.kind is Kind.PROBABILITY:
        return 0.5
    if decision is not None:
        return decision.output
    if has_classes(experiment):
        return 0.0
    low, high = points.target_ranges[reading.unit]
    return 0.0 if low < 0 < high and not points.two_targets[reading.unit] else low / 2 + high / 2


def reach_of(experiment: Experiment, reading: OutputReading, points: DataPoints) -> float:
    """Return how far from the middle the targets are; 0 where they are no outputs to be compared with."""
    if reading.kind is Kind.PROBABILITY:
        return 0.5
    if not compares_with_targets(experiment, reading):
        return 0.0
    middle = middle_of(experiment, reading, points)
    return max(abs(end - middle) for end in points.target_ranges[reading.unit])


def compares_with_targets(experiment: Experiment, reading: OutputReading) -> bool:
    """Return whether what is read is to become the targets' numbers: no class, and no logit."""
    if reading.kind is Kind.PROBABILITY:
        return True
    return reading.kind is Kind.OUTPUT and not _is_logit(experiment) and not LOSSES[experiment.loss.name].of_classes
