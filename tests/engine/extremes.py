"""Experiments at the ends of what every table allows, and all that can be asked of an experiment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Argument, ArgumentValue, Choice, Flag, Integer, Number, Numbers, SpecError, Word
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import (
    DEFAULT_LOSS,
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
)
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedule import preview
from chainrule.catalog.schedules.schedulers import SCHEDULERS, SEQUENTIAL
from chainrule.commands.report_text import report_json, report_lines
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import Plan
from chainrule.engine.referee.verify import verify_run, verify_trace
from chainrule.engine.trace import Executor, Trace
from chainrule.engine.training import Training
from chainrule.explain.equations import explain_element, plain_equation
from chainrule.explain.sentences.narration import narrate
from chainrule.explain.tensors import explain_step
from chainrule.model.curves.learning_rates import preview_length
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment

LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127
ITERATIONS, PREVIEWED = 4, 60
EXTREMES: tuple[float, ...] = (
    0, -0.0, 1, 2, 3, 0.5, -1.0, 5e-324, 1e-320, 1e-45, 1e-38, 1e-30, 1e-8, 1e8, 1e30, 3e38, LARGEST_FLOAT32, 3.5e38,
    1e100, 1e154, 1e155, 1e200, 1e308, 1.7976931348623157e308, -1e-320, -1e30, -3e38, -1e200, -1e308,
    1 - 2**-53, 1 + 2**-52, 1 - 2**-24, 1000, 2**31, 2**53, 2**53 + 1, 2**63, 2**64, 10**300,
)  # fmt: skip
EXPRESSIONS = ("1e308", "1e308 * (1 + iteration)", "1e200 ** epoch", "1e-320", "-1e300", "0", "1 - 1e308 * epoch")


def values_of(argument: Argument) -> list[ArgumentValue]:
    """The values of an argument at which it may break; those out of its range are left out by its check."""
    found: list[ArgumentValue] = [None]
    if isinstance(argument, Word):
        found += argument.choices
    elif isinstance(argument, Flag):
        found += [False, True]
    elif isinstance(argument, Numbers):
        found += _lists(argument)
    else:
        found += _numbers(argument) if isinstance(argument, Number | Integer) else EXTREMES
        found += EXPRESSIONS
    return [value for value in found if _is_allowed(argument, value)]


def _numbers(argument: Argument) -> list[float]:
    ends = [getattr(argument, name, None) for name in ("minimum", "maximum", "above", "below")]
    given = [float(end) for end in ends if end is not None]
    beside = [math.nextafter(end, way) for end in given for way in (-math.inf, math.inf)]
    return [*EXTREMES, *given, *beside]


def _lists(argument: Numbers) -> list[ArgumentValue]:
    items = [v for v in (*_numbers(argument.item), None) if _is_allowed(argument.item, v)]
    if not argument.symbols:
        return [(), *((v,) for v in items), tuple(sorted({int(v) for v in items if v is not None and v >= 0}))]
    return [tuple(pair) for pair in product(items, repeat=len(argument.symbols))][:: max(1, len(items) ** 2 // 60)] + [
        (v,) * len(argument.symbols) for v in items
    ]


def _is_allowed(argument: Argument, value: ArgumentValue) -> bool:
    try:
        argument.check(value, "$")
    except SpecError:
        return False
    return True


def choices_of(name: str, arguments: tuple[Argument, ...]) -> Iterator[Choice]:
    """An entry with each argument at each of its extremes, the others at their start; and several at once."""
    start = {argument.name: argument.default for argument in arguments if argument.required}
    start |= {"cycle_momentum": False} if any(a.name == "cycle_momentum" for a in arguments) else {}
    start |= {"total_steps": 10} if name == "OneCycleLR" else {}
    yield Choice(name, start)
    values = {argument.name: values_of(argument) for argument in arguments}
    for argument, found in values.items():
        for value in found:
            yield Choice(name, {**start, argument: value})
    # All at once: the smallest, the largest, and what is beside them.
    for place in range(max(map(len, values.values()), default=0)):
        yield Choice(name, {argument: found[-1 - place % len(found)] for argument, found in values.items() if found})
        yield Choice(
            name, {**start, **{a: f[place * (n + 1) % len(f)] for n, (a, f) in enumerate(values.items()) if f}}
        )


def base(loss: Choice = DEFAULT_LOSS, **changes: Any) -> Experiment:
    """A layer, five rows in batches of two, so that three iterations are an epoch."""
    targets = {
        Targets.CLASSES: ((0.0,), (1.0,), (1.0,), (0.0,), (1.0,)),
        Targets.SIGNS: ((1.0, -1.0),) * 5,
    }.get(targets_of(loss), ((1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.25, 0.75), (0.0, 1.0)))
    last = Choice("Sigmoid" if loss.name == "BCELoss" else "Identity")
    return replace(
        Experiment(
            NetworkSpec(2, (LayerSpec(2, last),)),
            DataSpec(((1.0, 2.0), (-3.0, 0.5), (0.0, 0.0), (0.3, -0.7), (2.0, 2.0)), targets, batch_size=2),
            loss,
            Choice("SGD", {"lr": 0.1}),
        ),
        **changes,
    )


def with_activation(choice: Choice) -> Experiment:
    return base(network=NetworkSpec(2, (LayerSpec(2, choice),)))


def with_optimizer(choice: Choice) -> Experiment:
    return base(optimizer=choice)


def with_scheduler(choice: Choice) -> Experiment:
    momentum = {"momentum": 0.5} if choice.arguments.get("cycle_momentum", True) else {}
    return base(optimizer=Choice("SGD", {"lr": 0.1, **momentum}), scheduler=choice)


@dataclass(frozen=True)
class Table:
    """A table, and an experiment with one of its choices."""

    entries: Mapping[str, Any]
    experiment: Any


TABLES = {
    "activations": Table(ACTIVATIONS, with_activation),
    "losses": Table(LOSSES, base),
    "optimizers": Table(OPTIMIZERS, with_optimizer),
    "clippings": Table(CLIPPINGS, lambda choice: base(clipping=choice)),
    "schedulers": Table({k: v for k, v in SCHEDULERS.items() if k != SEQUENTIAL}, with_scheduler),
    "initializers": Table(INITIALIZERS, lambda choice: base(initialization=InitializationSpec(choice))),
}


def experiments(table: str, name: str) -> Iterator[Experiment]:
    """Every experiment with an entry at its extremes, in both dtypes."""
    found = TABLES[table]
    for choice in choices_of(name, found.entries[name].arguments):
        for dtype in ("float64", "float32"):
            yield replace(found.experiment(choice), dtype=dtype)


@dataclass(frozen=True)
class Computed:
    """An experiment that was accepted, and its first iterations."""

    executor: Executor
    traces: tuple[Trace, ...]

    @property
    def experiment(self) -> Experiment:
        """As it was checked."""
        return self.executor.experiment


def computed(experiment: Experiment) -> Computed | None:
    """The experiment checked, compiled, traced, looked ahead at, saved and read again; None where it is refused."""
    try:
        checked = check_experiment(experiment)
    except SpecError:
        return None
    assert check_experiment(decode_experiment(encode_experiment(checked))) == checked
    executor = Executor(checked)
    preview(checked, min(preview_length(checked, 0), PREVIEWED))
    return Computed(executor, tuple(islice(executor.iterations(), ITERATIONS)))


def ask_everything(found: Computed) -> None:
    """Ask what a window or a command asks of a computed experiment."""
    executor, checked = found.executor, found.experiment
    for trace in (found.traces[0], found.traces[-1]):
        explain_every_rule(executor, trace)
    Plan(executor, executor.initial_state()).run(ITERATIONS)
    list(Training(executor).run(ITERATIONS))
    iterations = -1
    for verification in verify_run(checked, executor.program, found.traces, untouched=True):
        report = verification.report()
        if report.iterations > iterations:
            iterations = report.iterations
            list(report_lines(checked, report))
            report_json(checked, report)
    verify_trace(checked, executor.program, found.traces[-1])


def explain_every_rule(executor: Executor, trace: Trace) -> None:
    """The equations and sentences of an iteration, once for each kind of value that is written."""
    checked, program, told = executor.experiment, executor.program, set[object]()
    numbers = {ref: value.tolist() for ref, value in trace.values.items()}
    for step in program.steps:
        value = program.values[step.writes]
        kind = (step.kind, value.role, value.name, value.is_next), trace.values[step.writes].dim()
        if kind in told:
            continue
        told.add(kind)
        place = (checked, program, step, (0,) * kind[1], 0, numbers.__getitem__)
        explain_element(*place)
        plain_equation(*place)
        narrate(*place)
        explain_step(checked, program, step)
