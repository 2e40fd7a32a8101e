r"""Schedulers: how the learning rate changes from iteration to iteration, or from epoch to epoch.

Their formulas are in `schedule_rules` and `plateau`, how they run in `schedule`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from chainrule.catalog.arguments import (
    Argument,
    ArgumentValue,
    Choice,
    Flag,
    Integer,
    Number,
    Numbers,
    SpecError,
    Word,
)
from chainrule.catalog.experiment.spec_error import describe, expected, number_text
from chainrule.catalog.schedules import rules
from chainrule.catalog.schedules.expressions import ExpressionArgument, first_failure
from chainrule.catalog.schedules.rules import ScheduledGroup, ScheduledNumber, ScheduleStep
from chainrule.catalog.tables import complete, table

PLATEAU = "ReduceLROnPlateau"
SEQUENTIAL = "SequentialLR"
INTERVALS = ("iteration", "epoch")
# The window has a row of fields for each.
MAX_SCHEDULERS = 100

Setup = Callable[[Choice, ScheduledGroup], ScheduledGroup]


def _unchanged(choice: Choice, group: ScheduledGroup) -> ScheduledGroup:
    return group


# Steps of a schedule of which nothing can be said: an expression, one that waits for the loss.
UNKNOWN = 100
# A decay has been seen once this share of the learning rate is left; one that is none, after so many steps.
LEFT, SOON = 0.02, 20


def _unknown(choice: Choice) -> float:
    return UNKNOWN


def _endless(choice: Choice) -> int | None:
    return None


def _accept(choice: Choice, path: str) -> None:
    pass


def _decay(choice: Choice) -> float:
    gamma = choice.number("gamma")
    return math.log(LEFT) / math.log(gamma) if 0 < gamma < 1 else SOON


def _restarts(choice: Choice) -> float:
    longer = choice.number("T_mult")
    return choice.number("T_0") * (1 + longer + longer * longer)


def _cycle(choice: Choice) -> float:
    up = choice.number("step_size_up")
    return 2 * (up + (up if choice["step_size_down"] is None else choice.number("step_size_down")))


def _one_cycle(choice: Choice) -> float:
    return rules.total_steps(choice) or UNKNOWN


@dataclass(frozen=True, slots=True)
class Scheduler:
    """A scheduler by the name of its class in `torch.optim.lr_scheduler`.

    `rule` is what it makes of a learning rate at a step, `momentum` what of the momentum if its `cycle_momentum` is
    set; `setup` is what its constructor does to a parameter group. A sequence and a plateau have no rule of that kind.
    `length` is after how many steps it has shown what it does, `steps` how many it has; None of one without an end.
    `check` refuses arguments that are right one by one and wrong together, at a path.
    """

    name: str
    arguments: tuple[Argument, ...]
    words: str
    rule: Callable[[Choice, ScheduleStep], ScheduledNumber] | None = None
    momentum: Callable[[Choice, ScheduleStep], ScheduledNumber] | None = None
    setup: Setup = _unchanged
    length: Callable[[Choice], float] = _unknown
    steps: Callable[[Choice], int | None] = _endless
    check: Callable[[Choice, str], None] = _accept


class Schedulers(Argument):
    """The schedulers of a sequence, each with arguments of its own; when they step is said once, for all."""

    __slots__ = ()

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a tuple of choices."""
        if not isinstance(value, list | tuple) or not value:
            self.refuse(value, path)
        if len(value) > MAX_SCHEDULERS:
            raise expected(path, f"at most {MAX_SCHEDULERS} schedulers", len(value))
        checked: list[ArgumentValue] = []
        for index, part in enumerate(value):
            place = f"{path}[{index}]"
            if not isinstance(part, Choice):
                self.refuse(part, place, 'a scheduler: an object with a "name"')
            given = complete(PARTS, part, place)
            PARTS[given.name].check(given, place)
            checked.append(given)
        return tuple(checked)

    @property
    def allowed(self) -> str:
        """What can be given, in words."""
        return "a list of at least 1 scheduler"


