r"""The equation of an operator, of a derivative and of its share: the step's formula in symbols and in numbers.

Of a formula in cases both sides show the one that applies; an operator that is one, `if`, shows all of them in symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.circuit.names import names_of, right_side
from chainrule.explain.context import Context
from chainrule.explain.writing.formula_latex import (
    DOTTED,
    SCREEN,
    condition_latex,
    in_fragments,
    in_latex,
    of_numbers,
    of_symbols,
)
from chainrule.explain.writing.fragments import Factor, Formula
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import operand_latex, partial_latex
from chainrule.formula.cases import Branch, branches, is_indicator, place_of_case
from chainrule.formula.evaluate import evaluate
from chainrule.formula.graph import Step, graph_of, local_derivative
from chainrule.formula.tree import Cases, Expr, Rational, Symbol, rebuilt, symbols_of

ElementReader = Callable[[str, tuple[int, ...]], float]


@dataclass(frozen=True, slots=True)
class Local:
    """The derivative of an operator's value by one that it reads: the formula of the case that applies, its number."""

    formula: Expr
    value: float


def step_of(c: Context) -> Step:
    """Return what the step was made of."""
    assert c.step.node is not None
    return c.step.node


def values_in(c: Context) -> ElementReader:
    """Return the number of each name."""
    return lambda name, places: c.number(ValueRef(name))


def typed_formula(c: Context) -> Formula:
    """Return the right sides of a step's equation."""
    rule = step_of(c).rule
    if isinstance(rule, Cases) and not is_indicator(rule):
        return _in_cases(c, rule)
    shown, said = with_chosen_case(rule, values_in(c))
    leaves = names_of(c.experiment.network.formula)
    if isinstance(shown, Rational):
        return Formula((), ())
    notation = DOTTED if step_of(c).is_backward else SCREEN
    symbols = in_fragments(shown, of_symbols(leaves), notation)
    if isinstance(shown, Symbol) or not symbols_of(shown):
        # The number would be the result.
        return Formula(symbols, ())
    filled = in_fragments(shown, of_numbers(_numbers(c, shown)), notation)
    return Formula(symbols, filled, _conditions(c, said), chain=_chain(c))


def with_chosen_case(rule: Expr, value: ElementReader) -> tuple[Expr, tuple[Branch, ...]]:
    """Return the formula with the case that applies in the place of its cases, and these cases; indicators stay."""
    found: list[Branch] = []

    def of(part: Expr) -> Expr:
        if isinstance(part, Cases) and not is_indicator(part):
            branch = branches(part)[place_of_case(part, value)]
            found.append(branch)
            return of(branch.formula)
        return rebuilt(part, of)

    return of(rule), tuple(found)


def local(c: Context) -> Local | None:
    """Return the last factor of a derivative that comes back through one operator.

    None of a sum of shares, and of f by f.
    """
    step = step_of(c)
    if not step.through:
        return None
    node = graph_of(c.experiment.network.formula).node(step.through)
    value = values_in(c)
    shown, _ = with_chosen_case(local_derivative(node, step.by), value)
    return Local(shown, evaluate(shown, value))


def _in_cases(c: Context, rule: Cases) -> Formula:
    leaves = names_of(c.experiment.network.formula)
    chosen = branches(rule)[place_of_case(rule, values_in(c))].formula
    filled = () if isinstance(chosen, Symbol | Rational) else in_fragments(chosen, of_numbers(_numbers(c, chosen)))
    return Formula((right_side(step_of(c), leaves),), filled)


def _numbers(c: Context, expr: Expr) -> Mapping[str, str]:
    return {name: c.latex(ValueRef(name)) for name in symbols_of(expr)}


def _conditions(c: Context, said: tuple[Branch, ...]) -> str:
    """Return which case it is: `x > y`."""
    leaf = of_symbols(names_of(c.experiment.network.formula))
    return ", ".join(latex_to_text(condition_latex(branch, leaf)) for branch in said)


def _chain(c: Context) -> tuple[Factor, ...]:
    """Return the derivative of the operator that reads the value, and the operator's own derivative by it."""
    step, own = step_of(c), local(c)
    if own is None:
        return ()
    names, upstream = names_of(c.experiment.network.formula), ValueRef(f"{step.through}.grad")
    before = c.number(upstream)
    return (
        Factor(names[upstream], operand_latex(c.write(before)), before),
        Factor(partial_latex(names[step.through], names[step.by]), operand_latex(c.write(own.value)), own.value),
    )


def local_latex(c: Context, own: Local) -> str:
    """Return LaTeX of an operator's own derivative, in symbols."""
    return in_latex(own.formula, of_symbols(names_of(c.experiment.network.formula)))
