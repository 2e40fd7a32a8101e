"""The micro-steps of gradients that add up over several batches before an update, as torch's `.grad` does."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.steps import MicroStep


def update_gradient(experiment: Experiment, parameter: ValueRef) -> ValueRef:
    """Return the gradient that an update goes by, before it is clipped: the batch's, or the sum of several."""
    gradient = refs.grad(parameter)
    return gradient if experiment.data.accumulate == 1 else refs.accumulated(gradient)


def adding_steps(experiment: Experiment, trained: Sequence[ValueRef], *, updates: bool) -> list[MicroStep]:
    """Return each gradient added to those that are kept: for the update that follows,
    or to be kept for the next batch.
    """
    if experiment.data.accumulate == 1:
        return []
    found = []
    for parameter in trained:
        kept, gradient = refs.kept_gradient(parameter), refs.grad(parameter)
        writes = refs.accumulated(gradient) if updates else refs.next_value(kept)
        found.append(MicroStep(StepKind.ACCUMULATED_GRADIENT, writes, (kept, gradient), torch.add))
    return found


def zeroing_steps(experiment: Experiment, trained: Sequence[ValueRef]) -> list[MicroStep]:
    """Return the steps of `zero_grad` after an update: the sum begins anew."""
    if experiment.data.accumulate == 1:
        return []
    return [
        MicroStep(
            StepKind.ZERO_GRAD,
            refs.next_value(refs.kept_gradient(parameter)),
            (refs.kept_gradient(parameter),),
            torch.zeros_like,
        )
        for parameter in trained
    ]