def _check_one_cycle(choice: Choice, path: str) -> None:
    total = rules.total_steps(choice)
    if total is None:
        raise SpecError(f"{path}.total_steps", "OneCycleLR needs total_steps, or epochs and steps_per_epoch")
    if choice.number("pct_start") * total == 1:
        wanted = f"a rise that is not exactly 1 of {total} steps"
        got, hint = number_text(choice.number("pct_start")), "torch divides by its length less 1"
        raise expected(f"{path}.pct_start", wanted, got, hint, who=choice.name)


def _setup_cyclic(choice: Choice, group: ScheduledGroup) -> ScheduledGroup:
    return _setup_momentum(choice, group._replace(lr=choice.number("base_lr")))


def _setup_one_cycle(choice: Choice, group: ScheduledGroup) -> ScheduledGroup:
    first = choice.number("max_lr") / choice.number("div_factor")
    last = first / choice.number("final_div_factor")
    return _setup_momentum(choice, group._replace(initial_lr=first, max_lr=choice.number("max_lr"), min_lr=last))


def _setup_momentum(choice: Choice, group: ScheduledGroup) -> ScheduledGroup:
    if not choice["cycle_momentum"]:
        return group
    low, high = choice.number("base_momentum"), choice.number("max_momentum")
    return group._replace(base_momentum=low, max_momentum=high)


_INTERVAL = Word("interval", "epoch", "steps after each", choices=INTERVALS)
_TOTAL_ITERS = Integer("total_iters", 5, "steps", symbol="T", minimum=1)
_ETA_MIN = Number("eta_min", 0.0, "smallest learning rate", symbol=r"\eta_{\text{min}}", minimum=0.0)
_MAX_LR = Number("max_lr", 0.1, "largest learning rate", symbol=r"\eta_{\text{max}}", minimum=0.0, required=True)
_GAMMA = Number("gamma", 0.1, "factor", symbol=r"\gamma", minimum=0.0)
_CYCLE_MOMENTUM = Flag("cycle_momentum", True, "cycle the momentum too")


def _cycled(low: float, high: float) -> tuple[Number, Number]:
    return (
        Number("base_momentum", low, "smallest momentum", symbol=r"\mu_{\text{min}}", minimum=0.0),
        Number("max_momentum", high, "largest momentum", symbol=r"\mu_{\text{max}}", minimum=0.0),
    )


