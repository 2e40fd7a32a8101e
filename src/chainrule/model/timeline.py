"""The timeline: what training computed, iteration by iteration, and the way back to any of them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from time import perf_counter
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from chainrule.engine import refs
from chainrule.engine.plan import LONGEST, WORTHWHILE, Plan, Stretch
from chainrule.engine.refs import ValueRef
from chainrule.engine.row_tensors import RowTensors
from chainrule.engine.schedule import rates
from chainrule.engine.state import TrainingState, flattened, next_state
from chainrule.engine.steps import Overrides
from chainrule.engine.trace import Executor, Trace
from chainrule.model.checkpoints import Checkpoints
from chainrule.model.document import Document, Segment
from chainrule.model.states import start_of
from chainrule.model.thinned import Floats, Outline, Thinned

TRACES = 16
# What all histories of a timeline hold together, about, and how many states one keeps that is condensed.
BUDGET = 256 * 2**20
CONDENSED = 16
# Seconds after which a run tells where it is, or a few times as many: long enough to make the telling cheap.
SHORT = 7e-3
# Up to this many trained numbers each has its own curve; beyond, each parameter has one, its norm.
MOST_CURVES = 24


def one() -> int:
    """For a run that tells of each iteration."""
    return 1


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of the gradient plot: an element of a gradient, or the norm of all of it where `index` is None."""

    ref: ValueRef
    index: tuple[int, ...] | None


