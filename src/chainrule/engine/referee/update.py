"""The update as it is usually written in torch: `torch.nn.utils`, `torch.optim` and `lr_scheduler`, by their names.

A layer with a learning rate of its own is a parameter group. What is carried goes by the refs of the trace, so that the
state of any iteration can be put in.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.batches import batches_per_epoch
from chainrule.catalog.experiment.numbers import LARGEST
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.expressions import NoValueError, parse_expression
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.engine.referee.formulas import FormulaLR, clip_by_formula
from chainrule.engine.referee.optimizers import make_optimizer
from chainrule.engine.referee.penalties import is_of

TensorsByRef = dict[ValueRef, Tensor]
# What clip_grad_norm_ adds to the norm, by its documentation.
CLIP_EPS = 1e-6
PLATEAU_STATE = ("best", "num_bad_epochs", "cooldown_counter")


class TorchUpdate:
    """Optimizer and scheduler over the parameters that are trained."""

    def __init__(self, experiment: Experiment, trained: Mapping[ValueRef, nn.Parameter]) -> None:
        self._experiment, self._trained = experiment, trained
        self._values = values_of(experiment)
        self._batches = batches_per_epoch(experiment.data)
        layers = enumerate(experiment.network.layers)
        own = {refs.layer_lr(index): layer.lr for index, layer in layers if layer.lr is not None}
        groups: dict[tuple[ValueRef, int | None], dict[str, Any]] = {(refs.LR, None): {"params": []}}
        groups |= {(ref, None): {"params": [], "lr": lr} for ref, lr in own.items()}
        for ref, parameter in trained.items():
            layer = self._values[ref].layer
            rate = refs.LR if layer is None else refs.layer_lr(layer)
            index, arguments = _named_group(experiment, ref)
            if index is not None and "lr" in arguments:
                rate = refs.group_setting(index, "lr")
            elif rate in own:
                arguments = {"lr": own[rate], **arguments}
            else:
                rate = refs.LR
            groups.setdefault((rate, index), {"params": [], **arguments})["params"].append(parameter)
        choice = experiment.optimizer
        with float64_scalars():
            self._optimizer = make_optimizer(choice, list(groups.values()))
        self._groups = dict(zip(groups, self._optimizer.param_groups, strict=True))
        schedule = experiment.scheduler
        every = experiment.data.accumulate
        self._scheduler: Any = schedule and make_scheduler(schedule, self._optimizer, self._batches, every)
        self._losses: list[float] = []
        # Gradients that are added up for a later update.
        self._sums: dict[ValueRef, Tensor] = {}
        # Whether torch could not make a step: what it knows from then on is of no use.
        self.gave_up = False

    def step(self, iteration: int, loss: float, given: Mapping[ValueRef, Tensor] | None = None) -> TensorsByRef:
        """Clip, update and schedule: what each of them makes, by ref.

        The optimizer takes clipped gradients from `given`, if that is told; else those that clipping has made here.
        """
        added, updates = self._add_up(iteration)
        if not updates:
            choice = self._experiment.scheduler
            by_epoch = choice is not None and choice["interval"] == "epoch"
            return added | (self._schedule(iteration, loss) if by_epoch else {})
        with _Overflowing(LARGEST[self._experiment.dtype]):
            found = added | self._clip()
            if given is not None and self._experiment.clipping is not None:
                found = {ref: value.detach().clone() for ref, value in found.items()}
                for ref, parameter in self._trained.items():
                    parameter.grad = given[refs.clipped(refs.grad(ref))].clone()
            with float64_scalars():
                try:
                    self._optimizer.step()
                except ArithmeticError:
                    # torch computes its rates with Python's numbers, where a power that is too large is an error.
                    self.gave_up = True
                    return {ref: value.detach().clone() for ref, value in found.items()}
        for ref, parameter in self._trained.items():
            found[refs.next_value(ref)] = parameter
            for name, value in self._optimizer.state[parameter].items():
                if isinstance(value, Tensor):
                    found[refs.next_value(refs.optimizer_state(ref, name))] = value
        if self._scheduler is not None:
            found |= self._schedule(iteration, loss)
        return {ref: value.detach().clone() for ref, value in found.items()}

    def _add_up(self, iteration: int) -> tuple[TensorsByRef, bool]:
        """Return each gradient added to those of the batches before, and whether an update follows,
        which they are for.
        """
        count, found = self._experiment.data.accumulate, dict[ValueRef, Tensor]()
        if count == 1:
            return found, True
        updates = (iteration + 1) % count == 0
        for ref, parameter in self._trained.items():
            if parameter.grad is None:
                continue
            total = self._sums.get(ref, torch.zeros_like(parameter)) + parameter.grad
            self._sums[ref] = torch.zeros_like(total) if updates else total
            found[refs.next_value(refs.kept_gradient(ref))] = self._sums[ref]
            if updates:
                parameter.grad = total
                found[refs.accumulated(refs.grad(ref))] = total
        return {ref: value.detach().clone() for ref, value in found.items()}, updates

    def _clip(self) -> TensorsByRef:
        choice, found = self._experiment.clipping, dict[ValueRef, Tensor]()
        # Of no gradients at all, clip_grad_value_ refuses to clip any: nothing is trained, or the outputs overflowed.
        if choice is None or all(parameter.grad is None for parameter in self._trained.values()):
            return found
        parameters, torchs = list(self._trained.values()), getattr(nn.utils, choice.name, None)
        entry = CLIPPINGS[choice.name]
        norm = clip_by_formula(entry, choice, parameters) if torchs is None else torchs(parameters, **choice.arguments)
        if norm is not None:
            norm = norm.to("cpu", torch.float64)
            found[refs.GRAD_NORM] = norm
            if torchs is not None:
                found[refs.CLIP_COEFFICIENT] = (choice.number("max_norm") / (norm + CLIP_EPS)).clamp(max=1.0)
            elif entry.coefficient:
                share = entry.share(choice, norm.item())
                found[refs.CLIP_COEFFICIENT] = torch.tensor(share, dtype=torch.float64)
        for ref, parameter in self._trained.items():
            if parameter.grad is not None:
                found[refs.clipped(refs.grad(ref))] = parameter.grad
        return found

    # The schedule

    def _schedule(self, iteration: int, loss: float) -> TensorsByRef:
        choice = self._experiment.scheduler
        assert choice is not None
        by_epoch = choice["interval"] == "epoch"
        ends = not by_epoch or (iteration + 1) % self._batches == 0
        self._losses.append(loss)
        mean = sum(self._losses) / len(self._losses)
        if ends:
            self._losses.clear()
            with _quiet():
                try:
                    self._scheduler.step(*([mean] if choice.name == "ReduceLROnPlateau" else []))
                except ValueError:
                    # OneCycleLR refuses: there are no next settings, and nothing after them.
                    self.gave_up = True
        numbers: dict[ValueRef, float] = {}
        if choice.name == "ReduceLROnPlateau":
            plateau = refs.scheduler_state
            numbers = {refs.next_value(plateau(name)): getattr(self._scheduler, name) for name in PLATEAU_STATE}
            numbers[plateau("metric")] = mean
            numbers[refs.next_value(plateau("loss_sum"))] = sum(self._losses)
            numbers[refs.next_value(plateau("loss_count"))] = len(self._losses)
        settings = dict.fromkeys(self.settings(), math.nan) if self.gave_up else self.settings()
        numbers |= {refs.next_value(ref): number for ref, number in settings.items()}
        return {ref: torch.tensor(number, dtype=torch.float64) for ref, number in numbers.items()}

    def settings(self) -> dict[ValueRef, float]:
        """Return what the groups are set to: learning rates, and the first group's momentum or beta1."""
        found = {rate: group["lr"] for (rate, _), group in self._groups.items()}
        first = self._groups[refs.LR, None]
        if "betas" in first:
            found[refs.BETA1] = first["betas"][0]
        elif "momentum" in first:
            found[refs.MOMENTUM] = first["momentum"]
        return found

    def restore(self, iteration: int, memory: Mapping[ValueRef, Tensor]) -> None:
        """Put optimizer and scheduler where the trace is when an iteration begins: what it carries, by ref."""
        kept = {refs.kept_gradient(ref): ref for ref in self._trained}
        self._sums = {kept[ref]: value.clone() for ref, value in memory.items() if ref in kept}
        for ref, value in memory.items():
            described = self._values[ref]
            if described.role is not Role.BUFFER:
                continue
            parameter, name = described.owner.ref, described.name
            if parameter in self._trained and self._keeps(memory, parameter, name):
                self._optimizer.state[self._trained[parameter]][name] = value.clone()
        if self._scheduler is None:
            return
        interval = self._experiment.scheduler and self._experiment.scheduler["interval"]
        every = self._experiment.data.accumulate if interval == "iteration" else self._batches
        restore_scheduler(self._scheduler, iteration // every)
        for name in PLATEAU_STATE:
            if refs.scheduler_state(name) in memory:
                number = memory[refs.scheduler_state(name)].item()
                setattr(self._scheduler, name, number if name == "best" else int(number))
        # Of the losses before, the sum and their number are all that a mean needs.
        count = int(memory.get(refs.scheduler_state("loss_count"), torch.zeros(())).item())
        if count:
            self._losses = [memory[refs.scheduler_state("loss_sum")].item(), *[0.0] * (count - 1)]
        for (rate, _), group in self._groups.items():
            group["lr"] = memory[rate].item() if rate in memory else group["lr"]
        for group in self._groups.values():
            if refs.MOMENTUM in memory:
                group["momentum"] = memory[refs.MOMENTUM].item()
            if refs.BETA1 in memory:
                group["betas"] = (memory[refs.BETA1].item(), *group["betas"][1:])

    def _keeps(self, memory: Mapping[ValueRef, Tensor], parameter: ValueRef, name: str) -> bool:
        """Return whether torch keeps that state now: its SGD counts no steps, and has no buffer before the first."""
        if self._experiment.optimizer.name != "SGD":
            return True
        step = memory.get(refs.optimizer_state(parameter, "step"))
        return name != "step" and (step is None or step.item() > 0)


def _named_group(experiment: Experiment, parameter: ValueRef) -> tuple[int | None, dict[str, Any]]:
    """Return the group with a pattern of the parameter, by its place, and its arguments."""
    for index, given in enumerate(experiment.parameter_groups):
        if is_of(given.parameters, parameter):
            return index, dict(given.arguments)
    return None, {}


def make_scheduler(choice: Choice, optimizer: torch.optim.Optimizer, batches: int, every: int = 1) -> Any:
    """Return the scheduler of `torch.optim.lr_scheduler` by its name; `batches` are the iterations of an epoch, `every`
    those of an update.
    """
    arguments: dict[str, Any] = dict(choice.arguments)
    interval = arguments.pop("interval")
    if choice.name == "SequentialLR":
        parts = [
            make_scheduler(part.replace(interval=interval), optimizer, batches, every)
            for part in arguments["schedulers"]
        ]
        arguments = {"schedulers": parts, "milestones": list(arguments["milestones"])}
    if choice.name == "LambdaLR":
        expression = parse_expression(str(arguments["lr_lambda"]))

        def factor(step: int) -> float:
            iteration, epoch = (step, step * every // batches) if interval == "iteration" else (step * batches, step)
            try:
                return expression.evaluate(iteration, epoch)
            except NoValueError:
                return math.nan

        arguments["lr_lambda"] = factor
    if choice.name == "CyclicLR":
        arguments |= _heights(choice)
    made = getattr(torch.optim.lr_scheduler, choice.name, None)
    if made is None:
        return FormulaLR(optimizer, SCHEDULERS[choice.name], choice, str(interval), batches)
    return made(optimizer, **arguments)


def _heights(choice: Choice) -> dict[str, Any]:
    """Return what scales the triangles of `CyclicLR`, where torch's own function raises once its power is too large."""
    if choice["mode"] == "triangular2":
        return {"scale_fn": lambda cycle: 2.0 ** (1.0 - cycle), "scale_mode": "cycle"}
    if choice["mode"] != "exp_range":
        return {}
    gamma = choice.number("gamma")

    def shrunk(step: float) -> float:
        try:
            return math.pow(gamma, step)
        except OverflowError:
            return math.inf

    return {"scale_fn": shrunk, "scale_mode": "iterations"}


def restore_scheduler(scheduler: Any, steps: int) -> None:
    """Put a scheduler where it is after so many steps; the learning rates are put in by themselves."""
    if isinstance(scheduler, torch.optim.lr_scheduler.SequentialLR):
        scheduler.last_epoch = steps
        begins = [0, *scheduler._milestones]
        for part, begin in zip(scheduler._schedulers, begins, strict=False):
            restore_scheduler(part, max(0, steps - begin))
    elif isinstance(scheduler, torch.optim.lr_scheduler.CosineAnnealingWarmRestarts):
        with _quiet():
            scheduler.step(steps)
    else:
        scheduler.last_epoch = steps


class _Overflowing(TorchFunctionMode):
    """Lets a rate that the dtype cannot hold be infinite, or NaN, as in any product: as `alpha` torch refuses it."""

    def __init__(self, largest: float) -> None:
        super().__init__()
        self._largest = largest

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*map(self._within, args), **{name: self._within(value) for name, value in (kwargs or {}).items()})

    def _within(self, value: Any) -> Any:
        # The optimizers that compute on all parameters at once hand over a list of numbers.
        if isinstance(value, list):
            return [self._within(item) for item in value]
        # What Python makes of a negative number to a power with a fraction. A trace has no such number.
        if isinstance(value, complex):
            return math.nan
        return math.copysign(math.inf, value) if isinstance(value, float) and abs(value) > self._largest else value


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence torch inside: a sequence begins its parts in a way that torch itself calls outdated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@contextmanager
def float64_scalars() -> Iterator[None]:
    """Let torch.optim keep counters and running products in float64, as the trace does; float32 is its default."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
