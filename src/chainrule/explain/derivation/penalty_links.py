"""The links of the chain rule through penalties."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.penalties import ELEMENT, PENALTIES
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.explain.context import Context
from chainrule.explain.derivation.paths import Link
from chainrule.explain.derivation.written import all_decided, different, numbers_of_form
from chainrule.explain.writing.formula_latex import as_factor, of_numbers, of_symbols
from chainrule.explain.writing.fragments import Fragments
from chainrule.explain.writing.symbols import argument_symbols
from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import evaluate
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Symbol


def penalty_link(c: Context, formula: Fragments) -> Link:
    """Return the derivative of a penalty, whose right side is `formula`, by one element; `c` is of that share."""
    place = c.writes.penalty
    assert place is not None
    choice = c.experiment.penalties[place].choice
    entry, parameter = lookup(PENALTIES, choice.name), c.step.reads[0]
    names = argument_symbols(entry.arguments) | {ELEMENT: c.notation.latex(parameter, c.index)}

    def value(name: str, places: tuple[int, ...]) -> float:
        return c.number(parameter, c.index) if name == ELEMENT else choice.number(name)

    forms = (simplify(derivative(entry.tree(choice), Symbol(ELEMENT))), entry.slope(choice))
    held = [all_decided(form, value) for form in forms]

    def numbers(more: int) -> dict[str, str]:
        known = replace(c, more=c.more + more)
        return known.arguments(choice.arguments) | {ELEMENT: known.latex(parameter, c.index)}

    return Link(
        f"{entry.name} penalty",
        c.notation.latex(refs.penalty(place)),
        names[ELEMENT],
        formula,
        different(held, of_symbols(names)),
        as_factor(held[-1], of_symbols(names)),
        numbers_of_form(held[-1], lambda more: of_numbers(numbers(more))),
        evaluate(forms[-1], value),
    )
