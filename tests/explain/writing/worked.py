"""Working an equation out from what is printed of it."""

from __future__ import annotations

import math
import re
from pathlib import Path

from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.writing.numbers import as_typed
from tests.explain.cases import Case
from tests.explain.latex_arithmetic import evaluate

EXAMPLES = Path(__file__).parents[3] / "resources" / "experiments"
RESULT = re.compile(r"-?(\d+)(?:\.(\d+))?(?:\\cdot 10\^\{(-?\d+)\})?")
ROUNDS_OFF = re.compile(r"float(?:32|64) rounds off: worked out exactly, it would be ([^ ;]+)")
# What a dtype computes in a few operations differs by so much from what is exact, if nothing cancels.
ROUNDING = {"float64": 1e-8, "float32": 1e-3}


def unit(printed: str, digits: int) -> float:
    """One unit of the last digit, where no zeros are left off, as they are of settings."""
    found = RESULT.fullmatch(printed)
    assert found, printed
    whole, decimals, power = found[1], found[2] or "", int(found[3] or 0)
    figures = len((whole + decimals).lstrip("0"))
    return 10.0 ** (power - len(decimals) - max(0, digits - figures))


def holds(numbers: str, printed: str, digits: int, units: float = 0.5) -> bool:
    """Whether what is printed makes the printed result, once it is rounded as that is, or comes as near as that."""
    worked_out, result = evaluate(numbers, exactly=True), evaluate(printed)
    allowed = 1e-300 if result == 0 else unit(printed, digits) * units * (1 + 1e-9)
    # In the end they are compared in float64.
    return abs(worked_out - result) <= allowed + 4e-16 * abs(result)


def as_float(text: str) -> float:
    """A number as the screen writes it."""
    return float(as_typed(text))


def holds_in_full(it: Case, numbers: str, result: str) -> bool:
    """Whether numbers with all their digits make the result, but for what the dtype rounds off."""
    return math.isclose(
        evaluate(numbers, exactly=True), evaluate(result), rel_tol=ROUNDING[it.experiment.dtype], abs_tol=1e-320
    )


def check(
    it: Case, phase: Phase | None = None, *, digits: int | None = 4, rounds: bool = False, units: float = 0.5
) -> None:
    """Work out every equation again: of each element, and of the chain of its last sample."""
    for step, index in it.elements():
        if phase in (None, step.phase) and math.isfinite(it.value(step, index)):
            assert_holds(it, step, index, digits=digits, rounds=rounds, units=units)


def assert_holds(
    it: Case,
    step: MicroStep,
    index: tuple[int, ...],
    *,
    digits: int | None = 4,
    rounds: bool = False,
    units: float = 0.5,
) -> None:
    """Work out the equation of one element again, its chain, and the part that it calls by a letter."""

    def comes_out(numbers: str, result: str) -> bool:
        return holds_in_full(it, numbers, result) if digits is None else holds(numbers, result, digits, units)

    equation = it.explain(step, index, it.rows - 1, digits)
    explained = ROUNDS_OFF.search(equation.note)
    assert rounds or not explained, (step.writes, index, equation)
    if equation.numbers and explained:
        exact = evaluate(" ".join(equation.numbers), exactly=True)
        assert math.isclose(exact, as_float(explained[1]), rel_tol=10.0 ** (1 - (digits or 12))), (
            step.writes,
            equation,
        )
    elif equation.numbers:
        assert comes_out(" ".join(equation.numbers), equation.result), (step.writes, index, equation)
    if equation.chain:
        product = r"\cdot ".join(factor.number for factor in equation.chain)
        assert comes_out(product, equation.chain_product), (step.writes, index, equation)
    if equation.aside and "t would be" not in equation.note:
        _, _, numbers, value = equation.aside.split(" = ")
        assert comes_out(numbers, value), equation.aside
