"""Running a program: the values of one iteration, each written once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.experiment.groups import group_settings
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.data import Batches
from chainrule.engine.evaluation import Evaluator
from chainrule.engine.machine.threads import use_threads
from chainrule.engine.program.program import Program, compile_program
from chainrule.engine.program.steps import MicroStep, Overrides
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.state import TrainingState, fit_state, initial_state, next_state


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Trace:
    """Every value of one iteration. `rows` are the data's rows in the batch.

    The state at cursor k is the values written by the steps before k: moving the cursor computes nothing.
    """

    iteration: int
    rows: tuple[int, ...]
    values: Mapping[ValueRef, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """What a program has computed, with nothing in it set by hand: for another program with some of the same steps."""

    program: Program
    trace: Trace

    def without_known(self, steps: tuple[MicroStep, ...], values: dict[ValueRef, Tensor]) -> tuple[MicroStep, ...]:
        """Return the steps that are to be run yet; what the others write is put beside the `values` that are given."""
        found = self.trace.values
        same = {ref for ref, value in values.items() if ref in found and _are_same(value, found[ref])}
        left = []
        for step in steps:
            place = self.program.index.get(step.writes)
            is_same = place is not None and self.program.steps[place] is step and same.issuperset(step.reads)
            if is_same and step.writes in found:
                values[step.writes] = found[step.writes]
                same.add(step.writes)
            else:
                left.append(step)
        return tuple(left)


def _are_same(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors hold the same numbers, to the last bit: -0 is another one than 0."""
    if one is other:
        return True
    if one.dtype != other.dtype or one.shape != other.shape or one.device != other.device:
        return False
    whole = {torch.float64: torch.int64, torch.float32: torch.int32}.get(one.dtype)
    return whole is not None and torch.equal(one.contiguous().view(whole), other.contiguous().view(whole))


class Executor:
    """Runs iterations of one experiment, from any state.

    `settings` are the numbers that the optimizer is set to and no scheduler carries; `counts` says that a step reads
    the number of the iteration. `threads` is how many threads its numbers are computed with.
    """

    def __init__(self, experiment: Experiment, tensors: RowTensors | None = None, like: Executor | None = None) -> None:
        """`tensors` are those of other experiments, for data that this one shares with them.

        `like` is another executor: what of its program computes the same is taken from it.
        """
        self.experiment = experiment
        self.program: Program = compile_program(experiment, (like.experiment, like.program) if like else None)
        self.batches = Batches(experiment, tensors)
        self.evaluator = Evaluator(experiment, self.program, self.batches)
        self.threads = self.evaluator.threads
        self.settings = optimizer_settings(experiment, self.program)
        self.counts = any(refs.ITERATION in step.reads for step in self.program.steps)

    def initial_state(self) -> TrainingState:
        """Return what the first iteration starts from."""
        return initial_state(self.experiment, self.program)

    def fit(self, state: TrainingState) -> TrainingState:
        """Return a state that was computed under other settings, made to fit this program."""
        return fit_state(state, self.experiment, self.program)

    def values(
        self, state: TrainingState, overrides: Overrides | None = None, known: Computed | None = None
    ) -> dict[ValueRef, Tensor]:
        """Run every micro-step of the iteration that starts from `state`.

        What another program's same steps have computed from the same numbers is taken from there, if it is `known`.
        """
        use_threads(self.threads)
        values = {**self.settings, **state.values}
        if self.experiment.data.inputs:
            values[refs.INPUT], values[refs.TARGET] = self.batches.batch(state.iteration)
        if self.counts:
            values[refs.ITERATION] = torch.tensor(state.iteration, dtype=torch.float64)
        with torch.inference_mode():
            steps = self.program.at(state.iteration).steps
            if known is not None and not overrides:
                steps = known.without_known(steps, values)
            run_steps(steps, values, overrides)
        return values

    def trace(self, state: TrainingState, overrides: Overrides | None = None, known: Computed | None = None) -> Trace:
        """Return the iteration that starts from `state`, with all its values."""
        return Trace(state.iteration, self.batches.rows(state.iteration), self.values(state, overrides, known))

    def advance(
        self, state: TrainingState, overrides: Overrides | None = None
    ) -> tuple[dict[ValueRef, Tensor], TrainingState]:
        """Return the iteration's values, and the state that the next one starts from."""
        values = self.values(state, overrides)
        return values, next_state(state, values)

    def iterations(self) -> Iterator[Trace]:
        """Yield iterations from the initial state on, without end."""
        state = self.initial_state()
        while True:
            trace = self.trace(state)
            yield trace
            state = next_state(state, trace.values)


def optimizer_settings(experiment: Experiment, program: Program) -> dict[ValueRef, Tensor]:
    """Return what the optimizer is set to, for the refs that steps read and no scheduler carries:
    scalars on the CPU.
    """
    arguments, layers = experiment.optimizer.arguments, experiment.network.layers
    numbers: dict[ValueRef, Any] = {refs.LR: arguments["lr"], refs.MOMENTUM: arguments.get("momentum")}
    numbers |= {refs.layer_lr(index): layer.lr for index, layer in enumerate(layers)}
    numbers |= group_settings(experiment)
    if "betas" in arguments:
        numbers[refs.BETA1] = experiment.optimizer.numbers("betas")[0]
    read = {refs.LR, *(ref for step in program.steps for ref in step.reads)}
    return {
        ref: torch.tensor(number, dtype=torch.float64)
        for ref, number in numbers.items()
        if number is not None and ref in read and ref not in program.memory
    }


def run_steps(steps: tuple[MicroStep, ...], values: dict[ValueRef, Tensor], overrides: Overrides | None = None) -> None:
    """Compute every step in order, adding what it writes to `values`, with overridden numbers put in its place."""
    if not overrides:
        read = values.__getitem__
        for step in steps:
            values[step.writes] = step.compute(*map(read, step.reads))
        return
    for step in steps:
        value = step.compute(*[values[ref] for ref in step.reads])
        if step.writes in overrides:
            # A step may hand on what it read: Identity's a is its z.
            value = value.clone()
            for index, number in overrides[step.writes].items():
                value[index] = number
        values[step.writes] = value


def first_non_finite(steps: tuple[MicroStep, ...], values: Mapping[ValueRef, Tensor]) -> int | None:
    """Return the index of the first step whose result holds inf or NaN where it should not, or None."""
    for index, step in enumerate(steps):
        if step.writes not in refs.MAY_BE_INFINITE and not torch.isfinite(values[step.writes]).all():
            return index
    return None
