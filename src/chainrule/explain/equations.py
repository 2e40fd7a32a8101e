r"""How a number came to be: symbols = numbers = result, in LaTeX pieces between which a line may break.

Each piece is LaTeX of its own, so that a view can typeset it once and keep it: the symbols do not change from
one iteration to the next. The formulas are the tables' own. The numbers have the digits that were asked for, and more
where the result could not be worked out again from so many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

from chainrule.engine import refs
from chainrule.engine.program import Program
from chainrule.engine.spec import Experiment
from chainrule.engine.steps import MicroStep, StepKind
from chainrule.explain.context import Context, Index, Values
from chainrule.explain.enough_digits import digits_apart, more_digits
from chainrule.explain.formulas import FORMULAS
from chainrule.explain.notation import Notation
from chainrule.explain.numbers import FULL_PRECISION, format_number, latex_number
from chainrule.explain.pieces import Factor, Formula, Matrix
from chainrule.explain.plain import to_text
from chainrule.explain.templates import signed, tidy
from chainrule.explain.tensors import explain_step

__all__ = ["Equation", "Factor", "Matrix", "explain_element", "explain_step", "plain_equation"]


@dataclass(frozen=True, slots=True)
class Equation:
    """left = symbols = numbers = result; `numbers` is empty where it would only repeat the result.

    `samples` are the shares of the batch's samples, in its order, that add up to the value. `chain` are the
    multipliers of one sample's share, and `chain_product` is the share. `matrix` is the derivative of an activation
    that couples units; `aside` is an equation of its own, of a part that the formula calls by a letter.
    """

    left: str
    symbols: tuple[str, ...]
    numbers: tuple[str, ...]
    result: str
    note: str = ""
    samples: tuple[float, ...] = ()
    chain: tuple[Factor, ...] = ()
    chain_product: str = ""
    matrix: Matrix | None = None
    aside: str = ""

    @property
    def latex(self) -> str:
        """The whole equation as one line of LaTeX, to be copied."""
        sides = (self.left, " ".join(self.symbols), " ".join(self.numbers), self.result)
        return tidy(" = ".join(side for side in sides if side))


def explain_element(
    experiment: Experiment,
    program: Program,
    step: MicroStep,
    index: Index,
    sample: int,
    values: Values,
    digits: int | None = 4,
) -> Equation:
    """The equation of one element of what a step writes.

    `index` is (row, unit) for activations and their gradients, (out, in) for weights, (out,) for biases, ()
    for the loss. `values(ref)` is the ref's value as nested lists of floats. `chain` is that of the batch's
    row `sample`.
    """
    notation = Notation.of(experiment)
    return _equation(Context(experiment, notation, step, index, sample, cache(values), digits))


def plain_equation(
    experiment: Experiment,
    program: Program,
    step: MicroStep,
    index: Index,
    sample: int,
    values: Values,
    digits: int | None = 4,
) -> str:
    """The equation of one element as a line of plain text: `z₁ = w₁·x₁ + b = (0.5)(1) + 0 = 0.5`."""
    notation = Notation.of(experiment)
    context = Context(experiment, notation, step, index, sample, cache(values), digits, short=True)
    return to_text(_equation(context).latex)


def _equation(c: Context) -> Equation:
    """The equation with as many digits as it takes to work it out again."""
    formula, digits, note = FORMULAS[c.step.kind](c), _result_digits(c), ""
    # A count is written as one, and what a schedule sets as settings are: 0.01, and 3 bad steps.
    counted = refs.parse(c.step.writes).suffixes[:1] == ("step",)
    short = c.short or counted or c.step.kind is StepKind.SCHEDULE
    result = latex_number(c.result, digits, short=short)
    if digits is not None:
        formula, note = _enough(c, formula, digits)
    product = math.prod(factor.value for factor in formula.chain)
    return Equation(
        left=c.notation.latex(c.step.writes, c.index),
        symbols=formula.symbols,
        numbers=() if formula.numbers == (signed(result),) else formula.numbers,
        result=result,
        note=note or formula.note,
        samples=formula.samples,
        chain=formula.chain,
        chain_product=latex_number(product, c.digits, short=c.short) if formula.chain else "",
        matrix=formula.matrix,
        aside=formula.aside,
    )


def _result_digits(c: Context) -> int | None:
    """How many digits the result needs, where the point of it is what it differs from: 1, or what was there before."""
    if c.digits is None:
        return None
    digits = digits_apart(abs(c.result), 1.0, c.digits)
    if c.step.kind is StepKind.PARAMETER_UPDATE:
        digits = max(digits, digits_apart(c.result, c.number(refs.parse(c.step.writes).base, c.index), c.digits))
    return digits


def _enough(c: Context, formula: Formula, digits: int) -> tuple[Formula, str]:
    """The formula with enough digits in its numbers and in its chain, and what to say where no digits are enough."""
    assert c.digits is not None
    most = FULL_PRECISION - c.digits
    formulas = {0: formula}

    def at(more: int) -> Formula:
        if more not in formulas:
            formulas[more] = FORMULAS[c.step.kind](replace(c, more=more))
        return formulas[more]

    more, exact = 0, None
    if formula.numbers:
        more, exact = more_digits(c.result, digits, lambda more: " ".join(at(more).numbers), most)
    enough = at(more)
    if formula.chain:
        product = math.prod(factor.value for factor in formula.chain)
        chain, _ = more_digits(product, c.digits, lambda more: _product(at(more)), most)
        enough = replace(enough, chain=at(chain).chain)
    return enough, "" if exact is None else _rounds_off(c, exact, digits)


def _product(formula: Formula) -> str:
    return r"\cdot ".join(factor.number for factor in formula.chain)


def _rounds_off(c: Context, exact: float, digits: int) -> str:
    return f"{c.experiment.dtype} rounds off: without that, it would be {format_number(exact, digits)}"
