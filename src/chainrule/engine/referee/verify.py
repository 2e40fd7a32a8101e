"""The verdicts: how far a trace is from PyTorch's own computation of it, and from finite differences, ref by ref."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.catalog.values.value import Role
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.referee.differences import Slope, slopes
from chainrule.engine.referee.formula_network import FormulaLoop, formula_computations, formula_slopes
from chainrule.engine.referee.reference import TorchLoop
from chainrule.engine.referee.report import Comparison, Report, ReportRow
from chainrule.engine.referee.rounding import Expected, apart
from chainrule.engine.referee.steps import computations, update_expected
from chainrule.engine.trace import Trace, first_non_finite

# The largest difference that agrees with a difference quotient, relative to the largest slope, the loss, or 1.
DIFFERENCES_TOLERANCE = {"float64": 1e-6, "float32": 1e-3}
# Scalars that torch keeps in its default dtype, whatever the parameters' is.
DEFAULT_DTYPE = {"NAdam": ("mu_product",), "ASGD": ("eta", "mu")}
DEFAULT_DTYPE_NOTE = (
    "torch keeps it in its default dtype, which is float32 unless torch.set_default_dtype says otherwise: for this "
    "comparison it is float64, as it is here. A script that leaves it at float32 differs by some 1e-8 of it."
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a trace is from PyTorch, over so many numbers.

    `ref` is the first that differs or, where none does, the one that is nearest to its tolerance; the numbers are its:
    the largest difference, the largest relative one, and the relative one that agrees.
    """

    difference: float
    relative: float
    ref: ValueRef
    compared: int
    agrees: bool
    tolerance: float = 0.0


