"""One iteration as a calculation that can be run again with something altered."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep, Overrides
from chainrule.engine.trace import Executor, Trace, run_steps
from chainrule.lessons.step_formulas import StepFormula, step_formula

Index = tuple[int, ...]
# What a step computes instead, of the values that there are so far.
Instead = Callable[[Mapping[ValueRef, Tensor]], Tensor]


@dataclass(frozen=True, eq=False)
class Calculation:
    """The values of one iteration, with the steps that made them.

    `described` says what each value is, and `overrides` are numbers that were set by hand.
    """

    experiment: Experiment
    steps: tuple[MicroStep, ...]
    described: Mapping[ValueRef, Value]
    values: Mapping[ValueRef, Tensor]
    overrides: Overrides = field(default_factory=dict)
    formulas: dict[ValueRef, StepFormula | None] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, experiment: Experiment, program: Program, trace: Trace, overrides: Overrides | None = None
    ) -> Calculation:
        """Return the calculation of an iteration that was traced."""
        steps = program.at(trace.iteration).steps
        return cls(experiment, steps, program.values, trace.values, overrides or {})

    @classmethod
    def of_iteration(cls, executor: Executor, iteration: int = 0) -> Calculation:
        """Return the calculation of an iteration, after training up to there."""
        state = executor.initial_state()
        while state.iteration < iteration:
            _, state = executor.advance(state)
        return cls.of(executor.experiment, executor.program, executor.trace(state))

    @cached_property
    def places(self) -> Mapping[ValueRef, int]:
        """Which step writes a ref."""
        return {step.writes: place for place, step in enumerate(self.steps)}

    def number(self, ref: ValueRef, index: Index) -> float:
        """Return one number of the iteration."""
        return float(self.values[ref][index])

    def has(self, ref: ValueRef, index: Index) -> bool:
        """Return whether the iteration has such a number."""
        value = self.values.get(ref)
        return value is not None and len(index) == value.dim() and _is_inside(index, value)

    def is_by_hand(self, ref: ValueRef, index: Index) -> bool:
        """Return whether a number was set, and not computed."""
        return index in self.overrides.get(ref, {})

    def ancestors(self, ref: ValueRef) -> tuple[MicroStep, ...]:
        """Return the steps that a value is computed by, in their order, its own last; none of what is given."""
        needed, found = {ref}, list[MicroStep]()
        for step in reversed(self.steps[: self.places.get(ref, -1) + 1]):
            if step.writes in needed:
                found.append(step)
                needed.update(step.reads)
        return tuple(reversed(found))

    def formula(self, step: MicroStep) -> StepFormula | None:
        """Return the formula of a step as it can be computed; None where it has none."""
        if step.writes not in self.formulas:
            reads = [self.values[ref] for ref in step.reads]
            with torch.inference_mode():
                self.formulas[step.writes] = step_formula(self.experiment, step, self.described.get(step.writes), reads)
        return self.formulas[step.writes]

    def cost(self, step: MicroStep) -> int:
        """Return about how many products a step takes."""
        value = self.values[step.writes]
        most = max([value.numel(), *(self.values[ref].numel() for ref in step.reads)], default=1)
        if step.rule is None or not step.rule.indices:
            return most
        formula = self.formula(step)
        reads = [self.values[ref] for ref in step.reads]
        return most if formula is None else max(most, math.prod(formula.sizes(reads).values()))

    def run(self, instead: Mapping[ValueRef, Instead], steps: tuple[MicroStep, ...]) -> Mapping[ValueRef, Tensor]:
        """Return the values of some of the steps where others compute something else: only what depends on that is
        computed again, and what was set by hand stays.
        """
        values = _Layered(self.values)
        with torch.inference_mode():
            for step in steps:
                compute = instead.get(step.writes)
                if compute is not None:
                    values.own[step.writes] = self.as_set(step.writes, compute(values))
                elif not values.own.keys().isdisjoint(step.reads):
                    found = step.compute(*[values[ref] for ref in step.reads])
                    values.own[step.writes] = self.as_set(step.writes, found)
        return values

    def with_numbers(self, numbers: Overrides) -> Calculation:
        """Return the calculation that goes on from other numbers: what is computed from them is computed again."""
        given = {ref: self._set(self.values[ref], at) for ref, at in numbers.items() if ref not in self.places}
        changed = {ref: {**self.overrides.get(ref, {}), **at} for ref, at in numbers.items() if ref in self.places}
        values = {ref: value for ref, value in self.values.items() if ref not in self.places} | given
        overrides = {**self.overrides, **changed}
        with torch.inference_mode():
            run_steps(self.steps, values, overrides)
        return replace(self, values=values, overrides=overrides, formulas={})

    def as_set(self, ref: ValueRef, value: Tensor) -> Tensor:
        """Return what a step computed, with the numbers that were set by hand in their places."""
        return self._set(value, self.overrides[ref]) if ref in self.overrides else value

    @staticmethod
    def _set(value: Tensor, numbers: Mapping[Index, float]) -> Tensor:
        found = value.clone()
        for index, number in numbers.items():
            found[index] = number
        return found


class _Layered(Mapping[ValueRef, Tensor]):
    """Values with others in front of them."""

    def __init__(self, behind: Mapping[ValueRef, Tensor]) -> None:
        self.own: dict[ValueRef, Tensor] = {}
        self._behind = behind

    def __getitem__(self, ref: ValueRef) -> Tensor:
        found = self.own.get(ref)
        return self._behind[ref] if found is None else found

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter({**self._behind, **self.own})

    def __len__(self) -> int:
        return len({**self._behind, **self.own})


def _is_inside(index: Index, value: Tensor) -> bool:
    return all(0 <= place < size for place, size in zip(index, value.shape, strict=True))
