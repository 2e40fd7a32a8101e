"""Why a step of a formula has no value, in words. Free of torch: `chainrule explain` says the same."""

from __future__ import annotations

import math
from collections.abc import Mapping

from chainrule.explain.circuit.names import names_of, text_of
from chainrule.explain.writing.formula_latex import in_latex, of_symbols
from chainrule.explain.writing.plain_text import latex_to_text as in_plain_text
from chainrule.formula.cases import resolved
from chainrule.formula.errors import joined
from chainrule.formula.evaluate import ElementReader, evaluate
from chainrule.formula.graph import Step
from chainrule.formula.tree import Divide, Expr, Power, walk
from chainrule.formula.writing.equation import shortest
from chainrule.formula.writing.text import formula_to_text

DIGITS = 4


def no_value(step: Step, values: Mapping[str, float]) -> str:
    """Say `log(x) has no value (NaN) where x = -1`."""
    numbers = ", ".join(f"{name} = {shortest(values[name], DIGITS)}" for name in step.reads)
    return f"{formula_to_text(step.rule)} {_what(step, values)}{f' where {numbers}' if numbers else ''}"


def no_value_on_screen(lines: tuple[str, ...], step: Step, values: Mapping[str, float]) -> str:
    """Return the same with the names that the window shows; a step is not to blame for what it reads."""
    reads = {text_of(lines, name): values[name] for name in step.reads}
    not_finite = [name for name, value in reads.items() if not math.isfinite(value)]
    if not_finite:
        verb = "is" if len(not_finite) == 1 else "are"
        return f"{text_of(lines, step.writes)} is worked out from {joined(not_finite)}, which {verb} not finite already"
    numbers = ", ".join(f"{name} = {shortest(value, DIGITS)}" for name, value in reads.items()).replace("-", "−")
    rule = in_plain_text(in_latex(step.rule, of_symbols(names_of(lines))))
    return f"{rule} {_what(step, values)}{f' where {numbers}' if numbers else ''}"


def _what(step: Step, values: Mapping[str, float]) -> str:
    def value(name: str, places: tuple[int, ...]) -> float:
        return values[name]

    # What stands in another case is not computed.
    if any(_divides_by_zero(part, value) for part in walk(resolved(step.rule, value))):
        return "is a division by zero"
    return "has no value (NaN)" if math.isnan(values[step.writes]) else "is too large, or infinite"


def _divides_by_zero(part: Expr, value: ElementReader) -> bool:
    match part:
        case Divide(_, bottom):
            return not evaluate(bottom, value)
        case Power(base, exponent):
            return not evaluate(base, value) and evaluate(exponent, value) < 0
    return False