class Verification:
    """Holds a run of iterations, one after another, against all referees."""

    def __init__(self, experiment: Experiment, program: Program, first: Trace, *, untouched: bool) -> None:
        """`untouched` says that nothing was trained yet: PyTorch's loop then begins with memory of its own making."""
        self._experiment, self._program = experiment, program
        self._loop = injected(experiment, program, first)
        if not untouched or experiment.state is not None:
            self._loop.updating.restore(first.iteration, {ref: first.values[ref] for ref in program.memory})
        # Of the iterations that are compared, and of the one that is being compared: rows that are whole.
        self._rows: dict[ValueRef, ReportRow] = {}
        self._now: dict[ValueRef, ReportRow] = {}
        self._iterations = 0
        self._first: tuple[int, ValueRef] | None = None
        self._before: Trace | None = None
        self.overflow: tuple[int, ValueRef] | None = None

    def add(self, trace: Trace) -> Iterator[None]:
        """Compare the next iteration; yields after each moment of work, while rows become known.

        Nothing more is compared once a number has overflowed.
        """
        if self.overflow is not None:
            return
        self._check_continuity(trace)
        steps = self._program.at(trace.iteration).steps
        expected: dict[ValueRef, Expected] = {}
        for found in expectations(self._experiment, self._program, trace, update=True):
            expected |= found
            yield
        run: dict[ValueRef, Tensor] = {}
        if not self._loop.updating.gave_up:
            run = gradients_of(self._loop, trace.values)
            yield
            run |= self._loop.update(trace.iteration)
        yield
        stop = first_non_finite(steps, trace.values)
        written = comparable(self._program.at(trace.iteration), stop, expected)
        rows: dict[ValueRef, ReportRow] = {}
        self._now = {}
        for step in written:
            ref, value = step.writes, trace.values[step.writes]
            torch_s = compared(value, expected[ref]) if ref in expected else None
            row = ReportRow(ref, run=_drift(value, run.get(ref)), note=self._note(ref))
            update = step.phase is Phase.UPDATE
            rows[ref] = replace(row, optimizer=torch_s) if update else replace(row, autograd=torch_s)
            if not self._is_gradient(ref):
                self._now[ref] = rows[ref]
            yield
        gradients = [step.writes for step in written if self._is_gradient(step.writes)]
        for differences in self._differences(trace, rows, gradients):
            if differences is not None:
                ref, comparison = differences
                self._now[ref] = rows[ref] = replace(rows[ref], differences=comparison)
            yield
        self._rows |= {ref: row.joined(self._rows.get(ref)) for ref, row in rows.items()}
        wrong = next((ref for ref, row in rows.items() if not row.agrees), None)
        if self._first is None and wrong is not None:
            self._first = trace.iteration, wrong
        self._iterations += 1
        self._before = trace
        if stop is not None:
            self.overflow = trace.iteration, steps[stop].writes

    def _check_continuity(self, trace: Trace) -> None:
        """Hold what an iteration begins with against what the one before has ended with, to the last bit."""
        before = self._before
        if before is None:
            return
        for ref in self._program.carried:
            following = refs.next_value(ref)
            expected = before.values.get(following, before.values[ref])
            absolute, _ = distance(trace.values[ref], expected)
            if absolute and following in self._rows:
                jump = Comparison(absolute, math.inf, 0.0, 0)
                self._rows[following] = ReportRow(following, optimizer=jump).joined(self._rows[following])
                self._first = self._first or (before.iteration, following)

    def _note(self, ref: ValueRef) -> str:
        """Return what has to be known of how torch keeps a value."""
        kept = DEFAULT_DTYPE.get(self._experiment.optimizer.name, ())
        value = self._program.values[ref]
        return DEFAULT_DTYPE_NOTE if value.role is Role.BUFFER and value.is_next and value.name in kept else ""

    def _is_gradient(self, ref: ValueRef) -> bool:
        return self._program.values[ref].role is Role.GRADIENT

    def report(self) -> Report:
        """Return what was found until now, in the program's order; in the first iteration some rows are awaited."""
        awaited = not self._iterations
        known = self._now if awaited else self._rows
        rows = [known.get(ref, ReportRow(ref, awaited=awaited)) for ref in self._refs]
        if not awaited:
            rows = [row if row.comparisons else replace(row, seen_in=self._seen_in(row.ref)) for row in rows]
        return Report(tuple(rows), self._iterations, self._first, self.overflow)

    @cached_property
    def _refs(self) -> tuple[ValueRef, ...]:
        """All that iterations write, those without an update as well."""
        waiting = self._program.waiting.steps if self._program.waiting else ()
        return tuple(dict.fromkeys(step.writes for step in (*self._program.steps, *waiting)))

    def _differences(
        self, trace: Trace, rows: Mapping[ValueRef, ReportRow], gradients: Sequence[ValueRef]
    ) -> Iterator[tuple[ValueRef, Comparison] | None]:
        """Hold each gradient against a sample of finite differences; None comes after each moment of work."""
        gradient, found = None, None
        of = formula_slopes if self._experiment.network.formula else slopes
        for slope in of(self._experiment, trace.values, gradients, seed=trace.iteration):
            if slope is None:
                yield None
                continue
            if gradient is not None and found is not None and gradient != refs.grad(slope.ref):
                yield gradient, found
                found = None
            gradient = refs.grad(slope.ref)
            found = self._held_against(trace, slope, rows[gradient]).joined(found)
        if gradient is not None and found is not None:
            yield gradient, found

    def _held_against(self, trace: Trace, slope: Slope, row: ReportRow) -> Comparison:
        """Hold a gradient, of which the row says whether autograd has the same, against one slope."""
        tolerance, values = DIFFERENCES_TOLERANCE[self._experiment.dtype], trace.values[refs.grad(slope.ref)]
        scale = max(1.0, float(values.abs().nan_to_num().max()), abs(trace.values[self._program.loss].item()))
        value = values[slope.index].item()
        # 0 times the slope of what has none is no number in either way of computing it; a quotient knows nothing of it.
        undefined = not math.isfinite(value) and row.autograd is not None and row.autograd.agrees
        if slope.value is None or undefined or not slope.numerical_error <= tolerance * scale:
            # What a quotient cannot know it cannot judge.
            return Comparison(0.0, 0.0, tolerance, 0, skipped=1)
        absolute = abs(value - slope.value)
        absolute = math.inf if math.isnan(absolute) else absolute
        return Comparison(absolute, absolute / scale, tolerance, 1)

    @cached_property
    def _readers(self) -> dict[ValueRef, ValueRef]:
        waiting = self._program.waiting.steps if self._program.waiting else ()
        return {ref: step.writes for step in reversed((*self._program.steps, *waiting)) for ref in step.reads}

    def _seen_in(self, ref: ValueRef) -> ValueRef | None:
        following = self._readers.get(ref)
        while following is not None and not self._rows.get(following, ReportRow(following)).comparisons:
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


