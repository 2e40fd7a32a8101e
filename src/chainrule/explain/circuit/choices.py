"""What is said where a derivative is a choice: at a kink of an operator, where it jumps, and of 0 to the power of 0.

Free of torch: `chainrule explain` says the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chainrule.explain.sentences.kinks import kink_words
from chainrule.explain.writing.numbers import format_short
from chainrule.formula.evaluate import ElementReader, evaluate
from chainrule.formula.graph import Step, local_derivative
from chainrule.formula.kinks import Kink, is_zero_to_zero, kink_at
from chainrule.formula.tree import Call, Expr, Power, Symbol

# What two equal numbers each get of what comes back through the larger one of them.
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Writing:
    """How a sentence writes names, formulas of names, and numbers of so many digits; and what the names stand for."""

    name: Callable[[str], str]
    text: Callable[[Expr], str]
    value: ElementReader
    digits: int | None


def choice_sentence(node: Step, by: str, writing: Writing) -> str:
    """Return which slope of an operator PyTorch takes by one that it reads; nothing where it has only one."""
    found = kink_at(node.rule, by, writing.value)
    if found is not None:
        return _at_a_kink(node, by, found, writing)
    if isinstance(node.rule, Power) and is_zero_to_zero(node.rule, by, writing.value):
        name = writing.name(by)
        return f"0 to the power of 0 has no slope by {name}. PyTorch takes 0, so nothing comes back to {name}."
    return ""


def _at_a_kink(node: Step, by: str, found: Kink, writing: Writing) -> str:
    name, reader, rule = writing.name(by), writing.name(node.writes), node.rule
    slope = evaluate(local_derivative(node, by), writing.value)
    if isinstance(rule, Call) and rule.function in ("min", "max") and not found.is_jump:
        equal = writing.text(next(each for each in rule.arguments if each != Symbol(by)))
        where = f"{name} and {equal} are equal"
    else:
        where = f"{name} is {format_short(writing.value(by, ()), writing.digits)}"
    text = f"{where}, where {kink_words(found, reader, slope, writing.digits)}"
    if slope == 0:
        return f"{text}, so nothing comes back to {name}."
    part = {_HALF: "half", 1.0: "all"}.get(slope)
    gets = f"{name} gets {part} of the gradient of {reader}" if part else "the gradient is multiplied by that"
    return f"{text}: {gets}."