class History:
    """All that is remembered of one segment: losses, gradients and checkpoints. Recomputed values are bitwise equal.

    `test_losses` are those of the parameters that an iteration starts from, or stay as they were where the test waits
    for the end of the epoch; None where no rows are held back.
    """

    def __init__(self, segment: Segment, tensors: RowTensors | None = None) -> None:
        """`tensors` are those of other histories, for data that this one shares with them."""
        self.executor = Executor(segment.experiment, tensors)
        self._start = segment.start
        self._overrides = segment.overrides
        state = start_of(segment, self.executor)
        self._template = state.values
        self._bounded = self._places_to_check()
        self._checkpoints = Checkpoints(flattened(state).numpy())
        # The count of looks at all histories when somebody last looked at this one.
        self.looked_at = 0
        self._traces: OrderedDict[int, Trace] = OrderedDict()
        self._trace_nbytes = 0
        self._traced = 0
        self._plan: Plan | None = None
        self._refused = False
        # The state that the plan goes on from.
        self._planned: TrainingState | None = None
        self.curves = self._choose_curves()
        self.losses = Thinned(1)
        self.test_losses = Thinned(1) if self.executor.evaluator.has_test else None
        self.gradients = Thinned(len(self.curves))
        self._set_rates = rates(segment.experiment)
        self.rates = Thinned(len(self._set_rates))

    def state(self, iteration: int) -> TrainingState:
        """What an iteration starts from, replayed from the nearest checkpoint."""
        previous = self._traces.get(iteration - 1)
        if previous is not None and iteration > self._start:
            return next_state(self._start_of(previous), previous.values)
        found, flat = self._checkpoints.nearest(iteration - self._start)
        state = self._restore(self._start + found, flat)
        while state.iteration < iteration:
            state, _ = self._advance(state, iteration - state.iteration, past_overflow=True)
        return state

    @property
    def nbytes(self) -> int:
        """About how many bytes are held."""
        series = (self.losses, self.test_losses, self.gradients, self.rates)
        traces = len(self._traces) * self._trace_nbytes
        return self._checkpoints.nbytes + sum(s.nbytes for s in series if s is not None) + traces

    def condense(self) -> None:
        """Let go of most of what can be computed once more."""
        self._traces.clear()
        self.let_plan_go()
        self._checkpoints.condense(CONDENSED)

    def let_plan_go(self) -> None:
        """Make another plan where training goes on: one takes up to a megabyte, and most are never run again."""
        self._plan = self._planned = None

    def kept(self, iteration: int) -> TrainingState:
        """The last state remembered that is not after an iteration, on the CPU: nothing is computed for it."""
        found, flat = self._checkpoints.nearest(iteration - self._start)
        return self._restore(self._start + found, flat, "cpu")

    def _overrides_at(self, iteration: int) -> Overrides | None:
        return self._overrides if iteration == self._start else None

    def trace(self, iteration: int) -> Trace:
        """Every value of an iteration."""
        if iteration not in self._traces:
            state = self.state(iteration)
            trace = self.executor.trace(state, self._overrides_at(iteration))
            self._record(state, trace.values, next_state(state, trace.values))
            self._traces[iteration] = trace
            # Once: all histories are asked how much they hold whenever there is one more.
            self._trace_nbytes = self._trace_nbytes or sum(value.nbytes for value in trace.values.values())
            if len(self._traces) > TRACES:
                self._traces.popitem(last=False)
        self._traces.move_to_end(iteration)
        return self._traces[iteration]

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
            span = min(2 * span, LONGEST) if took < SHORT else max(1, span // 2) if took > 2 * SHORT else span
            yield state.iteration - 1, finite

    def _advance(self, state: TrainingState, most: int, *, past_overflow: bool = False) -> tuple[TrainingState, bool]:
        """Compute and remember at most so many iterations; what follows the last, and whether its numbers are finite.

        It ends with the first iteration whose numbers are not, unless it is asked to go past it. The first ones go by
        the trace. Once there have been some, it is worth while to make a plan for the others, which gives the same
        numbers.
        """
        overrides = self._overrides_at(state.iteration)
        plan = None if overrides or self._traced < WORTHWHILE else self._plan_from(state)
        if plan is None:
            self._traced += 1
            values, following = self.executor.advance(state, overrides)
            return following, self._record(state, values, following)
        stretch = plan.run(most)
        finite = self._finite(stretch)
        if not (past_overflow or finite.all()) and len(finite) > 1:
            # Once more, up to the first that is not finite: nothing after it is to be remembered.
            plan.load(state)
            stretch = plan.run(max(1, int(finite.argmin())))
            finite = self._finite(stretch)
        self._record_stretch(stretch)
        self._planned = plan.state()
        return self._planned, bool(finite.all())

    def _plan_from(self, state: TrainingState) -> Plan | None:
        """The plan, ready to go on from a state; None where plans do not give this machine's numbers."""
        if self._planned is state or self._refused:
            return self._plan
        if self._plan is None or not self._plan.fits(state):
            self._plan = Plan.proven(self.executor, state)
            self._refused = self._plan is None
        else:
            self._plan.load(state)
        return self._plan

    def _finite(self, stretch: Stretch) -> np.ndarray:
        """Whether all numbers of an iteration are finite, (n,); of states, where they are told."""
        finite: np.ndarray = np.isfinite(stretch.losses.numpy()) & np.isfinite(stretch.gradients.numpy()).all(1)
        states = np.isfinite(stretch.states.numpy()[:, self._bounded]).all(1)
        finite[len(finite) - len(states) :] &= states
        return finite

    def _record_stretch(self, stretch: Stretch) -> None:
        """Remember those iterations that are new.

        To each series for itself: where there was no memory left for one, it is made up for when it is computed again.
        """
        first, count = stretch.first - self._start, len(stretch.losses)
        series = [known for known in (self.losses, self.test_losses, self.gradients, self.rates) if known is not None]
        if min(*map(len, series), self._checkpoints.latest) >= first + count:
            return
        self.losses.extend(stretch.losses[max(0, len(self.losses) - first) :, None].numpy())
        self.gradients.extend(self._curves_of(stretch)[max(0, len(self.gradients) - first) :])
        self.rates.extend(np.array(stretch.rates[max(0, len(self.rates) - first) :]))
        if self.test_losses is not None:
            for loss in stretch.tested[max(0, len(self.test_losses) - first) :]:
                self.test_losses.append(self.test_losses.last if loss is None else loss)
        states = stretch.states.numpy()
        kept = min(len(states), first + count - self._checkpoints.latest)
        self._checkpoints.extend(first + count - kept + 1, states[len(states) - kept :])

    def _curves_of(self, stretch: Stretch) -> Floats:
        """The gradient curves of a stretch, (n, curves)."""
        assert self._plan is not None
        if not self.curves or self.curves[0].index is not None or self._plan.gives_norms:
            return stretch.gradients.numpy()
        sizes = [self._template[refs.parse(curve.ref).base].numel() for curve in self.curves]
        parts = torch.split(stretch.gradients, sizes, dim=1)
        return torch.stack([torch.linalg.vector_norm(part, dim=1) for part in parts], 1).numpy()

    def _record(self, state: TrainingState, values: Mapping[ValueRef, Tensor], following: TrainingState) -> bool:
        """Remember an iteration if it is new; return whether its loss, gradients and next state are finite."""
        flat, loss = flattened(following).numpy(), values[refs.LOSS].item()
        gradients = self._curve_values(values)
        index = state.iteration - self._start
        if index == len(self.losses):
            self.losses.append(loss)
        if self.test_losses is not None and index == len(self.test_losses):
            self.test_losses.append(self._tested(self.test_losses, state.iteration, values))
        if index == len(self.gradients):
            self.gradients.append(gradients)
        if index == len(self.rates):
            self.rates.append(self._rates_in(values))
        if index == self._checkpoints.latest:
            self._checkpoints.append(flat)
        return bool(np.isfinite(loss) and np.isfinite(gradients).all() and np.isfinite(flat[self._bounded]).all())

    def _tested(self, known: Thinned, iteration: int, values: Mapping[ValueRef, Tensor]) -> Floats | float:
        evaluator = self.executor.evaluator
        if not len(known) or evaluator.is_tested(iteration):
            return evaluator.evaluate(values, "test").loss.item()
        return known.last

    def _rates_in(self, values: Mapping[ValueRef, Tensor]) -> Floats:
        # A layer that is frozen has a learning rate that nothing reads.
        return np.array([values[ref].item() if ref in values else lr for ref, lr in self._set_rates.items()])

    def numbers(self, iteration: int) -> tuple[float, Floats, Floats]:
        """The loss of an iteration, its gradients as curves and its learning rates, whatever is remembered of it."""
        values = self.trace(iteration).values
        return values[refs.LOSS].item(), self._curve_values(values), self._rates_in(values)

    def test_loss(self, iteration: int) -> float:
        """The loss of the test rows that stands beside an iteration's; NaN where none are held back."""
        evaluator = self.executor.evaluator
        if not evaluator.has_test:
            return float("nan")
        return evaluator.evaluate(self.trace(self.tested_at(iteration)).values, "test").loss.item()

    def tested_at(self, iteration: int) -> int:
        """The iteration whose first parameters gave the test loss that stands beside an iteration's loss."""
        tested = self.executor.evaluator.is_tested
        return next((at for at in range(iteration, self._start, -1) if tested(at)), self._start)

    def rates_of(self, refs_wanted: tuple[ValueRef, ...]) -> list[int]:
        """The columns of learning rates; a layer without one of its own has the optimizer's."""
        columns = {ref: column for column, ref in enumerate(self._set_rates)}
        return [columns.get(ref, columns[refs.LR]) for ref in refs_wanted]

    def _places_to_check(self) -> slice | np.ndarray:
        """Where a flat state may not be infinite: everywhere, as a rule, and that costs no copy."""
        if refs.MAY_BE_INFINITE.isdisjoint(self._template):
            return slice(None)
        sizes = [value.numel() for value in self._template.values()]
        return np.repeat([ref not in refs.MAY_BE_INFINITE for ref in self._template], sizes)

    def _restore(self, iteration: int, flat: np.ndarray, device: str | None = None) -> TrainingState:
        values = {}
        parts = torch.split(torch.from_numpy(flat), [value.numel() for value in self._template.values()])
        for (ref, template), part in zip(self._template.items(), parts, strict=True):
            # Copied to memory of its own: some processors add up in another order where rows are not aligned.
            values[ref] = torch.empty_like(template, device=device).copy_(part.reshape(template.shape))
        return TrainingState(iteration, values)

    def _start_of(self, trace: Trace) -> TrainingState:
        return TrainingState(trace.iteration, {ref: trace.values[ref] for ref in self._template})

    def _choose_curves(self) -> tuple[Curve, ...]:
        gradients = [(g, self._template[refs.parse(g).base].shape) for g in self.executor.program.gradients]
        if sum(shape.numel() for _, shape in gradients) > MOST_CURVES:
            return tuple(Curve(ref, None) for ref, _ in gradients)
        return tuple(Curve(ref, index) for ref, shape in gradients for index in np.ndindex(*shape))

    def _curve_values(self, values: Mapping[ValueRef, Tensor]) -> Floats:
        gradients = [values[ref] for ref in self.executor.program.gradients]
        if not gradients:
            return np.empty(0)
        if self.curves[0].index is None:
            row = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients])
        else:
            row = torch.cat([gradient.reshape(-1) for gradient in gradients])
        numbers: Floats = row.cpu().numpy()
        return numbers