def injected(experiment: Experiment, program: Program, trace: Trace) -> TorchLoop | FormulaLoop:
    """Return PyTorch's loop with the parameters that the trace started from."""
    parameters = {ref: trace.values[ref] for ref in program.parameters}
    return FormulaLoop(experiment, parameters) if experiment.network.formula else TorchLoop(experiment, parameters)


def gradients_of(loop: TorchLoop | FormulaLoop, values: Mapping[ValueRef, Tensor]) -> dict[ValueRef, Tensor]:
    """Return what PyTorch's loop computes on its own, up to the gradients, on the rows that the trace takes."""
    if isinstance(loop, FormulaLoop):
        return loop.gradients()
    return loop.gradients(values[refs.INPUT], values[refs.TARGET])


def expectations(
    experiment: Experiment, program: Program, trace: Trace, *, update: bool
) -> Iterator[dict[ValueRef, Expected]]:
    """Yield what PyTorch computes for an iteration's refs, part by part; without `update`, up to the gradients."""
    loop = injected(experiment, program, trace)
    of = formula_computations(loop, trace.values) if isinstance(loop, FormulaLoop) else computations(loop, trace.values)
    yield from of
    if update:
        yield update_expected(loop, trace.iteration, trace.values, tuple(program.memory))


def comparable(program: Program, stop: int | None, expected: Container[ValueRef]) -> tuple[MicroStep, ...]:
    """Return the steps whose results mean something: up to the first that is not finite, and what PyTorch has of it.

    Where PyTorch keeps no such number, the next that it has tells whether it overflows there too.
    """
    if stop is None:
        return program.steps
    while program.steps[stop].writes not in expected and stop + 1 < len(program.steps):
        stop += 1
    return program.steps[: stop + 1]


def compared(value: Tensor, expected: Expected) -> Comparison:
    """Return one ref's numbers held against the referee's."""
    absolute, relative, tolerance = apart(value, expected)
    return Comparison(absolute, relative, tolerance, value.numel())


def verify_trace(experiment: Experiment, program: Program, trace: Trace, *, update: bool = True) -> Verdict:
    """Compare one iteration with PyTorch's; without `update`, up to the gradients."""
    *_, verdict = verify_parts(experiment, program, trace, update=update)
    assert verdict is not None
    return verdict


def verify_parts(experiment: Experiment, program: Program, trace: Trace, *, update: bool) -> Iterator[Verdict | None]:
    """Compare one iteration with PyTorch's, a moment of work at a time; the last that comes is the verdict."""
    expected: dict[ValueRef, Expected] = {}
    parts = expectations(experiment, program, trace, update=update)
    while (one_part := next(parts, None)) is not None:
        expected |= one_part
        yield None
    found: list[tuple[ValueRef, Comparison]] = []
    program = program.at(trace.iteration)
    for step in comparable(program, first_non_finite(program.steps, trace.values), expected):
        # What is compared is let go: of a large network all of it is as much as the trace.
        if (one := expected.pop(step.writes, None)) is not None:
            found.append((step.writes, compared(trace.values[step.writes], one)))
            yield None
    wrong = next((one for one in found if not one[1].agrees), None)
    # Of nothing that is compared, nothing differs.
    nearest = max(found, key=lambda one: one[1].excess) if found else (program.loss, Comparison(0.0, 0.0, 0.0, 0))
    ref, deviation = wrong or nearest
    count = sum(comparison.compared for _, comparison in found)
    yield Verdict(deviation.absolute, deviation.relative, ref, count, wrong is None, deviation.tolerance)


def _drift(value: Tensor, expected: Tensor | None) -> Comparison | None:
    """Return how far a PyTorch loop that trains on its own is away: it judges nothing."""
    return None if expected is None else Comparison(*distance(value, expected), math.inf, value.numel())


def distance(value: Tensor, reference: Tensor) -> tuple[float, float]:
    """Return the largest difference, absolute and relative to the reference's largest magnitude or 1.

    NaN and inf agree with themselves, and are infinitely far from all else.
    """
    same = (value == reference) | (value.isnan() & reference.isnan())
    apart_by = (value - reference).abs().nan_to_num(nan=math.inf, posinf=math.inf)
    absolute = float(apart_by.masked_fill(same, 0.0).max())
    return absolute, absolute / max(1.0, float(reference.abs().nan_to_num(nan=0.0, posinf=0.0).max()))
