"""The numbers that a lesson's experiment gives in training, as its author has it: what texts state is held to them."""

from __future__ import annotations

from collections.abc import Generator

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role, Value
from chainrule.engine.program.program import Program
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor, Trace
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.lesson.spec import Index, NamedValue
from chainrule.model.elements import is_inside
from chainrule.model.files.disk import exhaust

# Data and settings are written without the zeros that say nothing.
SHORT = (Role.INPUT, Role.TARGET, Role.SETTING)


class LessonNumbers:
    """Trains an experiment as far as it is asked for, and keeps the iterations that were."""

    def __init__(self, experiment: Experiment) -> None:
        """`experiment` has been checked."""
        self.experiment = experiment
        self.executor = Executor(experiment)
        self._state: TrainingState = self.executor.initial_state()
        self.first = self._state.iteration
        self._traces: dict[int, Trace] = {}

    def program(self, iteration: int) -> Program:
        """Return the program of an iteration."""
        return self.executor.program.at(iteration)

    def value(self, ref: ValueRef) -> Value | None:
        """Return what a value is; None where the experiment has none of that name."""
        return self.executor.program.values.get(ref)

    def computing(self, iteration: int) -> Generator[None, None, Trace | None]:
        """Train on to an iteration in slices; None where training does not begin before it."""
        if iteration < self.first:
            return None
        if iteration not in self._traces:
            state = self._state if self._state.iteration <= iteration else self.executor.initial_state()
            while state.iteration < iteration:
                _, state = self.executor.advance(state)
                yield
            self._state, self._traces[iteration] = state, self.executor.trace(state)
        return self._traces[iteration]

    def trace(self, iteration: int) -> Trace | None:
        """Return an iteration with its values, trained up to there at once."""
        return exhaust(self.computing(iteration))

    def calculation(self, iteration: int) -> Calculation:
        """Return an iteration as a calculation that answers can be checked against."""
        trace = self.trace(iteration)
        assert trace is not None
        return Calculation.of(self.experiment, self.executor.program, trace)

    def shape(self, ref: ValueRef, iteration: int) -> Index | None:
        """Return the shape of a value in an iteration; None where the iteration has none."""
        trace = self.trace(iteration)
        return tuple(trace.values[ref].shape) if trace is not None and ref in trace.values else None

    def number(self, named: NamedValue, iteration: int) -> float | None:
        """Return a number; `iteration` is which where the name has none. None where there is none."""
        trace = self.trace(iteration if named.iteration is None else named.iteration)
        if trace is None or named.ref not in trace.values:
            return None
        tensor = trace.values[named.ref]
        return float(tensor[named.place]) if is_inside(named.place, tuple(tensor.shape)) else None

    def is_short(self, ref: ValueRef) -> bool:
        """Return whether a value's numbers are written without the zeros at their end that say nothing."""
        value = self.value(ref)
        return value is not None and value.role in SHORT and not value.is_next