_USUAL = ("StepLR", "ExponentialLR", "CosineAnnealingLR", "OneCycleLR")
PARTS: dict[str, Scheduler] = table(
    Scheduler(
        "ConstantLR",
        (
            Number("factor", 1.0 / 3, "factor", symbol="f", above=0.0, maximum=1.0),
            _TOTAL_ITERS,
        ),
        "multiplies the learning rate by a factor until a number of steps is over",
        rules.constant,
        length=lambda choice: 2 * choice.number("total_iters"),
    ),
    Scheduler(
        "LinearLR",
        (
            Number("start_factor", 1.0 / 3, "first factor", symbol=r"f_0", above=0.0, maximum=1.0),
            Number("end_factor", 1.0, "last factor", symbol=r"f_1", minimum=0.0, maximum=1.0),
            _TOTAL_ITERS,
        ),
        "moves the learning rate along a straight line, from one factor to another: a warm-up",
        rules.linear,
        length=lambda choice: 2 * choice.number("total_iters"),
    ),
    Scheduler(
        "StepLR",
        (Integer("step_size", 10, "steps between drops", symbol="s", minimum=1, required=True), _GAMMA),
        "multiplies the learning rate by gamma after each step_size steps",
        rules.step,
        length=lambda choice: 4 * choice.number("step_size"),
    ),
    Scheduler(
        "MultiStepLR",
        (
            Numbers(
                "milestones",
                (30, 80),
                "milestones",
                item=Integer("", 0, "", minimum=0),
                increasing=True,
                required=True,
            ),
            _GAMMA,
        ),
        "multiplies the learning rate by gamma at each milestone",
        rules.multi_step,
        length=lambda choice: 1.3 * max(choice.numbers("milestones"), default=0),
    ),
    Scheduler(
        "ExponentialLR",
        (Number("gamma", 0.95, "factor", symbol=r"\gamma", minimum=0.0, required=True),),
        "multiplies the learning rate by gamma at every step",
        rules.exponential,
        length=_decay,
    ),
    Scheduler(
        "PolynomialLR",
        (_TOTAL_ITERS, Number("power", 1.0, "power", symbol="p", minimum=0.0)),
        "lowers the learning rate to 0 by a power of the steps that are left",
        rules.polynomial,
        length=lambda choice: 1.2 * choice.number("total_iters"),
    ),
    Scheduler(
        "CosineAnnealingLR",
        (Integer("T_max", 50, "steps of half a wave", symbol=r"T_{\text{max}}", minimum=1, required=True), _ETA_MIN),
        "lowers the learning rate along half a wave of a cosine, and raises it along the next",
        rules.cosine_annealing,
        length=lambda choice: 2 * choice.number("T_max"),
    ),
    Scheduler(
        "CosineAnnealingWarmRestarts",
        (
            Integer("T_0", 10, "steps of the first cycle", symbol="T_0", minimum=1, required=True),
            Integer("T_mult", 1, "each cycle longer by", symbol=r"T_{\text{mult}}", minimum=1),
            _ETA_MIN,
        ),
        "lowers the learning rate along half a wave of a cosine, again and again from the start",
        rules.warm_restarts,
        length=_restarts,
    ),
    Scheduler(
        "CyclicLR",
        (
            Number("base_lr", 0.001, "smallest learning rate", symbol=r"\eta_{\text{min}}", minimum=0.0, required=True),
            _MAX_LR,
            Integer("step_size_up", 2000, "steps up", minimum=1),
            Integer("step_size_down", None, "steps down", minimum=1, optional=True),
            Word("mode", "triangular", "mode", choices=("triangular", "triangular2", "exp_range")),
            Number("gamma", 1.0, "factor of exp_range", symbol=r"\gamma", minimum=0.0),
            _CYCLE_MOMENTUM,
            *_cycled(0.8, 0.9),
        ),
        "moves the learning rate up and down between two values, in triangles",
        rules.cyclic,
        rules.cyclic_momentum,
        _setup_cyclic,
        _cycle,
    ),
    Scheduler(
        "OneCycleLR",
        (
            _MAX_LR,
            Integer("total_steps", None, "steps in all", minimum=1, optional=True),
            Integer("epochs", None, "epochs", minimum=1, optional=True),
            Integer("steps_per_epoch", None, "steps per epoch", minimum=1, optional=True),
            Number("pct_start", 0.3, "part that rises", minimum=0.0, maximum=1.0),
            Word("anneal_strategy", "cos", "shape", choices=("cos", "linear")),
            _CYCLE_MOMENTUM,
            *_cycled(0.85, 0.95),
            Number("div_factor", 25.0, "first is the largest over", above=0.0),
            Number("final_div_factor", 1e4, "last is the first over", above=0.0),
            Flag("three_phase", False, "three phases"),
        ),
        "raises the learning rate to its largest once, and lowers it to almost nothing",
        rules.one_cycle,
        rules.one_cycle_momentum,
        _setup_one_cycle,
        _one_cycle,
        rules.total_steps,
        _check_one_cycle,
    ),
    Scheduler(
        "LambdaLR",
        (ExpressionArgument("lr_lambda", "0.95 ** epoch", "factor", symbol=r"\lambda", required=True),),
        "multiplies the first learning rate by an expression of iteration and epoch",
        rules.by_expression,
    ),
    usual=_USUAL,
)

_WARM_UP = Choice("LinearLR", {"start_factor": 0.1, "end_factor": 1.0, "total_iters": 5})
_DECAY = Choice("CosineAnnealingLR", {"T_max": 50, "eta_min": 0.0})

