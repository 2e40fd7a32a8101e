"""Which class the outputs of a row say, and which one is true; an array of all rows is counted by the engine."""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes, ignored_class
from chainrule.catalog.losses import LOSSES


def class_labels(experiment: Experiment, *, largest: bool) -> tuple[str, ...]:
    """Return what the classes are called: by the data's names, or by their numbers.

    With `largest` the largest of the outputs says the class; else each of them says yes or no.
    """
    named, outputs = experiment.data.names.classes, experiment.network.outputs
    if largest:
        return named if len(named) == outputs else tuple(map(str, range(outputs)))
    decision = LOSSES[experiment.loss.name].decision
    # Of several outputs each says yes or no for itself: their names are no answers.
    return named if (named and outputs == 1) or decision is None else decision.labels


def tells_classes(experiment: Experiment) -> bool:
    """Return whether the outputs say classes, one or several, and the targets which are true."""
    loss = LOSSES.get(experiment.loss.name)
    return not experiment.network.formula and loss is not None and (loss.of_classes or loss.decision is not None)


def tells_one_class(experiment: Experiment) -> bool:
    """Return whether the one target of a row is a class, and the outputs say one."""
    loss = LOSSES.get(experiment.loss.name)
    if experiment.network.formula or loss is None or len(experiment.data.targets[0]) != 1:
        return False
    return loss.of_classes if has_classes(experiment) else loss.decision is not None


def told_class(experiment: Experiment, outputs: Sequence[float]) -> int | None:
    """Return the class that the outputs of a row say: of equal ones the first. None where one is NaN."""
    if any(map(math.isnan, outputs)):
        return None
    if has_classes(experiment):
        return max(range(len(outputs)), key=outputs.__getitem__)
    decision = LOSSES[experiment.loss.name].decision
    return None if decision is None else int(outputs[0] > decision.output)


def true_class(experiment: Experiment, target: float) -> int | None:
    """Return the class that a target stands for; None of a row that does not count."""
    if has_classes(experiment):
        return None if target == ignored_class(experiment.loss) else int(target)
    decision = LOSSES[experiment.loss.name].decision
    return None if decision is None else int(target > decision.target)
