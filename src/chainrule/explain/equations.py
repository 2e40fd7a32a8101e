r"""How a number came to be: symbols = numbers = result, in LaTeX fragments between which a line may break.

Each fragment is LaTeX of its own, so that a view can typeset it once and keep it: the symbols do not change from
one iteration to the next. The formulas are the tables' own. The numbers have the digits that were asked for, and more
where the result could not be worked out again from so many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context, Index, ReadValue, is_count
from chainrule.explain.formulas.by_kind import formula_of
from chainrule.explain.names.notation import Notation
from chainrule.explain.tensors import explain_step
from chainrule.explain.writing.enough_digits import digits_apart, more_digits, rounded_off, rounding_note
from chainrule.explain.writing.fragments import Factor, Formula, Matrix, joined_latex
from chainrule.explain.writing.numbers import FULL_PRECISION, latex_number
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import tidy
from chainrule.explain.writing.working_out import work_out

__all__ = ["Equation", "Factor", "Matrix", "explain_element", "explain_step", "plain_equation"]

# What is left of these to 1 is the point, however little it is; of others so little is what a few roundings make.
_LEVELS_OFF = (StepKind.ACTIVATION, StepKind.LOSS_TERM)
_NOISE = {"float64": 8 * 2.0**-52, "float32": 8 * 2.0**-23}
# Sums of products, whose terms may leave nothing but rounding.
_SUMS = (
    StepKind.PRE_ACTIVATION,
    StepKind.PRE_ACTIVATION_GRADIENT,
    StepKind.WEIGHT_GRADIENT,
    StepKind.BIAS_GRADIENT,
    StepKind.ACTIVATION_WEIGHT_GRADIENT,
    StepKind.ACTIVATION_GRADIENT,
    StepKind.OPERATOR,
    StepKind.GRADIENT,
    StepKind.GRADIENT_SUM,
    StepKind.ACCUMULATED_GRADIENT,
)


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
    values: ReadValue,
    digits: int | None = 4,
) -> Equation:
    """Return the equation of one element of what a step writes.

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
    values: ReadValue,
    digits: int | None = 4,
) -> str:
    """Return the equation of one element as a line of plain text: `z₁ = w₁·x₁ + b = (0.5)(1) + 0 = 0.5`."""
    notation = Notation.of(experiment)
    context = Context(experiment, notation, step, index, sample, cache(values), digits, short=True)
    return latex_to_text(_equation(context).latex)


def _equation(c: Context) -> Equation:
    """Return the equation with as many digits as it takes to work it out again."""
    formula, digits, exact = _worked_out(c, formula_of(c))
    note = rounding_note(c.experiment.dtype, exact, digits)
    if exact is not None and _cancels(c, formula, exact):
        note = joined_latex("the terms cancel out, up to rounding", note)
    # A count is written as one, and what a schedule sets as settings are: 0.01, and 3 bad steps.
    short = c.short or is_count(c.writes) or c.step.kind is StepKind.SCHEDULE
    result = latex_number(c.result, digits, short=short)
    product = math.prod(factor.value for factor in formula.chain)
    return Equation(
        left=c.notation.latex(c.step.writes, c.index),
        symbols=() if _repeats(formula.symbols, result, c.result) else formula.symbols,
        numbers=() if _repeats(formula.numbers, result, c.result) else formula.numbers,
        result=result,
        note=joined_latex(note, formula.note),
        samples=formula.samples,
        chain=formula.chain,
        chain_product=latex_number(product, c.digits, short=c.short) if formula.chain else "",
        matrix=formula.matrix,
        aside=formula.aside,
    )


def _repeats(side: tuple[str, ...], result: str, value: float) -> bool:
    """Return whether a side is only the result again: -3, or -0 where that is 0."""
    # A longer side is no number alone, and takes long to be read.
    if len(side) != 1 or len(side[0]) > 2 * len(result) + len("{-}"):
        return False
    written, whole = (latex_to_text(tidy(text)) for text in (side[0], result))
    return written == whole or (not value and written == f"−{whole}")


def _worked_out(c: Context, formula: Formula) -> tuple[Formula, int | None, float | None]:
    """Return the formula and its result's digits, as many as it takes,
    and what it makes where that is not the result.
    """
    digits = _result_digits(c)
    if digits is None or c.digits is None:
        return formula, None, rounded_off(c.result, c.experiment.dtype, " ".join(formula.numbers))
    enough, exact = _enough(c, formula, digits)
    if exact is not None and digits > c.digits and c.step.kind is not StepKind.PARAMETER_UPDATE:
        # What tells the result from 1 is what was rounded off: 1.0000000000000002 says less than 1.000.
        usual, still = _enough(c, formula, c.digits)
        if still is None:
            return usual, c.digits, None
    return enough, digits, exact


def _cancels(c: Context, formula: Formula, exact: float) -> bool:
    """Return whether what is left of the terms of a sum is what a few roundings of them make."""
    if c.step.kind not in _SUMS:
        return False
    terms = [work_out(fragment) for fragment in formula.numbers]
    known = [float(abs(term)) for term in terms if term is not None]
    left = max(abs(c.result), abs(exact))
    return len(known) == len(terms) > 1 and left <= _NOISE[c.experiment.dtype] * max(known)


def _result_digits(c: Context) -> int | None:
    """Return how many digits the result needs, where the point of it is what it differs from: 1, or what was there
    before.
    """
    if c.digits is None:
        return None
    digits, size = c.digits, abs(c.result)
    if c.step.kind in _LEVELS_OFF or abs(size - 1) > _NOISE[c.experiment.dtype]:
        digits = digits_apart(size, 1.0, digits)
    if c.step.kind is StepKind.PARAMETER_UPDATE:
        digits = max(digits, digits_apart(c.result, c.number(c.writes.owner.ref, c.index), c.digits))
    return digits


def _enough(c: Context, formula: Formula, digits: int) -> tuple[Formula, float | None]:
    """Return the formula with enough digits in its numbers and in its chain, and what it makes where no digits are
    enough.
    """
    assert c.digits is not None
    most = FULL_PRECISION - c.digits
    formulas = {0: formula}

    def at(more: int) -> Formula:
        if more not in formulas:
            formulas[more] = formula_of(replace(c, more=more))
        return formulas[more]

    more, exact = 0, None
    if formula.numbers:
        more, exact = more_digits(c.result, digits, lambda more: " ".join(at(more).numbers), most)
    enough = at(more)
    if formula.chain:
        product = math.prod(factor.value for factor in formula.chain)
        chain, _ = more_digits(product, c.digits, lambda more: _product(at(more)), most)
        enough = replace(enough, chain=at(chain).chain)
    return enough, exact


def _product(formula: Formula) -> str:
    return r"\cdot ".join(factor.number for factor in formula.chain)
