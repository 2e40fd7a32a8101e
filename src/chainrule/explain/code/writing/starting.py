"""The state that training goes on from, in code: what optimizer and scheduler have kept of the iterations before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from chainrule.catalog.arguments import ArgumentValue
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.schedule import optimizer_setting
from chainrule.catalog.schedules.schedulers import PLATEAU, SEQUENTIAL, parts_of
from chainrule.catalog.values import refs
from chainrule.catalog.values.carried import trained_parameters
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.engine.program.program import Program
from chainrule.engine.state import TrainingState, initial_state
from chainrule.explain.code.writing.lines import Lines, indented, plain
from chainrule.explain.code.writing.literals import argument, number_code, tensor
from chainrule.explain.code.writing.network import parameter_code
from chainrule.explain.code.writing.optimizers import groups_of, is_torchs

_COUNTERS = ("best", "num_bad_epochs", "cooldown_counter")


def kept_tensors(
    experiment: Experiment, program: Program, values: Mapping[ValueRef, Tensor]
) -> dict[ValueRef, dict[str, Tensor]]:
    """Return what the optimizer keeps for each parameter in a state of these values, by torch's names."""
    described, found = values_of(experiment), dict[ValueRef, dict[str, Tensor]]()
    is_sgd = experiment.optimizer.name == "SGD" and is_torchs(experiment)
    for ref in program.memory:
        value = described[ref]
        if value.role is not Role.BUFFER:
            continue
        if is_sgd:
            step = values.get(refs.optimizer_state(value.owner.ref, "step"))
            # torch's SGD counts no steps, and has no buffer before the first.
            if value.name == "step" or (step is not None and not step.item()):
                continue
        found.setdefault(value.owner.ref, {})[value.name] = values[ref]
    return found


def _first_state(experiment: Experiment, program: Program) -> TrainingState:
    """Return what training begins with, wherever it computes: a script can be written without its device."""
    return initial_state(replace(experiment, device="cpu"), program)


def kept_numbers(experiment: Experiment, program: Program) -> dict[ValueRef, dict[str, Any]]:
    """Return what the optimizer has kept when training begins, as nested lists; empty where that is nothing."""
    if experiment.state is None or not experiment.state.values:
        return {}
    kept = kept_tensors(experiment, program, _first_state(experiment, program).values)
    return {ref: {name: value.tolist() for name, value in each.items()} for ref, each in kept.items()}


def start_lines(experiment: Experiment, program: Program, stored: bool) -> Lines:
    """Return the lines that put optimizer and scheduler where they were when the first iteration began."""
    if experiment.state is None or not trained_parameters(experiment):
        return []
    lines: Lines = []
    codes, moved = parameter_code(experiment), "device=device" if experiment.device != "cpu" else ""
    for ref, kept in kept_numbers(experiment, program).items():
        lines += plain(f"optimizer.state[{codes[ref]}] = {{")
        for name, numbers in kept.items():
            key = refs.optimizer_state(ref, name)
            scalar = not isinstance(numbers, list)
            start, more = f'"{name}": torch.tensor(', "" if scalar else moved
            text = f'"{name}": values["{key}"],' if stored and not scalar else tensor(numbers, start, "),", more)
            lines += indented(plain(*text.split("\n")))
        lines += plain("}")
    lines += _kept_gradients(experiment, program, stored)
    lines += _schedule(experiment, program)
    return [*plain(f"# What {experiment.first_iteration} iterations before have left."), *lines] if lines else []


def _kept_gradients(experiment: Experiment, program: Program, stored: bool) -> Lines:
    lines: Lines = []
    state, codes = _first_state(experiment, program), parameter_code(experiment)
    moved = "device=device" if experiment.device != "cpu" else ""
    for ref in trained_parameters(experiment):
        kept = state.values.get(refs.kept_gradient(ref))
        if kept is not None and kept.any():
            start = f"{codes[ref]}.grad = "
            beside = f'{start}values["{refs.kept_gradient(ref)}"]'
            text = beside if stored else tensor(kept.tolist(), f"{start}torch.tensor(", ")", moved)
            lines += plain(*text.split("\n"))
    return lines


def _schedule(experiment: Experiment, program: Program) -> Lines:
    choice = experiment.scheduler
    if choice is None:
        return []
    state = {ref: value.item() for ref, value in _first_state(experiment, program).values.items() if not value.dim()}
    interval = choice["interval"]
    every = experiment.data.accumulate if interval == "iteration" else batches_per_epoch(experiment.data)
    steps = experiment.first_iteration // every
    lines = plain(f"scheduler.last_epoch = {steps}")
    if choice.name == SEQUENTIAL:
        begins = [0, *map(int, choice.numbers("milestones"))]
        for place, (part, begin) in enumerate(zip(parts_of(choice), begins, strict=True)):
            lines += _part(f"scheduler._schedulers[{place}]", part.name, max(0, steps - begin))
    elif choice.name == PLATEAU:
        for name in _COUNTERS:
            value = state[refs.scheduler_state(name)]
            lines += plain(f"scheduler.{name} = {number_code(value) if name == 'best' else int(value)}")
        total = state.get(refs.scheduler_state("loss_sum"), 0.0)
        count = int(state.get(refs.scheduler_state("loss_count"), 0))
        if count:
            # Of the losses before, the sum and their number are all that a mean needs.
            lines += plain(f"losses = [{', '.join([number_code(total), *['0.0'] * (count - 1)])}]")
    else:
        lines = _part("scheduler", choice.name, steps)
    for place, settings in enumerate(settings_now(experiment, state)):
        group = f"optimizer.param_groups[{place}]"
        lines += plain(*(f'{group}["{name}"] = {argument(value)}' for name, value in settings.items()))
    return lines


def _part(scheduler: str, name: str, steps: int) -> Lines:
    # It counts within its cycle as well.
    restarts = name == "CosineAnnealingWarmRestarts"
    return plain(f"{scheduler}.step({steps})" if restarts else f"{scheduler}.last_epoch = {steps}")


def settings_now(experiment: Experiment, numbers: Mapping[ValueRef, float]) -> list[dict[str, ArgumentValue]]:
    """Return what a scheduler has set each parameter group to, where these are the numbers of now."""
    described, found = values_of(experiment), list[dict[str, ArgumentValue]]()
    for members, own in groups_of(experiment):
        settings: dict[str, ArgumentValue] = {}
        if members:
            rate = optimizer_setting(experiment, described[members[0]], "lr")
            settings |= {"lr": numbers[rate]} if rate in numbers else {}
        if refs.MOMENTUM in numbers:
            settings["momentum"] = numbers[refs.MOMENTUM]
        if refs.BETA1 in numbers:
            betas = own.get("betas", experiment.optimizer.arguments["betas"])
            assert isinstance(betas, tuple)
            settings["betas"] = (numbers[refs.BETA1], betas[1])
        found.append(settings)
    return found
