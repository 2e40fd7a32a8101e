"""A history: what training computed under one experiment, iteration by iteration, and the way back to any of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import cast
from weakref import WeakKeyDictionary

import numpy as np
from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan import FEWEST_ITERATIONS, LONGEST_CHUNK, Chunk, Plan
from chainrule.engine.program.steps import Overrides
from chainrule.engine.row_results import Score
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.state import TrainingState, next_state
from chainrule.engine.trace import Computed, Executor, Trace, first_non_finite
from chainrule.model.document import Segment
from chainrule.model.timeline import memory_use
from chainrule.model.timeline.downsampled_series import Floats, Positions
from chainrule.model.timeline.flat_states import FlatStates
from chainrule.model.timeline.kept_states import LARGE, kept_states
from chainrule.model.timeline.kept_training import KeptTraining, states_to_keep
from chainrule.model.timeline.memory_budget import MemoryBudget
from chainrule.model.timeline.memory_use import MemoryUse
from chainrule.model.timeline.records import Records
from chainrule.model.timeline.states import start_of

TRACES = 16
# A plan works in about as much memory as a trace: where that is more than this, iterations go by the trace.
LARGEST = 160 * 2**20
# The answers of the training rows and of the test rows, counted; None where there are none, or an output is NaN.
Scores = tuple[Score | None, Score | None]
# Seconds after which a run tells where it is, or a few times as many: long enough to make the telling cheap.
SHORT = 7e-3


def one() -> int:
    """Return 1: for a run that tells of each iteration."""
    return 1


class History:
    """All that is remembered of one segment: records and checkpoints. Recomputed values are bitwise equal."""

    def __init__(
        self,
        segment: Segment,
        tensors: RowTensors | None = None,
        memory_budget: MemoryBudget | None = None,
        before: Experiment | None = None,
        like: Executor | None = None,
        kept: KeptTraining | None = None,
    ) -> None:
        """`tensors` are those of other histories, for data that this one shares with them, `memory_budget` is theirs.

        `before` is an experiment whose numbers are counted already, and `like` an executor whose steps can be shared.
        `kept` is what a file has kept of it; what does not fit is computed once more.
        """
        self.executor = Executor(segment.experiment, tensors, like)
        self._start = segment.start
        self._overrides = segment.overrides
        # One of its own: a history may not keep the segment that it is found by.
        self._segment = replace(segment)
        self._document = memory_use.of_document(segment.experiment, segment.overrides, before)
        self._memory_budget = memory_budget or MemoryBudget()
        state = start_of(segment, self.executor)
        self._form = FlatStates(state)
        self._states = kept_states(self._form, state)
        # The count of looks at all histories when somebody last looked at this one.
        self.looked_at = 0
        self._traces: OrderedDict[int, Trace] = OrderedDict()
        # Those that somebody holds, such as what is on the screen, kept here or not; and what each takes.
        self._lent: WeakKeyDictionary[Trace, MemoryUse] = WeakKeyDictionary()
        self.trace_nbytes = 0
        self._held: MemoryUse | None = None
        self._nbytes = 0
        # Whether no state was added since most of them, or all, were let go.
        self._is_condensed = self._is_forgotten = False
        self._traced = 0
        self._plan: Plan | None = None
        self._refused = False
        # The state that the plan goes on from.
        self._planned: TrainingState | None = None
        self.records = Records(self.executor, segment.start)
        # How many answers were right under the parameters that an iteration starts from, where somebody has asked.
        self.scores: dict[int, Scores] = {}
        if kept is not None:
            with suppress(ValueError):
                self._restore(kept)
        self._memory_budget.add(self)

    @property
    def traces(self) -> int:
        """How many traces are kept."""
        return len(self._traces)

    @property
    def state_nbytes(self) -> int:
        """What a state takes."""
        return self._form.nbytes

    def state(self, iteration: int) -> TrainingState:
        """Return what an iteration starts from, replayed from the nearest checkpoint."""
        previous = self._traces.get(iteration - 1)
        if previous is not None and iteration > self._start:
            return next_state(self._start_of(previous), previous.values)
        state = self._nearest(iteration)
        while state.iteration < iteration:
            state, _ = self._advance(state, iteration - state.iteration, past_overflow=True)
        return state

    def _nearest(self, iteration: int) -> TrainingState:
        """Return the last state remembered that is not after an iteration; the first is the segment's own."""
        at = max((at for at in self._traces if at <= iteration), default=self._start)
        own = at == iteration == self._start and self._segment.state is not None
        found = None if own else self._states.nearest(iteration)
        if at > self._start and (found is None or at > found.iteration):
            return self._start_of(self._traces[at])
        return found or start_of(self._segment, self.executor)

    # What is held

    @property
    def held(self) -> MemoryUse:
        """All that is held, in bytes; what others hold too is there under the same key."""
        if self._held is None:
            state = self._segment.state
            tensors = [*self.executor.batches.held(), *(state.values.values() if state else ())]
            tensors += self._plan.tensors() if self._plan else []
            tensors += self._planned.values.values() if self._planned else []
            tensors += self._states.tensors()
            own = {id(self): self._states.nbytes + self.records.nbytes}
            self._held = memory_use.of_tensors(tensors) | self._document | own
            # Of each trace that was found out when it came: all of them are asked in each frame of a run.
            for trace in self._traces.values():
                self._held |= self._lent[trace]
            self._nbytes = sum(self._held.values())
        return self._held

    @property
    def nbytes(self) -> int:
        """About how many bytes are held, what others hold too among them."""
        # Each edit asks all histories that there are.
        return self._nbytes if self._held is not None else sum(self.held.values())

    def condense(self) -> bool:
        """Let go of most of what can be computed once more; whether there was any."""
        held = self._traces or self._plan or self.executor.batches.held()
        if self._is_condensed and not held:
            return False
        self.let_traces_go()
        self.let_plan_go()
        self.executor.batches.let_go()
        self._states.condense()
        self._is_condensed, self._held = True, None
        return True

    def forget(self) -> bool:
        """Let go of all that can be computed once more; whether there was any."""
        condensed = self.condense()
        if self._is_forgotten and not condensed:
            return False
        self.forget_states()
        return True

    def forget_states(self) -> None:
        """Let go of the states and the plan, and keep the traces."""
        self.let_plan_go()
        self._states.clear()
        self._is_forgotten = True

    def drop_oldest_state(self, least: int) -> bool:
        """Let go of one of the last states, if more than so many are kept that are large; whether there were."""
        self._held = None
        return self._states.drop_oldest(least)

    def let_traces_go(self, most: int = 0) -> None:
        """Keep only so many traces, those that were looked at last."""
        while len(self._traces) > most:
            self._traces.popitem(last=False)
        self._held = None

    def empty_traces(self) -> list[Callable[[], None]]:
        """Let go of the numbers in all traces, whoever holds them; what is returned computes them once more."""
        emptied: list[Callable[[], None]] = []
        for trace in list(self._lent):
            values = cast(dict[ValueRef, Tensor], trace.values)
            if values:
                emptied.append(partial(self._refill, trace, values, self._start_of(trace)))
                values.clear()
                self._lent[trace] = {}
        self._held = None
        return emptied

    def _refill(self, trace: Trace, values: dict[ValueRef, Tensor], state: TrainingState) -> None:
        values |= self.executor.values(state, self._overrides_at(state.iteration))
        self._lent[trace] = memory_use.of_tensors(values.values())
        self._held = None

    def do_without_plan(self) -> None:
        """Train on by trace: there is no room for a plan."""
        self.let_plan_go()
        self._refused = True

    def let_plan_go(self) -> None:
        """Make another plan where training goes on: one takes up to a megabyte, and most are never run again."""
        if self._plan is not None or self._planned is not None:
            self._plan = self._planned = None
            self._held = None

    def kept(self, iteration: int) -> TrainingState:
        """Return the last state remembered that is not after an iteration, on the CPU: nothing is computed for it."""
        return self._states.nearest(iteration, "cpu") or start_of(self._segment, self.executor)

    def path(self, wanted: Sequence[ValueRef], last: int, most: int) -> tuple[Positions, Floats]:
        """Return the numbers of parameters at iterations up to one, (n, numbers), as far as they are remembered."""
        at, numbers = self._states.path(wanted, last, most)
        return at, numbers.astype(np.float64)

    def remembered(self) -> KeptTraining:
        """Return what a file keeps of it: some states after the first, and the numbers of the plots."""
        size, is_path = self._form.count, bool(self.executor.experiment.network.formula)
        most = states_to_keep(len(self.records.losses), size, is_path=is_path)
        some = self._states.some(most) if most else []
        states = tuple(state for state in some if state.iteration > self._start)
        return KeptTraining(states, {name: series.parts() for name, series in self.records.named().items()})

    def _restore(self, remembered: KeptTraining) -> None:
        states = [self._form.fitted(state) for state in remembered.states if state.iteration > self._start]
        self.records.restore(remembered.curves)
        for state in states:
            self._states.add(state)

    def _overrides_at(self, iteration: int) -> Overrides | None:
        return self._overrides if iteration == self._start else None

    def trace(self, iteration: int, known: Computed | None = None) -> Trace:
        """Return every value of an iteration; what is `known` of it from elsewhere is not computed again."""
        if iteration not in self._traces:
            self._compute_trace(self.state(iteration), known)
        self._traces.move_to_end(iteration)
        return self._traces[iteration]

    def _compute_trace(self, state: TrainingState, known: Computed | None = None) -> tuple[Trace, bool]:
        """Compute and keep the trace that starts from a state, and whether its numbers are finite."""
        overrides = self._overrides_at(state.iteration)
        with self._memory_budget.for_trace(self):
            trace = self.executor.trace(state, overrides, known)
        finite = self._record(state, trace.values, next_state(state, trace.values))
        self._traces[state.iteration] = trace
        self._lent[trace] = memory_use.of_tensors(trace.values.values())
        self.trace_nbytes = sum(self._lent[trace].values())
        self.let_traces_go(TRACES)
        self._memory_budget.make_room_for(self)
        return trace, finite

    def run(
        self, iteration: int, longest: Callable[[], int] = one, end: int | None = None
    ) -> Iterator[tuple[int, bool]]:
        """Train on from an iteration, up to `end` or without one, at most `longest()` iterations at a time.

        Each time, after some milliseconds: the last iteration, and whether all its numbers are finite.
        """
        state, span = self.state(iteration), 1
        while end is None or state.iteration < end:
            most = longest() if end is None else min(longest(), end - state.iteration)
            began = perf_counter()
            state, finite = self._advance(state, min(span, most))
            took = perf_counter() - began
            span = min(2 * span, LONGEST_CHUNK) if took < SHORT else max(1, span // 2) if took > 2 * SHORT else span
            yield state.iteration - 1, finite

    def _advance(self, state: TrainingState, most: int, *, past_overflow: bool = False) -> tuple[TrainingState, bool]:
        """Compute and remember at most so many iterations; what follows the last, and whether its numbers are finite.

        It ends with the first iteration whose numbers are not, unless it is asked to go past it. The first ones go by
        the trace. Once there have been some, it is worth while to make a plan for the others, which gives the same
        numbers.
        """
        if self.state_nbytes > LARGE:
            # A run may go on for long before somebody looks at a trace, for which room is made as well.
            self._memory_budget.make_room_for(self)
        overrides = self._overrides_at(state.iteration)
        plan = None if overrides or self._traced < FEWEST_ITERATIONS else self._plan_from(state)
        self._is_condensed = self._is_forgotten = False
        self._held = None
        if plan is None and self.trace_nbytes > LARGEST:
            # What is looked at next is this trace: not to be computed twice, nor to be held beside another.
            trace, is_finite = self._compute_trace(state)
            return next_state(state, trace.values), is_finite
        if plan is None:
            self._traced += 1
            values, following = self.executor.advance(state, overrides)
            return following, self._record(state, values, following)
        if plan.gives_norms:
            most = self.records.layers.span(state.iteration, most)
        chunk = plan.run(most)
        finite = self._finite(chunk)
        if not (past_overflow or finite.all()) and len(finite) > 1:
            # Once more, up to the first that is not finite: nothing after it is to be remembered.
            plan.load(state)
            chunk = plan.run(max(1, int(finite.argmin())))
            finite = self._finite(chunk)
        self._planned = plan.state()
        self._states.add_chunk(chunk.states.numpy(), self._planned)
        self.records.add_chunk(chunk, state, has_norms=plan.gives_norms)
        self._held = None
        return self._planned, bool(finite.all())

    def _plan_from(self, state: TrainingState) -> Plan | None:
        """Return the plan, ready to go on from a state; None where plans do not give this machine's numbers."""
        if self._planned is state or self._refused:
            return self._plan
        if self.trace_nbytes > LARGEST:
            return None
        if self._plan is None or not self._plan.fits(state):
            self._plan = Plan.proven(self.executor, state)
            self._refused = self._plan is None
        else:
            self._plan.load(state)
        return self._plan

    def _start_of(self, trace: Trace) -> TrainingState:
        return TrainingState(trace.iteration, {ref: trace.values[ref] for ref in self._form.values})

    def _finite(self, chunk: Chunk) -> np.ndarray:
        """Return whether all numbers of an iteration are finite, (n,); of states, where they are told."""
        finite: np.ndarray = np.isfinite(chunk.losses.numpy()) & np.isfinite(chunk.gradients.numpy()).all(1)
        states = self._form.are_finite(chunk.states.numpy())
        finite[len(finite) - len(states) :] &= states
        return finite

    def _record(self, state: TrainingState, values: Mapping[ValueRef, Tensor], following: TrainingState) -> bool:
        """Remember an iteration if it is new; return whether its loss, gradients and next state are finite.

        Of a formula every operator's value has to be.
        """
        self._held = None
        finite = self._states.add(following)
        self._is_condensed = self._is_forgotten = False
        finite = self.records.add(state.iteration, values) and finite
        if self.executor.experiment.network.formula:
            finite = finite and first_non_finite(self.executor.program.steps, values) is None
        return finite

    def numbers(self, iteration: int) -> tuple[float, Floats, Floats]:
        """Return the loss of an iteration, its gradients as curves and its learning rates, remembered or not."""
        return self.records.numbers(self.trace(iteration).values)

    def test_loss(self, iteration: int) -> float:
        """Return the loss of the test rows that stands beside an iteration's; NaN where none are held back."""
        evaluator = self.executor.evaluator
        if not evaluator.has_test:
            return float("nan")
        return evaluator.evaluate(self.trace(self.records.tested_at(iteration)).values, "test").loss.item()
