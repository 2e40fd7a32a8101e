r"""How a number came to be: symbols = numbers = result, in LaTeX pieces between which a line may break.

Each piece is LaTeX of its own, so that a view can typeset it once and keep it: the symbols do not change from
one iteration to the next. The formulas are the tables' own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from chainrule.engine import refs
from chainrule.engine.program import Program
from chainrule.engine.spec import Experiment
from chainrule.engine.steps import MicroStep, StepKind
from chainrule.explain.context import Context, Index, Values
from chainrule.explain.formulas import FORMULAS
from chainrule.explain.notation import Notation
from chainrule.explain.pieces import Factor, Matrix
from chainrule.explain.plain import to_text
from chainrule.explain.templates import signed, tidy
from chainrule.explain.tensors import explain_step

__all__ = ["Equation", "Factor", "Matrix", "explain_element", "explain_step", "plain_equation"]


@dataclass(frozen=True, slots=True)
class Equation:
    """left = symbols = numbers = result; `numbers` is empty where it would only repeat the result.

    `samples` are the shares of the batch's samples, in its order, that add up to the value. `chain` are the
    multipliers of one sample's share. `matrix` is the derivative of an activation that couples units; `aside` is
    an equation of its own, of a part that the formula calls by a letter.
    """

    left: str
    symbols: tuple[str, ...]
    numbers: tuple[str, ...]
    result: str
    note: str = ""
    samples: tuple[float, ...] = ()
    chain: tuple[Factor, ...] = ()
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
    formula = FORMULAS[c.step.kind](c)
    # What a schedule sets is written as settings are: 0.01, and 3 bad steps.
    # A count is written as one, and so is what a schedule sets.
    counted = refs.parse(c.step.writes).suffixes[:1] == ("step",)
    result = c.write(c.result, short=counted or c.step.kind is StepKind.SCHEDULE)
    return Equation(
        left=c.notation.latex(c.step.writes, c.index),
        symbols=formula.symbols,
        numbers=() if formula.numbers == (signed(result),) else formula.numbers,
        result=result,
        note=formula.note,
        samples=formula.samples,
        chain=formula.chain,
        matrix=formula.matrix,
        aside=formula.aside,
    )
