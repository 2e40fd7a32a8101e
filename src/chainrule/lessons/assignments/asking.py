"""Questions about micro-steps: those of a phase, of a kind, a range of them, or values by their refs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import product

import torch

from chainrule.catalog.arguments import SpecError, describe
from chainrule.catalog.experiment.question import DEFAULT_TOLERANCE, MOST_QUESTIONS, Question, Tolerance
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.asked import MOST_NUMBERS_OF_A_VALUE
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.trace import Executor
from chainrule.explain.context import is_count
from chainrule.lessons.assignments.assignment import calculations_at
from chainrule.lessons.calculation import Calculation, Index

ALL = "all"
PHASES = tuple(phase.value for phase in Phase)
_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
_TOLERANCE = re.compile(r"([0-9.eE+-]+)\s*(%|digits?)?")
_EXPECTED = (
    f"expected {', '.join(PHASES)} or all, a kind such as weight_gradient, micro-steps by number such as 3-7, "
    "or a value such as layers.0.weight.grad"
)


def asked_questions(
    experiment: Experiment,
    wanted: str,
    iterations: Sequence[int],
    *,
    whole: bool = False,
    points: float = 1.0,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
    taken: Collection[str] = (),
) -> tuple[Question, ...]:
    """Return questions of some micro-steps in each iteration: of every number, or with `whole` of every value.

    `wanted` are phases, kinds, numbers of micro-steps from 1 or refs, with commas between. The ids are numbers from 1,
    but for those that are `taken`. A `SpecError` says what cannot be asked.
    """
    selectors = [each.strip() for each in wanted.split(",") if each.strip()]
    if not selectors:
        raise SpecError("questions", _EXPECTED)
    calculations, found = calculations_at(Executor(experiment), iterations), list[Question]()
    used, number = {each.lower() for each in taken}, 0
    for iteration in sorted(set(iterations)):
        for ref, index in _numbers(calculations[iteration], selectors, whole=whole):
            number += 1
            while str(number) in used:
                number += 1
            found.append(Question(str(number), ref, index, iteration, points, tolerance))
            if len(found) > MOST_QUESTIONS:
                fewer = "name fewer micro-steps" + ("" if whole else ", or ask for whole values")
                raise SpecError("questions", f"these are more than {MOST_QUESTIONS} questions: {fewer}")
    if not found:
        raise SpecError("questions", "these micro-steps have no number to ask for")
    return tuple(found)


def parsed_tolerance(text: str) -> Tolerance:
    """Return the tolerance that a text means: `1%`, `0.001` or `3 digits`; a `SpecError` says what it can be."""
    read = _TOLERANCE.fullmatch(text.strip())
    try:
        number = float(read[1]) if read else None
    except ValueError:
        number = None
    if read is None or number is None:
        raise SpecError("tolerance", f'expected a share such as 1%, a number, or "3 digits", got {describe(text)}')
    if read[2] == "%":
        return Tolerance(relative=number / 100)
    if read[2] is None:
        return Tolerance(absolute=number)
    if not number.is_integer():
        raise SpecError("tolerance", f"expected a whole number of digits, got {describe(text)}")
    return Tolerance(digits=int(number))


def _numbers(
    calculation: Calculation, selectors: Sequence[str], *, whole: bool
) -> Iterator[tuple[ValueRef, Index | None]]:
    """Yield what is asked of one iteration, each once, in the order of the micro-steps; what is given comes first."""
    chosen = dict[ValueRef, None]()
    for selector in selectors:
        found = _chosen(calculation, selector)
        if not found:
            raise SpecError("questions", f"there is no {describe(selector)} to ask for: {_EXPECTED}")
        chosen |= dict.fromkeys(found)
    for ref in sorted(chosen, key=lambda ref: calculation.places.get(ref, -1)):
        tensor = calculation.values[ref]
        if not bool(torch.isfinite(tensor).all()) or not tensor.numel():
            continue
        if not whole:
            yield from ((ref, index) for index in product(*map(range, tensor.shape)))
        elif tensor.numel() > MOST_NUMBERS_OF_A_VALUE:
            most = f"at most {MOST_NUMBERS_OF_A_VALUE} numbers of a value are asked for"
            raise SpecError("questions", f"{ref} has {tensor.numel()}, and {most}")
        else:
            yield ref, None


def _chosen(calculation: Calculation, selector: str) -> list[ValueRef]:
    steps = calculation.steps
    if selector == ALL or selector in PHASES:
        of_phase = [step for step in steps if selector in (ALL, step.phase.value)]
        return [step.writes for step in of_phase if _is_worked_out(calculation, step)]
    of_kind = [step.writes for step in steps if step.kind.value == selector]
    if of_kind:
        return of_kind
    if found := _RANGE.fullmatch(selector):
        first, last = int(found[1]), int(found[2] or found[1])
        if not 1 <= first <= last <= len(steps):
            there = f"this iteration has micro-steps 1 to {len(steps)}"
            raise SpecError("questions", f"{there}, got {describe(selector)}")
        return [step.writes for step in steps[first - 1 : last]]
    return [ref for ref in calculation.values if fnmatchcase(ref, selector)]


def _is_worked_out(calculation: Calculation, step: MicroStep) -> bool:
    """Return whether there is something to be worked out: not of zeros, and of what only counts steps."""
    value = calculation.described.get(step.writes)
    counts = value is not None and (is_count(value) or (value.next_of is not None and is_count(value.next_of)))
    return step.kind is not StepKind.ZERO_GRAD and not counts
