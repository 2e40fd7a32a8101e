"""What the two axes of a race can be: the optimizer's numbers, rates of layers and groups, the first weights' scale."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from chainrule.catalog.arguments import Number
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.model.editing import edits

LR, SCALE = "lr", "initial scale"
# The ranges that one begins with, by name; of another number a hundredth of it to a hundred times of it.
USUAL = {
    LR: (1e-4, 10.0),
    "momentum": (0.0, 0.99),
    "dampening": (0.0, 0.99),
    "beta1": (0.0, 0.99),
    "beta2": (0.9, 0.9999),
    "rho": (0.5, 0.999),
    "alpha": (0.5, 0.999),
    "weight_decay": (1e-5, 1.0),
    "eps": (1e-10, 1.0),
}
WIDE, AROUND_ZERO = 100.0, (1e-5, 1.0)
BETAS = ("beta1", "beta2")
FEWEST_A_SIDE, MOST_A_SIDE = 2, 32


def equal_ratios(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return numbers above 0 from one to another, each the same multiple of the one before; their ends are exact."""
    if count == 1:
        return (low,)
    steps = [place / (count - 1) for place in range(1, count - 1)]
    return (low, *(math.exp(math.log(low) * (1 - step) + math.log(high) * step) for step in steps), high)


@dataclass(frozen=True, slots=True)
class RaceRange:
    """The numbers of one axis: of a quantity, by its name, from `low` to `high`."""

    name: str
    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Whether they are at equal ratios: where the range is at least a power of ten above 0."""
        return self.low > 0 and self.low * 10 <= self.high

    def place(self, number: float) -> float:
        """Return where a number is on the axis."""
        return math.log10(number) if self.is_log else number

    def at(self, place: float) -> float:
        """Return which number is at a place of the axis, within the range."""
        return max(self.low, min(self.high, 10.0**place if self.is_log else place))

    def numbers(self, count: int) -> tuple[float, ...]:
        """Return so many numbers; their ends are exact."""
        if self.is_log:
            return equal_ratios(self.low, self.high, count)
        steps = [place / (count - 1) for place in range(1, count - 1)]
        return (self.low, *(self.low * (1 - step) + self.high * step for step in steps), self.high)


@dataclass(frozen=True, slots=True)
class RacePlane:
    """A race over two quantities: `side` numbers of each, every one with every other."""

    across: RaceRange = RaceRange(LR, *USUAL[LR])
    up: RaceRange = RaceRange(SCALE, 0.01, 100.0)
    side: int = MOST_A_SIDE

    def refusal(self) -> str:
        """Say in a sentence why it cannot be asked; empty where it can."""
        if self.across.name == self.up.name:
            return "The two quantities have to be different ones."
        if not all(axis.low < axis.high and math.isfinite(axis.high - axis.low) for axis in (self.across, self.up)):
            return "Each quantity goes from a number to a larger one."
        if not FEWEST_A_SIDE <= self.side <= MOST_A_SIDE:
            return f"There can be {FEWEST_A_SIDE} to {MOST_A_SIDE} numbers of each quantity."
        if any(len(set(axis.numbers(self.side))) < self.side for axis in (self.across, self.up)):
            return "So near to each other numbers are no longer told apart: this is as deep as one can look."
        return ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What runs can differ in: the range that it begins with, and the edit that sets it.

    `makes_same_steps` says that runs with different ones are advanced together.
    """

    usual: RaceRange
    makes_same_steps: bool
    edit: Callable[[float], edits.Edit]


def quantities(experiment: Experiment, initial: edits.InitialValues) -> dict[str, Quantity]:
    """Return what an experiment has, by name; `initial` gives its first parameters when they are to be scaled."""
    found = dict[str, Quantity]()

    def add(name: str, usual: tuple[float, float], edit: Callable[[float], edits.Edit], *, same: bool = True) -> None:
        found[name] = Quantity(RaceRange(name, *usual), same, edit)

    choice = experiment.optimizer
    arguments = OPTIMIZERS[choice.name].arguments
    for name in dict.fromkeys((LR, *(argument.name for argument in arguments if isinstance(argument, Number)))):
        now = choice.arguments.get(name)
        if isinstance(now, int | float) and (name in USUAL or now >= 0):
            add(name, _usual(name, float(now)), _of_optimizer(name), same=name in (LR, refs.MOMENTUM))
    if "betas" in choice.arguments:
        for place, name in enumerate(BETAS):
            add(name, USUAL[name], _of_betas(place), same=False)
    if experiment.network.layers:
        for layer in range(len(experiment.network.layers)):
            add(f"lr of layer {layer + 1}", USUAL[LR], _of_layer(layer))
    for index, group in enumerate(experiment.parameter_groups):
        add(f"lr of {', '.join(group.parameters)}", USUAL[LR], _of_group(index))
    add(SCALE, (0.01, 100.0), _of_scale(experiment, initial))
    return found


def usual_plane(experiment: Experiment, names: tuple[str, ...]) -> RacePlane:
    """Return what one begins with: rates, and the momentum where there is one, else the first weights' scale."""
    choice = experiment.optimizer
    name = refs.MOMENTUM if refs.MOMENTUM in names and not choice.arguments.get("nesterov") else SCALE
    return replace(RacePlane(), up=RaceRange(name, *USUAL.get(name, (0.01, 100.0))))


def _usual(name: str, now: float) -> tuple[float, float]:
    return USUAL.get(name, (now / WIDE, now * WIDE) if now else AROUND_ZERO)


def _of_optimizer(name: str) -> Callable[[float], edits.Edit]:
    return lambda number: lambda spec: replace(spec, optimizer=spec.optimizer.replace(**{name: number}))


def _of_betas(place: int) -> Callable[[float], edits.Edit]:
    def edit(number: float) -> edits.Edit:
        def change(spec: Experiment) -> Experiment:
            betas = [*spec.optimizer.numbers("betas")]
            betas[place] = number
            return replace(spec, optimizer=spec.optimizer.replace(betas=tuple(betas)))

        return change

    return edit


def _of_layer(layer: int) -> Callable[[float], edits.Edit]:
    return lambda number: edits.set_layer_lr(layer, number)


def _of_group(index: int) -> Callable[[float], edits.Edit]:
    def edit(number: float) -> edits.Edit:
        def change(spec: Experiment) -> Experiment:
            groups = list(spec.parameter_groups)
            groups[index] = replace(groups[index], arguments={**groups[index].arguments, LR: number})
            return replace(spec, parameter_groups=tuple(groups))

        return change

    return edit


def _of_scale(experiment: Experiment, initial: edits.InitialValues) -> Callable[[float], edits.Edit]:
    # Drawn once for all runs, when the first is asked for.
    known: list[Any] = []

    def edit(number: float) -> edits.Edit:
        if not known:
            known.append({r: v for r, v in initial(experiment).items() if r not in experiment.frozen})
        return edits.set_parameters({ref: _scaled(numbers, number) for ref, numbers in known[0].items()})

    return edit


def _scaled(numbers: Any, factor: float) -> Any:
    return tuple(_scaled(each, factor) for each in numbers) if isinstance(numbers, tuple) else numbers * factor
