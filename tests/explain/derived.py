"""Derivations, and whether their rows make what they say."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from chainrule.engine.program.steps import MicroStep
from chainrule.explain.derivation.derivation import (
    Derivation,
    DerivationRow,
    DerivationSection,
    derive,
    derived_element,
)
from tests.explain.cases import Case
from tests.explain.checks import typeset_fragment
from tests.explain.latex_arithmetic import evaluate

DELTA = "layers.0.pre_activation.grad"


def derivation(it: Case, ref: str, index: tuple[int, ...] = (), sample: int = 0, digits: int | None = 4) -> Derivation:
    """The derivation of a number that has one."""
    found = derived_of(it, it.step(ref), index, sample, digits)
    assert found is not None
    return found


def derived_of(
    it: Case, step: MicroStep, index: tuple[int, ...], sample: int = 0, digits: int | None = 4, rows: Sequence[int] = ()
) -> Derivation | None:
    return derive(derived_element(it.experiment, step, index, sample, it.values, digits), it.program, rows)


def rows(found: Derivation) -> list[DerivationRow]:
    return [row for section in found.sections for row in section.rows]


def is_near(one: float, other: float, tolerance: float = 1e-9) -> bool:
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


def worked_out(section: DerivationSection) -> float:
    """What the printed numbers of a section make."""
    return evaluate((r"\cdot " if not section.is_sum else " ").join(section.numbers), exactly=True)


def assert_holds(found: Derivation, value: float) -> None:
    """The rows of each section make its number, the first one's is the gradient, and all of it is LaTeX."""
    for section in found.sections:
        values = [row.value for row in section.rows]
        assert is_near(math.fsum(values) if section.is_sum else math.prod(values), section.value)
        for row in section.rows:
            for fragments in (row.formula, *row.sides, (row.left, row.of, row.number)):
                for fragment in filter(None, fragments):
                    typeset_fragment(fragment)
    first, *others = found.sections
    assert is_near(first.value, value)
    if first.is_sum and others and not others[0].is_sum:
        # The chain that follows is that of one of the rows.
        assert any(is_near(others[0].value, row.value) for row in first.rows)


def assert_printed(found: Derivation) -> None:
    """What is printed can be worked out again: to all digits where all are printed."""
    for section in found.sections:
        if math.isfinite(section.value):
            assert is_near(worked_out(section), section.value, 1e-8)
        for row in section.rows:
            if row.sides and math.isfinite(row.value) and not _has_names(row.sides[-1]):
                assert is_near(evaluate(" ".join(row.sides[-1]), exactly=True), row.value, 1e-7), row


def _has_names(fragments: tuple[str, ...]) -> bool:
    """Whether a side is still in symbols: where a derivative is 0 or a constant there is nothing to put in."""
    text = re.sub(
        r"\\(?:frac|sqrt|cdot|ln|tanh|sigma|Phi|phi|max|min|left|right|pi|mathrm\{sgn\}|,)", "", " ".join(fragments)
    )
    return bool(re.search(r"[a-zA-Z]", re.sub(r"\be\^", "", text)))
