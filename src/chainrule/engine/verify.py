"""The verdicts: how far a trace is from PyTorch's own computation of it, and from finite differences, ref by ref."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from chainrule.engine import refs
from chainrule.engine.differences import Slope, slopes
from chainrule.engine.program import Program
from chainrule.engine.reference import TorchLoop
from chainrule.engine.refs import ValueRef
from chainrule.engine.report import Comparison, Report, Row
from chainrule.engine.spec import Experiment
from chainrule.engine.trace import Trace, first_non_finite

# The largest relative difference that rounding explains: of the same computation, and of a difference quotient.
TOLERANCE = {"float64": 1e-10, "float32": 1e-3}
DIFFERENCES_TOLERANCE = {"float64": 1e-6, "float32": 1e-3}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The largest difference between trace and referee, where it is, and over how many values it was taken.

    `relative` is divided by the largest magnitude among the referee's values of that ref, or by 1 if that is
    smaller.
    """

    difference: float
    relative: float
    ref: ValueRef
    compared: int
    agrees: bool


class Verification:
    """Holds a run of iterations, one after another, against all referees."""

    def __init__(self, experiment: Experiment, program: Program, first: Trace, *, untouched: bool) -> None:
        """`untouched` says that nothing was trained yet: PyTorch's loop then begins with memory of its own making."""
        self._experiment, self._program = experiment, program
        self._loop = TorchLoop(experiment, {ref: first.values[ref] for ref in program.parameters})
        if not untouched:
            self._loop.updating.restore(first.iteration, {ref: first.values[ref] for ref in program.memory})
        # Of the iterations that are compared, and of the one that is being compared: rows that are whole.
        self._rows: dict[ValueRef, Row] = {}
        self._now: dict[ValueRef, Row] = {}
        self._iterations = 0
        self._first: tuple[int, ValueRef] | None = None
        self.overflow: tuple[int, ValueRef] | None = None

    def add(self, trace: Trace) -> Iterator[None]:
        """Compare the next iteration; yields after each moment of work, while rows become known.

        Nothing more is compared once a number has overflowed.
        """
        if self.overflow is not None:
            return
        steps, values = self._program.steps, trace.values
        stop = first_non_finite(steps, values)
        written = [step.writes for step in steps[: None if stop is None else stop + 1]]
        yield
        loop = injected(self._experiment, self._program, trace)
        yield
        autograd = loop.gradients(values[refs.INPUT], values[refs.TARGET])
        yield
        alone: dict[ValueRef, Tensor] = {}
        if not self._loop.updating.gave_up:
            yield
            alone = self._loop.gradients(values[refs.INPUT], values[refs.TARGET])
            yield
            alone |= self._loop.update(trace.iteration)
        yield
        rows: dict[ValueRef, Row] = {}
        self._now = {}
        gradients = [ref for ref in written if ref.endswith(".grad")]
        for ref in written:
            rows[ref] = Row(ref, self._compared(autograd, trace, ref), self._compared(alone, trace, ref))
            if not ref.endswith(".grad"):
                self._now[ref] = rows[ref]
            yield
        for found in self._differences(trace, gradients):
            if found is not None:
                ref, differences = found
                self._now[ref] = rows[ref] = replace(rows[ref], differences=differences)
            yield
        self._rows |= {ref: row.joined(self._rows.get(ref)) for ref, row in rows.items()}
        wrong = next((ref for ref, row in rows.items() if not row.agrees), None)
        if self._first is None and wrong is not None:
            self._first = trace.iteration, wrong
        self._iterations += 1
        if stop is not None:
            self.overflow = trace.iteration, steps[stop].writes

    def report(self) -> Report:
        """What was found until now, in the program's order; in the first iteration some rows are awaited."""
        awaited = not self._iterations
        known = self._now if awaited else self._rows
        rows = [known.get(step.writes, Row(step.writes, awaited=awaited)) for step in self._program.steps]
        if not awaited:
            rows = [row if row.comparisons else replace(row, seen_in=self._seen_in(row.ref)) for row in rows]
        return Report(tuple(rows), self._iterations, self._first, self.overflow)

    def _compared(self, expected: Mapping[ValueRef, Tensor], trace: Trace, ref: ValueRef) -> Comparison | None:
        if ref not in expected:
            return None
        absolute, relative = distance(trace.values[ref], expected[ref])
        return Comparison(absolute, relative, TOLERANCE[self._experiment.dtype], expected[ref].numel())

    def _differences(self, trace: Trace, gradients: Sequence[ValueRef]) -> Iterator[tuple[ValueRef, Comparison] | None]:
        """Hold each gradient against a sample of finite differences; None comes after each moment of work."""
        gradient, found = None, None
        for slope in slopes(self._experiment, trace.values, gradients, seed=trace.iteration):
            if slope is None:
                yield None
                continue
            if gradient is not None and found is not None and gradient != refs.grad(slope.ref):
                yield gradient, found
                found = None
            gradient = refs.grad(slope.ref)
            found = self._held_against(trace, slope).joined(found)
        if gradient is not None and found is not None:
            yield gradient, found

    def _held_against(self, trace: Trace, slope: Slope) -> Comparison:
        tolerance, values = DIFFERENCES_TOLERANCE[self._experiment.dtype], trace.values[refs.grad(slope.ref)]
        if slope.value is None:
            return Comparison(0.0, 0.0, tolerance, 0, skipped=1)
        scale = max(1.0, float(values.abs().max()), abs(trace.values[refs.LOSS].item()))
        absolute = abs(values[slope.index].item() - slope.value)
        absolute = math.inf if math.isnan(absolute) else absolute
        return Comparison(absolute, absolute / scale, tolerance, 1)

    @cached_property
    def _readers(self) -> dict[ValueRef, ValueRef]:
        return {ref: step.writes for step in reversed(self._program.steps) for ref in step.reads}

    def _seen_in(self, ref: ValueRef) -> ValueRef | None:
        following = self._readers.get(ref)
        while following is not None and not self._rows.get(following, Row(following)).comparisons:
            following = self._readers.get(following)
        return following