SCHEDULERS: dict[str, Scheduler] = table(
    *(replace(entry, arguments=(*entry.arguments, _INTERVAL)) for entry in PARTS.values()),
    Scheduler(
        PLATEAU,
        (
            Word("mode", "min", "better is", choices=("min", "max")),
            Number("factor", 0.1, "factor", symbol="f", minimum=0.0, below=1.0),
            Integer("patience", 10, "bad steps to bear", minimum=0),
            Number("threshold", 1e-4, "least change that counts", minimum=0.0),
            Word("threshold_mode", "rel", "change is", choices=("rel", "abs")),
            Integer("cooldown", 0, "cooldown", symbol=r"n_{\text{cooldown}}", minimum=0),
            Number("min_lr", 0.0, "smallest learning rate", symbol=r"\eta_{\text{min}}", minimum=0.0),
            Number("eps", 1e-8, "least change made", symbol=r"\epsilon", minimum=0.0),
            _INTERVAL,
        ),
        "multiplies the learning rate by a factor when the loss has stopped getting better",
    ),
    Scheduler(
        SEQUENTIAL,
        (
            Schedulers("schedulers", (_WARM_UP, _DECAY), "schedulers", required=True),
            Numbers(
                "milestones",
                (5,),
                "milestones",
                item=Integer("", 0, "", minimum=0),
                increasing=True,
                required=True,
            ),
            _INTERVAL,
        ),
        "lets one scheduler follow another, each from a milestone on: warm-up, then decay",
    ),
    usual=(*_USUAL, PLATEAU, SEQUENTIAL),
)


def check_scheduler(choice: Choice, optimizer: Choice, batches: int, path: str) -> None:
    """Check what arguments need beyond their ranges: totals, milestones that fit, an optimizer with momentum.

    `batches` are the iterations of an epoch. Raises `SpecError`.
    """
    SCHEDULERS[choice.name].check(choice, path)
    _check_milestones(choice, path)
    for part, place in _parts(choice, path):
        if part.arguments.get("cycle_momentum"):
            _check_momentum(part, optimizer, place)
        if part.name == "LambdaLR":
            failure = first_failure(str(part["lr_lambda"]), str(choice["interval"]), batches)
            if failure:
                raise SpecError(f"{place}.lr_lambda", failure)


def parts_of(choice: Choice) -> tuple[Choice, ...]:
    """Return the schedulers that follow each other: those of a sequence, or the one."""
    return tuple(part for part, _ in _parts(choice, "$"))


def _parts(choice: Choice, path: str) -> list[tuple[Choice, str]]:
    if choice.name != SEQUENTIAL:
        return [(choice, path)]
    nested = choice["schedulers"]
    assert isinstance(nested, tuple)
    return [(part, f"{path}.schedulers[{i}]") for i, part in enumerate(nested) if isinstance(part, Choice)]


def _check_milestones(choice: Choice, path: str) -> None:
    if choice.name != SEQUENTIAL:
        return
    parts, milestones = parts_of(choice), choice.numbers("milestones")
    if len(milestones) != len(parts) - 1:
        wanted = f"{len(parts) - 1} for {len(parts)} schedulers: each but the first begins at one"
        raise expected(f"{path}.milestones", wanted, len(milestones))
    if any(a >= b for a, b in pairwise(milestones)):
        raise expected(f"{path}.milestones", "milestones that increase", describe(milestones))


def _check_momentum(choice: Choice, optimizer: Choice, path: str) -> None:
    """Refuse to cycle a momentum where there is none. torch has two ways to compute, with a momentum and without."""
    betas = "betas" in optimizer.arguments
    if not betas and "momentum" not in optimizer.arguments:
        hint = f"{optimizer.name} has neither momentum nor betas to cycle"
        raise expected(f"{path}.cycle_momentum", "false", "true", hint)
    low, high = choice.number("base_momentum"), choice.number("max_momentum")
    for name, number in (("base_momentum", low), ("max_momentum", high)):
        if betas and number >= 1:
            raise expected(
                f"{path}.{name}", f"a number below 1, as {optimizer.name} needs", number_text(number), who=choice.name
            )
        if not betas and not number and (low or high):
            raise expected(f"{path}.{name}", "a number above 0", "0", "momentum cannot come and go", who=choice.name)
