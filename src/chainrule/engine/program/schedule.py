"""The schedule's micro-steps, at the end of an iteration: each carried number's next value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules import plateau
from chainrule.catalog.schedules.plateau import BAD, BEST, COOLDOWN, LOSS_COUNT, LOSS_SUM, METRIC, PlateauState
from chainrule.catalog.schedules.rules import ScheduledNumber, waits
from chainrule.catalog.schedules.schedule import averages, rates, schedule_of
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.steps import MicroStep


@dataclass(frozen=True, slots=True)
class Scheduled:
    """The computation of a micro-step: the number of a rule, whose formula and reason explain it."""

    rule: Callable[..., ScheduledNumber]

    def number(self, *read: float) -> float:
        """Compute the rule's number from the numbers that the step reads."""
        return self.rule(*read).value

    def __call__(self, *values: Tensor) -> Tensor:
        """Compute the same from values of the trace, each ()."""
        return torch.tensor(self.number(*[value.item() for value in values]), dtype=torch.float64)


def schedule_steps(experiment: Experiment) -> list[MicroStep]:
    """Return the steps of an experiment's scheduler, if it has one."""
    if experiment.scheduler is None:
        return []
    schedule = schedule_of(experiment)
    if schedule is None:
        return _plateau_steps(experiment, experiment.scheduler)

    def rule_of(ref: ValueRef) -> Callable[[float, float], ScheduledNumber]:
        return lambda now, iteration: schedule.rule(ref, now, int(iteration))

    return [_step(refs.next_value(ref), (ref, refs.ITERATION), rule_of(ref)) for ref in schedule.courses]


def _step(writes: ValueRef, reads: tuple[ValueRef, ...], rule: Callable[..., ScheduledNumber]) -> MicroStep:
    return MicroStep(StepKind.SCHEDULE, writes, reads, Scheduled(rule))


def _plateau_steps(experiment: Experiment, choice: Choice) -> list[MicroStep]:
    loss = experiment.network.loss_ref
    steps, metric = [], loss
    batches = batches_per_epoch(experiment.data) if choice["interval"] == "epoch" else 1
    if averages(experiment):
        metric, total, count = map(refs.scheduler_state, (METRIC, LOSS_SUM, LOSS_COUNT))
        steps = [
            _step(metric, (loss, total, count), plateau.mean_loss),
            _step(
                refs.next_value(total),
                (loss, total, refs.ITERATION),
                lambda loss, now, iteration: plateau.next_sum(_ends(iteration, batches), loss, now),
            ),
            _step(
                refs.next_value(count),
                (count, refs.ITERATION),
                lambda now, iteration: plateau.next_count(_ends(iteration, batches), now),
            ),
        ]
    best, bad, cooldown = map(refs.scheduler_state, (BEST, BAD, COOLDOWN))
    known = (metric, best, bad, cooldown, *((refs.ITERATION,) if batches > 1 else ()))
    counters = {best: plateau.next_best, bad: plateau.next_bad, cooldown: plateau.next_cooldown}
    for ref, following in counters.items():
        place = known.index(ref)
        steps.append(_step(refs.next_value(ref), known, partial(_next_counter, following, choice, place, batches)))
    for ref in rates(experiment):
        steps.append(_step(refs.next_value(ref), (ref, *known), partial(_next_rate, choice, batches)))
    return steps


def _ends(iteration: float, batches: int) -> bool:
    """Return whether an iteration is the last of its epoch."""
    return (int(iteration) + 1) % batches == 0


def _next_counter(
    following: Callable[[Choice, PlateauState], ScheduledNumber],
    choice: Choice,
    place: int,
    batches: int,
    *read: float,
) -> ScheduledNumber:
    """Return a counter of the plateau, where the scheduler steps; `place` is where it is among what is read."""
    if batches > 1 and not _ends(read[-1], batches):
        return waits(read[place], int(read[-1]), batches)
    return following(choice, PlateauState(*read[:4]))


def _next_rate(choice: Choice, batches: int, now: float, *read: float) -> ScheduledNumber:
    """Return a learning rate under the plateau, where the scheduler steps."""
    if batches > 1 and not _ends(read[-1], batches):
        return waits(now, int(read[-1]), batches)
    return plateau.next_lr(choice, now, PlateauState(*read[:4]))
