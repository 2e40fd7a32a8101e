"""A schedule at work: what it sets first, what it makes of each number at each step, and a look ahead.

Everything here is plain floats. A scheduler steps after the update of each iteration, or of the last of each epoch, and
acts on the learning rate of every parameter group: the experiment's own, and that of each layer with one of its own.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.groups import group_settings, setting_ref, with_group
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.plateau import BAD, BEST, COOLDOWN, LOSS_COUNT, LOSS_SUM, first_best
from chainrule.catalog.schedules.rules import (
    ScheduledGroup,
    ScheduledNumber,
    ScheduleStep,
    past_the_end,
    unchanged_number,
    waits,
)
from chainrule.catalog.schedules.schedulers import PLATEAU, SCHEDULERS, SEQUENTIAL, Scheduler, parts_of
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value


class _Course(NamedTuple):
    """One scheduled number: what it is set to first, and where each part of the schedule begins."""

    first: float
    bases: tuple[float, ...]
    group: ScheduledGroup


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of an experiment, but for a plateau's: a function of the iteration.

    It steps once in `every` iterations: with each epoch, which has `batches`, or with each update.
    """

    parts: tuple[Choice, ...]
    milestones: tuple[int, ...]
    interval: str
    batches: int
    every: int
    courses: Mapping[ValueRef, _Course]

    def steps_before(self, iteration: int) -> int:
        """Return how often the scheduler has stepped when an iteration begins."""
        return iteration // self.every

    def rule(self, ref: ValueRef, now: float, iteration: int) -> ScheduledNumber:
        """Return what becomes of a number at the end of an iteration."""
        step = self.steps_before(iteration + 1)
        if step == self.steps_before(iteration):
            return waits(now, iteration, self.batches)
        return self.step(ref, now, step)

    def step(self, ref: ValueRef, now: float, step: int) -> ScheduledNumber:
        """Return what the scheduler's step makes of a number.

        At a milestone the next part begins, from its own base.
        """
        index = bisect_right(self.milestones, step)
        course, part = self.courses[ref], self.parts[index]
        begin = self.milestones[index - 1] if index else 0
        local, base = step - begin, course.bases[index]
        iteration = local if self.interval == "iteration" else local * self.batches
        epoch = local * self.every // self.batches if self.interval == "iteration" else local
        entry = SCHEDULERS[part.name]
        step_of_schedule = ScheduleStep(base if not local else now, base, course.group, local, iteration, epoch)
        if ref in (refs.MOMENTUM, refs.BETA1):
            if entry.momentum is None or not part["cycle_momentum"]:
                return unchanged_number(now, f"{part.name} does not change {{what}}")
            return entry.momentum(part, step_of_schedule)
        assert entry.rule is not None
        return entry.rule(part, step_of_schedule)

    def part(self, iteration: int) -> tuple[Choice, int, int]:
        """Return the part that acts at the end of an iteration, its own count of steps, and the schedule's."""
        step = self.steps_before(iteration + 1)
        index = bisect_right(self.milestones, step)
        return self.parts[index], step - (self.milestones[index - 1] if index else 0), step

    def numbers(self, ref: ValueRef) -> Iterator[float]:
        """Yield the number after 0, 1, 2, ... steps, without end."""
        now, step = self.courses[ref].first, 0
        while True:
            yield now
            step += 1
            now = self.step(ref, now, step).value


def schedule_of(experiment: Experiment) -> Schedule | None:
    """Return the schedule, or None where there is none, or one that depends on the loss."""
    choice = experiment.scheduler
    if choice is None or choice.name == PLATEAU:
        return None
    parts = parts_of(choice)
    milestones = choice.numbers("milestones") if choice.name == SEQUENTIAL else ()
    whole = tuple(int(milestone) for milestone in milestones)
    first = bisect_right(whole, 0)
    courses = {ref: _course(parts, first, lr) for ref, lr in rates(experiment).items()}
    momentum = _momentum_ref(experiment, parts)
    if momentum is not None:
        courses[momentum] = _momentum_course(parts, first)
    interval, batches = str(choice["interval"]), batches_per_epoch(experiment.data)
    every = batches if interval == "epoch" else experiment.data.accumulate
    return Schedule(parts, whole, interval, batches, every, courses)


