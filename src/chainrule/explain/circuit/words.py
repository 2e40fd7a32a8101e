"""Why a step of a formula has no value, in words. Free of torch: `chainrule explain` says the same."""

from __future__ import annotations

import math
from collections.abc import Mapping

from chainrule.formula.equation import shortest
from chainrule.formula.graph import Step
from chainrule.formula.text import to_text

DIGITS = 4


def no_value(step: Step, values: Mapping[str, float]) -> str:
    """`log(x) has no value (NaN) where x = -1`."""
    numbers = ", ".join(f"{name} = {shortest(values[name], DIGITS)}" for name in step.reads)
    what = "has no value (NaN)" if math.isnan(values[step.writes]) else "is too large, or infinite"
    return f"{to_text(step.rule)} {what}{f' where {numbers}' if numbers else ''}"