def verify_run(
    experiment: Experiment, program: Program, traces: Iterable[Trace], *, untouched: bool
) -> Iterator[Verification]:
    """Hold a run of iterations against all referees; ends where a number overflows.

    Yields after each moment of work, so that a caller stays alive; the last time, everything is compared.
    """
    verification = None
    for trace in traces:
        if verification is None:
            verification = Verification(experiment, program, trace, untouched=untouched)
        for _ in verification.add(trace):
            yield verification
        yield verification
        if verification.overflow is not None:
            return


def injected(experiment: Experiment, program: Program, trace: Trace) -> TorchLoop:
    """PyTorch's loop with the parameters that the trace started from."""
    return TorchLoop(experiment, {ref: trace.values[ref] for ref in program.parameters})


def verify_trace(experiment: Experiment, program: Program, trace: Trace, *, update: bool = True) -> Verdict:
    """Compare one iteration with PyTorch's, from the same numbers; without `update`, up to the gradients."""
    loop = injected(experiment, program, trace)
    expected = loop.gradients(trace.values[refs.INPUT], trace.values[refs.TARGET])
    if update:
        loop.updating.restore(trace.iteration, {ref: trace.values[ref] for ref in program.memory})
        expected |= loop.update(trace.iteration)
    worst = Verdict(0.0, 0.0, refs.LOSS, 0, agrees=True)
    compared = 0
    # Behind the first number that is not finite there is nothing to compare.
    stop = first_non_finite(program.steps, trace.values)
    for step in program.steps[: None if stop is None else stop + 1]:
        if step.writes not in expected:
            continue
        compared += expected[step.writes].numel()
        difference, relative = distance(trace.values[step.writes], expected[step.writes])
        if relative > worst.relative:
            worst = Verdict(difference, relative, step.writes, 0, relative <= TOLERANCE[experiment.dtype])
    return replace(worst, compared=compared)


def distance(value: Tensor, reference: Tensor) -> tuple[float, float]:
    """The largest difference, absolute and relative to the reference's largest magnitude or 1.

    NaN and inf agree with themselves, and are infinitely far from all else.
    """
    same = (value == reference) | (value.isnan() & reference.isnan())
    apart = (value - reference).abs().nan_to_num(nan=math.inf, posinf=math.inf)
    absolute = float(apart.masked_fill(same, 0.0).max())
    return absolute, absolute / max(1.0, float(reference.abs().nan_to_num(nan=0.0, posinf=0.0).max()))
