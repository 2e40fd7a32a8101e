"""Training as torch's documentation has it, for every experiment: the oracle of whole experiments.

`nn.Linear`, modules and criteria by name (`oracles`), `backward`, `torch.nn.utils`, `torch.optim`, `lr_scheduler`. It
shares with the program the experiment, the first parameters and which rows a batch takes, and none of its tables. What
torch.optim computes on its way and forgets is read from the frames of its functions.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType, SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from chainrule.catalog.experiment.spec import Experiment
from tests.engine import oracles
from tests.engine.oracles import float64_scalars
from tests.engine.program.test_optimizers import EXACTLY, LOCALS

FLOAT64 = torch.float64
Values = dict[str, Tensor]
# Optimizers that shrink the parameter itself, and have no argument that says so.
DECOUPLED = ("AdamW", "Adafactor", "ASGD", "Muon")


class Network(nn.Module):
    """Linear layers and activations under the keys that the parameters have."""

    def __init__(self, experiment: Experiment, parameters: Mapping[str, Tensor]) -> None:
        super().__init__()
        dtype, fan_in = getattr(torch, experiment.dtype), experiment.network.inputs
        self.layers = nn.ModuleList()
        for spec in experiment.network.layers:
            layer = nn.Linear(fan_in, spec.units, bias=spec.bias, dtype=dtype)
            layer.activation = oracles.activation(spec.activation, dtype)
            self.layers.append(layer)
            fan_in = spec.units
        self.load_state_dict(dict(parameters))

    def forward(self, x: Tensor) -> Values:
        """Each layer's z and a."""
        values = {}
        for index, layer in enumerate(self.layers):
            values[f"layers.{index}.pre_activation"] = z = layer(x)
            values[f"layers.{index}.activation"] = x = layer.activation(z)
        return values