def rates(experiment: Experiment) -> dict[ValueRef, float]:
    """Return the learning rates that are set, each a parameter group's: the optimizer's, and those of layers."""
    layers = enumerate(experiment.network.layers)
    own = {refs.layer_lr(index): layer.lr for index, layer in layers if layer.lr is not None}
    of_groups = [refs.group_setting(index, refs.LR) for index in range(len(experiment.parameter_groups))]
    given = group_settings(experiment)
    groups = {ref: given[ref] for ref in of_groups if ref in given}
    return {refs.LR: experiment.optimizer.number("lr"), **own, **groups}


def refusal(experiment: Experiment, iteration: int, ref: ValueRef) -> str | None:
    """Say why a schedule has no number for `ref` at the end of an iteration.

    None where it has, or has no part in it.
    """
    schedule = schedule_of(experiment)
    if schedule is None or ref not in map(refs.next_value, schedule.courses):
        return None
    if schedule.steps_before(iteration + 1) == schedule.steps_before(iteration):
        return None
    part, local, _ = schedule.part(iteration)
    total = SCHEDULERS[part.name].steps(part)
    return None if total is None or local <= total else past_the_end(part, local, total)


def last_scheduled_iteration(experiment: Experiment) -> int | None:
    """Return the first iteration with no next learning rate at its end: none comes after it.

    None where there is no such.
    """
    schedule = schedule_of(experiment)
    if schedule is None:
        return None
    begins, ends = (0, *schedule.milestones), (*schedule.milestones, math.inf)
    for part, begin, end in zip(schedule.parts, begins, ends, strict=True):
        total = SCHEDULERS[part.name].steps(part)
        if total is not None and begin + total + 1 < end:
            step = begin + total + 1
            return step * schedule.every - 1
    return None


def schedule_settings(experiment: Experiment) -> object:
    """Return all that the scheduled numbers depend on: where it is the same, they go on as they are."""
    given = experiment.optimizer.arguments
    first = {name: given[name] for name in ("lr", "momentum", "betas") if name in given}
    own = tuple(rates(experiment).items())
    return experiment.scheduler, first, own, batches_per_epoch(experiment.data), experiment.data.accumulate


def _entries(parts: tuple[Choice, ...]) -> Iterator[tuple[Choice, Scheduler]]:
    return ((part, SCHEDULERS[part.name]) for part in parts)


def _course(parts: tuple[Choice, ...], first: int, lr: float) -> _Course:
    """Make the schedulers one after the other, as torch does, and then set the group back to its `initial_lr`."""
    group, bases, initial = ScheduledGroup(lr), list[float](), lr
    for part, entry in _entries(parts):
        group = entry.setup(part, group)
        initial = group.lr if group.initial_lr is None else group.initial_lr
        group = group._replace(initial_lr=initial)
        bases.append(initial)
    rule = SCHEDULERS[parts[first].name].rule
    assert rule is not None
    value = rule(parts[first], ScheduleStep(initial, bases[first], group, 0)).value
    return _Course(value, tuple(bases), group)


def _momentum_ref(experiment: Experiment, parts: tuple[Choice, ...]) -> ValueRef | None:
    """Return what is cycled: beta1 of an optimizer with betas, else its momentum; None where nothing is."""
    if not any(part.arguments.get("cycle_momentum") for part in parts):
        return None
    return refs.BETA1 if "betas" in experiment.optimizer.arguments else refs.MOMENTUM


def _momentum_course(parts: tuple[Choice, ...], first: int) -> _Course:
    """Return the momentum that schedulers set: each as it is made, and the first once more when it begins."""
    group, value = ScheduledGroup(0.0), 0.0
    for part, entry in _entries(parts):
        group = entry.setup(part, group)
        if entry.momentum is not None and part["cycle_momentum"]:
            value = entry.momentum(part, ScheduleStep(0.0, 0.0, group, 0)).value
    begins = SCHEDULERS[parts[first].name].momentum
    if begins is not None and parts[first]["cycle_momentum"]:
        value = begins(parts[first], ScheduleStep(0.0, 0.0, group, 0)).value
    return _Course(value, (value,) * len(parts), group)


def scheduled_values(experiment: Experiment, iteration: int = 0) -> dict[ValueRef, float]:
    """Return every number that the schedule carries, as it is when an iteration begins.

    A plateau's starts afresh there.
    """
    choice = experiment.scheduler
    if choice is None:
        return {}
    schedule = schedule_of(experiment)
    if schedule is None:
        counters = {BEST: first_best(choice), BAD: 0.0, COOLDOWN: 0.0}
        if averages(experiment):
            counters |= {LOSS_SUM: 0.0, LOSS_COUNT: 0.0}
        return rates(experiment) | {refs.scheduler_state(name): number for name, number in counters.items()}
    count = schedule.steps_before(iteration)
    return {ref: next(islice(schedule.numbers(ref), count, None)) for ref in schedule.courses}