class Timeline:
    """The histories of all segments that some document still holds, undone ones too.

    Together they are held to a budget: whenever one is added, those that were not looked at for longest are condensed.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        # The data of all histories.
        self.tensors = RowTensors()
        self._histories: WeakKeyDictionary[Segment, History] = WeakKeyDictionary()
        self._looks = 0

    @property
    def nbytes(self) -> int:
        """About how many bytes all histories hold."""
        return sum(history.nbytes for history in self._histories.values())

    def history(self, document: Document, iteration: int) -> History:
        """What is remembered of the segment that computes an iteration."""
        return self._history_of(document.segment_at(iteration))

    def _history_of(self, segment: Segment) -> History:
        history = self._histories.get(segment)
        if history is None:
            self._make_room()
            for other in self._histories.values():
                other.let_plan_go()
            history = self._histories[segment] = History(segment, self.tensors)
        self._looks += 1
        history.looked_at = self._looks
        return history

    def _make_room(self) -> None:
        excess = self.nbytes - self._budget
        for history in sorted(self._histories.values(), key=attrgetter("looked_at")):
            if excess <= 0:
                return
            before = history.nbytes
            history.condense()
            excess -= before - history.nbytes

    def run(self, document: Document, iteration: int, longest: Callable[[], int] = one) -> Iterator[tuple[int, bool]]:
        """Train on from an iteration, through the document's later segments, at most `longest()` iterations at a time.

        Each time: the last iteration that was computed, and whether all its numbers are finite.
        """
        while True:
            segment = document.segment_at(iteration)
            ends = [later.start for later in document.segments if later.start > segment.start]
            end = ends[0] if ends else None
            for last, finite in self.history(document, iteration).run(iteration, longest, end):
                yield last, finite
                iteration = last + 1

    def losses(self, document: Document, length: int) -> Outline:
        """The loss of each of the first `length` iterations, one curve; fewer if fewer were computed."""
        return Outline.joined([history.losses.outline(count) for history, count in self._spans(document, length)])

    def test_losses(self, document: Document, length: int) -> Outline | None:
        """The loss of the test rows beside each of `losses`, NaN where none are held back; None where all are."""
        spans = list(self._spans(document, length))
        if all(history.test_losses is None for history, _ in spans):
            return None
        parts = []
        for history, count in spans:
            beside = history.losses.outline(count)
            none = np.full_like(beside.low, np.nan)
            without = Outline(beside.begins, none, none, beside.length)
            parts.append(without if history.test_losses is None else history.test_losses.outline(count))
        return Outline.joined(parts)

    def tested_at(self, document: Document, iteration: int) -> int:
        """The iteration whose first parameters gave the test loss that stands beside an iteration's loss."""
        return self.history(document, iteration).tested_at(iteration)

    def rates(self, document: Document, length: int, wanted: tuple[ValueRef, ...]) -> Outline:
        """The learning rates that each of the first `length` iterations used, as curves: `lr`, `layers.0.lr`, ..."""
        return Outline.joined(
            [
                history.rates.outline(count).columns(history.rates_of(wanted))
                for history, count in self._spans(document, length)
            ]
        )

    def gradients(self, document: Document, length: int) -> tuple[tuple[Curve, ...], int, Outline]:
        """The gradient curves of the last segment: what they are, where they begin, and their numbers."""
        segment = document.segment_at(max(0, length - 1))
        history = self.history(document, segment.start)
        return history.curves, segment.start, history.gradients.outline(length - segment.start)

    def _spans(self, document: Document, length: int) -> Iterator[tuple[History, int]]:
        for index, segment in enumerate(document.segments):
            last = index + 1 == len(document.segments)
            end = length if last else min(length, document.segments[index + 1].start)
            if end > segment.start or index == 0:
                yield self._history_of(segment), max(0, end - segment.start)