class Loop:
    """One training run."""

    def __init__(self, experiment: Experiment, parameters: Mapping[str, Tensor], batches: int) -> None:
        self.experiment, self.batches = experiment, batches
        self.network = Network(experiment, parameters)
        self.criterion = oracles.loss(experiment.loss)
        dtype = getattr(torch, experiment.dtype)
        self.inputs = torch.tensor(experiment.data.inputs, dtype=dtype)
        self.targets = torch.tensor(experiment.data.targets, dtype=dtype)
        named = dict(self.network.named_parameters())
        for ref in experiment.frozen:
            named[ref].requires_grad_(False)
        self.trained = {ref: p for ref, p in named.items() if p.requires_grad}
        groups = self.groups()
        with float64_scalars():
            self.optimizer = oracles.optimizer(experiment.optimizer, list(groups.values()))  # type: ignore[arg-type]
        self.group_of = dict(zip(groups, self.optimizer.param_groups, strict=True))
        choice = experiment.scheduler
        self.scheduler = None if choice is None else oracles.scheduler(choice, self.optimizer, batches)
        self.epoch_losses: list[float] = []

    def groups(self) -> dict[str, dict[str, Any]]:
        """A group for all layers, and one for each that has a learning rate of its own."""
        groups: dict[str, dict[str, Any]] = {"lr": {"params": []}}
        for index, layer in enumerate(self.experiment.network.layers):
            if layer.lr is not None:
                groups[f"layers.{index}.lr"] = {"params": [], "lr": layer.lr}
        for ref, parameter in self.trained.items():
            own = f"layers.{ref.split('.')[1]}.lr"
            groups[own if own in groups else "lr"]["params"].append(parameter)
        return groups

    def iteration(self, number: int, rows: tuple[int, ...]) -> Values:
        """Train on these rows, and return every value of the iteration."""
        self.network.zero_grad()
        x, target = self.inputs[list(rows)].requires_grad_(), self.targets[list(rows)]
        values: Values = self.network(x)
        for value in values.values():
            value.retain_grad()
        output = list(values.values())[-1]
        loss = self.criterion(output, target)
        loss.backward()
        differentiated = {**values, **self.trained, "input": x}
        values |= {f"{ref}.grad": value.grad for ref, value in differentiated.items() if value.grad is not None}
        values |= oracles.loss_terms(self.experiment.loss, output, target)
        values["loss"] = loss
        values = copied(values)
        values |= self.clip()
        values |= self.update(number)
        values |= self.schedule(number, loss.item())
        return values

    def clip(self) -> Values:
        """What torch.nn.utils makes of the gradients."""
        choice, found = self.experiment.clipping, Values()
        if choice is None or not self.trained:
            return found
        norm = getattr(nn.utils, choice.name)(list(self.trained.values()), **choice.arguments)
        if norm is not None:
            found["grad_norm"] = norm.to(FLOAT64)
            # Its documentation: all are scaled down, by the same factor, if their norm is too large.
            found["clip_coef"] = torch.clamp(choice.number("max_norm") / (found["grad_norm"] + 1e-6), max=1.0)
        found |= {f"{ref}.grad.clipped": p.grad for ref, p in self.trained.items() if p.grad is not None}
        return copied(found)

    def update(self, number: int) -> Values:
        """One parameter at a time, so that what torch computes on its way belongs to it."""
        before = copied(self.trained)
        gradients = {ref: p.grad for ref, p in self.trained.items()}
        for parameter in self.trained.values():
            parameter.grad = None
        found = Values()
        for ref, parameter in self.trained.items():
            parameter.grad, local = gradients[ref], dict[str, Any]()
            read = parameter.grad.clone() if parameter.grad is not None else None
            rate = self.group_with(parameter)["lr"]
            # ASGD's documentation: the rate of the first step is lr.
            state = {"eta": torch.tensor(rate, dtype=FLOAT64)} | copied(
                {n: v for n, v in self.optimizer.state[parameter].items() if isinstance(v, Tensor)}
            )
            with float64_scalars(), variables_of_torch(local):
                self.optimizer.step()
            parameter.grad = None
            made = {f"{name}.next": v for name, v in self.optimizer.state[parameter].items() if isinstance(v, Tensor)}
            made |= {"next": parameter, "grad": read, "": before[ref]}
            made |= state
            # SGD has no counter: every parameter steps in every iteration.
            made.setdefault("step.next", torch.tensor(number + 1.0, dtype=FLOAT64))
            made |= self.between(made, local, parameter)
            found |= {f"{ref}.{name}": value for name, value in made.items() if name not in ("", "grad")}
        return copied(found)

    def between(self, made: Values, local: dict[str, Any], parameter: Tensor) -> Values:
        """What lies between gradient and parameter: torch's variables, or what `EXACTLY` says of torch's own values."""
        dtype = parameter.dtype
        found = {
            name: as_tensor(value, dtype) for name, value in local.items() if isinstance(value, float | int | Tensor)
        }
        for name, known in LOCALS.items():
            found.update((name, found[variable]) for variable in known if variable in found)
        optimizer = self.experiment.optimizer
        choice = optimizer.replace(lr=self.group_with(parameter)["lr"])
        walk: Any = SimpleNamespace(choice=choice, locals=local, shape=tuple(parameter.shape), dtype=dtype)
        for name, formula in EXACTLY.items():
            try:
                found[name] = as_tensor(formula(walk, made), dtype)
            except (KeyError, ValueError):
                # Another optimizer's: this one has none of what the formula reads.
                continue
        # What the step subtracts, from the parameter as decoupled weight decay has left it.
        decoupled = choice.name in DECOUPLED or bool(choice.arguments.get("decoupled_weight_decay"))
        found["update"] = (found["decayed"] if decoupled else made[""]) - made["next"].detach()
        return found

    def group_with(self, parameter: Tensor) -> dict[str, Any]:
        """The parameter group that a parameter is in."""
        return next(g for g in self.optimizer.param_groups if any(p is parameter for p in g["params"]))

    def schedule(self, number: int, loss: float) -> Values:
        """The scheduler steps after each iteration, or after the last of an epoch."""
        choice = self.experiment.scheduler
        if choice is None or self.scheduler is None:
            return {}
        self.epoch_losses.append(loss)
        metric = sum(self.epoch_losses) / len(self.epoch_losses)
        plateau = choice.name == "ReduceLROnPlateau"
        if choice["interval"] == "iteration" or (number + 1) % self.batches == 0:
            self.epoch_losses = []
            with warnings.catch_warnings():
                # A sequence begins its parts in a way that torch itself calls outdated.
                warnings.simplefilter("ignore", UserWarning)
                self.scheduler.step(*([metric] if plateau else []))
        numbers = {f"{ref}.next": group["lr"] for ref, group in self.group_of.items()}
        first = self.group_of["lr"]
        numbers |= {"momentum.next": first.get("momentum"), "beta1.next": first.get("betas", [None])[0]}
        if plateau:
            for name in ("best", "num_bad_epochs", "cooldown_counter"):
                numbers[f"scheduler.{name}.next"] = getattr(self.scheduler, name)
            numbers["scheduler.metric"] = metric
            numbers["scheduler.loss_sum.next"] = sum(self.epoch_losses)
            numbers["scheduler.loss_count.next"] = len(self.epoch_losses)
        return {ref: torch.tensor(float(n), dtype=FLOAT64) for ref, n in numbers.items() if n is not None}


def as_tensor(value: float | Tensor, dtype: torch.dtype) -> Tensor:
    """Numbers are float64, arrays in the experiment's dtype."""
    if isinstance(value, Tensor):
        return value if value.dim() else value.to(FLOAT64)
    return torch.tensor(float(value), dtype=FLOAT64)


def copied(values: Mapping[str, Tensor]) -> Values:
    """What torch changes in place later stays here as it is."""
    return {ref: value.detach().clone() for ref, value in values.items() if value is not None}


@contextmanager
def variables_of_torch(found: dict[str, Any]) -> Iterator[None]:
    """What the functions of torch.optim have in their variables when they return, for a group that has a gradient."""

    def look(frame: FrameType, event: str, _: object) -> None:
        if event != "return" or not frame.f_code.co_name.startswith("_single_tensor_"):
            return
        # What is written out here goes parameter by parameter.
        if frame.f_locals.get("params", "param" in frame.f_locals):
            found.update(frame.f_locals)

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)