def averages(experiment: Experiment) -> bool:
    """Return whether a plateau goes by the mean of several losses."""
    choice = experiment.scheduler
    return choice is not None and choice["interval"] == "epoch" and batches_per_epoch(experiment.data) > 1


def scheduled_optimizer(experiment: Experiment) -> Choice:
    """Return the optimizer as the scheduler's constructor leaves it: one whose momentum is cycled has one."""
    choice, schedule = experiment.optimizer, schedule_of(experiment)
    if schedule is None:
        return choice
    first = {ref: course.first for ref, course in schedule.courses.items()}
    choice = choice.replace(lr=first[refs.LR])
    if refs.MOMENTUM in first:
        choice = choice.replace(momentum=first[refs.MOMENTUM])
    if refs.BETA1 in first:
        choice = choice.replace(betas=(first[refs.BETA1], *choice.numbers("betas")[1:]))
    return choice


def optimizer_of(experiment: Experiment, parameter: ValueRef) -> Choice:
    """Return the optimizer that a parameter has, as the scheduler's constructor leaves it:
    with its group's arguments.
    """
    return optimizers_of(experiment, (parameter,))[parameter]


def optimizers_of(experiment: Experiment, parameters: Iterable[ValueRef]) -> dict[ValueRef, Choice]:
    """Return `optimizer_of` each of several parameters: what the scheduler does with it is found out once."""
    scheduled, cycled = scheduled_optimizer(experiment), _cycled(experiment)

    def of(parameter: ValueRef) -> Choice:
        own = with_group(experiment, parameter)
        if own is experiment.optimizer:
            return scheduled
        if cycled == refs.MOMENTUM:
            return own.replace(momentum=scheduled["momentum"])
        # What is cycled is the first of the betas alone.
        return own if cycled is None else own.replace(betas=(scheduled.numbers("betas")[0], *own.numbers("betas")[1:]))

    return {parameter: of(parameter) for parameter in parameters}


def optimizer_setting(experiment: Experiment, parameter: Value, name: str) -> ValueRef:
    """Return the value that a parameter's updates read for `lr`, `momentum` or `beta1`."""
    return setting_ref(experiment, parameter, name, is_cycled=name == _cycled(experiment))


def _cycled(experiment: Experiment) -> ValueRef | None:
    """Return which of momentum and beta1 the scheduler sets, if it sets one."""
    choice = experiment.scheduler
    return None if choice is None or choice.name == PLATEAU else _momentum_ref(experiment, parts_of(choice))


@dataclass(frozen=True, slots=True)
class Preview:
    """Each iteration's learning rate: the experiment's, and those of layers and groups with one of their own.

    `momentum` (or beta1) is empty where it does not change. `note` says what is not known beforehand.
    """

    lr: tuple[float, ...]
    own: Mapping[ValueRef, tuple[float, ...]]
    momentum: tuple[float, ...] = ()
    note: str = ""


def preview(experiment: Experiment, iterations: int) -> Preview:
    """Return the whole schedule of a checked experiment, before any training."""
    schedule = schedule_of(experiment)
    if schedule is None:
        note = "ReduceLROnPlateau waits for the loss: until it reduces, the learning rate stays." * bool(
            experiment.scheduler
        )
        flat = {ref: (lr,) * iterations for ref, lr in rates(experiment).items()}
        return Preview(flat[refs.LR], _without_main(flat), note=note)
    count = schedule.steps_before(max(0, iterations - 1)) + 1
    times, found = schedule.every, {}
    for ref in schedule.courses:
        numbers = islice(schedule.numbers(ref), count)
        found[ref] = tuple(islice((number for number in numbers for _ in range(times)), iterations))
    momentum = found.get(refs.MOMENTUM) or found.get(refs.BETA1) or ()
    return Preview(found[refs.LR], _without_main(found), momentum)


def _without_main(found: Mapping[ValueRef, tuple[float, ...]]) -> dict[ValueRef, tuple[float, ...]]:
    shared = (refs.LR, refs.MOMENTUM, refs.BETA1)
    return {ref: numbers for ref, numbers in found.items() if ref not in shared}
